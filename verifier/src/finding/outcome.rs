//! What became of a rule, and where it puts what it found. Decides nothing.

use super::{FINDING_MAX, Finding, Message, Severity, blank};
use crate::rule::Rule;
use crate::seen::Errno;
use core::fmt;
use heapless::Vec;

/// Why a rule did not judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Skip {
    /// Its source does not exist for this kind of tree, or nobody looked.
    NotLooked(&'static str),
    /// Its source could not be read; the run as a whole "could not check".
    Unreadable(&'static str, Errno),
    /// Its source is not there, which leaves the rule blind.
    Missing(&'static str),
    /// The rule does not run in this phase.
    OtherPhase,
    /// The owner turned it off.
    TurnedOff,
    /// The rule itself says why it could not judge; counted as unreadable.
    CouldNot(&'static str),
    /// The same of a subject that can never show it, such as a log: nothing there
    /// was refused, so the run as a whole could check what there was.
    NotShown(&'static str),
    /// The subject shows so little that "nothing wrong" would say nothing.
    TooLittle(&'static str),
}

impl Skip {
    /// True when the skip means "could not check" rather than "not asked".
    #[must_use]
    pub const fn is_blind(self) -> bool {
        matches!(
            self,
            Self::Unreadable(..) | Self::Missing(_) | Self::CouldNot(_) | Self::TooLittle(_)
        )
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLooked(what) => write!(f, "{what} was not checked"),
            Self::Unreadable(what, e) => write!(f, "cannot read {what}: {e}"),
            Self::Missing(what) => write!(f, "{what} is not there"),
            Self::OtherPhase => f.write_str("does not run in this phase"),
            Self::TurnedOff => f.write_str("turned off in the expectations"),
            Self::CouldNot(why) | Self::NotShown(why) | Self::TooLittle(why) => f.write_str(why),
        }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It looked and found nothing wrong.
    Pass,
    /// It found that many.
    Found(u8),
    /// It did not judge.
    Skipped(Skip),
}

/// Where a rule puts its findings.
pub struct Findings<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) nixos: bool,
    pub(crate) severity: Option<Severity>,
    pub(crate) list: &'a mut Vec<Finding, FINDING_MAX>,
    pub(crate) spare: Finding,
    pub(crate) added: u8,
    pub(crate) lost: u64,
    pub(crate) could_not: Option<Skip>,
}

impl Findings<'_> {
    /// Adds a finding with one sentence; the returned reference takes the rest.
    pub fn add(&mut self, message: fmt::Arguments<'_>) -> &mut Finding {
        self.added = self.added.saturating_add(1);
        let finding = Finding { message: Message::of(message), ..blank(self.rule) };
        match self.list.push(finding) {
            Ok(()) => self.list.last_mut().unwrap_or(&mut self.spare),
            Err(_) => {
                self.lost += 1;
                &mut self.spare
            }
        }
    }

    /// Says that the rule could not judge after all, and why.
    pub const fn could_not(&mut self, why: &'static str) {
        self.could_not = Some(Skip::CouldNot(why));
    }

    /// Says that the subject shows too little for "nothing wrong" to mean anything.
    #[cfg(feature = "logs")]
    pub const fn too_little(&mut self, why: &'static str) {
        self.could_not = Some(Skip::TooLittle(why));
    }

    /// Says that the rule found nothing to judge by, of which nobody is to blame:
    /// the tables do not know this version or this card. It counts as not asked.
    pub const fn not_looked(&mut self, what: &'static str) {
        if self.could_not.is_none() {
            self.could_not = Some(Skip::NotLooked(what));
        }
    }

    /// True on NixOS.
    #[must_use]
    pub const fn nixos(&self) -> bool {
        self.nixos
    }
}
