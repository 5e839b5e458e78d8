//! The page for machines: format `nvpreflight-story`, version 1
//! (docs/story-v1.schema.json). Keys are added, never renamed or removed.

use super::{Brief, Page};
use serde_json::{Value, json};

pub(super) fn render(page: &Page) -> String {
    let settings: Vec<Value> =
        page.settings.iter().map(|s| json!({ "place": s.place, "line": s.line })).collect();
    let machine: Vec<Value> =
        page.machine.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let log: Vec<Value> = page
        .log
        .iter()
        .map(|l| json!({ "time": l.time, "text": l.text, "times": l.times }))
        .collect();
    let first = page.cause();
    let whole = json!({
        "format": "nvpreflight-story",
        "version": 1,
        "tool": env!("CARGO_PKG_VERSION"),
        "subject": { "name": page.name, "kind": page.kind },
        "headline": page.headline(),
        "first_cause": first.map(|shown| json!({
            "code": shown.brief.code,
            "severity": shown.brief.severity,
            "message": shown.brief.message,
            "why": shown.why,
            "fix": shown.fix,
            "place": shown.place,
            "evidence": shown.brief.evidence,
            "follow": shown.follow.iter().map(brief).collect::<Vec<_>>(),
        })),
        "machine": machine,
        "timeline": page.story,
        "options": page.options,
        "configuration": { "cmdline": page.cmdline, "lines": settings },
        "unseen": page.unseen,
        "log": log,
        "report": page.report,
    });
    format!("{whole:#}\n")
}

fn brief(brief: &Brief) -> Value {
    json!({ "code": brief.code, "severity": brief.severity, "message": brief.message })
}
