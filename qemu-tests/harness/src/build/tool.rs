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

/// What `check` says of an image, as JSON, and its exit status. The image is named without
/// its folder, so that the answer is the same wherever it lies.
pub fn check(places: &Places, image: &Path) -> Result<String> {
    let folder = image.parent().context("an image lies in a folder")?;
    let name = image.file_name().context("an image has a name")?;
    let output = Command::new(build(places)?)
        .args(["check", "--json"])
        .arg(name)
        .current_dir(folder)
        .output()
        .context("cannot run the host tool")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(answer(text.trim(), output.status.code()))
}

/// An answer and the status behind it, as the guest's `tool.sh` writes them.
fn answer(text: &str, status: Option<i32>) -> String {
    format!("{text}\nstatus {}", status.unwrap_or(-1))
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
