//! A saved report (/run/nvpreflight/*.json, `check --json`) as a side: its verdict,
//! findings, modules and times. It shows nothing of what the rules looked at.

use super::findings::Findings;
use super::{Picture, Thing, Things, times};
use crate::base::clean;
use crate::base::error::{Error, Result};
use nvpreflight::facts::Phase;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes of a report; one with every list full has about 100 kB.
const SIZE_MAX: u64 = 4 << 20;
/// The name of the format (docs/report-v1.schema.json).
pub(super) const FORMAT: &str = "nvpreflight-report";

#[derive(Deserialize)]
struct Saved {
    format: String,
    version: u32,
    #[serde(default)]
    phase: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    skipped: Vec<Skipped>,
    #[serde(default)]
    timeline: Vec<Event>,
}

#[derive(Deserialize)]
struct Finding {
    code: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Skipped {
    code: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct Event {
    us: u64,
    clock: String,
    what: String,
}

/// Reads one; `None` for JSON of another format.
///
/// # Errors
/// A file that cannot be read, or a report of another version.
pub(super) fn read(path: &Path) -> Result<Option<Picture>> {
    let size = std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?.len();
    if size > SIZE_MAX {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let Ok(saved) = serde_json::from_slice::<Saved>(&bytes) else { return Ok(None) };
    if saved.format != FORMAT {
        return Ok(None);
    }
    let name = clean::path(path);
    if saved.version != 1 {
        return Err(Error::new(format!("{name}: this report is not of version 1")));
    }
    Ok(Some(picture(name, &saved)))
}

fn picture(name: String, saved: &Saved) -> Picture {
    let mut findings = Findings::default();
    for finding in &saved.findings {
        findings.add(safe(&finding.code), &safe(&finding.severity), &safe(&finding.message));
    }
    for skipped in &saved.skipped {
        findings.skipped.insert(safe(&skipped.code), safe(&skipped.reason));
    }
    let verdict = match saved.verdict.as_str() {
        "could-not-check" => Err("not everything could be checked there".to_owned()),
        verdict => {
            let verdict = Thing::meaning(safe(&saved.summary), safe(verdict));
            Ok(BTreeMap::from([(String::new(), verdict)]))
        }
    };
    let loaded: Things =
        saved.modules.iter().map(|module| (safe(module), Thing::new("loaded"))).collect();
    let kernel = saved.timeline.iter().filter(|event| event.clock == "kernel");
    let kernel: Vec<_> = kernel.map(|event| (event.what.as_str(), event.us)).collect();
    Picture {
        name,
        kind: "saved report".to_owned(),
        before_boot: saved.phase == Phase::Image.name(),
        sections: BTreeMap::from([("verdict", verdict), ("loaded", Ok(loaded))]),
        findings: Ok(findings),
        options: Err("a report does not list the options in force".to_owned()),
        times: Ok(times::collect(&kernel)),
    }
}

fn safe(text: &str) -> String {
    clean::line(text.as_bytes())
}
