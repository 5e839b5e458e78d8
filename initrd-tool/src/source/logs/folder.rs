//! A folder that somebody filled with outputs for a bug report, and files that lie
//! beside a log. Reads regular files only, none below the first level but those of
//! modprobe.d, and no more than a bound.

use super::boots::Boot;
use super::evidence::Evidence;
use super::{side_files, source, unpack};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Folders at the top of a root file system or an unpacked initrd.
const ROOT: [&str; 8] = ["etc", "usr", "bin", "lib", "init", "proc", "nix", "sbin"];
/// Beginnings of names that people give to outputs.
const NAMES: [&str; 9] = [
    "dmesg",
    "journal",
    "kern.log",
    "kernel",
    "syslog",
    "messages",
    "nvidia-bug-report",
    "lsmod",
    "boot.log",
];
/// Files of a folder that are read.
const FILES_MAX: usize = 256;

/// What a folder holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Outputs of programs.
    Logs,
    /// Files of the journal, or folders of them named by machine.
    Journal,
}

/// Tells a folder of logs from a root; `None` for anything else.
#[must_use]
pub fn holds(path: &Path) -> Option<Holds> {
    if ROOT.iter().any(|name| path.join(name).exists()) {
        return None;
    }
    let names: Vec<(String, bool)> =
        entries(path).into_iter().map(|path| (name(&path), path.is_dir())).collect();
    let machine = |name: &str| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let is_journal = |(name, folder): &(String, bool)| match folder {
        true => machine(name),
        false => name.ends_with(".journal"),
    };
    if names.iter().any(is_journal) {
        return Some(Holds::Journal);
    }
    let known = |(name, folder): &(String, bool)| {
        !folder && NAMES.iter().any(|start| name.to_ascii_lowercase().starts_with(start))
    };
    names.iter().any(known).then_some(Holds::Logs)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The entries of a folder in the order of their names.
fn entries(path: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .take(FILES_MAX)
        .collect();
    out.sort();
    out
}

/// Reads the files of a folder of logs.
///
/// # Errors
/// A file that cannot be read.
pub fn read(path: &Path, limits: &Limits, evidence: &mut Evidence) -> Result<Vec<Boot>> {
    let mut boots = Vec::new();
    for path in entries(path) {
        if path.is_dir() {
            if name(&path) == "modprobe.d" {
                confs(&path, evidence)?;
            }
        } else if path.is_file() {
            boots.extend(file(&path, limits, evidence)?);
        }
    }
    Ok(boots)
}

/// Reads what `--with` names: a file, a modprobe.d folder, or a folder of outputs.
///
/// # Errors
/// What cannot be read.
pub fn beside(path: &Path, limits: &Limits, evidence: &mut Evidence) -> Result<Vec<Boot>> {
    if !path.is_dir() {
        return file(path, limits, evidence);
    }
    if entries(path).iter().any(|path| name(path).ends_with(".conf")) {
        confs(path, evidence)?;
        return Ok(Vec::new());
    }
    read(path, limits, evidence)
}

/// The files of a modprobe.d folder, which kmod takes only with that ending
/// (modprobe.d(5)).
fn confs(path: &Path, evidence: &mut Evidence) -> Result<()> {
    side_files::all_confs(evidence);
    for path in entries(path).iter().filter(|path| name(path).ends_with(".conf")) {
        side_files::conf(&name(path), &bytes(path)?, evidence);
    }
    Ok(())
}

fn file(path: &Path, limits: &Limits, evidence: &mut Evidence) -> Result<Vec<Boot>> {
    let bytes = bytes(path)?;
    let head = unpack::head(bytes.get(..bytes.len().min(1 << 16)).unwrap_or(&[]), 4096, limits);
    // A screenshot, or an image that lies there too.
    if !super::text::may_be_text(&head) {
        return Ok(Vec::new());
    }
    source::read(&name(path), bytes, limits, evidence)
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let read = File::open(path).and_then(unpack::upto);
    read.map_err(|e| Error::io("read", path, e))
}
