//! The GSP firmware of the real driver: Debian's `firmware-nvidia-gsp`, under the
//! licence of the proprietary driver. Callers have asked for its acceptance.

use super::{archive, licence, upstream};
use crate::base::places::{Places, remove_tree};
use crate::base::progress::say;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;

/// Debian's package.
pub const PACKAGE: &str = "firmware-nvidia-gsp";

/// Returns the folder with `gsp_*.bin` of driver `version`, fetched at need.
///
/// # Errors
/// A package of another version: the driver takes only its own.
pub fn ready(places: &Places, version: &str) -> Result<PathBuf> {
    let folder = places.cache.join(format!("nvidia-firmware-{version}"));
    if folder.exists() {
        return Ok(folder);
    }
    let package = archive::fetch(places, PACKAGE)?;
    say(&format!("  {PACKAGE} {}: {}, Debian non-free-firmware", package.version, licence::NVIDIA));
    let found = upstream(&package.version)?;
    ensure!(found == version, "{PACKAGE} is {found}, the modules are {version}");
    let making = places.cache.join(format!("nvidia-firmware-{version}.{}", std::process::id()));
    remove_tree(&making)?;
    fs::create_dir_all(&making)?;
    let from = package.tree.join("usr/lib/firmware/nvidia").join(version);
    for item in fs::read_dir(&from).with_context(|| format!("no `{}`", from.display()))? {
        let item = item?;
        fs::copy(item.path(), making.join(item.file_name()))?;
    }
    // Beside the folder that goes into a guest.
    let text = places.cache.join(format!("nvidia-firmware-{version}.copyright"));
    fs::write(text, package.copyright(PACKAGE)?)?;
    if fs::rename(&making, &folder).is_err() {
        ensure!(folder.exists(), "cannot move `{}` into place", making.display());
        remove_tree(&making)?;
    }
    Ok(folder)
}
