//! Serial numbers by their look: a disk's name in the kernel log ends in one without
//! any word before it.

use super::{Found, How};

/// Shorter ones are names of models and boards.
const LEAST: usize = 10;
/// Digits that a serial number has at least.
const DIGITS: usize = 4;

/// Words of capitals and digits with at least one letter that is no hexadecimal digit:
/// addresses and hashes have none.
pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    let part = |c: char| c.is_alphanumeric();
    let mut from = 0;
    while let Some(start) = line.get(from..).and_then(|rest| rest.find(part)).map(|at| from + at) {
        let rest = line.get(start..).unwrap_or("");
        let end = start + rest.find(|c| !part(c)).unwrap_or(rest.len());
        let word = line.get(start..end).unwrap_or("");
        let all = word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let letters = word.bytes().any(|b| matches!(b, b'G'..=b'Z'));
        if all && word.len() >= LEAST && digits >= DIGITS && letters {
            found(Found::everywhere(start..end, How::Cross));
        }
        from = end;
    }
}
