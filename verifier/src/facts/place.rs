//! Where something stands, by kind, so that no code reads it back out of a text.
//! Names a place; never opens it.

use crate::text::Path;
use core::fmt;

/// A place that a fact or a finding points at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Place {
    /// None.
    #[default]
    Nowhere,
    /// A line of a file.
    Line {
        /// The file, without the root's slash.
        path: Path,
        /// Its line, from 1.
        line: u32,
    },
    /// A word of the kernel command line, counted from 1 (`parse::cmdline::words`).
    Word(u32),
    /// A file or a folder as a whole, without the root's slash.
    File(Path),
    /// A byte of the image that was judged, counted from 0.
    Byte(u64),
    /// A record of the log, which the finding quotes; shown by that alone.
    Log {
        /// Microseconds since boot; 0 where the record has no time.
        us: u64,
    },
}

impl Place {
    /// How a place on the kernel command line begins for people.
    pub const CMDLINE: &str = "kernel command line";

    /// A line of a file.
    #[must_use]
    pub fn line(path: &str, line: u32) -> Self {
        Self::Line { path: Path::from(path), line }
    }

    /// A file or a folder as a whole.
    #[must_use]
    pub fn file(path: &str) -> Self {
        Self::File(Path::from(path))
    }

    /// True where there is something to show: a log record stands for itself.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        !matches!(self, Self::Nowhere | Self::Log { .. })
    }

    /// The file or folder, where it is in one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Line { path, .. } | Self::File(path) => Some(path),
            _ => None,
        }
    }

    /// The kind's name in report v1.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Nowhere => "none",
            Self::Line { .. } => "line",
            Self::Word(_) => "word",
            Self::File(_) => "path",
            Self::Byte(_) => "byte",
            Self::Log { .. } => "log",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere | Self::Log { .. } => Ok(()),
            Self::Line { path, line } => write!(f, "{path}:{line}"),
            Self::Word(number) => write!(f, "{}, word {number}", Self::CMDLINE),
            Self::File(path) => fmt::Display::fmt(path, f),
            Self::Byte(offset) => write!(f, "byte {offset}"),
        }
    }
}

/// As the text that is shown, the form that saved facts v1 have always had.
#[cfg(feature = "image")]
impl serde::Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

/// The places of configuration lines only; others are in no saved facts.
#[cfg(feature = "image")]
impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = alloc::string::String::deserialize(from)?;
        let word = text.strip_prefix(Self::CMDLINE).and_then(|rest| rest.strip_prefix(", word "));
        if let Some(number) = word.and_then(|n| n.parse().ok()) {
            return Ok(Self::Word(number));
        }
        let numbered = text.rsplit_once(':').and_then(|(path, n)| Some((path, n.parse().ok()?)));
        Ok(match numbered {
            Some((path, line)) => Self::line(path, line),
            None if text.is_empty() => Self::Nowhere,
            None => Self::file(&text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_facts_keep_a_configuration_lines_place() {
        let places = [
            (Place::line("etc/modprobe.d/a:b.conf", 7), "\"etc/modprobe.d/a:b.conf:7\""),
            (Place::Word(3), "\"kernel command line, word 3\""),
            (Place::file("lib/firmware/nvidia"), "\"lib/firmware/nvidia\""),
            (Place::Nowhere, "\"\""),
        ];
        for (place, text) in places {
            assert_eq!(serde_json::to_string(&place).unwrap(), text);
            assert_eq!(serde_json::from_str::<Place>(text).unwrap(), place);
        }
    }

    #[test]
    fn hostile_places_of_saved_facts_are_files() {
        for text in ["kernel command line, word x", "a:99999999999", ":", "byte 3"] {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), Place::file(text));
        }
    }
}
