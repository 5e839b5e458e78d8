//! Runs the host tool `nvpreflight` of this workspace on the boot tests' images.

use crate::base::host;
use crate::base::places::Places;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it, as `cargo run` would, and returns its path.
pub fn build(places: &Places) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--package", "nvpreflight-tool", "--bin", "nvpreflight"];
    host::run(Command::new(cargo).args(arguments).current_dir(&places.workspace))
        .context("the host tool does not build")?;
    Ok(places.target.join("debug/nvpreflight"))
}

/// Puts the verifier and the expectations, as JSON, into a finished initrd.
pub fn inject(places: &Places, expectations: &str, verifier: &Path, initrd: &Path) -> Result<()> {
    let expect = initrd.with_file_name("expect.json");
    fs::write(&expect, expectations)?;
    host::run(
        Command::new(build(places)?)
            .args(["inject", "--in-place", "--verifier"])
            .arg(verifier)
            .arg("--expect")
            .arg(&expect)
            .arg(initrd),
    )
    .context("the verifier cannot be injected")?;
    Ok(())
}
