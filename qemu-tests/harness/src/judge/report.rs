//! The verifier's JSON report, version 1, as far as a verdict needs it. Fields
//! that are not named here are allowed; a missing one is an error.

use serde::Deserialize;
use std::collections::BTreeSet;

/// One report of the verifier.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    format: String,
    version: u32,
    /// `ok`, `findings` or `could-not-check`.
    pub verdict: String,
    /// Exit status by the verifier's own rule.
    pub exit: i32,
    /// One line for a person.
    pub summary: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Rules that did not run.
    pub skipped: Vec<Skipped>,
    /// What happened when.
    pub timeline: Vec<Event>,
    /// When it ran.
    pub timing: Timing,
}

/// One finding.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Finding {
    /// Rule code, NVPnnn.
    pub code: String,
    /// What is wrong, one sentence.
    pub message: String,
    /// Code that this one follows from, or "".
    pub cause: String,
    /// `error`, `warning` or `note`.
    #[serde(default)]
    pub severity: String,
    /// Where it stands, or "".
    #[serde(default)]
    pub origin: String,
    /// What to do, or "".
    #[serde(default)]
    pub fix: String,
}

/// A rule that did not run.
#[derive(Clone, Debug, Deserialize)]
pub struct Skipped {
    /// Rule code, NVPnnn.
    pub code: String,
    /// True when a source could not be read, false when it did not apply.
    pub unreadable: bool,
}

/// An entry of the timeline.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// Where its time comes from: `kernel` or `trace`.
    pub clock: String,
}

/// Times in microseconds of the boot clock.
#[derive(Clone, Debug, Deserialize)]
pub struct Timing {
    started_us: u64,
    finished_us: u64,
}

impl Report {
    /// Reads a report.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let report: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if report.format != "nvpreflight-report" || report.version != 1 {
            return Err(format!("it is `{}` {}", report.format, report.version));
        }
        Ok(report)
    }

    /// Codes among the findings.
    pub fn codes(&self) -> BTreeSet<&str> {
        self.findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    /// Codes among the findings that follow from no other.
    pub fn first_codes(&self) -> BTreeSet<&str> {
        self.findings
            .iter()
            .filter(|finding| finding.cause.is_empty())
            .map(|finding| finding.code.as_str())
            .collect()
    }

    /// Codes of rules that could not look.
    pub fn unreadable(&self) -> BTreeSet<&str> {
        self.skipped
            .iter()
            .filter(|skipped| skipped.unreadable)
            .map(|skipped| skipped.code.as_str())
            .collect()
    }

    /// How long the verifier ran.
    pub fn took_ms(&self) -> u64 {
        self.timing.finished_us.saturating_sub(self.timing.started_us) / 1000
    }
}
