//! Boots of a log before the one that is judged: where the last one shows no fault and an
//! earlier one does, that is said. Judges with the same rules.

use crate::source::logs::{self, Evidence};
use nvpreflight::engine;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Look, Phase};
use nvpreflight::finding::{Finding, Report, Severity};

/// The first finding of that severity in a report, no consequence and none of these.
fn first<'a>(report: &'a Report, severity: Severity, known: &Report) -> Option<&'a Finding> {
    let is_known = |code| known.findings.iter().any(|finding| finding.rule.code == code);
    report.findings.iter().find(|finding| {
        finding.cause.is_none() && finding.severity == severity && !is_known(finding.rule.code)
    })
}

/// Of a log of several boots whose chosen one shows no error: what the nearest boot before
/// it shows that has one, as a clause; where none has, the nearest with a warning that the
/// chosen one lacks.
#[must_use]
pub fn shown(log: &Evidence, want: &Expectations, chosen: &Facts) -> Option<String> {
    let judged = |facts: &Facts| {
        let mut report = Box::new(Report::new(Phase::PreDisplay));
        engine::run(facts, want, &mut report);
        report
    };
    if log.earlier.is_empty() {
        return None;
    }
    let now = judged(chosen);
    let none = Report::new(Phase::PreDisplay);
    if first(&now, Severity::Error, &none).is_some() {
        return None;
    }
    let reports = log.earlier.iter().zip(1..).map(|(boot, before)| {
        let mut facts = Box::new(Facts { look: Look::Log, ..Facts::new(Phase::PreDisplay) });
        evidence::collect(&logs::alone(boot), want, &mut facts);
        (judged(&facts), log.boots - log.boot + before)
    });
    let reports: Vec<_> = reports.collect();
    [Severity::Error, Severity::Warning].into_iter().find_map(|severity| {
        reports.iter().find_map(|(report, back)| {
            // A warning is news where the chosen boot has none like it, an error always.
            let known = if severity == Severity::Error { &none } else { &now };
            let finding = first(report, severity, known)?;
            let (code, says) = (finding.rule.code, &finding.message);
            Some(format!(
                "an earlier boot of it does show a fault (--boot -{back}): {code}: {says}"
            ))
        })
    })
}
