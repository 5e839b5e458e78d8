//! The judgement in five lines at most, for the end of another program's output: the
//! verdict, the first cause, why it matters, what to do, where to read on.

use super::Judged;
use super::text::{headline, reasons, verdict};
use crate::base::clean;
use nvpreflight::finding::{Finding, Severity};
use std::fmt::Write;

/// Lines of a judgement with a finding that is told whole; no judgement has more.
#[cfg(test)]
pub(super) const MOST: usize = 5;

pub(super) fn render(judged: &Judged<'_>) -> String {
    let said = clean::line(verdict(judged).as_bytes());
    let mut out = format!("nvpreflight: {}: {said}\n", judged.label.name);
    if let Some(first) = first(judged) {
        let _ = writeln!(out, "  {}", headline(first));
        let _ = writeln!(out, "  why: {}", clean::line(first.rule.why.as_bytes()));
        let fix = judged.alone(first);
        let mut fix = fix.lines();
        if let Some(line) = fix.next() {
            let more = if fix.next().is_some() { " ..." } else { "" };
            let _ = writeln!(out, "  fix: {line}{more}");
        }
        let _ = writeln!(out, "  more: nvpreflight explain {}", first.rule.code);
    } else if let Some((why, codes)) = reasons(judged).first() {
        let why = clean::line(why.as_bytes());
        let _ = writeln!(out, "  could not check: {why}: {}", codes.join(" "));
    }
    out
}

/// The worst finding that follows from no other, the first of several; a note is
/// worth no more than its place in the verdict line.
fn first<'a>(judged: &'a Judged<'_>) -> Option<&'a Finding> {
    let of = |severity| {
        let mut roots = judged.report.findings.iter().filter(|finding| finding.cause.is_none());
        roots.find(|finding| finding.severity == severity)
    };
    of(Severity::Error).or_else(|| of(Severity::Warning))
}
