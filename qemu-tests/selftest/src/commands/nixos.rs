//! `nixos`: boots the machines of `qemu-tests/nixos/initrd`, whose initrds nixpkgs'
//! own code makes, and tells of each whether its boot was the expected one.

use crate::nixos::bench::{Bench, Boot};
use crate::nixos::table;
use anyhow::{Context, Result, ensure};
use nvpreflight_tool::base::clean;
use std::env;
use std::fs;
use std::path::PathBuf;

/// What is shown of the console of a boot that was not as expected.
const LAST_LINES: usize = 20;

/// Boots the machines that `names` mean; all where there is none.
/// Returns the exit status: 1 where a boot was not as expected.
///
/// # Errors
/// A machine could not be tried.
pub fn run(names: &[String]) -> Result<u8> {
    let Some(nixpkgs) = env::var_os("NIXPKGS").map(PathBuf::from) else {
        println!("SKIP - nixos: NIXPKGS names no nixpkgs tree");
        return Ok(0);
    };
    let bench = Bench::open(fs::canonicalize(nixpkgs).context("NIXPKGS")?)?;
    let table = table::read(&bench.folder)?;
    let machines = || table.iter().filter(|it| table::is_meant(&it.name, names, &table));
    ensure!(machines().next().is_some(), "no machine is named so");
    let mut status = 0;
    for machine in machines() {
        let (name, what) = (&machine.name, &machine.what);
        let boot = bench.boot(machine)?;
        let took = boot.took.as_secs();
        match &boot.verdict {
            Ok(()) => println!("ok - nixos: {name}: {what} ({took} s)"),
            Err(reason) => {
                let before = match &machine.booted {
                    Some(boot) => format!("as expected on {boot}"),
                    None => "no boot has shown this answer yet".to_owned(),
                };
                println!("not ok - nixos: {name}: {what}: {reason} ({before})");
                print!("{}", end_of(&boot));
                status = 1;
            }
        }
    }
    Ok(status)
}

/// The last lines of a boot's console, and where the rest lies.
fn end_of(boot: &Boot) -> String {
    let said = boot.said.lines().map(|line| clean::line(line.trim().as_bytes()));
    let lines: Vec<String> = said.filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(LAST_LINES);
    let mut text = format!("# the end of the console, {}:\n", boot.log.display());
    for line in lines.get(from..).unwrap_or_default() {
        text.push_str(&format!("#   {line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_boot_that_went_wrong_shows_its_last_lines_and_where_the_rest_lies() {
        let said: String = (1..=30).map(|n| format!("\u{1b}[0mline {n}\r\n\n")).collect();
        let boot = Boot {
            verdict: Err("no end".to_owned()),
            took: Duration::ZERO,
            said,
            log: PathBuf::from("/runs/a/console.txt"),
        };
        let shown = end_of(&boot);
        assert!(
            shown.starts_with("# the end of the console, /runs/a/console.txt:\n#   "),
            "{shown}"
        );
        assert_eq!(shown.lines().count(), 1 + LAST_LINES);
        assert!(shown.ends_with("line 30\n") && !shown.contains('\u{1b}'), "{shown}");
        assert!(!shown.contains("line 10\n"), "{shown}");
    }
}
