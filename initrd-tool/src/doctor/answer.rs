//! An answer: how it stands, one line, and the evidence behind it.

use crate::base::clean;
use serde::Serialize;
use std::fmt::Display;

/// How an answer stands, for the eye.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// As it should be.
    Good,
    /// A value, or not a question on this machine.
    Plain,
    /// It may fail, or is half done.
    Careful,
    /// It fails.
    Bad,
    /// It could not be told.
    Unknown,
}

impl Tone {
    /// Its mark at the beginning of a line: letters, which every console has.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Plain => "-",
            Self::Careful => "risk",
            Self::Bad => "BAD",
            Self::Unknown => "?",
        }
    }
}

/// A line of evidence and where it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Evidence {
    /// A path, a place in a file, "kernel log, 2.99 s".
    pub place: String,
    /// What stands there.
    pub text: String,
}

/// What a question's function says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Says {
    /// How it stands.
    pub tone: Tone,
    /// The answer in one line, lower case, harmless to a terminal.
    pub says: String,
    /// What it was read from.
    pub because: Vec<Evidence>,
}

impl Says {
    /// An answer of that tone.
    pub fn new(tone: Tone, says: impl Display) -> Self {
        Self { tone, says: clean::line(says.to_string().as_bytes()), because: Vec::new() }
    }

    /// As it should be.
    pub fn good(says: impl Display) -> Self {
        Self::new(Tone::Good, says)
    }

    /// A value.
    pub fn plain(says: impl Display) -> Self {
        Self::new(Tone::Plain, says)
    }

    /// A risk.
    pub fn careful(says: impl Display) -> Self {
        Self::new(Tone::Careful, says)
    }

    /// A failure.
    pub fn bad(says: impl Display) -> Self {
        Self::new(Tone::Bad, says)
    }

    /// "unknown: " and why.
    pub fn unknown(why: impl Display) -> Self {
        Self::new(Tone::Unknown, format!("unknown: {why}"))
    }

    /// Adds evidence.
    #[must_use]
    pub fn seen(mut self, place: impl Display, text: impl Display) -> Self {
        self.because.push(Evidence {
            place: clean::line(place.to_string().as_bytes()),
            text: clean::line(text.to_string().as_bytes()),
        });
        self
    }

    /// Adds evidence that may be missing.
    #[must_use]
    pub fn maybe(self, evidence: Option<Evidence>) -> Self {
        match evidence {
            Some(Evidence { place, text }) => self.seen(place, text),
            None => self,
        }
    }

    /// Adds several.
    #[must_use]
    pub fn all(self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        evidence.into_iter().fold(self, |says, e| says.maybe(Some(e)))
    }
}

/// An answer with its question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Answer {
    /// A word that names the question for good: "early".
    pub id: &'static str,
    /// The question.
    pub question: &'static str,
    /// How it stands.
    pub tone: Tone,
    /// The answer.
    #[serde(rename = "answer")]
    pub says: String,
    /// What it was read from.
    #[serde(rename = "evidence")]
    pub because: Vec<Evidence>,
}
