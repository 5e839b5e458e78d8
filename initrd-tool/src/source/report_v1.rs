//! The verifier's JSON report, version 1, read by programs with an allocator: the
//! comparison, remembered boots, the boot tests. (`nvpreflight::parse::report_v1` reads
//! as little as the next phase needs, without one.) Keys that are not named here are
//! allowed, as docs/report-v1.schema.json says. It trusts no byte: texts are as they
//! came, and whoever prints them makes them harmless.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::regular;
use serde::Deserialize;
use std::io::Read;
use std::path::Path;

pub use nvpreflight::parse::report_v1::FORMAT;
/// Bytes of a report; those of other tools may be longer than the verifier's.
const SIZE_MAX: u64 = 4 << 20;

/// A report. What a reader could take for a good boot where it is missing is required;
/// everything else is empty then.
#[derive(Clone, Debug, Deserialize)]
pub struct ReportV1 {
    /// `initrd`, `pre-display` or `image`.
    #[serde(default)]
    pub phase: String,
    /// `ok`, `findings` or `could-not-check`.
    pub verdict: String,
    /// Exit status that belongs to the verdict.
    #[serde(default)]
    pub exit: Option<i32>,
    /// The verdict line.
    #[serde(default)]
    pub summary: String,
    /// Modules that were loaded.
    #[serde(default)]
    pub modules: Vec<String>,
    /// What was found, the worst first.
    pub findings: Vec<FindingV1>,
    /// Rules that did not judge.
    #[serde(default)]
    pub skipped: Vec<SkippedV1>,
    /// What happened when.
    #[serde(default)]
    pub timeline: Vec<EventV1>,
    /// When the verifier ran.
    #[serde(default)]
    pub timing: Option<TimingV1>,
}

/// One finding of a report.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct FindingV1 {
    /// Rule code, NVPnnn.
    pub code: String,
    /// `error`, `warning` or `note`.
    #[serde(default)]
    pub severity: String,
    /// What is wrong, one sentence.
    #[serde(default)]
    pub message: String,
    /// Where it stands, or "".
    #[serde(default)]
    pub origin: String,
    /// What to do, or "".
    #[serde(default)]
    pub fix: String,
    /// Code of the finding that caused this one, or "".
    #[serde(default)]
    pub cause: String,
}

/// A rule that did not judge.
#[derive(Clone, Debug, Deserialize)]
pub struct SkippedV1 {
    /// Rule code, NVPnnn.
    pub code: String,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
    /// True when a source could not be read, false when it did not apply.
    #[serde(default)]
    pub unreadable: bool,
}

/// An entry of the timeline.
#[derive(Clone, Debug, Deserialize)]
pub struct EventV1 {
    /// Microseconds since boot.
    #[serde(default)]
    pub us: u64,
    /// Where its time comes from: `kernel` or `trace`.
    pub clock: String,
    /// Which step of a boot it is; "" in reports that do not name it.
    #[serde(default)]
    pub step: String,
    /// Whose step, or "".
    #[serde(default)]
    pub lane: String,
    /// What happened, for people.
    #[serde(default)]
    pub what: String,
}

/// Times in microseconds of the boot clock.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct TimingV1 {
    /// When it began.
    pub started_us: u64,
    /// When it ended.
    pub finished_us: u64,
}

impl TimingV1 {
    /// How long the verifier ran, in milliseconds; 0 where it ends before it begins.
    #[must_use]
    pub fn took_ms(self) -> u64 {
        self.finished_us.saturating_sub(self.started_us) / 1000
    }
}

/// Why bytes are no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReport {
    /// Not JSON, or JSON of another format: in words.
    Other(String),
    /// A report of this version, which is not 1.
    Version(u32),
    /// It says that it is a report of version 1 and lacks what one has: in words.
    Broken(String),
}

impl std::fmt::Display for NoReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other(why) | Self::Broken(why) => f.write_str(why),
            Self::Version(version) => write!(f, "version {version} is not known"),
        }
    }
}

impl ReportV1 {
    /// Reads a report.
    ///
    /// # Errors
    /// The bytes are none.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Self, NoReport> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head =
            serde_json::from_slice(bytes).map_err(|why| NoReport::Other(why.to_string()))?;
        if head.format != FORMAT {
            return Err(NoReport::Other("it has another format".to_owned()));
        }
        if head.version != 1 {
            return Err(NoReport::Version(head.version));
        }
        serde_json::from_slice(bytes).map_err(|why| NoReport::Broken(why.to_string()))
    }

    /// Reads a file; the outer error is one of the file's.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &Path) -> Result<std::result::Result<Self, NoReport>> {
        let failed = |why| Error::io("read", path, why);
        let mut bytes = Vec::new();
        let file = regular::open(path)?;
        file.take(SIZE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > SIZE_MAX {
            return Ok(Err(NoReport::Other(format!("it has more than {SIZE_MAX} bytes"))));
        }
        Ok(Self::parse(&bytes))
    }

    /// Codes of findings that follow from no other, made harmless, in the order of the
    /// report.
    #[must_use]
    pub fn root_codes(&self) -> Vec<String> {
        let roots = self.findings.iter().filter(|finding| finding.cause.is_empty());
        let mut codes: Vec<String> =
            roots.map(|finding| clean::line(finding.code.as_bytes())).collect();
        codes.dedup();
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &str = r#"{"format":"nvpreflight-report","version":1,"verdict":"findings",
        "exit":1,"findings":[{"code":"NVP405","cause":""},{"code":"NVP216","cause":"NVP405"}],
        "timing":{"started_us":1000,"finished_us":9000},"added":{"since":[1]}}"#;

    #[test]
    fn roots_are_told_from_what_follows_and_new_keys_pass() {
        let report = ReportV1::parse(WHOLE.as_bytes()).unwrap();
        assert_eq!(report.root_codes(), ["NVP405"]);
        assert_eq!((report.exit, report.timing.unwrap().took_ms()), (Some(1), 8));
    }

    #[test]
    fn another_format_another_version_and_a_cut_report_are_told_apart() {
        let parse = |text: &str| ReportV1::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(parse("[]"), NoReport::Other(_)));
        assert!(matches!(parse(&WHOLE.replace("-report", "-facts")), NoReport::Other(_)));
        assert_eq!(parse(&WHOLE.replace("\"version\":1", "\"version\":2")), NoReport::Version(2));
        let without = WHOLE.replace("\"findings\":[", "\"finds\":[");
        assert!(matches!(parse(&without), NoReport::Broken(why) if why.contains("findings")));
    }

    #[test]
    fn a_report_without_findings_or_verdict_is_never_a_good_boot() {
        for key in ["\"verdict\":", "\"findings\":"] {
            let cut = WHOLE.replace(key, "\"x\":");
            assert!(ReportV1::parse(cut.as_bytes()).is_err(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(at in 0usize..300, with in any::<[u8; 4]>()) {
            let mut bytes = WHOLE.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes.splice(at..at, with);
            let _ = ReportV1::parse(&bytes);
        }
    }
}
