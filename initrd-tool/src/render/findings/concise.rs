//! The judgement as one line a finding, `path:line:column: error[CODE]: sentence`,
//! which editors and grep understand.

use super::Judged;
use super::text::{headline, reasons, verdict};
use crate::base::clean;
use nvpreflight::sink::text::cause;
use std::fmt::Write;

pub(super) fn render(judged: &Judged<'_>) -> String {
    let mut out = String::new();
    for (finding, place) in judged.findings() {
        if let Some(place) = place {
            let _ = write!(out, "{}: ", place.short());
        }
        let _ = write!(out, "{}", headline(finding));
        if let Some(cause) = cause(judged.report, finding) {
            let _ = write!(out, " (follows from {})", cause.rule.code);
        }
        out.push('\n');
    }
    for (why, codes) in reasons(judged) {
        let why = clean::line(why.as_bytes());
        let _ = writeln!(out, "could not check: {why}: {}", codes.join(" "));
    }
    let _ = writeln!(out, "{}: {}", judged.label.name, clean::line(verdict(judged).as_bytes()));
    out
}
