//! The verdict in one line, the same on the console, in the journal and in the
//! report, written and read. It names root causes only: what follows from them is counted.

use crate::facts::Phase;
use crate::finding::{Finding, Report, Severity, Skip, Verdict};
use crate::rule::Rule;
use core::fmt::{self, Display};

/// Codes named in the line; more are counted. Six fit on a console's 80 columns.
const NAMED_MAX: usize = 6;

/// What a line says that all is well begins with.
const OK: &str = "ok: ";
/// What a line says that it does not know.
const COULD_NOT: &str = "could not check: ";
/// Ends the line of a boot without findings, behind the number of checks.
pub const PASSED: &str = " checks passed";
/// Where codes are left out for want of room.
const AND_MORE: &str = " more";
/// Where codes are left out because others cause them.
const FOLLOW: &str = " follow";

/// Shows as `initrd: 2 errors, 1 warning: NVP405 NVP201`.
#[derive(Clone, Copy)]
pub struct Line<'a>(pub &'a Report);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        write!(f, "{}: ", report.phase.name())?;
        if report.verdict() == Verdict::Ok {
            f.write_str(OK)?;
        }
        Said(report).fmt(f)
    }
}

/// What the line says behind the phase and "ok".
#[derive(Clone, Copy)]
pub struct Said<'a>(pub &'a Report);

impl Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        match report.verdict() {
            Verdict::Ok if report.findings.is_empty() => {
                if !report.gist.is_empty() {
                    write!(f, "{}, ", report.gist)?;
                }
                write!(f, "{}{PASSED}", report.passed())
            }
            Verdict::Ok | Verdict::Findings => counted(f, report),
            Verdict::CouldNotCheck => could_not(f, report),
        }
    }
}

/// `2 errors, 1 warning: NVP405 NVP201 (1 more follows from them)`.
fn counted(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let mut glue = "";
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let n = report.count(severity);
        if n > 0 {
            write!(f, "{glue}{n} {}{}", severity.name(), if n == 1 { "" } else { "s" })?;
            glue = ", ";
        }
    }
    f.write_str(":")?;
    let mut more = 0;
    let mut named = 0;
    for (at, finding) in report.findings.iter().enumerate() {
        if finding.cause.is_some() || named_before(&report.findings, at) {
            continue;
        }
        if named == NAMED_MAX {
            more += 1;
        } else {
            write!(f, " {}", finding.rule.code)?;
            named += 1;
        }
    }
    if more > 0 {
        write!(f, " and {more}{AND_MORE}")?;
    }
    match report.findings.iter().filter(|x| x.cause.is_some()).count() {
        0 => {}
        1 => write!(f, " (1{FOLLOW}s from these)")?,
        n => write!(f, " ({n}{AND_MORE}{FOLLOW})")?,
    }
    match report.blind() {
        0 => Ok(()),
        1 => f.write_str("; 1 check could not look"),
        n => write!(f, "; {n} checks could not look"),
    }
}

fn named_before(findings: &[Finding], at: usize) -> bool {
    let code = findings.get(at).map(|x| x.rule.code);
    findings.iter().take(at).any(|x| x.cause.is_none() && Some(x.rule.code) == code)
}

fn could_not(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    f.write_str(COULD_NOT)?;
    match (first_blind(report), report.lost.kinds().first()) {
        (Some((_, skip)), _) => write!(f, "{skip}")?,
        (None, Some((what, count))) => write!(f, "{count} {what} lost")?,
        (None, None) => f.write_str("no reason was recorded")?,
    }
    match report.blind() {
        0 | 1 => Ok(()),
        n => write!(f, " ({n} checks)"),
    }
}

fn first_blind(report: &Report) -> Option<(&'static Rule, Skip)> {
    report.skipped().find(|(_, skip)| skip.is_blind())
}

/// A verdict line that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told<'a> {
    /// The phase by its name.
    pub phase: &'a str,
    /// The verdict.
    pub verdict: Verdict,
    /// The worst severity that the line counts.
    pub worst: Option<Severity>,
    /// What stands behind the phase and "ok".
    said: &'a str,
}

