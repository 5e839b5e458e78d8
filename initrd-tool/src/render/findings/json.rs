//! The judgement as the verifier's report, version 1 (docs/report-v1.schema.json),
//! with `subject` and each finding's `place` added, as the schema allows.

use super::{Judged, place::Location};
use nvpreflight::sink::json_v1;
use serde_json::{Value, json};

pub(super) fn render(judged: &Judged<'_>) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail, and the library's tests hold its JSON to
    // what serde_json reads.
    let _ = json_v1::write(judged.report, judged.facts, &mut text);
    let mut report: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if let Some(report) = report.as_object_mut() {
        report.insert("subject".into(), subject(judged));
        if !judged.cannot_show.is_empty() {
            report.insert("cannot_show".into(), judged.cannot_show.clone().into());
        }
        if let Some(input) = &judged.input {
            report.insert("input".into(), input.clone());
        }
        if let Some(findings) = report.get_mut("findings").and_then(Value::as_array_mut) {
            for (finding, place) in findings.iter_mut().zip(&judged.places) {
                if let (Some(finding), Some(place)) = (finding.as_object_mut(), place) {
                    finding.insert("place".into(), place_of(place));
                }
            }
        }
    }
    format!("{report:#}\n")
}

pub(super) fn subject(judged: &Judged<'_>) -> Value {
    json!({
        "name": judged.label.name,
        "kind": judged.label.kind,
        "root": judged.label.root,
    })
}

fn place_of(place: &Location) -> Value {
    let mut out = json!({ "path": place.path, "segment": place.segment });
    if let (Some(out), true) = (out.as_object_mut(), place.line > 0) {
        out.insert("line".into(), place.line.into());
        if let Some(source) = &place.source {
            let [line, column, last, end] = source.position();
            let first = place.line as usize;
            out.insert("line".into(), (first + line).into());
            out.insert("column".into(), column.into());
            out.insert("end_line".into(), (first + last).into());
            out.insert("end_column".into(), end.into());
            out.insert("source".into(), source.text.as_str().into());
        }
    }
    out
}
