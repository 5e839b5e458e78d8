//! The judgement as workflow commands of GitHub Actions (its documentation,
//! "Workflow commands"), which annotate the run. No value can forge a command.

use super::text::{reasons, verdict};
use super::{Judged, dashed};
use crate::base::clean;
use nvpreflight::finding::Severity;
use nvpreflight::sink::text::{cause, fix};
use std::fmt::Write;

pub(super) fn render(judged: &Judged<'_>) -> String {
    let mut out = String::new();
    for (finding, place) in judged.findings() {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let _ = write!(out, "::{command} ");
        if let Some(place) = place.filter(|place| !place.cmdline) {
            let _ = write!(out, "file={},", property(&place.path));
            if let Some(source) = &place.source {
                let [line, column, last, end] = source.position();
                let (line, last) = (place.line as usize + line, place.line as usize + last);
                let _ = write!(out, "line={line},col={column},endLine={last},endColumn={end},");
            } else if place.line > 0 {
                let _ = write!(out, "line={},", place.line);
            }
        }
        let title = format!("{} {}", finding.rule.code, dashed(finding.rule.name));
        let mut message = clean::line(finding.message.to_string().as_bytes());
        if let Some(place) = place.filter(|place| place.cmdline) {
            let _ = write!(message, " ({})", place.short());
        }
        if let Some(cause) = cause(judged.report, finding) {
            let _ = write!(message, " (follows from {})", cause.rule.code);
        }
        let _ = write!(message, "\nhelp: {}", fix(judged.report, finding));
        let _ = writeln!(out, "title={}::{}", property(&title), data(&message));
    }
    for (why, codes) in reasons(judged) {
        let message = format!("could not check: {why}: {}", codes.join(" "));
        let _ = writeln!(out, "::warning title=nvpreflight::{}", data(&message));
    }
    let line = format!("{}: {}", judged.label.name, verdict(judged));
    let _ = writeln!(out, "::notice title=nvpreflight::{}", data(&line));
    out
}

/// A message: percent signs and line ends are escaped (actions/toolkit,
/// packages/core/src/command.ts `escapeData`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: the separators too (`escapeProperty`).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
