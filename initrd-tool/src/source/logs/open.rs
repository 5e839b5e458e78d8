//! Any log, opened: bytes to text, text to records, records to one boot, one boot
//! to a tree. An input without a line of the kernel is an error that says so.

use super::choice::Choice;
use super::evidence::Evidence;
use super::finish::finished;
use super::folder::{self, Holds};
use super::unpack::{self, upto};
use super::{journal, json, source, text};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::regular;
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
    regular::open(path)?
        .take(HEAD)
        .read_to_end(&mut head)
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
        || regular::open(path)?.read_exact(&mut head).is_ok() && head == *journal::MAGIC;
    if is_journal {
        return journal::of(path, choice);
    }
    let read = upto(regular::open(path)?).map_err(|e| Error::io("read", path, e))?;
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
