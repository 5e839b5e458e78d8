//! Builds the static verifier the way users do, through the `cargo verifier`
//! alias of this workspace.

use crate::host;
use crate::places::Places;
use crate::progress::step;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Builds it and returns its path.
pub fn build(places: &Places) -> Result<PathBuf> {
    let work = step("the verifier (cargo verifier)");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    host::run(Command::new(cargo).arg("verifier").current_dir(&places.workspace))
        .context("the verifier does not build")?;
    let path = places.target.join("verifier/nvpreflight-verifier");
    if !path.exists() {
        bail!("cargo left no `{}`", path.display());
    }
    work.done();
    Ok(path)
}
