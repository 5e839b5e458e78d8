//! Records in journald's native protocol: one datagram holds one record.
//!
//! Every value is sent in the binary form (name, line feed, length as 64 bits
//! little-endian, value, line feed), so that no value can forge a field
//! (systemd docs/JOURNAL_NATIVE_PROTOCOL.md).

use super::{Buffer, text, verdict};
use crate::finding::{Finding, Report};
use core::fmt::{self, Write};

/// Longest datagram: every bounded text of a finding together stays below
/// 2 KiB, which leaves as much for the fix. An AF_UNIX datagram may have
/// 200 KiB (net.core.wmem_default).
pub const RECORD_MAX: usize = 4096;

/// MESSAGE_ID of the verdict's record: the rules' ids with rule number 0.
pub const VERDICT_ID: u128 = crate::rule::MESSAGE_ID_BASE;

/// One datagram.
pub type Record = Buffer<RECORD_MAX>;

/// The record of one finding.
#[must_use]
pub fn finding_record(report: &Report, finding: &Finding) -> Record {
    let mut out = begin(finding.severity.priority(), finding.rule.message_id(), report);
    let code = finding.rule.code;
    field(&mut out, "MESSAGE", format_args!("{code}: {}", finding.message));
    field(&mut out, "NVPREFLIGHT_CODE", format_args!("{code}"));
    field(&mut out, "NVPREFLIGHT_RULE", format_args!("{}", Dashed(finding.rule.name)));
    field(&mut out, "NVPREFLIGHT_SEVERITY", format_args!("{}", finding.severity.name()));
    field(&mut out, "NVPREFLIGHT_MODULE", format_args!("{}", finding.module));
    // A field may come more than once; journald keeps each value.
    for gpu in &finding.gpus {
        field(&mut out, "NVPREFLIGHT_GPU", format_args!("{gpu}"));
    }
    field(&mut out, "NVPREFLIGHT_PLACE", format_args!("{}", finding.origin.kind()));
    field(&mut out, "NVPREFLIGHT_ORIGIN", format_args!("{}", finding.origin));
    field(&mut out, "NVPREFLIGHT_EXPECTED", format_args!("{}", finding.expected));
    field(&mut out, "NVPREFLIGHT_FOUND", format_args!("{}", finding.found));
    field(&mut out, "NVPREFLIGHT_EVIDENCE", format_args!("{}", finding.evidence));
    field(&mut out, "NVPREFLIGHT_FIX", format_args!("{}", text::fix(report, finding)));
    match text::cause(report, finding) {
        Some(cause) => field(&mut out, "NVPREFLIGHT_CAUSE", format_args!("{}", cause.rule.code)),
        None => field(&mut out, "NVPREFLIGHT_CAUSE", format_args!("")),
    }
    out
}

/// The record of the verdict.
#[must_use]
pub fn verdict_record(report: &Report) -> Record {
    let mut out = begin(verdict::priority(report), VERDICT_ID, report);
    field(&mut out, "MESSAGE", format_args!("{}", verdict::Line(report)));
    field(&mut out, "NVPREFLIGHT_VERDICT", format_args!("{}", report.verdict().name()));
    field(&mut out, "NVPREFLIGHT_WAITED_US", format_args!("{}", report.timing.waited_us));
    field(&mut out, "NVPREFLIGHT_HELD_US", format_args!("{}", report.timing.held_us));
    out
}

fn begin(priority: u8, id: u128, report: &Report) -> Record {
    let mut out = Record::new();
    field(&mut out, "PRIORITY", format_args!("{priority}"));
    field(&mut out, "SYSLOG_IDENTIFIER", format_args!("nvpreflight"));
    field(&mut out, "MESSAGE_ID", format_args!("{id:032x}"));
    field(&mut out, "NVPREFLIGHT_STAGE", format_args!("{}", report.phase.name()));
    out
}

