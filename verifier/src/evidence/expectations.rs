//! Reads the expectations file (docs/expectations-v1.schema.json). A file that
//! is not understood in full is refused as a whole: the defaults hold. The verifier and
//! the host tool load it here, so that both say the same of it.

mod fields;
mod json;
#[cfg(test)]
mod tests;

use crate::expect::Expectations;
use crate::facts::ExpectationsRefused;
use crate::seen::Seen;
use crate::text::{Line, Name};
use crate::tree::Tree;
use core::fmt;

/// The file below the root.
pub const FILE: &str = "etc/nvpreflight/expect.json";
/// Longest file that is taken, in bytes; one that fills every list has about 6 kB.
pub const SIZE_MAX: usize = 16 * 1024;

/// The version this reader takes.
pub const VERSION: u32 = 1;
/// The longest wait or hold the file may ask for, in milliseconds.
pub const WAIT_MAX_MS: u32 = 60_000;

/// Why an expectations file was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// What is wrong, in a few words: "unknown key".
    pub why: &'static str,
    /// The key or value it is about, or empty.
    pub what: Name,
    /// The line it was met on or after, from 1.
    pub line: u32,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)?;
        if self.what.is_empty() { Ok(()) } else { write!(f, ": `{}`", self.what) }
    }
}

/// Parses an expectations file (JSON, version 1).
///
/// # Errors
/// Anything that is not a valid file of version 1: `want` is left as it was.
pub fn parse(bytes: &[u8], want: &mut Expectations) -> Result<(), Refused> {
    *want = json::read(bytes)?;
    Ok(())
}

/// Takes a file under its name; a reader hands over one byte more than [`SIZE_MAX`] of a
/// longer one. What is wrong with it becomes a fact, and the defaults hold.
#[must_use]
pub fn take(name: &str, read: Seen<&[u8]>, want: &mut Expectations) -> Option<ExpectationsRefused> {
    let why = match read {
        Seen::Yes(bytes) if bytes.len() > SIZE_MAX => {
            Line::of(format_args!("the file is longer than {SIZE_MAX} bytes"))
        }
        Seen::Yes(bytes) => match parse(bytes, want) {
            Ok(()) => return None,
            Err(refused) => Line::of(format_args!("{refused}")),
        },
        Seen::Absent | Seen::NotLooked => Line::from("the file does not exist"),
        Seen::Unreadable(e) => Line::of(format_args!("cannot read the file: {e}")),
    };
    Some(ExpectationsRefused { file: Line::from(name), why })
}

/// Takes the file of a root, where there is one: absent otherwise.
#[must_use]
pub fn below(tree: &dyn Tree, want: &mut Expectations) -> Seen<Option<ExpectationsRefused>> {
    let mut buf = [0; SIZE_MAX + 1];
    match tree.read(FILE, &mut buf) {
        Seen::Absent => Seen::Absent,
        Seen::NotLooked => Seen::NotLooked,
        read => Seen::Yes(take(FILE, read.map(|got| buf.get(..got.len).unwrap_or(&[])), want)),
    }
}