impl<'a> Told<'a> {
    /// The codes that the line names.
    pub fn codes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let counts = if self.worst.is_some() { self.said } else { "" };
        counts.split([' ', ';']).filter(|word| is_code(word))
    }

    /// True when the line names the code of every finding.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.worst.is_none() || !self.said.contains(AND_MORE) && !self.said.contains(FOLLOW)
    }
}

/// Takes apart what [`Line`] wrote; `None` for any other line.
#[must_use]
pub fn read(line: &str) -> Option<Told<'_>> {
    let (phase, said) = line.split_once(": ")?;
    let (verdict, said) = match said.strip_prefix(OK) {
        Some(said) => (Verdict::Ok, said),
        None if said.starts_with(COULD_NOT) => (Verdict::CouldNotCheck, said),
        None => (Verdict::Findings, said),
    };
    // The worst stands first.
    let worst = said.split_once(' ').and_then(|(count, rest)| {
        let severities = [Severity::Error, Severity::Warning, Severity::Note];
        let counted = count.parse::<u32>().is_ok();
        severities.into_iter().find(|severity| counted && rest.starts_with(severity.name()))
    });
    let is_verdict = verdict != Verdict::Findings || worst.is_some();
    let known = [Phase::Initrd, Phase::PreDisplay, Phase::Image];
    let of_phase = known.into_iter().any(|known| known.name() == phase);
    (is_verdict && of_phase).then_some(Told { phase, verdict, worst, said })
}

fn is_code(word: &str) -> bool {
    word.strip_prefix("NVP")
        .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The verdict's syslog priority: that of the worst finding, 4 (warning) when
/// something could not be checked, 6 (info) when all is well.
#[must_use]
pub fn priority(report: &Report) -> u8 {
    let worst = report.findings.iter().map(|f| f.severity.priority()).min();
    match (worst, report.verdict()) {
        (None, Verdict::CouldNotCheck) => 4,
        (None, _) => 6,
        (Some(p), Verdict::CouldNotCheck) => p.min(4),
        (Some(p), _) => p,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::format;
    use std::vec::Vec;

    #[test]
    fn what_is_written_is_read() {
        for (report, worst, codes, whole) in [
            (sample::broken(), Some(Severity::Error), &["NVP201"][..], false),
            (sample::healthy(), None, &[], true),
            (sample::blind(), None, &[], true),
        ] {
            let line = format!("{}", Line(&report));
            let told = read(&line).unwrap();
            assert_eq!((told.phase, told.verdict), ("initrd", report.verdict()), "{line}");
            assert_eq!((told.worst, told.is_whole()), (worst, whole), "{line}");
            assert_eq!(told.codes().collect::<Vec<_>>(), codes, "{line}");
        }
    }

    #[test]
    fn a_code_before_what_could_not_be_checked_is_read_and_other_lines_are_none() {
        let told = read("initrd: 1 note: NVP305; 1 check could not look").unwrap();
        assert_eq!(told.codes().collect::<Vec<_>>(), ["NVP305"]);
        assert!(told.is_whole());
        for line in ["initrd: NVP201 error: x", "initrd: x", "root: ok: x", "2 errors: NVP201"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn root_causes_are_named_and_consequences_counted() {
        let report = sample::broken();
        assert_eq!(
            format!("{}", Line(&report)),
            "initrd: 1 error, 1 warning: NVP201 (1 follows from these)"
        );
        assert_eq!(priority(&report), 3);
    }

    #[test]
    fn findings_do_not_hide_what_could_not_be_checked() {
        let mut report = sample::broken();
        report.outcomes = sample::blind().outcomes.clone();
        let line = format!("{}", Line(&report));
        assert!(line.ends_with("(1 follows from these); 2 checks could not look"), "{line}");
    }

    #[test]
    fn a_healthy_boot_is_one_short_line() {
        let report = sample::healthy();
        assert_eq!(
            format!("{}", Line(&report)),
            "initrd: ok: nvidia 550.163.01, card0, 2 checks passed"
        );
        assert_eq!(priority(&report), 6);
    }

    #[test]
    fn what_could_not_be_checked_is_no_pass() {
        let report = sample::blind();
        assert_eq!(
            format!("{}", Line(&report)),
            "initrd: could not check: cannot read /proc/modules: EIO (2 checks)"
        );
        assert_eq!(priority(&report), 4);
    }
}