/// Adds a field; an empty value adds none, and neither does one that no longer
/// fits, since a cut length would make journald refuse the whole record.
fn field(out: &mut Record, name: &str, value: fmt::Arguments<'_>) {
    let before = out.as_bytes().len();
    let was_cut = out.is_cut();
    out.push(name.as_bytes());
    out.push(b"\n");
    let at = out.as_bytes().len();
    out.push(&[0; 8]);
    // A buffer never refuses: what does not fit is cut.
    let _ = out.write_fmt(value);
    let len = out.as_bytes().len().saturating_sub(at + 8);
    out.push(b"\n");
    if len == 0 || out.is_cut() {
        out.truncate(before);
        out.cut = was_cut;
        return;
    }
    out.patch(at, &(len as u64).to_le_bytes());
}

/// A rule's name as reports show it: with dashes.
pub(super) struct Dashed(pub &'static str);

impl fmt::Display for Dashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| f.write_char(if c == '_' { '-' } else { c }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::collections::BTreeMap;
    use std::string::String;

    /// Reads a datagram as journald does, and fails on anything odd.
    fn fields(mut bytes: &[u8]) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n').expect("a name");
            let name = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let len = u64::from_le_bytes(bytes[end + 1..end + 9].try_into().unwrap()) as usize;
            let value = String::from_utf8(bytes[end + 9..end + 9 + len].to_vec()).unwrap();
            assert_eq!(bytes[end + 9 + len], b'\n');
            assert_eq!(out.insert(name.clone(), value), None, "{name} twice");
            bytes = &bytes[end + 10 + len..];
        }
        out
    }

    #[test]
    fn a_findings_record_has_the_promised_fields() {
        let report = sample::broken();
        let got = fields(finding_record(&report, &report.findings[0]).as_bytes());
        let has = |key: &str| got.get(key).map(String::as_str);
        assert_eq!(has("NVPREFLIGHT_CODE"), Some("NVP201"));
        assert_eq!(has("NVPREFLIGHT_RULE"), Some("modeset-off"));
        assert_eq!(has("NVPREFLIGHT_MODULE"), Some("nvidia_drm"));
        assert_eq!(has("NVPREFLIGHT_ORIGIN"), Some("etc/modprobe.d/b.conf:1"));
        assert_eq!(has("NVPREFLIGHT_GPU"), Some("0000:01:00.0"));
        assert_eq!(has("NVPREFLIGHT_PLACE"), Some("line"));
        assert_eq!(has("NVPREFLIGHT_EXPECTED"), Some("Y"));
        assert_eq!(has("NVPREFLIGHT_FOUND"), Some("N"));
        assert_eq!(has("NVPREFLIGHT_STAGE"), Some("initrd"));
        assert_eq!(has("SYSLOG_IDENTIFIER"), Some("nvpreflight"));
        assert_eq!(has("PRIORITY"), Some("3"));
        assert_eq!(has("MESSAGE_ID").map(str::len), Some(32));
        assert_eq!(has("NVPREFLIGHT_CAUSE"), None);
        let folded = fields(finding_record(&report, &report.findings[1]).as_bytes());
        assert_eq!(folded.get("NVPREFLIGHT_CAUSE").map(String::as_str), Some("NVP201"));
    }

    #[test]
    fn the_verdict_has_a_record_of_its_own() {
        let report = sample::blind();
        let got = fields(verdict_record(&report).as_bytes());
        assert_eq!(got["NVPREFLIGHT_VERDICT"], "could-not-check");
        assert_eq!(got["MESSAGE_ID"], std::format!("{VERDICT_ID:032x}"));
    }

    #[test]
    fn a_field_that_does_not_fit_is_left_out_whole() {
        let mut out = Record::new();
        let long = "x".repeat(RECORD_MAX);
        field(&mut out, "A", format_args!("1"));
        field(&mut out, "B", format_args!("{long}"));
        field(&mut out, "C", format_args!("line\nFORGED=1"));
        let got = fields(out.as_bytes());
        assert_eq!(got.keys().collect::<std::vec::Vec<_>>(), ["A", "C"]);
    }
}
