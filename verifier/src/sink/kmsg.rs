//! Lines for /dev/kmsg, one record a line: `<3>nvpreflight: initrd: NVP201 …`, and
//! how they are read again.

use super::{Buffer, verdict};
use crate::facts::Place;
use crate::finding::fix::Fix;
use crate::finding::{Finding, Report, Severity};
use core::fmt::{self, Write};

/// What every line begins with, behind its priority.
pub const SPEAKS: &str = "nvpreflight: ";
/// Longest record. The kernel refuses writes above PRINTKRB_RECORD_MAX (1024),
/// before 6.1 above LOG_LINE_MAX, which is 1024 less a prefix of at most 48
/// (kernel/printk/printk.c and internal.h, `devkmsg_write`).
pub const RECORD_MAX: usize = 1024 - 48;

/// One record ready to be written in one `write`.
pub type Record = Buffer<RECORD_MAX>;

/// A record of a syslog priority (0 to 7).
#[must_use]
pub fn record(priority: u8, text: fmt::Arguments<'_>) -> Record {
    let mut out = Record::new();
    // A buffer never refuses: what does not fit is cut.
    let _ = write!(out, "<{}>{SPEAKS}{text}", priority.min(7));
    if out.is_cut() {
        out.truncate(RECORD_MAX - '…'.len_utf8());
        while core::str::from_utf8(out.as_bytes()).is_err() {
            out.truncate(out.as_bytes().len() - 1);
        }
        out.push("…".as_bytes());
    }
    out
}

/// The verdict line.
#[must_use]
pub fn verdict_record(report: &Report) -> Record {
    record(verdict::priority(report), format_args!("{}", verdict::Line(report)))
}

/// A finding's line, for machines without a journal: it carries the place and
/// the fix, because nothing else will.
#[must_use]
pub fn finding_record(report: &Report, finding: &Finding) -> Record {
    let place = At(&finding.origin);
    let fix = super::text::fix(report, finding);
    record(
        finding.severity.priority(),
        format_args!(
            "{}: {} {}: {}{place}; fix: {}",
            report.phase.name(),
            finding.rule.code,
            finding.severity.name(),
            finding.message,
            OneLine(fix),
        ),
    )
}

/// What a line says of a finding's severity and message, behind [`SPEAKS`]; `None` for a
/// line of another phase or code.
#[must_use]
pub fn read_finding<'a>(line: &'a str, phase: &str, code: &str) -> Option<(Severity, &'a str)> {
    let rest = line.strip_prefix(phase)?.strip_prefix(": ")?.strip_prefix(code)?;
    let (severity, message) = rest.strip_prefix(' ')?.split_once(": ")?;
    Some((Severity::named(severity)?, message))
}

/// " at " and a place, or nothing where there is none to show.
struct At<'a>(&'a Place);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_shown() { write!(f, " at {}", self.0) } else { Ok(()) }
    }
}

/// A text whose lines are joined by semicolons: a record is one line.
struct OneLine<'a>(Fix<'a>);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, line) in self.0.lines().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}", line.unindented())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::string::String;

    fn text(record: &Record) -> String {
        String::from_utf8(record.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_finding_is_one_line_with_place_and_fix() {
        let report = sample::broken();
        assert_eq!(
            text(&finding_record(&report, &report.findings[0])),
            "<3>nvpreflight: initrd: NVP201 error: modeset=N in force: set to 0 by \
             etc/modprobe.d/b.conf:1 at etc/modprobe.d/b.conf:1; fix: echo 'options nvidia_drm \
             modeset=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd"
        );
    }

    #[test]
    fn a_findings_line_is_read_again() {
        let report = sample::broken();
        let line = text(&finding_record(&report, &report.findings[0]));
        let line = line.split_once(SPEAKS).unwrap().1;
        let (severity, message) = read_finding(line, "initrd", "NVP201").unwrap();
        assert_eq!(severity, report.findings[0].severity);
        assert!(message.starts_with(report.findings[0].message.as_str()), "{message}");
        assert_eq!(read_finding(line, "initrd", "NVP20"), None);
        assert_eq!(read_finding(line, "pre-display", "NVP201"), None);
    }

    #[test]
    fn a_long_line_is_cut_at_the_kernels_bound_and_marked() {
        let long = "é".repeat(600);
        let record = record(9, format_args!("{long}"));
        assert!(record.as_bytes().len() <= RECORD_MAX);
        let text = text(&record);
        assert!(text.starts_with("<7>nvpreflight: éé") && text.ends_with("é…"), "{text}");
    }
}
