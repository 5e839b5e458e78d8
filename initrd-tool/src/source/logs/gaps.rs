//! What an input cannot show, in words: so that a clean verdict over a log is not
//! read as one over a machine.

use super::boots::Boot;
use super::evidence::{Entry, Evidence};
use super::record::{Clock, Record};
use super::{sender, tree};
use std::fmt::Write;

/// A kernel log that begins later than this lacks the boot: stamps begin at 0.
const LATE_US: u64 = 5_000_000;
/// Things that rules look at, and a path that shows each.
const SOURCES: [(&str, &str); 5] = [
    ("proc/modules", "loaded modules"),
    ("etc/modprobe.d", "options files (modprobe.d)"),
    ("proc/cmdline", "the kernel command line"),
    ("proc/driver/nvidia/params", "the driver's parameters"),
    ("sys/class/drm", "cards and connectors"),
];

/// The sentences for an input of which this boot was chosen.
#[must_use]
pub fn of(evidence: &Evidence, boot: &Boot) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(text) = sources(evidence) {
        out.push(text);
    }
    out.extend(beginning(boot));
    out.extend(times(&boot.records));
    if boot.kernel_records() == 0 {
        out.push("no kernel lines (so no driver messages)".to_owned());
    }
    if !boot.records.iter().any(|record| !record.kernel && !sender::is_mention(record)) {
        out.push("no user-space lines (services, display manager)".to_owned());
    }
    if boot.passed > 0 {
        out.push(format!(
            "{} lines about something else or said before: the input is very long",
            boot.passed
        ));
    }
    match evidence.balance.missed() {
        0 => {}
        1 => out.push("1 line holds words of the driver and was not understood".to_owned()),
        n => out.push(format!("{n} lines hold words of the driver and were not understood")),
    }
    if evidence.boots > 1 {
        let (boot, boots) = (evidence.boot, evidence.boots);
        out.push(format!("{boots} boots in this log, number {boot} was checked (--boot)"));
    }
    out
}

/// "it does not hold options files (modprobe.d), cards and connectors".
fn sources(evidence: &Evidence) -> Option<String> {
    let held = |path: &str| {
        let below = format!("{path}/");
        evidence.whole.contains(path)
            || evidence
                .files
                .iter()
                .any(|(at, e)| *e != Entry::Absent && (at == path || at.starts_with(&below)))
            || evidence.files.get(path) == Some(&Entry::Absent)
    };
    let missing: Vec<&str> =
        SOURCES.iter().filter(|(path, _)| !held(path)).map(|(_, words)| *words).collect();
    let (last, first) = missing.split_last()?;
    let mut out = "it does not hold ".to_owned();
    // Writing to a String cannot fail.
    let _ = match first {
        [] => write!(out, "{last}"),
        first => write!(out, "{} or {last}", first.join(", ")),
    };
    Some(out)
}

fn beginning(boot: &Boot) -> Option<String> {
    if tree::begins_at_the_beginning(boot) {
        return None;
    }
    Some(match boot.begins_us() {
        Some(us) if us > LATE_US => {
            let seconds = us / 1_000_000;
            format!("it starts {seconds} s after the kernel: earlier lines are missing")
        }
        _ => "it does not start with the kernel's first line: it may be incomplete".to_owned(),
    })
}

fn times(records: &[Record]) -> Option<String> {
    let mut kernel = records.iter().filter(|record| record.kernel);
    let timed = kernel.any(|r| matches!(r.time, Some((Clock::Kernel | Clock::Monotonic, _))));
    (!timed).then(|| "its lines have no kernel timestamps".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(us: Option<u64>, text: &str) -> Record {
        let time = us.map(|us| (Clock::Kernel, us));
        Record { time, kernel: true, text: text.into(), ..Record::default() }
    }

    fn said(records: Vec<Record>) -> Vec<String> {
        let boot = Boot { records, ..Boot::default() };
        let mut evidence = Evidence { boots: 1, boot: 1, ..Evidence::default() };
        tree::add(&boot, &mut evidence);
        of(&evidence, &boot)
    }

    #[test]
    fn a_whole_kernel_log_lacks_only_what_no_log_holds() {
        let said = said(vec![
            record(Some(0), "Linux version 6.12.1"),
            record(Some(0), "Command line: quiet"),
        ]);
        assert_eq!(
            said,
            [
                "it does not hold loaded modules, options files (modprobe.d), the driver's \
                 parameters or cards and connectors",
                "no user-space lines (services, display manager)"
            ]
        );
    }

    #[test]
    fn a_late_beginning_and_missing_times_are_said() {
        let late = said(vec![record(Some(381_000_000), "NVRM: x")]);
        assert!(late[1].starts_with("it starts 381 s after"), "{late:?}");
        let bare = said(vec![record(None, "NVRM: x")]);
        assert!(bare[1].contains("may be incomplete"), "{bare:?}");
        assert!(bare[2].contains("no kernel timestamps"), "{bare:?}");
    }
}
