//! A case: a look at a machine or its image, what the rules found, the looks at
//! its initrds, and what else was noted. What questions share stands here.

use super::answer::Evidence;
use crate::source::logs::Record;
use crate::view::goals::{Machine, Surroundings};
use nvpreflight::driver::said::nvidia;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, LogRecord};
use nvpreflight::finding::{Finding, Report};
use nvpreflight::reading::fate;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::text::Seconds;
use nvpreflight::tree::Tree;

/// A look at something beside the machine: one of its initrds.
pub struct Beside<'a> {
    /// Its name.
    pub name: &'a str,
    /// What was seen.
    pub facts: &'a Facts,
    /// What the rules found.
    pub report: &'a Report,
}

/// Everything that is known of a case.
pub struct Case<'a> {
    /// The old side named.
    pub name: &'a str,
    /// What was seen.
    pub facts: &'a Facts,
    /// What is wanted.
    pub want: &'a Expectations,
    /// What the rules found.
    pub report: &'a Report,
    /// Log records beside the kernel's, by any clock.
    pub records: &'a [Record],
    /// What no rule reads.
    pub around: Surroundings,
    /// Its initrds that were looked at.
    pub initrds: Vec<Beside<'a>>,
    /// Why an initrd was not checked.
    pub initrd_problems: &'a [String],
    /// Whether the look had root's rights; `None` where that was not noted.
    pub root: Option<bool>,
    /// Reads that did not come back.
    pub hung: &'a [String],
    /// Bytes free where the boot loader's files lie.
    pub room: Option<(String, u64)>,
    /// What the input itself cannot show.
    pub cannot_show: Vec<String>,
    /// What changed since it last worked, where that is known.
    pub changes: Option<super::Says>,
    /// The machine's files, where they can be edited.
    pub machine: Option<&'a dyn Tree>,
}

impl Case<'_> {
    /// True for an image or a directory: nothing runs there.
    #[must_use]
    pub fn before_boot(&self) -> bool {
        self.facts.look.is_of_files()
    }

    /// The first finding of one of these codes, causes before consequences.
    #[must_use]
    pub fn found(&self, codes: &[u16]) -> Option<&Finding> {
        let of = |f: &&Finding| codes.contains(&f.rule.code.0);
        let mut findings = self.report.findings.iter().filter(of);
        findings.clone().find(|f| f.cause.is_none()).or_else(|| findings.next())
    }

    /// The initrd whose content answers for the next boot: the case itself where it
    /// is one, else the first that was looked at.
    #[must_use]
    pub fn initrd(&self) -> Option<&Facts> {
        if self.facts.image.is_yes() {
            return Some(self.facts);
        }
        self.initrds.first().map(|initrd| initrd.facts)
    }

    /// The machine as the choice of early and late sees it; the initrd's share comes
    /// from the initrd.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let mut machine = Machine::of(self.facts, self.around.clone());
        if machine.initrd.is_none() {
            if let Some(initrd) = self.initrd() {
                machine.initrd = Machine::of(initrd, self.around.clone()).initrd;
                machine.early_now = machine.early_now.or(machine.initrd.map(|i| i.brings));
            }
        }
        machine.room.clone_from(&self.room);
        machine
    }

    /// Whether a module is in, by /proc/modules or, in a log, by its own lines.
    #[must_use]
    pub fn is_up(&self, module: &str) -> Option<bool> {
        if self.facts.modules.proc.is_yes() {
            return Some(self.facts.modules.up(module).is_some());
        }
        let line: &[&str] = match module {
            "nvidia" => &[nvidia::LOADING],
            "nvidia_modeset" => &[nvidia::MODESET_LOADING],
            "nvidia_drm" => nvidia::DRM_LOADING,
            _ => return None,
        };
        self.facts.logged(line).map(|_| true)
    }

    /// The record by which nvidia_drm's device became ready.
    #[must_use]
    pub fn ready(&self) -> Option<&LogRecord> {
        self.facts.logged(&[nvidia::CARD])
    }

    /// When a record was written by the kernel's clock, as evidence.
    #[must_use]
    pub fn logged(record: &LogRecord) -> Evidence {
        let place = match record.us {
            0 => "kernel log".to_owned(),
            us => format!("kernel log, {}", Seconds(us)),
        };
        Evidence { place, text: record.text.to_string() }
    }

    /// A finding's own evidence: its place and line.
    #[must_use]
    pub fn shown(finding: &Finding) -> Evidence {
        let place = match &finding.origin {
            origin if origin.is_shown() => format!("{}: {origin}", finding.rule.code),
            _ => finding.rule.code.to_string(),
        };
        let text = match finding.evidence.as_str() {
            "" => finding.message.to_string(),
            line => line.to_owned(),
        };
        Evidence { place, text }
    }
}

/// Why something was not seen, in words.
#[must_use]
pub fn unseen<T>(what: &str, seen: &Seen<T>) -> String {
    match seen {
        Seen::Yes(_) => format!("{what} was seen"),
        Seen::Absent => format!("{what} is not there"),
        Seen::NotLooked => format!("{what} is not in this input"),
        Seen::Unreadable(Errno::EACCES | Errno::EPERM) => {
            format!("{what} can only be read by root")
        }
        Seen::Unreadable(e) => format!("{what} could not be read: {e}"),
    }
}

/// "nvidia is not loaded", and what became of it.
#[must_use]
pub fn not_there(case: &Case<'_>, module: &str) -> String {
    format!("{module} is not loaded{}", fate::of(case.facts, module))
}
