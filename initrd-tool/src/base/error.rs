//! Errors that end a command, with words for people: what was tried, on what,
//! and why it failed. A fault of an image is no error but a finding.

use super::clean;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Error {
    what: String,
    source: Option<io::Error>,
    usage: bool,
}

impl Error {
    /// A failure in one sentence, lower case start, no final period.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None, usage: false }
    }

    /// A failure whose cause is how the command was called (exit status 64).
    pub fn usage(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None, usage: true }
    }

    /// A failed operation on a path.
    pub fn io(doing: &str, path: &Path, source: io::Error) -> Self {
        Self {
            what: format!("cannot {doing} {}", clean::path(path)),
            source: Some(source),
            usage: false,
        }
    }

    /// Standard output that takes no more.
    #[must_use]
    pub fn stdout(source: io::Error) -> Self {
        Self::io("write to", Path::new("standard output"), source)
    }

    /// True when the call was wrong.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        self.usage
    }

    /// The operating system's error, where there is one.
    #[must_use]
    pub const fn io_error(&self) -> Option<&io::Error> {
        self.source.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names come from images and folders of others.
        f.write_str(&clean::lines(&self.what))?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}

/// The result of a step of a command.
pub type Result<T> = std::result::Result<T, Error>;
