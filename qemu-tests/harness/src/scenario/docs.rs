//! Writes docs/scenarios.md and docs/real-scenarios.md from the scenario files. A
//! stale copy fails `cargo test`; `UPDATE_DOCS=1 cargo test docs_are_current`
//! rewrites them.

use crate::base::arch::Arch;
use crate::scenario::{Phase, Scenario, Stage1};
use std::fmt::Write;

const HEAD: &str = "# Boot scenarios\n\n\
    Made from `qemu-tests/scenarios/*.toml` by `qemu-tests/harness/src/scenario/docs.rs`; edit those.\n\
    `./qemu-tests/run boot NAME` boots one, `./qemu-tests/run arm64` those \"on Arm\".\n\
    \"clean\" is a report without findings; after the slash: what the verifier finds before the display manager.\n\n\
    | scenario | initrd | must be found | what it shows |\n\
    |---|---|---|---|\n";

const REAL_HEAD: &str = "# Boot scenarios of NVIDIA's real modules\n\n\
    Made from `qemu-tests/scenarios-real/*.toml` by `qemu-tests/harness/src/scenario/docs.rs`; edit those.\n\
    `./qemu-tests/run real NAME` boots one; [real-modules.md](real-modules.md) tells what\n\
    they need and what they cannot show. \"clean\" is a report without findings; after the\n\
    slash: what the verifier finds before the display manager.\n\n\
    | scenario | initrd | must be found | what it shows |\n\
    |---|---|---|---|\n";

/// The whole page, below `head`.
fn page(head: &str, all: &[Scenario]) -> String {
    let mut page = head.to_owned();
    for item in all {
        let mut found = phase(item.expect.initrd.as_ref());
        if item.stage1 == Stage1::Systemd {
            found = format!("{found} / {}", phase(item.expect.pre_display.as_ref()));
        }
        let _ =
            writeln!(page, "| `{}` | {} | {found} | {} |", item.name, initrd(item), item.summary);
    }
    page
}

/// The kind of initrd, and where it is booted beside x86_64, or instead.
fn initrd(item: &Scenario) -> String {
    let name = item.stage1.name();
    match item.architectures.as_slice() {
        [Arch::Aarch64] => format!("{name}, on Arm"),
        all if all.contains(&Arch::Aarch64) => format!("{name}, also on Arm"),
        _ => name.to_owned(),
    }
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
    use crate::base::places::package_in_sources;
    use crate::scenario;
    use std::{env, fs};

    #[test]
    fn docs_are_current() {
        let package = package_in_sources();
        let pages = [
            ("scenarios.md", super::HEAD, scenario::standin(package).unwrap()),
            ("real-scenarios.md", super::REAL_HEAD, scenario::real(package).unwrap()),
        ];
        for (name, head, all) in pages {
            let path = package.join("../docs").join(name);
            let page = super::page(head, &all);
            if env::var_os("UPDATE_DOCS").is_some() {
                fs::write(&path, &page).unwrap();
            }
            let kept = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                kept == page,
                "docs/{name} is stale: UPDATE_DOCS=1 cargo test docs_are_current"
            );
        }
    }
}
