//! Any log, opened: bytes to text, text to records, records to one boot, one boot
//! to a tree. An input without a line of the kernel is an error that says so.

use super::boots::{Boot, distinct};
use super::choice::Choice;
use super::evidence::Evidence;
use super::folder::{self, Holds};
use super::{gaps, journal, json, source, text, tree, unpack};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Unpacked bytes that are looked at to tell what a file is.
const HEAD: u64 = 64 << 10;

/// True for a file that may be a log: a journal, or a text that is packed or not;
/// and for a folder of logs.
///
/// # Errors
/// A file that cannot be read.
pub fn looks_like_one(path: &Path, limits: &Limits) -> Result<bool> {
    if path.is_dir() {
        return Ok(folder::holds(path).is_some());
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(|e| Error::io("read", path, e))?;
    if head.starts_with(journal::MAGIC) {
        return Ok(true);
    }
    let head = unpack::head(&head, HEAD, limits);
    let saved = head.trim_ascii_start().starts_with(b"{") && !json::looks_like_one(&head);
    // The archives of initrds begin with digits.
    let archive = head.starts_with(b"07070");
    Ok(!saved && !archive && text::may_be_text(&head))
}

/// Opens a log, or a journal file or folder.
///
/// # Errors
/// A file that cannot be read or is too long, that holds no line of the kernel, or
/// not the boot that was chosen.
pub fn open(path: &Path, choice: &Choice, limits: &Limits) -> Result<Evidence> {
    let mut head = [0; 8];
    if path.is_dir() && folder::holds(path) == Some(Holds::Logs) {
        let mut evidence = Evidence { kind: "folder of logs".to_owned(), ..Evidence::default() };
        let mut boots = folder::read(path, limits, &mut evidence)?;
        for path in &choice.beside {
            boots.extend(folder::beside(path, limits, &mut evidence)?);
        }
        return named(&clean::path(path), finished(evidence, boots, choice));
    }
    let is_journal = path.is_dir()
        || File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok()
            && head == *journal::MAGIC;
    if is_journal {
        return journal::of(path, choice);
    }
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let read = upto(file).map_err(|e| Error::io("read", path, e))?;
    bytes(&clean::path(path), read, choice, limits)
}

/// Reads standard input to its end.
///
/// # Errors
/// As of [`open`].
pub fn stdin(choice: &Choice, limits: &Limits) -> Result<Evidence> {
    let name = Path::new("standard input");
    let read = upto(std::io::stdin().lock()).map_err(|e| Error::io("read", name, e))?;
    bytes("standard input", read, choice, limits)
}

pub(super) fn upto(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    from.take(unpack::LOG_MAX + 1).read_to_end(&mut out)?;
    Ok(out)
}

/// The log in these bytes, with what lies beside it; `name` is for errors.
///
/// # Errors
/// As of [`open`].
pub fn bytes(name: &str, bytes: Vec<u8>, choice: &Choice, limits: &Limits) -> Result<Evidence> {
    let mut evidence = Evidence { kind: "log".to_owned(), ..Evidence::default() };
    let mut boots = source::read(name, bytes, limits, &mut evidence)?;
    for path in &choice.beside {
        boots.extend(folder::beside(path, limits, &mut evidence)?);
    }
    named(name, finished(evidence, boots, choice))
}

/// Puts the input's name before an error, unless the call itself was wrong.
fn named(name: &str, result: Result<Evidence>) -> Result<Evidence> {
    result.map_err(|e| if e.is_usage() { e } else { Error::new(format!("{name}: {e}")) })
}

/// Chooses the boot and makes the tree.
pub(super) fn finished(
    mut evidence: Evidence,
    boots: Vec<Boot>,
    choice: &Choice,
) -> Result<Evidence> {
    let mut boots = distinct(boots);
    let lines: usize = boots.iter().map(|boot| boot.records.len()).sum();
    boots.retain(Boot::tells);
    if boots.is_empty() {
        return Err(Error::new(match lines {
            0 => "no line of a kernel log or journal was found in it".to_owned(),
            1 => "it holds one line of a log, but none of the kernel".to_owned(),
            n => format!("it holds {n} lines of a log, but none of the kernel"),
        }));
    }
    let ids: Vec<Option<String>> = boots.iter().map(|boot| boot.id.clone()).collect();
    let index = choice.of(&ids)?;
    (evidence.boots, evidence.boot) = (boots.len(), index + 1);
    if index + 1 < boots.len() {
        // What was noted down beside a log shows the machine of its last boot.
        evidence.files.clear();
        evidence.whole.clear();
        evidence.cannot_show.clear();
    }
    let boot = boots.swap_remove(index);
    tree::add(&boot, &mut evidence);
    let mut gaps = gaps::of(&evidence, &boot);
    gaps.append(&mut evidence.cannot_show);
    evidence.cannot_show = gaps;
    evidence.records = boot.records;
    Ok(evidence)
}
