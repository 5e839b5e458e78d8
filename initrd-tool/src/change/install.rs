//! Puts this project's own files into a system and takes them back. What was there before
//! is never replaced, but for what an installation before this one put there.

mod manifest;
#[cfg(test)]
mod tests;

use super::below;
use crate::base::clean;
use crate::base::error::{Error, Result};
use manifest::Manifest;
use serde::Serialize;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of a file that is compared; a program with its debugging symbols has some 200 MB.
const MOST: u64 = 1 << 30;

/// A file that shall be there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Its path, without the root's slash.
    pub path: String,
    /// Permissions of a new file.
    pub mode: u32,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// True where another file of that name is the owner's configuration and stays.
    pub keep: bool,
}

/// What becomes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is not there and is made.
    Create,
    /// It is of an installation before this one and is replaced.
    Change,
    /// It is there.
    Unchanged,
    /// It was put there and is removed.
    Remove,
    /// It was changed by its owner, or is the owner's, and stays as it is.
    Kept,
    /// It is not of an installation: nothing is written.
    Foreign,
}

/// A file, and what becomes of it.
#[derive(Debug)]
pub struct Step {
    /// Its path, without the root's slash.
    pub path: String,
    /// Its permissions.
    pub mode: u32,
    /// What becomes of it.
    pub state: State,
    /// What it holds now, and the permissions it has.
    pub before: Option<(Vec<u8>, u32)>,
    /// What it will hold; empty where it is removed.
    pub after: Vec<u8>,
}

/// What becomes of each wanted file. Writes nothing.
///
/// # Errors
/// A path that is no regular file or lies outside the root, and what the system refuses.
pub fn plan(root: &Path, prefix: &str, wanted: Vec<Wanted>) -> Result<Vec<Step>> {
    let known = Manifest::read(root, prefix)?.unwrap_or_default();
    let step = |wanted: Wanted| {
        let before = now(root, &wanted.path)?;
        let state = match &before {
            None => State::Create,
            Some((bytes, _)) if *bytes == wanted.bytes => State::Unchanged,
            Some((bytes, _)) if known.has(&wanted.path, bytes) => State::Change,
            Some(_) if wanted.keep => State::Kept,
            Some(_) => State::Foreign,
        };
        Ok(Step { path: wanted.path, mode: wanted.mode, state, before, after: wanted.bytes })
    };
    wanted.into_iter().map(step).collect()
}

/// What becomes of each file that an installation put there; `None` where there is none.
///
/// # Errors
/// As [`plan`].
pub fn removal(root: &Path, prefix: &str) -> Result<Option<Vec<Step>>> {
    let Some(known) = Manifest::read(root, prefix)? else { return Ok(None) };
    let mut steps = Vec::new();
    for path in known.files() {
        // What stands there and is no file is not what was put there.
        let before = match below::path(root, path).map(fs::symlink_metadata)? {
            Ok(data) if data.is_file() => now(root, path)?,
            Ok(_) => Some((Vec::new(), 0)),
            Err(_) => continue,
        };
        let Some((bytes, mode)) = before else { continue };
        let state = if known.has(path, &bytes) { State::Remove } else { State::Kept };
        let path = path.to_owned();
        steps.push(Step { path, mode, state, before: Some((bytes, mode)), after: Vec::new() });
    }
    Ok(Some(steps))
}

fn now(root: &Path, path: &str) -> Result<Option<(Vec<u8>, u32)>> {
    let Some(bytes) = below::read(root, path, MOST)? else { return Ok(None) };
    let full = below::path(root, path)?;
    let data = fs::metadata(&full).map_err(|e| Error::io("read", &full, e))?;
    Ok(Some((bytes, data.mode() & 0o7777)))
}

/// Makes what was planned, all of it or nothing. Returns whether anything was written.
///
/// # Errors
/// A file of somebody else where one of ours goes; a failed write, after which every file
/// is as it was.
pub fn apply(root: &Path, prefix: &str, steps: &[Step]) -> Result<bool> {
    let foreign: Vec<String> = steps
        .iter()
        .filter(|step| step.state == State::Foreign)
        .map(|step| format!("\n  /{}", clean::line(step.path.as_bytes())))
        .collect();
    if !foreign.is_empty() {
        let list = foreign.concat();
        return Err(Error::new(format!(
            "nothing was written: these files are not of `nvpreflight install`; move them away:{list}"
        )));
    }
    let written: Vec<&Step> =
        steps.iter().filter(|step| matches!(step.state, State::Create | State::Change)).collect();
    if written.is_empty() {
        return Ok(false);
    }
    let old = Manifest::read(root, prefix)?;
    let place = manifest::place(prefix);
    let made = missing_folders(root, written.iter().map(|step| &*step.path).chain([&*place]))?;
    // Both the old and the new digests stand in the list until all is written: whatever
    // stops this, a later run knows its own files.
    let (mut both, mut new) = (old.clone().unwrap_or_default(), old.clone().unwrap_or_default());
    for folder in &made {
        both.add_folder(folder);
        new.add_folder(folder);
    }
    for step in &written {
        both.add(&step.path, manifest::digest(&step.after));
        new.forget(&step.path);
        new.add(&step.path, manifest::digest(&step.after));
    }
    let list = |list: &Manifest| below::write(root, &place, Some(list.text().as_bytes()), None);
    let mut done = 0;
    let result = list(&both).and_then(|()| {
        for step in &written {
            below::write(root, &step.path, Some(&step.after), Some(step.mode))?;
            done += 1;
        }
        list(&new)
    });
    if let Err(e) = result {
        // The first failure is what is reported.
        for step in written.iter().take(done) {
            let (bytes, mode) = match &step.before {
                Some((bytes, mode)) => (Some(bytes.as_slice()), Some(*mode)),
                None => (None, None),
            };
            let _ = below::write(root, &step.path, bytes, mode);
        }
        let text = old.map(|old| old.text());
        let _ = below::write(root, &place, text.as_ref().map(String::as_bytes), None);
        remove_folders(root, made.iter().rev().map(String::as_str));
        return Err(e);
    }
    Ok(true)
}

/// Removes what was put there, then the folders that were made for it and are empty.
///
/// # Errors
/// What the system refuses; a later run takes the rest.
pub fn remove(root: &Path, prefix: &str, steps: &[Step]) -> Result<()> {
    let known = Manifest::read(root, prefix)?.unwrap_or_default();
    for step in steps.iter().filter(|step| step.state == State::Remove) {
        below::write(root, &step.path, None, None)?;
    }
    below::write(root, &manifest::place(prefix), None, None)?;
    remove_folders(root, known.folders().into_iter());
    Ok(())
}

/// The folders of these files that are not there, outer ones first.
fn missing_folders<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for path in paths {
        below::path(root, path)?;
        let folders = Path::new(path).ancestors().skip(1).filter(|f| *f != Path::new(""));
        for folder in folders.filter(|folder| !root.join(folder).exists()) {
            out.push(folder.to_string_lossy().into_owned());
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

/// Those that hold something, or went already, stay as they are.
fn remove_folders<'a>(root: &Path, folders: impl Iterator<Item = &'a str>) {
    for folder in folders {
        let inside: Result<PathBuf> = below::path(root, folder);
        if let Ok(path) = inside {
            let _ = fs::remove_dir(path);
        }
    }
}
