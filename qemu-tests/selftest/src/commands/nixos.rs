//! `nixos`: boots the machines of `qemu-tests/nixos/initrd`, whose initrds nixpkgs'
//! own code makes, and tells of each whether its boot was the expected one.

use crate::nixos::bench::Bench;
use crate::nixos::table;
use anyhow::{Context, Result, ensure};
use std::env;
use std::fs;
use std::path::PathBuf;

/// Boots the machines whose names begin as one of `names`; all where there is none.
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
    let mut machines = table::read(&bench.folder)?;
    machines.retain(|it| names.is_empty() || names.iter().any(|name| it.name.starts_with(name)));
    ensure!(!machines.is_empty(), "no machine is named so");
    let mut status = 0;
    for machine in &machines {
        let (name, what) = (&machine.name, &machine.what);
        match bench.boot(machine)? {
            Ok(took) => println!("ok - nixos: {name}: {what} ({} s)", took.as_secs()),
            Err(reason) => {
                let unproven = match machine.booted {
                    Some(_) => "",
                    None => " (no boot has shown this answer yet)",
                };
                println!("not ok - nixos: {name}: {what}: {reason}{unproven}");
                status = 1;
            }
        }
    }
    Ok(status)
}
