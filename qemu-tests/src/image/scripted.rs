//! The base of the scripted initrd.
use crate::places::Places;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
/// Base.
pub fn base(_places: &Places, _userland: &Path, _release: &str) -> Result<PathBuf> {
    bail!("not yet")
}
