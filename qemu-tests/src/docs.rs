//! Writes docs/scenarios.md from the scenario files. A stale copy fails
//! `cargo test`; `UPDATE_DOCS=1 cargo test docs_are_current` rewrites it.

use crate::scenario::{Phase, Scenario, Stage1};
use std::fmt::Write;

const HEAD: &str = "# Boot scenarios\n\n\
    Made from `qemu-tests/scenarios/*.toml` by `qemu-tests/src/docs.rs`; edit those.\n\
    `./qemu-tests/run boot NAME` boots one. \"clean\" is a report without findings;\n\
    after the slash: what the verifier finds before the display manager.\n\n\
    | scenario | initrd | must be found | what it shows |\n\
    |---|---|---|---|\n";

/// The whole page.
pub fn scenarios(all: &[Scenario]) -> String {
    let mut page = HEAD.to_owned();
    for item in all {
        let mut found = phase(item.expect.initrd.as_ref());
        if item.stage1 == Stage1::Systemd {
            found = format!("{found} / {}", phase(item.expect.pre_display.as_ref()));
        }
        let _ = writeln!(
            page,
            "| `{}` | {} | {found} | {} |",
            item.name,
            item.stage1.name(),
            item.summary
        );
    }
    page
}

fn phase(expected: Option<&Phase>) -> String {
    match expected {
        Some(phase) if !phase.report => "no report".to_owned(),
        Some(phase) if !phase.findings.is_empty() => phase.findings.join(" "),
        Some(phase) if phase.exit == Some(2) => "could not check".to_owned(),
        _ => "clean".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario;
    use std::path::Path;
    use std::{env, fs};

    #[test]
    fn docs_are_current() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = package.join("../docs/scenarios.md");
        let all =
            scenario::all(&package.join("scenarios"), &package.join("defaults.toml")).unwrap();
        let page = super::scenarios(&all);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == page,
            "docs/scenarios.md is stale: UPDATE_DOCS=1 cargo test docs_are_current"
        );
    }
}
