//! Writes docs/nixos-boots.md from `machines.toml`. A stale copy fails `cargo test`;
//! `UPDATE_DOCS=1 cargo test docs_are_current` rewrites it.

use super::table::Entry;
use std::fmt::Write;

const HEAD: &str = "# Boots of NixOS's own initrd\n\n\
    Made from `qemu-tests/nixos/initrd/machines.toml` by `qemu-tests/selftest/src/nixos/docs.rs`;\n\
    edit that. `NIXPKGS=DIR ./qemu-tests/run nixos NAME` boots one, without NAME all;\n\
    [boot-tests.md](boot-tests.md#nixoss-own-initrd) tells how they are made. The verdicts\n\
    stand in the kernel log and in the journal, without the number of passed checks.\n\
    An answer without a release was written first and no boot has shown it yet; the\n\
    seconds are those of the boot alone, emulated on two cores that others used too.\n\n\
    | machine | what it is | must be said, failed, shown | as expected on |\n\
    |---|---|---|---|\n";

/// The whole page.
fn page(table: &[Entry]) -> String {
    let mut page = HEAD.to_owned();
    for entry in table {
        let mut must: Vec<String> = Vec::new();
        must.extend(entry.stops.then(|| "the boot stops in the initrd".to_owned()));
        must.extend(entry.says.iter().map(|line| format!("`{line}`")));
        must.extend(entry.failed.iter().map(|unit| format!("failed: `{unit}`")));
        must.extend(entry.shows.iter().map(|text| format!("on the console: `{text}`")));
        must.extend(entry.entries.iter().map(|name| format!("in the loader: `{name}`")));
        if must.is_empty() {
            must.push("nothing, and no unit failed".to_owned());
        }
        let (name, what, must) = (&entry.name, &entry.what, must.join("<br>"));
        let booted = match &entry.booted {
            Some(boot) => boot.to_string(),
            None => "no boot showed it yet".to_owned(),
        };
        let _ = writeln!(page, "| `{name}` | {what} | {must} | {booted} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use nvpreflight_harness::base::places::package_in_sources;
    use std::{env, fs};

    #[test]
    fn docs_are_current() {
        let package = package_in_sources();
        let table = super::super::table::read(&package.join("nixos/initrd")).unwrap();
        let path = package.join("../docs/nixos-boots.md");
        let page = super::page(&table);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "stale: UPDATE_DOCS=1 cargo test docs_are_current");
    }
}
