//! The whole answer of one run, and its verdict. Writes nothing: sinks do.

use super::step::{Lane, Step};
use super::{FINDING_MAX, Finding, Outcome, Severity, Skip};
use crate::expect::Override;
use crate::facts::{Look, Lost, Phase};
use crate::rule::{Code, Rule};
use crate::text::Line;
use core::fmt;
use heapless::Vec;

/// Time the run took, in microseconds; `started` and `finished` since boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timing {
    /// Kernel time at which the phase began.
    pub started_us: u64,
    /// Time spent waiting for modules and devices.
    pub waited_us: u64,
    /// Time by which the display manager was held back.
    pub held_us: u64,
    /// Kernel time at which it ended.
    pub finished_us: u64,
}

/// An event on the boot's timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Microseconds since boot.
    pub us: u64,
    /// Which clock: times of different clocks must not be compared.
    pub clock: Clock,
    /// Which step of a boot it is.
    pub step: Step,
    /// Whose step.
    pub lane: Lane,
    /// What happened, for people.
    pub what: Line,
}

/// The clock of a time stamp.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// Kernel log time.
    Kernel,
    /// Trace clock; differs from the log's by up to a second in emulation.
    Trace,
}

/// The whole answer of one run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The phase.
    pub phase: Phase,
    /// What was looked at.
    pub look: Look,
    /// True on NixOS: fixes are given as options.
    pub nixos: bool,
    /// Findings: root causes first, the worst first, each followed by what it caused.
    pub findings: Vec<Finding, FINDING_MAX>,
    /// What became of each rule, in table order.
    pub outcomes: Vec<(&'static Rule, Outcome), { crate::rule::MAX }>,
    /// What the owner said of single rules, with the reasons.
    pub overrides: Vec<Override, 16>,
    /// What was lost on the way.
    pub lost: Lost,
    /// Timeline of this boot.
    pub timeline: Vec<Event, 32>,
    /// Findings at or above it count for the exit status.
    pub threshold: Severity,
    /// Timing of the run.
    pub timing: Timing,
    /// The driver's version; empty where it was not seen.
    pub driver: crate::text::Text<32>,
    /// A few words on what was seen when all is well ("nvidia 550.163.01, card0").
    pub gist: Line,
}

/// The verdict in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing at or above the threshold, and everything could be checked.
    Ok,
    /// Findings at or above the threshold.
    Findings,
    /// Nothing found, but something could not be checked.
    CouldNotCheck,
}

impl Verdict {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Findings => "findings",
            Self::CouldNotCheck => "could-not-check",
        }
    }

    /// The exit status.
    #[must_use]
    pub const fn exit(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Findings => 1,
            Self::CouldNotCheck => 2,
        }
    }
}

/// Why a rule did not judge, for people.
#[derive(Clone, Copy, Debug)]
pub struct Why<'r> {
    skip: Skip,
    reason: Option<&'r Line>,
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.skip.fmt(f)?;
        self.reason.map_or(Ok(()), |reason| write!(f, ": {reason}"))
    }
}

impl Report {
    /// An empty report.
    #[must_use]
    pub const fn new(phase: Phase) -> Self {
        Self {
            phase,
            look: Look::Live,
            nixos: false,
            findings: Vec::new(),
            outcomes: Vec::new(),
            overrides: Vec::new(),
            lost: Lost::new(),
            timeline: Vec::new(),
            threshold: Severity::Error,
            timing: Timing { started_us: 0, waited_us: 0, held_us: 0, finished_us: 0 },
            driver: crate::text::Text::new(),
            gist: Line::new(),
        }
    }

    /// The losses that no finding tells: all where NVP901 did not judge, else none.
    #[must_use]
    pub fn untold(&self) -> &[(&'static str, u64)] {
        let code = Code::EVIDENCE_LOST;
        let told = self.findings.iter().any(|finding| finding.rule.code == code);
        if told { &[] } else { self.lost.kinds() }
    }

    /// The owner's reason for a rule's severity, or for turning it off.
    #[must_use]
    pub fn reason(&self, code: Code) -> Option<&Line> {
        self.overrides.iter().find(|o| o.code == code.0).map(|o| &o.reason)
    }

    /// Why a rule did not judge, with the owner's reason where it was turned off.
    #[must_use]
    pub fn why(&self, rule: &Rule, skip: Skip) -> Why<'_> {
        Why { skip, reason: self.reason(rule.code).filter(|_| skip == Skip::TurnedOff) }
    }

    /// Number of findings of a severity; consequences count too.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }

    /// Number of rules that looked and found nothing.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|(_, o)| *o == Outcome::Pass).count()
    }

    /// Rules that did not judge, with the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static Rule, Skip)> {
        self.outcomes.iter().filter_map(|(rule, outcome)| match outcome {
            Outcome::Skipped(skip) => Some((*rule, *skip)),
            _ => None,
        })
    }

    /// Says that the subject is one that cannot show more: what rules could not
    /// judge for want of evidence is then no failure of the run. What was refused or
    /// lost stays one.
    pub fn shows_no_more(&mut self) {
        // What was found shows that the input tells something.
        let told = self.findings.iter().any(|f| f.severity >= Severity::Warning);
        for (_, outcome) in &mut self.outcomes {
            match outcome {
                Outcome::Skipped(Skip::TooLittle(_)) if !told => {}
                Outcome::Skipped(Skip::CouldNot(why) | Skip::TooLittle(why)) => {
                    *outcome = Outcome::Skipped(Skip::NotShown(why));
                }
                _ => {}
            }
        }
    }

    /// Number of rules that could not check.
    #[must_use]
    pub fn blind(&self) -> usize {
        self.skipped().filter(|(_, skip)| skip.is_blind()).count()
    }

    /// Of an image everything can be read: what was lost there is a part that nobody
    /// judged. A running kernel's log goes round, which says nothing.
    fn lost_of_an_image(&self) -> bool {
        self.look.is_of_files() && !self.lost.kinds().is_empty()
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.findings.iter().any(|f| f.severity >= self.threshold) {
            Verdict::Findings
        } else if self.blind() > 0 || self.lost.has(Lost::REFUSED) || self.lost_of_an_image() {
            Verdict::CouldNotCheck
        } else {
            Verdict::Ok
        }
    }
}
