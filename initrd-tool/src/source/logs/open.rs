//! Any log, opened: bytes to text, text to records, records to one boot, one boot
//! to a tree. An input without a line of the kernel is an error that says so.

use super::choice::Choice;
use super::evidence::Evidence;
use super::finish::finished;
use super::folder::{self, Holds};
use super::stream::{HEAD, Stream};
use super::{journal, json, source, text, unpack};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::regular;
use std::io::Read;
use std::path::Path;

/// Packed bytes of the longest block that a packer makes (4 MiB, LZ4 frame format).
const BLOCK: usize = 5 << 20;

/// True for a file that may be a log: a journal, or a text that is packed or not;
/// and for a folder of logs.
///
/// # Errors
/// A file that cannot be read.
pub fn looks_like_one(path: &Path, limits: &Limits) -> Result<bool> {
    if path.is_dir() {
        return Ok(folder::holds(path).is_some());
    }
    let head = head_of(path, limits)?;
    Ok(head.starts_with(journal::MAGIC) || may_be_text(&head, limits))
}

/// Of a text that is whole or only its beginning.
fn unpacked_head(bytes: &[u8], limits: &Limits) -> Vec<u8> {
    unpack::head(bytes.get(..BLOCK).unwrap_or(bytes), HEAD, limits)
}

/// As many bytes of a stream as tell what it is: of a packed one enough for its first
/// block, which a decoder gives whole or not at all.
pub fn packed_head<'a>(stream: &'a mut Stream, limits: &Limits) -> &'a [u8] {
    let head = stream.beginning(HEAD);
    let more = unpack::is_packed(head) && unpacked_head(head, limits).is_empty();
    stream.beginning(if more { BLOCK } else { HEAD })
}

fn head_of(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let mut stream = Stream::new(regular::open(path)?, limits.unpacked);
    let head = packed_head(&mut stream, limits).to_vec();
    stream.end().map_err(|e| Error::io("read", path, e))?;
    Ok(head)
}

/// True for the beginning of a text, packed or not, that is neither facts nor an archive.
#[must_use]
pub fn may_be_text(bytes: &[u8], limits: &Limits) -> bool {
    let head = unpacked_head(bytes, limits);
    // The archives of initrds begin with digits.
    let archive = head.starts_with(b"07070");
    !begins_facts(&head) && !archive && text::may_be_text(&head)
}

/// As [`may_be_facts`], of a file.
///
/// # Errors
/// A file that cannot be read.
pub fn head_of_facts(path: &Path, limits: &Limits) -> Result<bool> {
    Ok(may_be_facts(&head_of(path, limits)?, limits))
}

/// True for the beginning of saved facts, packed or not: JSON that is no log.
#[must_use]
pub fn may_be_facts(bytes: &[u8], limits: &Limits) -> bool {
    begins_facts(&unpacked_head(bytes, limits))
}

/// As [`may_be_facts`], of bytes that are not packed.
fn begins_facts(head: &[u8]) -> bool {
    // An object begins with a key or is empty; a site's own markup ("{{% …") is a text.
    let begins =
        |rest: &[u8]| rest.trim_ascii_start().first().is_none_or(|b| matches!(b, b'"' | b'}'));
    let object = head.trim_ascii_start().strip_prefix(b"{").is_some_and(begins);
    object && !json::looks_like_one(head)
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
    let file = Stream::new(regular::open(path)?, limits.unpacked);
    stream(&clean::path(path), file, choice, limits)
}

/// The log that a stream gives, with what lies beside it; `name` is for errors.
///
/// # Errors
/// As of [`open`].
pub fn stream(name: &str, log: Stream, choice: &Choice, limits: &Limits) -> Result<Evidence> {
    let mut evidence = Evidence { kind: "log".to_owned(), ..Evidence::default() };
    let mut boots = source::read(name, log, limits, &mut evidence)?;
    for path in &choice.beside {
        boots.extend(folder::beside(path, limits, &mut evidence)?);
    }
    named(name, finished(evidence, boots, choice))
}

/// The log in these bytes; `name` is for errors.
///
/// # Errors
/// As of [`open`].
pub fn bytes(name: &str, bytes: &[u8], choice: &Choice, limits: &Limits) -> Result<Evidence> {
    stream(name, Stream::new(bytes, u64::MAX), choice, limits)
}

/// Puts the input's name before an error, unless the call itself was wrong.
fn named(name: &str, result: Result<Evidence>) -> Result<Evidence> {
    result.map_err(|e| if e.is_usage() { e } else { Error::new(format!("{name}: {e}")) })
}
