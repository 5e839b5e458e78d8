//! The root disk of a machine: the closure of its systems as an ext4 image, with the
//! folders that NixOS finds there. Everything else is made when it boots.

use anyhow::{Context, Result};
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::remove_tree;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZE: &str = "1G";

/// Makes the disk in `run` for `systems`, paths in the Nix store.
///
/// # Errors
/// Nix does not know a path, or the disk cannot be made.
pub fn of(systems: &[&str], run: &Path) -> Result<PathBuf> {
    let tree = run.join("root");
    let store = tree.join("nix/store");
    fs::create_dir_all(&store)?;
    for folder in ["boot", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var"] {
        fs::create_dir_all(tree.join(folder))?;
    }
    let closure =
        host::run(Command::new("nix-store").args(["--query", "--requisites"]).args(systems))?;
    let closure = String::from_utf8(closure).context("nix-store named no paths")?;
    host::run(Command::new("cp").arg("--archive").args(closure.lines()).arg(&store))?;
    let disk = run.join("root.ext4");
    host::run(
        host::as_root("mkfs.ext4")
            .args(["-q", "-F", "-O", "^has_journal", "-d"])
            .arg(&tree)
            .arg(&disk)
            .arg(SIZE),
    )?;
    // The store's folders cannot be written to, by anybody but root.
    host::run(Command::new("chmod").args(["--recursive", "u+w"]).arg(&tree))?;
    remove_tree(&tree)?;
    Ok(disk)
}
