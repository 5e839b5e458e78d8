//! Boots of a log before the one that is judged: where the last one shows no fault and an
//! earlier one does, that is said. Judges with the same rules.

use crate::source::logs::{self, Evidence};
use nvpreflight::engine;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Look, Phase};
use nvpreflight::finding::{Report, Severity};

/// The first error in a report, with its words.
fn error(report: &Report) -> Option<String> {
    let first = report
        .findings
        .iter()
        .find(|finding| finding.cause.is_none() && finding.severity == Severity::Error)?;
    Some(format!("{}: {}", first.rule.code, first.message))
}

/// Of a log of several boots whose chosen one shows no error: what the nearest boot before
/// it shows that has one, as a clause.
#[must_use]
pub fn shown(log: &Evidence, want: &Expectations, chosen: &Facts) -> Option<String> {
    let judged = |facts: &Facts| {
        let mut report = Box::new(Report::new(Phase::PreDisplay));
        engine::run(facts, want, &mut report);
        error(&report)
    };
    if log.earlier.is_empty() || judged(chosen).is_some() {
        return None;
    }
    log.earlier.iter().zip(1..).find_map(|(boot, before)| {
        let mut facts = Box::new(Facts { look: Look::Log, ..Facts::new(Phase::PreDisplay) });
        evidence::collect(&logs::alone(boot), want, &mut facts);
        let says = judged(&facts)?;
        let back = log.boots - log.boot + before;
        Some(format!("an earlier boot of it does show a fault (--boot -{back}): {says}"))
    })
}
