//! What the verifier said, by the best way it came: the whole report through a port,
//! else its lines on the console, which name less. Every byte is distrusted.

use super::console;
use super::watch::ImageBoot;
use nvpreflight::facts::Phase;
use nvpreflight::finding::Severity;
use nvpreflight::sink::kmsg;
use nvpreflight_harness::judge::verdict::first_codes;
use nvpreflight_tool::source::report_v1::{FindingV1, ReportV1, SkippedV1};
use serde_json::Value;
use std::collections::BTreeSet;

/// What was said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// How it reached the host: `serial-port`, `debug-port`, `console`; `check` where
    /// nothing was booted for it.
    pub way: &'static str,
    /// `ok`, `findings` or `could-not-check`.
    pub verdict: String,
    /// The verdict line.
    pub summary: String,
    /// What was found; of a console, what its lines tell.
    pub findings: Vec<FindingV1>,
    /// False where codes may be missing: the console names root causes, and at most
    /// six of them.
    pub whole: bool,
    /// Checks that did not run; a console does not tell.
    pub skipped: Vec<SkippedV1>,
    /// The report as it came.
    pub report: Option<Value>,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Nothing came that could be one.
    Nothing,
    /// Something came and cannot be read: why.
    Garbled(String),
}

impl Answer {
    /// Takes it out of what was seen.
    ///
    /// # Errors
    /// Nothing came, or nothing that can be read.
    pub fn of(seen: &ImageBoot) -> Result<Self, Silence> {
        // Where a port brought something wrong, the console is not believed either:
        // it is easier to write to.
        let frames = seen.frames.as_ref().map_err(|why| Silence::Garbled(why.clone()))?;
        if let (Some(port), Some(bytes)) = (seen.port, frames.by_name.get("initrd.json")) {
            return Self::from_report(bytes, port);
        }
        Self::from_console(&seen.console.verifier).ok_or(Silence::Nothing)
    }

    /// From a report of format 1.
    ///
    /// # Errors
    /// Bytes that are none.
    pub fn from_report(bytes: &[u8], way: &'static str) -> Result<Self, Silence> {
        let report = ReportV1::parse(bytes)
            .map_err(|why| Silence::Garbled(format!("the report cannot be read: {why}")))?;
        Ok(Self {
            way,
            verdict: report.verdict,
            summary: report.summary,
            findings: report.findings,
            whole: true,
            skipped: report.skipped,
            report: serde_json::from_slice(bytes).ok(),
        })
    }

    /// From the verifier's lines; the last verdict counts.
    fn from_console(lines: &[String]) -> Option<Self> {
        let told = |line: &'_ String| console::verdict(line).is_some();
        let summary = lines.iter().rfind(|line| told(line))?;
        let told = console::verdict(summary)?;
        let severity = told.worst.unwrap_or(Severity::Note);
        let codes: BTreeSet<&str> = told.codes().collect();
        Some(Self {
            way: "console",
            verdict: told.verdict.name().to_owned(),
            whole: told.is_whole(),
            findings: codes.into_iter().map(|code| finding(code, severity, lines)).collect(),
            skipped: Vec::new(),
            report: None,
            summary: summary.clone(),
        })
    }

    /// Codes of all findings.
    pub fn codes(&self) -> BTreeSet<&str> {
        self.findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    /// Codes of the findings that follow from no other.
    pub fn first_codes(&self) -> BTreeSet<&str> {
        first_codes(&self.findings)
    }
}

/// Of a code in the verdict line, with what its own line says where there is one.
fn finding(code: &str, severity: Severity, lines: &[String]) -> FindingV1 {
    let own = |line: &'_ String| {
        let (severity, message) = kmsg::read_finding(line, Phase::Initrd.name(), code)?;
        Some((severity, message.to_owned()))
    };
    let (severity, message) =
        lines.iter().find_map(own).unwrap_or_else(|| (severity, String::new()));
    let severity = severity.name().to_owned();
    FindingV1 { code: code.to_owned(), severity, message, ..FindingV1::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(lines: &[&str]) -> Option<Answer> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Answer::from_console(&lines)
    }

    #[test]
    fn a_healthy_line_is_ok_without_findings() {
        let answer = from(&["initrd: ok: nvidia 595.45.04 (open), 59 checks passed"]).unwrap();
        assert_eq!((answer.verdict.as_str(), answer.whole), ("ok", true));
        assert!(answer.findings.is_empty());
    }

    #[test]
    fn codes_and_their_words_are_taken_from_their_lines() {
        let answer = from(&[
            "initrd: no report was left in /run/nvpreflight: EROFS",
            "initrd: NVP201 error: modeset=N in force; fix: x",
            "initrd: 1 error, 1 warning: NVP201 NVP305",
        ])
        .unwrap();
        assert_eq!(answer.verdict, "findings");
        assert!(answer.whole);
        let told: Vec<_> =
            answer.findings.iter().map(|f| (f.code.as_str(), f.severity.as_str())).collect();
        assert_eq!(told, [("NVP201", "error"), ("NVP305", "error")]);
        assert_eq!(answer.findings[0].message, "modeset=N in force; fix: x");
    }

    #[test]
    fn a_line_that_does_not_name_all_is_not_the_whole() {
        for line in [
            "initrd: 4 errors: NVP405 (3 more follow)",
            "initrd: 9 errors: NVP101 NVP102 and 7 more",
        ] {
            assert!(!from(&[line]).unwrap().whole, "{line}");
        }
    }

    #[test]
    fn what_is_no_verdict_is_none() {
        assert!(from(&[]).is_none());
        assert!(from(&["initrd: NVP201 error: x", "pre-display: ok: 1 checks passed"]).is_none());
        assert_eq!(from(&["initrd: could not check: /proc"]).unwrap().verdict, "could-not-check");
    }
}
