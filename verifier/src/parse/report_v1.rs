//! Reads back the JSON report of an earlier phase, as far as the next one needs
//! it. It accepts what `sink::json_v1` writes and any keys added since.

use crate::facts::InitrdReport;
use crate::rule::Code;
use crate::text::Name;
use heapless::Vec;
use serde::Deserialize;

/// The name of the format.
pub const FORMAT: &str = "nvpreflight-report";
/// Bytes that the longest report stays below: every list full, every text at its bound,
/// each of whose bytes is written as two (`the_longest_report_is_read_back`).
pub const SIZE_MAX: usize = 192 * 1024;

/// Brackets within brackets; the format has four levels.
const DEPTH_MAX: usize = 16;

#[derive(Deserialize)]
struct ReportV1<'a> {
    format: &'a str,
    version: u32,
    verdict: &'a str,
    #[serde(borrow)]
    modules: Vec<&'a str, { crate::facts::module::MODULE_MAX }>,
    #[serde(borrow)]
    findings: Vec<FindingV1<'a>, { crate::finding::FINDING_MAX }>,
    timing: TimingV1,
}

#[derive(Deserialize)]
struct FindingV1<'a> {
    code: &'a str,
}

#[derive(Deserialize)]
struct TimingV1 {
    finished_us: u64,
}

/// The report, or `None` when the bytes are no report of version 1.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<InitrdReport> {
    if too_deep(bytes) {
        return None;
    }
    let (report, _) = serde_json_core::from_slice::<ReportV1<'_>>(bytes).ok()?;
    if report.format != FORMAT || report.version != 1 {
        return None;
    }
    let mut out = InitrdReport {
        verdict: Name::from(report.verdict),
        finished_us: report.timing.finished_us,
        ..InitrdReport::default()
    };
    for module in report.modules {
        // Sixteen hold the stack and all that expectations can name besides.
        let _ = out.modules.push(Name::from(module));
    }
    for finding in report.findings {
        let code = Code::parse(finding.code)?.0;
        if !out.codes.contains(&code) {
            // The list has room for more codes than one boot can show.
            let _ = out.codes.push(code);
        }
    }
    Some(out)
}

/// True when brackets are nested deeper than any report: the reader of unknown
/// keys is recursive, and its stack must not depend on a file.
fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::{json_v1, sample};
    use crate::testing::Case;
    use proptest::prelude::*;
    use std::string::String;

    fn written() -> String {
        let facts = Case::initrd("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n").facts();
        let mut out = String::new();
        json_v1::write(&sample::broken(), &facts, &mut out).unwrap();
        out
    }

    #[test]
    fn what_one_phase_writes_the_next_one_reads() {
        let report = read(written().as_bytes()).expect("a report");
        assert_eq!(report.verdict, "findings");
        assert_eq!(report.finished_us, 2_003_000);
        assert_eq!(report.codes.as_slice(), [201, 106]);
        assert_eq!(report.modules.as_slice(), [Name::from("nvidia")]);
    }

    #[test]
    fn the_longest_report_is_read_back() {
        use crate::facts::{Module, PciAddress, Place};
        use crate::finding::{Event, FINDING_MAX, Message, Outcome, Skip, blank};
        use crate::rules::RULES;
        use crate::seen::Errno;
        use crate::text::{Line, Value};
        let long = "\"".repeat(1000);
        let mut facts = Case::initrd("").facts();
        let module = Module {
            name: long.as_str().into(),
            ..Module::new(Name::from("x"), crate::facts::ModuleState::Live)
        };
        while facts.modules.list.push(module.clone()).is_ok() {}
        let mut report = sample::broken();
        let rule = RULES.iter().max_by_key(|rule| rule.fix.len() + rule.title.len()).unwrap();
        let gpu = PciAddress::parse("00000000:00:00.0").unwrap();
        report.findings.clear();
        for _ in 0..FINDING_MAX {
            let mut finding = blank(rule);
            finding.message = Message::from(long.as_str());
            finding.module = Name::from(long.as_str());
            (finding.expected, finding.found) =
                (Value::from(long.as_str()), Value::from(long.as_str()));
            finding.evidence = Line::from(long.as_str());
            finding.origin = Place::file(&long);
            while finding.gpus.push(gpu).is_ok() {}
            report.findings.push(finding).ok().unwrap();
        }
        let event = report.timeline.first().cloned().unwrap();
        report.timeline.clear();
        while report
            .timeline
            .push(Event { what: Line::from(long.as_str()), ..event.clone() })
            .is_ok()
        {}
        // The rest of the table did not judge, for the longest reason.
        report.outcomes.clear();
        let why = "modules in the image could not be read, nor the kernel that it is for";
        let skipped = Outcome::Skipped(Skip::Unreadable(why, Errno::EINVAL));
        report.outcomes.extend(RULES.iter().map(|rule| (*rule, skipped)));
        let mut out = String::new();
        json_v1::write(&report, &facts, &mut out).unwrap();
        assert!(out.len() < SIZE_MAX, "{} bytes", out.len());
        assert!(read(out.as_bytes()).is_some());
    }

    #[test]
    fn other_formats_and_deep_nesting_are_no_report() {
        assert!(read(written().replace("\"version\":1", "\"version\":2").as_bytes()).is_none());
        assert!(read("[".repeat(100_000).as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(at in 0usize..2000, with in any::<[u8; 4]>()) {
            let mut bytes = written().into_bytes();
            let at = at % bytes.len();
            bytes.splice(at..at, with);
            let _ = read(&bytes);
            let _ = read(&bytes[..at]);
            let _ = read(&with);
        }
    }
}
