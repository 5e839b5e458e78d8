//! A saved report (/run/nvpreflight/*.json, `check --json`) as a side: its verdict,
//! findings, modules and times. It shows nothing of what the rules looked at.

use super::findings::Findings;
use super::{Picture, Thing, Things, times};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::source::report_v1::{EventV1, NoReport, ReportV1};
use nvpreflight::facts::Phase;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads one; `None` for a file of another format.
///
/// # Errors
/// A file that cannot be read, or a report that is broken or of another version.
pub(super) fn read(path: &Path) -> Result<Option<Picture>> {
    let name = clean::path(path);
    match ReportV1::open(path)? {
        Ok(report) => Ok(Some(picture(name, &report))),
        Err(NoReport::Other(_)) => Ok(None),
        Err(NoReport::Version(_)) => {
            Err(Error::new(format!("{name}: this report is not of version 1")))
        }
        Err(NoReport::Broken(why)) => {
            Err(Error::new(format!("{name}: this report cannot be read: {}", safe(&why))))
        }
    }
}

fn picture(name: String, saved: &ReportV1) -> Picture {
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
    let named = |event: &&EventV1| !event.step.is_empty() && !event.lane.is_empty();
    let times = match saved.timeline.iter().all(|event| named(&event)) {
        true => Ok(times::collect(kernel.map(|e| (e.lane.as_str(), e.step.as_str(), e.us)))),
        false => Err("this report does not name the steps of its timeline".to_owned()),
    };
    Picture {
        name,
        kind: "saved report".to_owned(),
        before_boot: saved.phase == Phase::Image.name(),
        sections: BTreeMap::from([("verdict", verdict), ("loaded", Ok(loaded))]),
        findings: Ok(findings),
        options: Err("a report does not list the options in force".to_owned()),
        times,
    }
}

fn safe(text: &str) -> String {
    clean::line(text.as_bytes())
}
