//! What changed since the latest good boot that is remembered: the comparison of
//! `why`, in one line. Both sides are compared as they are kept, without names.

use super::answer::{Evidence, Says};
use crate::facts::look::Look;
use crate::source::bundle::{Boot, Learner, Saved};
use crate::view::compare::{self, Change, fit, source::Side};
use nvpreflight::finding::Report;

/// Compares a look with a good boot.
#[must_use]
pub fn good(good: &Saved, now: &Saved, report: &Report) -> Says {
    let when = good.boot.as_ref().map_or_else(|| "the good boot".to_owned(), Boot::when);
    let mut now = now.clone();
    now.visit = None;
    // What either side names goes from both, so that it makes no difference.
    let mut learner = Learner::default();
    let redacted = (learner.saved(good)).and_then(|()| learner.saved(&now)).and_then(|()| {
        let redactor = learner.done();
        Ok((redactor.saved(good)?, redactor.saved(&now)?))
    });
    let (good, now) = match redacted {
        Ok(both) => both,
        Err(e) => return Says::unknown(e.to_string()),
    };
    let old = Side::of_look(Look::replay(good));
    let new = Side::of_look(Look::replay(now));
    let compared = compare::compare(&old.picture, &new.picture);
    let cause = report.findings.iter().find(|finding| finding.cause.is_none());
    let (fitting, others) = match cause {
        Some(finding) => fit::split(&compared.changes, finding),
        None => (Vec::new(), compared.changes.iter().filter(|c| fit::is_told(c)).collect()),
    };
    let all: Vec<&Change> = fitting.iter().chain(&others).copied().collect();
    let shown = |change: &Change| Evidence {
        place: match change.name.as_str() {
            "" => change.section.to_owned(),
            name => format!("{}: {name}", change.section),
        },
        text: match (&change.old, &change.new) {
            (Some(old), Some(new)) => format!("{old} → {new}"),
            (Some(old), None) => format!("gone: {old}"),
            (None, Some(new)) => format!("new: {new}"),
            (None, None) => String::new(),
        },
    };
    let says = match (fitting.first(), all.len()) {
        (_, 0) => Says::plain(format!("no known change since {when}")),
        (Some(first), n) => {
            let Evidence { place, text } = shown(first);
            let more =
                if n > 1 { format!("; {} more: nvpreflight why", n - 1) } else { String::new() };
            Says::careful(format!("since {when}, and it fits: {place}: {text}{more}"))
        }
        (None, n) => {
            let s = if n == 1 { "" } else { "s" };
            Says::plain(format!(
                "since {when}: {n} change{s}, none clearly relevant; nvpreflight why"
            ))
        }
    };
    says.all(all.into_iter().map(shown))
}
