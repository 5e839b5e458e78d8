//! A folder that somebody filled with outputs for a bug report, and files that lie
//! beside a log. Reads regular files only, none below the first level but those of
//! modprobe.d, and no more than a bound.

use super::boots::Boot;
use super::evidence::Evidence;
use super::stream::Stream;
use super::{side_files, source};
use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::base::regular;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders at the top of a root file system or an unpacked initrd.
const ROOT: [&str; 8] = ["etc", "usr", "bin", "lib", "init", "proc", "nix", "sbin"];
/// Bytes of a file that tell whether it is a text.
const HEAD: usize = 4096;
/// Files of a folder that are read.
const FILES_MAX: usize = 256;
/// Names of a folder that are sorted.
const NAMES_MAX: usize = 1 << 16;

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
    // Whatever the files are called: people name them as they like.
    entries(path).iter().any(|path| path.is_file() && begins_as_text(path)).then_some(Holds::Logs)
}

/// True for a file that begins as a text does, packed or not.
fn begins_as_text(path: &Path) -> bool {
    let limits = Limits::DEFAULT;
    regular::open(path).is_ok_and(|file| {
        let mut stream = Stream::new(file, limits.unpacked).unpacked(&limits);
        super::text::may_be_text(stream.beginning(HEAD))
    })
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The entries of a folder in the order of their names.
fn entries(path: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(path).into_iter().flatten();
    let mut out: Vec<PathBuf> =
        all.filter_map(|entry| entry.ok().map(|entry| entry.path())).take(NAMES_MAX).collect();
    out.sort();
    out
}

/// Reads the files of a folder of logs.
///
/// # Errors
/// A file that cannot be read.
pub fn read(path: &Path, limits: &Limits, evidence: &mut Evidence) -> Result<Vec<Boot>> {
    let mut boots = Vec::new();
    let all = entries(path);
    if let Some(more) = all.len().checked_sub(FILES_MAX).filter(|more| *more > 0) {
        evidence.cannot_show.push(format!("{more} more files of the folder were not read"));
    }
    for path in all.into_iter().take(FILES_MAX) {
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
    let mut stream = Stream::new(regular::open(path)?, limits.unpacked).unpacked(limits);
    // A screenshot, or an image that lies there too.
    if !super::text::may_be_text(stream.beginning(HEAD)) {
        return Ok(Vec::new());
    }
    source::read(&name(path), stream, limits, evidence)
}

/// Bytes of one file of modprobe.d that are read.
const CONF_MAX: u64 = 16 << 20;

fn bytes(path: &Path) -> Result<Vec<u8>> {
    regular::read(path, CONF_MAX)
}
