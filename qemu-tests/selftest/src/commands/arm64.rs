//! `arm64`: scenarios on an emulated Arm machine, with Debian's arm64 kernel and the
//! programs of the packages, judged and printed as `test` does.

use crate::cli::Test;
use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::build::cross;
use nvpreflight_harness::machine::qemu;
use nvpreflight_harness::nvidia::licence::Accepted;
use nvpreflight_harness::scenario;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

const ARCH: Arch = Arch::Aarch64;

/// Boots the chosen scenarios, or says why none can be booted here.
pub fn run(arguments: &Test) -> Result<u8> {
    if let Some(reason) = obstacle()? {
        println!("1..0 # SKIP arm64: {reason}");
        return Ok(2);
    }
    let places = Places::find()?;
    let all = scenario::standin(&places.package)?;
    let all = all.into_iter().filter(|it| it.architectures.contains(&ARCH)).collect();
    super::test::boot(arguments, places, ARCH, all, Accepted::default())
}

/// What is missing here, if something is.
fn obstacle() -> Result<Option<String>> {
    let program = qemu::program(ARCH);
    let shown = program.to_string_lossy().into_owned();
    match Command::new(program).arg("--version").stdout(Stdio::null()).status() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(Some(format!("`{shown}` is not here (Debian: qemu-system-arm)")))
        }
        Err(error) => Err(error).with_context(|| format!("cannot run `{shown}`")),
        Ok(_) => Ok(cross::obstacle(ARCH)),
    }
}
