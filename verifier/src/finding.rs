//! Findings, outcomes and the report: what the engine hands to the sinks.

use crate::facts::device::GPU_MAX;
use crate::facts::{PciAddress, Place};
use crate::rule::Rule;
use crate::text::{Line, Name, Text, Value};
use heapless::Vec;

pub mod fix;
mod outcome;
mod report;
pub mod step;

pub use crate::severity::Severity;
pub use outcome::{Findings, Outcome, Skip};
pub use report::{Clock, Event, Report, Timing, Verdict, Why};

/// Findings of one run; more than that is a machine on fire, and counted lost.
pub const FINDING_MAX: usize = 48;

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
    /// What of that module it is about: a parameter, or the module that its softdep
    /// names; else empty.
    pub parameter: Name,
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

    /// The parameter concerned, by the name it was given.
    pub fn parameter(&mut self, name: &str) -> &mut Self {
        self.parameter = Name::from(name);
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

pub(crate) const fn blank(rule: &'static Rule) -> Finding {
    Finding {
        rule,
        severity: rule.severity,
        confidence: rule.confidence,
        message: Message::new(),
        module: Name::new(),
        parameter: Name::new(),
        gpus: Vec::new(),
        origin: Place::Nowhere,
        expected: Value::new(),
        found: Value::new(),
        evidence: Line::new(),
        fix: "",
        cause: None,
    }
}
