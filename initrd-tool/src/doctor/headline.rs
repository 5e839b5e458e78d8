//! The first line and the last ones: what is the matter, what to do next, and
//! what was not seen.

use super::case::Case;
use crate::view::cures::{self, pasteable};
use nvpreflight::finding::{Finding, Severity, Skip, Verdict};
use nvpreflight::seen::Errno;
use serde::Serialize;

/// Causes named in the headline; a machine rarely has more than two.
const CAUSES: usize = 4;
/// Things named as not seen.
const UNSEEN: usize = 8;

/// What is the matter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Headline {
    /// "ok", "findings" or "could-not-check".
    pub verdict: &'static str,
    /// Causes, the worst first; what follows from them is counted.
    pub causes: Vec<Cause>,
    /// Causes beyond those.
    pub more: usize,
    /// A few words on what was seen.
    pub gist: String,
}

/// One cause.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cause {
    /// "error", "warning", "note".
    pub severity: &'static str,
    /// "NVP405".
    pub code: String,
    /// The sentence.
    pub message: String,
    /// How many findings follow from it.
    pub follow: usize,
    /// Of what it was found: the machine, or one of its initrds by name.
    pub of: Option<String>,
}

impl Headline {
    /// Takes the causes of the machine, then errors of its initrds that the machine
    /// itself does not show.
    #[must_use]
    pub fn of(case: &Case<'_>) -> Self {
        let mut causes = Vec::new();
        for (at, finding) in roots(&case.report.findings) {
            causes.push(cause(&case.report.findings, at, finding, None));
        }
        for initrd in &case.initrds {
            for (at, finding) in roots(&initrd.report.findings) {
                let known = case.report.findings.iter().any(|f| f.rule.code == finding.rule.code);
                if finding.severity == Severity::Error && !known {
                    let name = initrd.name.to_owned();
                    causes.push(cause(&initrd.report.findings, at, finding, Some(name)));
                }
            }
        }
        let more = causes.len().saturating_sub(CAUSES);
        causes.truncate(CAUSES);
        let verdict = case.report.verdict();
        let broken = case.initrds.iter().any(|i| i.report.verdict() == Verdict::Findings);
        let verdict = if broken { Verdict::Findings } else { verdict };
        Self { verdict: verdict.name(), causes, more, gist: case.report.gist.to_string() }
    }
}

fn roots(findings: &[Finding]) -> impl Iterator<Item = (usize, &Finding)> {
    findings.iter().enumerate().filter(|(_, f)| f.cause.is_none())
}

fn cause(all: &[Finding], at: usize, finding: &Finding, of: Option<String>) -> Cause {
    Cause {
        severity: finding.severity.name(),
        code: finding.rule.code.to_string(),
        message: crate::base::clean::line(finding.message.to_string().as_bytes()),
        follow: all.iter().filter(|f| f.cause.map(usize::from) == Some(at)).count(),
        of,
    }
}

/// What to do next: the lines that mend the first cause, then what shows more.
#[must_use]
pub fn next(case: &Case<'_>) -> Vec<String> {
    let own = roots(&case.report.findings).next();
    let own = own.map(|(_, finding)| (case.facts, case.report, finding));
    let of_initrds = || {
        let error = |f: &&Finding| f.cause.is_none() && f.severity == Severity::Error;
        case.initrds
            .iter()
            .find_map(|i| i.report.findings.iter().find(error).map(|f| (i.facts, i.report, f)))
    };
    let is_error = |(_, _, f): &(_, _, &Finding)| f.severity == Severity::Error;
    let worst = own.filter(is_error).or_else(of_initrds).or(own);
    let mut out: Vec<String> = Vec::new();
    match worst {
        Some((facts, report, finding)) => {
            // The only one that is shown: it stands on no other one's change.
            out.extend(pasteable(&cures::of(facts, report, finding, case.machine)));
            out.push(format!(
                "nvpreflight explain {}    # why, and other fixes",
                finding.rule.code
            ));
        }
        None if case.report.verdict() == Verdict::Ok => {}
        None if case.root == Some(false) => {}
        None => out.push("see what is listed as not seen below; no other problem found".into()),
    }
    if case.root == Some(false) {
        out.push("sudo nvpreflight doctor    # root can read the rest".into());
    }
    out
}

/// What could not be checked.
#[must_use]
pub fn unseen(case: &Case<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for path in case.hung {
        out.push(format!("{path}: reading it hangs; the driver may be stuck"));
    }
    for (_, skip) in case.report.skipped().filter(|(_, skip)| skip.is_blind()) {
        let line = match skip {
            Skip::Unreadable(what, Errno::EACCES | Errno::EPERM) => {
                format!("{what} can only be read by root")
            }
            skip => skip.to_string(),
        };
        if !out.contains(&line) {
            out.push(line);
        }
    }
    out.extend(case.cannot_show.iter().cloned());
    out.extend(case.initrd_problems.iter().cloned());
    for (what, count) in case.report.lost.kinds() {
        out.push(format!("{count} {what}: incomplete"));
    }
    let more = out.len().saturating_sub(UNSEEN);
    if more > 0 {
        out.truncate(UNSEEN);
        out.push(format!("and {more} more (nvpreflight check shows each)"));
    }
    out
}
