//! Where the driver should be loaded on this machine: what each choice gives and
//! costs each goal, from what was seen, and one recommendation. Advice with its
//! reasons, never a judgement: the rules judge.
//!
//! `Facts + Surroundings → Machine → a cell for each goal and choice → Advice`.

mod advice;
mod costs;
mod lines;
mod machine;
mod matrix;
mod sleep;
mod surroundings;
#[cfg(test)]
mod tests;

pub use advice::{Advice, Row, advise};
pub use lines::Lines;
pub use machine::{Gpu, Machine, Screen};
pub use matrix::cell;
pub use surroundings::{Known, Surroundings};

use serde::Serialize;

/// Where the driver is loaded, and who waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// In the initrd.
    Early,
    /// On the real root, by udev or modules-load.d.
    Late,
    /// On the real root, and the display manager is held until it is there.
    LateAndHold,
}

impl Choice {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Early, Self::Late, Self::LateAndHold];

    /// A few words for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Early => "early, in the initrd",
            Self::Late => "late, on the real root",
            Self::LateAndHold => "late, the display manager waits",
        }
    }
}

/// What a choice does to a goal; the order is that of badness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It serves the goal.
    Works,
    /// The goal does not depend on it.
    NoMatter,
    /// What was seen does not tell.
    Unknown,
    /// It may fail, on some boots or with some versions.
    Risk,
    /// It defeats the goal.
    Breaks,
}

impl Effect {
    /// The word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NoMatter => "no matter",
            Self::Unknown => "not known",
            Self::Risk => "risk",
            Self::Breaks => "breaks",
        }
    }
}

/// One goal under one choice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cell {
    /// What it does.
    pub effect: Effect,
    /// Why, in a clause.
    pub why: String,
    /// Where that was seen, or which rule has more details; may be empty.
    pub evidence: String,
}

impl Cell {
    fn new(effect: Effect, why: impl Into<String>) -> Self {
        Self { effect, why: why.into(), evidence: String::new() }
    }

    fn by(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = evidence.into();
        self
    }
}
