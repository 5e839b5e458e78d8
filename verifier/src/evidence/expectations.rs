//! Reads the expectations file (docs/expectations-v1.schema.json). A file that
//! is not understood in full is refused as a whole: the defaults hold.

mod fields;
mod json;
#[cfg(test)]
mod tests;

use crate::expect::Expectations;
use crate::text::Name;
use core::fmt;

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
