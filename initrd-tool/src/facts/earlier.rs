//! Boots of a log before the one that is judged: where the last one shows no fault and an
//! earlier one does, that is said. Judges with the same rules, and only reads.

use crate::base::limits::Limits;
use crate::source::logs::{self, Choice};
use nvpreflight::engine;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Look, Phase};
use nvpreflight::finding::{Report, Severity};
use std::path::Path;

/// Boots that are looked at; each is read from the whole log.
const BOOTS: usize = 4;

/// The first error in a report, with its words.
fn error(report: &Report) -> Option<String> {
    let first = report
        .findings
        .iter()
        .find(|finding| finding.cause.is_none() && finding.severity == Severity::Error)?;
    Some(format!("{}: {}", first.rule.code, first.message))
}

/// Of a log of several boots whose last one shows no error: what the nearest boot before it
/// shows that has one, as a clause.
#[must_use]
pub fn shown(
    path: &Path,
    beside: &Choice,
    boots: usize,
    want: &Expectations,
    last: &Facts,
) -> Option<String> {
    let judged = |facts: &Facts| {
        let mut report = Box::new(Report::new(Phase::PreDisplay));
        engine::run(facts, want, &mut report);
        error(&report)
    };
    if boots < 2 || path == Path::new("-") || judged(last).is_some() {
        return None;
    }
    (1..boots).take(BOOTS).find_map(|back| {
        let choice = Choice { boot: Some(format!("-{back}")), ..beside.clone() };
        let log = logs::open(path, &choice, &Limits::DEFAULT).ok()?;
        let mut facts = Box::new(Facts { look: Look::Log, ..Facts::new(Phase::PreDisplay) });
        evidence::collect(&log, want, &mut facts);
        let says = judged(&facts)?;
        Some(format!("an earlier boot of it does show a fault (--boot -{back}): {says}"))
    })
}
