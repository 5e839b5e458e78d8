//! The judgement as SARIF 2.1.0 (OASIS), for code scanning services. What could
//! not be checked is a notification of the run, never a lack of results.

use super::text::reasons;
use super::{Judged, dashed, json, page, place::Location};
use crate::base::clean;
use nvpreflight::finding::{Finding, Severity, Verdict};
use nvpreflight::rule::Rule;
use nvpreflight::sink::text::{cause, fix};
use serde_json::{Value, json};

pub(super) fn render(judged: &Judged<'_>) -> String {
    let mut rules: Vec<&Rule> = judged.report.findings.iter().map(|f| f.rule).collect();
    rules.sort_by_key(|rule| rule.code);
    rules.dedup_by_key(|rule| rule.code);
    let results: Vec<Value> =
        judged.findings().map(|(f, place)| result(judged, &rules, f, place)).collect();
    let notifications: Vec<Value> = reasons(judged)
        .into_iter()
        .map(|(why, codes)| {
            let text =
                format!("could not check: {}: {}", clean::line(why.as_bytes()), codes.join(" "));
            json!({ "level": "warning", "message": { "text": text } })
        })
        .collect();
    let verdict = judged.report.verdict();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "nvpreflight",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "SUBJECT": {
                "description": { "text": format!("{}: {}", judged.label.kind, judged.label.name) },
            }},
            "invocations": [{
                "executionSuccessful": verdict != Verdict::CouldNotCheck,
                "exitCode": verdict.exit(),
                "toolExecutionNotifications": notifications,
            }],
            "properties": { "subject": json::subject(judged) },
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.code.to_string(),
        "name": dashed(rule.name),
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "help": { "text": rule.fix, "markdown": page::markdown(rule) },
        "defaultConfiguration": { "level": rule.severity.name() },
        "properties": { "precision": precision(rule.confidence.name()) },
    })
}

/// Words of code scanning services for how sure a finding is.
fn precision(confidence: &str) -> &'static str {
    if confidence == "certain" { "very-high" } else { "medium" }
}

fn result(
    judged: &Judged<'_>,
    rules: &[&Rule],
    finding: &Finding,
    place: Option<&Location>,
) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let message = clean::line(finding.message.to_string().as_bytes());
    json!({
        "ruleId": finding.rule.code.to_string(),
        "ruleIndex": rules.iter().position(|rule| rule.code == finding.rule.code),
        "level": level,
        "message": { "text": message },
        "locations": place.map(location).into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "place/v1": fingerprint(finding, place) },
        "properties": {
            "fix": fix(judged.report, finding).to_string(),
            "cause": cause(judged.report, finding).map(|f| f.rule.code.to_string()),
        },
    })
}

/// What stays the same when lines move: the rule, the file and what is meant.
fn fingerprint(finding: &Finding, place: Option<&Location>) -> String {
    let path = place.map_or("", |place| place.path.as_str());
    let source = place.and_then(|place| place.source.as_ref());
    let word = source.and_then(|s| s.text.get(s.span.clone())).unwrap_or("");
    format!("{}:{path}:{}:{word}", finding.rule.code, finding.module)
}

fn location(place: &Location) -> Value {
    if place.cmdline {
        return json!({
            "logicalLocations": [{ "name": place.short(), "kind": "parameter" }],
        });
    }
    let mut physical = json!({
        "artifactLocation": { "uri": uri(&place.path), "uriBaseId": "SUBJECT" },
    });
    if let (Some(out), true) = (physical.as_object_mut(), place.line > 0) {
        let region = match &place.source {
            Some(source) => {
                let [line, column, last, end] = source.position();
                let first = place.line as usize;
                json!({
                    "startLine": first + line,
                    "startColumn": column,
                    "endLine": first + last,
                    "endColumn": end,
                    "snippet": { "text": source.text },
                })
            }
            None => json!({ "startLine": place.line }),
        };
        out.insert("region".into(), region);
    }
    json!({ "physicalLocation": physical })
}

/// A path as a relative URI reference (RFC 3986, section 2).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
