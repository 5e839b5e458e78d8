//! The root disk that systemd scenarios switch into: the guest's packages as
//! an ext4 image, with the boot tests' units. It is shared by all boots and
//! never written to.

use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZE: &str = "320M";

/// Returns the disk image, making it at need.
pub fn disk(places: &Places, userland: &Path) -> Result<PathBuf> {
    let units = places.guest("root");
    let key = Ingredients::of("root 1")
        .with(userland.as_os_str().as_encoded_bytes())
        .with_path(&units)?
        .name();
    let to = places.cache.join(format!("root-{key}.ext4"));
    if to.exists() {
        return Ok(to);
    }
    let work = step("the root disk");
    let tree = places.cache.join(format!("root-{key}.new"));
    remove_tree(&tree)?;
    host::run(host::as_root("cp").arg("--archive").arg(userland).arg(&tree))?;
    host::run(
        Command::new("cp").arg("--recursive").arg(format!("{}/.", units.display())).arg(&tree),
    )?;
    let making = to.with_extension("part");
    host::run(
        host::as_root("mkfs.ext4")
            .args(["-q", "-F", "-O", "^has_journal", "-d"])
            .arg(&tree)
            .arg(&making)
            .arg(SIZE),
    )?;
    remove_tree(&tree)?;
    fs::rename(&making, &to)?;
    work.done();
    Ok(to)
}
