//! Findings, outcomes and the report: what the engine hands to the sinks.

use crate::facts::device::GPU_MAX;
use crate::facts::{Look, Lost, PciAddress, Phase, Place};
use crate::rule::Rule;
use crate::seen::Errno;
use crate::text::{Line, Name, Text, Value};
use core::fmt;
use heapless::Vec;

/// Findings of one run; more than that is a machine on fire, and counted lost.
pub const FINDING_MAX: usize = 48;

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Worth knowing; nothing fails.
    Note,
    /// A race, or wrong for a likely goal.
    Warning,
    /// Display or compute fails.
    Error,
}

impl Severity {
    /// The name in reports and expectations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|s| s.name() == name)
    }

    /// The syslog priority: 3 error, 4 warning, 5 notice.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Note => 5,
        }
    }
}

/// How sure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Confidence {
    /// The evidence shows the state itself.
    Certain,
    /// The evidence fits and other causes are conceivable.
    Likely,
}

impl Confidence {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}

/// What a sentence of a finding may hold.
pub type Message = Text<320>;

/// One finding. Built by a rule with [`Finding::new`] and the `with_*` methods.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Its severity here.
    pub severity: Severity,
    /// How sure this finding is; weaker evidence than the rule's best says so.
    pub confidence: Confidence,
    /// One sentence that stands alone, starting in lower case.
    pub message: Message,
    /// The module it is about, or empty.
    pub module: Name,
    /// The GPUs it is about; empty where it is about none, or no one knows which.
    pub gpus: Vec<PciAddress, GPU_MAX>,
    /// Where it stands.
    pub origin: Place,
    /// What was wanted, or empty.
    pub expected: Value,
    /// What was found, or empty.
    pub found: Value,
    /// The line of evidence itself, or empty.
    pub evidence: Line,
    /// Advice that only this finding can give, or empty: then the rule's fix holds.
    pub fix: &'static str,
    /// The finding that caused this one, as an index into the report's findings.
    pub cause: Option<u8>,
}

impl Finding {
    /// Where it stands.
    pub fn at(&mut self, place: &Place) -> &mut Self {
        self.origin = place.clone();
        self
    }

    /// The file or folder that it is about, as a whole.
    pub fn path(&mut self, path: &str) -> &mut Self {
        self.origin = Place::file(path);
        self
    }

    /// The word of the kernel command line that it is about, counted from 1.
    pub fn word(&mut self, number: u32) -> &mut Self {
        self.origin = Place::Word(number);
        self
    }

    /// The log line that shows it, and when it was written; a place that is known
    /// already stays, as a line is found quicker there than in a log.
    pub fn logged(&mut self, us: u64, line: &str) -> &mut Self {
        if self.origin == Place::Nowhere {
            self.origin = Place::Log { us };
        }
        self.line(line)
    }

    /// One more GPU that it is about; what is beyond the largest machine is left out.
    pub fn gpu(&mut self, gpu: Option<PciAddress>) -> &mut Self {
        if let Some(gpu) = gpu {
            // A full list: no machine has as many, and the sentence names it still.
            let _ = self.gpus.push(gpu);
        }
        self
    }

    /// True unless the two are about different GPUs: then neither caused the other.
    #[must_use]
    pub fn shares_gpu(&self, gpus: &[PciAddress]) -> bool {
        let ours = |gpu: &PciAddress| self.gpus.iter().any(|own| own.same_device(*gpu));
        self.gpus.is_empty() || gpus.is_empty() || gpus.iter().any(ours)
    }

    /// The module concerned.
    pub fn module(&mut self, name: &str) -> &mut Self {
        self.module = Name::from(name);
        self
    }

    /// Wanted and found values.
    pub fn values(&mut self, expected: &str, found: &str) -> &mut Self {
        self.expected = Value::from(expected);
        self.found = Value::from(found);
        self
    }

    /// The evidence line.
    pub fn line(&mut self, line: &str) -> &mut Self {
        self.evidence = Line::from(line);
        self
    }

    /// Another severity than the rule's.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Another confidence than the rule's.
    pub fn confidence(&mut self, confidence: Confidence) -> &mut Self {
        self.confidence = confidence;
        self
    }

    /// Another fix than the rule's.
    pub fn fix(&mut self, fix: &'static str) -> &mut Self {
        self.fix = fix;
        self
    }
}

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

pub(crate) const fn blank(rule: &'static Rule) -> Finding {
    Finding {
        rule,
        severity: rule.severity,
        confidence: rule.confidence,
        message: Message::new(),
        module: Name::new(),
        gpus: Vec::new(),
        origin: Place::Nowhere,
        expected: Value::new(),
        found: Value::new(),
        evidence: Line::new(),
        fix: "",
        cause: None,
    }
}

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
    /// What happened.
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
    pub outcomes: Vec<(&'static Rule, Outcome), { crate::rules::MAX }>,
    /// What was lost on the way.
    pub lost: Lost,
    /// Timeline of this boot.
    pub timeline: Vec<Event, 32>,
    /// Findings at or above it count for the exit status.
    pub threshold: Severity,
    /// Timing of the run.
    pub timing: Timing,
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
            lost: Lost::new(),
            timeline: Vec::new(),
            threshold: Severity::Error,
            timing: Timing { started_us: 0, waited_us: 0, held_us: 0, finished_us: 0 },
            gist: Line::new(),
        }
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
