//! The sheet for machines: `nvpreflight-doctor` version 1 (docs/doctor-v1.schema.json).

use super::{Case, Sheet};
use serde_json::{Value, json};

/// The sheet as JSON; keys are added within version 1, never renamed or removed.
#[must_use]
pub fn render(sheet: &Sheet, case: &Case<'_>, kind: &str) -> Value {
    json!({
        "format": "nvpreflight-doctor",
        "version": 1,
        "subject": { "name": crate::base::clean::line(case.name.as_bytes()), "kind": kind },
        "kernel": case.facts.system.release.yes().map(|r| r.as_str()),
        "driver": case.facts.driver_version(),
        "root": case.root,
        "headline": sheet.headline,
        "answers": sheet.answers,
        "next": sheet.next,
        "not_seen": sheet.unseen,
    })
}
