//! How a run speaks: format, colour, progress. Data goes to standard output,
//! everything about the run to standard error.

use anstream::ColorChoice;
use std::io::{IsTerminal, Write};

/// What the exit status says (the same numbers as the verifier's).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Clean at the threshold; the command did its work.
    Clean,
    /// Findings at or above the threshold, or differences.
    Findings,
    /// Something could not be checked or done.
    CouldNot,
    /// Wrong usage.
    Usage,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::CouldNot => 2,
            Self::Usage => 64,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set and not empty (no-color.org) or
    /// TERM is "dumb".
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The run's way of speaking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ui {
    /// When to colour.
    pub colour: Colour,
    /// Suppress progress output.
    pub quiet: bool,
}

impl Ui {
    /// True when standard output takes colours.
    #[must_use]
    pub fn colours(self) -> bool {
        match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => anstream::AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
        }
    }

    /// Columns for prose: the terminal's, at most 100 and at least 40; 80 where
    /// standard output is none. `COLUMNS` is honoured, as clap does for --help.
    #[must_use]
    pub fn columns(self) -> usize {
        let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let seen = || terminal_size::terminal_size_of(std::io::stdout()).map(|(w, _)| w.0.into());
        said.or_else(seen).unwrap_or(80_usize).clamp(40, 100)
    }

    /// True when progress may be drawn: a terminal on standard error, not quiet.
    #[must_use]
    pub fn progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// A line about the run, on standard error; lost when nobody reads it.
    pub fn say(self, line: std::fmt::Arguments<'_>) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "nvpreflight: {line}");
        }
    }

    /// What ended the run, on standard error; a closed one is no reason to panic.
    pub fn fail(self, error: &crate::base::error::Error) {
        let _ = writeln!(std::io::stderr(), "nvpreflight: {error}");
    }
}
