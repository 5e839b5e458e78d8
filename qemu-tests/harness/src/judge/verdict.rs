//! Judges one boot: pure functions from what was expected and what was seen to
//! a verdict in the sense of KTAP. It reads no files and starts nothing.

use crate::judge::journal::Journal;
use crate::machine::channel::Frames;
use crate::scenario::{Phase, Scenario, Stage1};
use nvpreflight_tool::source::report_v1::{FindingV1, ReportV1, TimingV1};
use std::collections::BTreeSet;

/// What the kernel says when it gives up (kernel/panic.c). QEMU ends in order
/// then too, so its exit status cannot tell a panic from a power-off.
pub const PANIC: &str = "Kernel panic - not syncing";

/// The outcome of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything came as expected.
    Ok,
    /// The guest worked and these expectations do not hold.
    NotOk(Vec<String>),
    /// Could not be tried here, and why.
    Skip(String),
    /// The deadline passed; the last thing the guest said.
    Timeout(String),
    /// QEMU, the image or the handover is at fault: never a pass or a skip.
    Error(String),
}

impl Verdict {
    /// Whether a run with this verdict may exit with 0.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Ok | Self::Skip(_))
    }
}

/// What one boot left behind.
#[derive(Clone, Debug)]
pub struct BootOutput {
    /// QEMU's exit: None past the deadline, else whether it was a success.
    pub ended: Option<bool>,
    /// What QEMU itself complained about.
    pub complaint: String,
    /// The serial console.
    pub console: String,
    /// Frames of the virtio port, or why they cannot be read.
    pub frames: Result<Frames, String>,
    /// What this machine's host tool says of the guest's initrd, where the guest's was
    /// asked too.
    pub here: Option<String>,
}

/// The frames of a boot that ended in order and said so; else what went wrong.
///
/// # Errors
/// The verdict on a boot that tells nothing of what it was booted for.
pub fn whole(seen: &BootOutput) -> Result<&Frames, Verdict> {
    let frames = match &seen.frames {
        Ok(frames) => frames,
        Err(reason) => return Err(Verdict::Error(format!("handover: {reason}"))),
    };
    match seen.ended {
        None => return Err(Verdict::Timeout(last_words(&seen.console))),
        Some(false) => {
            return Err(Verdict::Error(format!("QEMU failed: {}", seen.complaint.trim())));
        }
        Some(true) => {}
    }
    if !frames.complete {
        let reason = format!("the guest ended without its report: {}", last_words(&seen.console));
        return Err(Verdict::Error(reason));
    }
    match frames.text("trouble") {
        Some(trouble) => Err(Verdict::Error(format!("the guest: {trouble}"))),
        None => Ok(frames),
    }
}

/// Compares a boot with its scenario.
pub fn judge(scenario: &Scenario, seen: &BootOutput) -> Verdict {
    let frames = match whole(seen) {
        Ok(frames) => frames,
        Err(verdict) => return verdict,
    };
    let mut wrong = Vec::new();
    if let Some(line) = seen.console.lines().find(|line| line.contains(PANIC)) {
        wrong.push(format!("no orderly power-off: {}", line.trim()));
    }
    let clean = Phase { report: true, ..Phase::default() };
    let phase = scenario.expect.initrd.as_ref().unwrap_or(&clean);
    judge_phase("initrd", phase, scenario, frames, &mut wrong);
    if scenario.stage1 == Stage1::Systemd {
        let phase = scenario.expect.pre_display.as_ref().unwrap_or(&clean);
        judge_phase("pre-display", phase, scenario, frames, &mut wrong);
        judge_journal(scenario, frames, &mut wrong);
    }
    judge_way(scenario, frames, &mut wrong);
    if let Some(here) = &seen.here {
        judge_tool(here, phase, frames, &mut wrong);
    }
    let log = frames.text("kernel-log").unwrap_or_default();
    for text in &scenario.expect.console_has {
        if !seen.console.contains(text.as_str()) && !log.contains(text.as_str()) {
            wrong.push(format!("neither console nor kernel log show `{text}`"));
        }
    }
    if wrong.is_empty() { Verdict::Ok } else { Verdict::NotOk(wrong) }
}

fn judge_phase(
    name: &str,
    expected: &Phase,
    scenario: &Scenario,
    frames: &Frames,
    wrong: &mut Vec<String>,
) {
    let exit = expected.exit.unwrap_or(i32::from(!expected.findings.is_empty()));
    let status = match (expected.status, scenario.stage1) {
        (Some(status), _) => status,
        (None, Stage1::Systemd) => 0,
        (None, _) => exit,
    };
    let found = frames.text(&format!("{name}.status"));
    let unseen = scenario.inject && name == "initrd";
    if !unseen && found.as_deref() != Some(status.to_string().as_str()) {
        let found = found.unwrap_or_else(|| "nothing".to_owned());
        wrong.push(format!("{name}: exit status {status} expected, {found} found"));
    }
    let Some(bytes) = frames.by_name.get(&format!("{name}.json")) else {
        if expected.report {
            wrong.push(format!("{name}: no report"));
        }
        return;
    };
    if !expected.report {
        wrong.push(format!("{name}: a report where none was expected"));
        return;
    }
    match ReportV1::parse(bytes) {
        Ok(report) => judge_report(name, expected, exit, &report, wrong),
        Err(reason) => wrong.push(format!("{name}: report cannot be read: {reason}")),
    }
}

/// The guest's host tool: of the image it says what this machine's says, and of the running
/// system it names what the verifier found.
fn judge_tool(here: &str, expected: &Phase, frames: &Frames, wrong: &mut Vec<String>) {
    match frames.text("tool-check") {
        None => wrong.push("host tool: no answer of `check`".to_owned()),
        Some(there) if there == here => {}
        Some(there) => {
            let lines = here.lines().zip(there.lines()).find(|(here, there)| here != there);
            let (here, there) = lines.unwrap_or(("its end", "more, or less"));
            wrong.push(format!("host tool: `check` says `{there}`, here it says `{here}`"));
        }
    }
    let doctor = frames.text("tool-doctor").unwrap_or_default();
    if !doctor.contains("\"format\": \"nvpreflight-doctor\"") {
        wrong.push("host tool: no answer of `doctor`".to_owned());
    }
    for code in &expected.findings {
        if !doctor.contains(code.as_str()) {
            wrong.push(format!("host tool: `doctor` does not name {code}"));
        }
    }
}

fn judge_report(
    name: &str,
    expected: &Phase,
    exit: i32,
    report: &ReportV1,
    wrong: &mut Vec<String>,
) {
    let codes: BTreeSet<&str> = expected.findings.iter().map(String::as_str).collect();
    let found: BTreeSet<&str> = report.findings.iter().map(|it| it.code.as_str()).collect();
    for code in codes.difference(&found) {
        wrong.push(format!("{name}: {code} expected, not found"));
    }
    for finding in &report.findings {
        if !codes.contains(finding.code.as_str()) {
            wrong.push(format!("{name}: {} not expected: {}", finding.code, finding.message));
        }
    }
    if let Some(first) = &expected.first {
        let first: BTreeSet<&str> = first.iter().map(String::as_str).collect();
        let found = first_codes(&report.findings);
        if found != first {
            wrong.push(format!("{name}: first causes {first:?} expected, {found:?} found"));
        }
    }
    let said = report.exit.map_or_else(|| "nothing".to_owned(), |exit| exit.to_string());
    if report.exit != Some(exit) {
        wrong.push(format!(
            "{name}: exit {exit} expected, the report says {said} ({})",
            report.summary
        ));
    }
    let fits = match report.exit {
        Some(0) => report.verdict != "could-not-check",
        Some(1) => report.verdict == "findings",
        Some(_) => report.verdict == "could-not-check",
        None => false,
    };
    if !fits {
        wrong.push(format!("{name}: exit {said} with `{}`", report.verdict));
    }
    let unreadable: BTreeSet<&str> =
        report.skipped.iter().filter(|it| it.unreadable).map(|it| it.code.as_str()).collect();
    for code in &expected.unreadable {
        if !unreadable.contains(code.as_str()) {
            wrong.push(format!("{name}: {code} should not have been able to look"));
        }
    }
    for clock in &expected.clocks {
        if !report.timeline.iter().any(|event| event.clock == *clock) {
            wrong.push(format!("{name}: nothing in the timeline by the {clock} clock"));
        }
    }
    if let Some(limit) = expected.within_ms {
        match report.timing.map(TimingV1::took_ms) {
            Some(took) if took <= limit => {}
            Some(took) => wrong.push(format!("{name}: took {took} ms, limit {limit}")),
            None => wrong.push(format!("{name}: the report does not say how long it took")),
        }
    }
}

/// Codes among the findings that follow from no other.
pub fn first_codes(findings: &[FindingV1]) -> BTreeSet<&str> {
    let first = findings.iter().filter(|finding| finding.cause.is_empty());
    first.map(|finding| finding.code.as_str()).collect()
}

fn judge_journal(scenario: &Scenario, frames: &Frames, wrong: &mut Vec<String>) {
    let Some(bytes) = frames.by_name.get("journal") else {
        wrong.push("no journal was exported".to_owned());
        return;
    };
    let journal = Journal::read(bytes);
    for code in &scenario.expect.journal {
        if let Err(reason) = journal.shows(code) {
            wrong.push(format!("journal: {code}: {reason}"));
        }
    }
    if scenario.expect.display_manager_after_card {
        if let Err(reason) = journal.display_manager_after_card() {
            wrong.push(format!("journal: {reason}"));
        }
    }
}

/// How far the boot came, by the marks that the guest set on its way.
fn judge_way(scenario: &Scenario, frames: &Frames, wrong: &mut Vec<String>) {
    let last = match scenario.stage1 {
        Stage1::Systemd => "display-manager",
        Stage1::Bare | Stage1::Scripted => "poweroff",
    };
    let wanted = scenario.expect.reaches.as_deref().unwrap_or(last);
    let marks = frames.text("marks").unwrap_or_default();
    let reached = marks.lines().any(|line| line.split(' ').next() == Some(wanted));
    if !reached {
        wrong.push(format!("the boot did not reach `{wanted}`"));
    }
}

fn last_words(console: &str) -> String {
    let lines: Vec<&str> = console.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let from = lines.len().saturating_sub(3);
    let tail = lines.get(from..).unwrap_or_default();
    if tail.is_empty() { "the console stayed empty".to_owned() } else { tail.join(" / ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::channel;
    use crate::scenario;

    const CLEAN: &str = r#"{"format":"nvpreflight-report","version":1,"verdict":"ok","exit":0,
        "summary":"ok","findings":[],"skipped":[],"timeline":[],
        "timing":{"started_us":1000,"finished_us":9000}}"#;
    const FOUND: &str = r#"{"format":"nvpreflight-report","version":1,"verdict":"findings",
        "exit":1,"summary":"1 error","findings":[{"code":"NVP201","message":"off","cause":""}],
        "skipped":[],"timeline":[],"timing":{"started_us":0,"finished_us":0}}"#;

    /// Judges a bare boot whose frames are `frames`, against `expect`.
    fn judged(expect: &str, frames: &[(&str, &str)]) -> Verdict {
        let defaults = include_str!("../../../defaults.toml").parse().unwrap();
        let text = format!("summary = \"x\"\n[expect.initrd]\n{expect}\n");
        let scenario = scenario::read("x", &text, &defaults).unwrap();
        judge(&scenario, &seen(frames))
    }

    fn seen(frames: &[(&str, &str)]) -> BootOutput {
        let bytes: String = frames
            .iter()
            .map(|(name, data)| format!("NVPF t {name} {}\n{data}\n", data.len()))
            .collect();
        BootOutput {
            ended: Some(true),
            complaint: String::new(),
            console: "[ 1.0] last words".to_owned(),
            frames: channel::read(bytes.as_bytes(), "t"),
            here: None,
        }
    }

    #[test]
    fn the_guests_host_tool_must_say_what_this_machines_says() {
        let doctor = "{ \"format\": \"nvpreflight-doctor\" NVP201 }";
        let expected = Phase { findings: vec!["NVP201".to_owned()], ..Phase::default() };
        let wrong = |check: &str, doctor: &str| {
            let frames = seen(&[("tool-check", check), ("tool-doctor", doctor), END]).frames;
            let mut wrong = Vec::new();
            judge_tool("{\n1\n}\nstatus 1", &expected, &frames.unwrap(), &mut wrong);
            wrong.join("; ")
        };
        assert_eq!(wrong("{\n1\n}\nstatus 1", doctor), "");
        let other = "host tool: `check` says `status 0`, here it says `status 1`";
        assert_eq!(wrong("{\n1\n}\nstatus 0", doctor), other);
        let healthy = doctor.replace("NVP201", "");
        let silent = "host tool: `doctor` does not name NVP201";
        assert_eq!(wrong("{\n1\n}\nstatus 1", &healthy), silent);
        assert!(wrong("", "").contains("no answer of `doctor`"));
    }

    const MARKS: (&str, &str) = ("marks", "poweroff 5.0");
    const END: (&str, &str) = ("end", "");

    #[test]
    fn a_clean_report_of_a_boot_that_ended_in_order_is_ok() {
        let frames = [("initrd.json", CLEAN), ("initrd.status", "0"), MARKS, END];
        assert_eq!(judged("", &frames), Verdict::Ok);
    }

    #[test]
    fn silence_is_not_ok() {
        let frames = [("initrd.status", "0"), MARKS, END];
        assert_eq!(judged("", &frames), Verdict::NotOk(vec!["initrd: no report".to_owned()]));
    }

    #[test]
    fn one_code_too_many_or_too_few_is_not_ok() {
        let found = [("initrd.json", FOUND), ("initrd.status", "1"), MARKS, END];
        let clean = [("initrd.json", CLEAN), ("initrd.status", "0"), MARKS, END];
        assert_eq!(judged("findings = [\"NVP201\"]", &found), Verdict::Ok);
        assert!(matches!(judged("", &found), Verdict::NotOk(_)));
        assert!(matches!(judged("findings = [\"NVP201\"]", &clean), Verdict::NotOk(_)));
        let other = judged("findings = [\"NVP201\"]\nfirst = []", &found);
        assert!(matches!(other, Verdict::NotOk(_)));
    }

    #[test]
    fn a_report_that_contradicts_itself_is_not_ok() {
        let report = CLEAN.replace("\"ok\",\"exit\"", "\"could-not-check\",\"exit\"");
        let frames = [("initrd.json", report.as_str()), ("initrd.status", "0"), MARKS, END];
        assert!(matches!(judged("", &frames), Verdict::NotOk(_)));
    }

    #[test]
    fn a_guest_that_was_cut_off_is_an_error() {
        let frames = [("initrd.json", CLEAN), ("initrd.status", "0"), MARKS];
        assert!(matches!(judged("", &frames), Verdict::Error(_)));
    }

    #[test]
    fn a_guest_that_could_not_be_set_up_is_an_error() {
        let frames = [("trouble", "no GPU"), ("initrd.json", CLEAN), MARKS, END];
        assert!(matches!(judged("", &frames), Verdict::Error(_)));
    }

    #[test]
    fn the_deadline_and_a_broken_qemu_are_told_apart() {
        let defaults = include_str!("../../../defaults.toml").parse().unwrap();
        let scenario = scenario::read("x", "summary = \"x\"", &defaults).unwrap();
        let mut boot = seen(&[END]);
        boot.ended = None;
        assert_eq!(judge(&scenario, &boot), Verdict::Timeout("[ 1.0] last words".to_owned()));
        boot.ended = Some(false);
        assert!(matches!(judge(&scenario, &boot), Verdict::Error(_)));
    }

    #[test]
    fn a_panic_after_the_hand_over_is_not_ok() {
        let defaults = include_str!("../../../defaults.toml").parse().unwrap();
        let scenario = scenario::read("x", "summary = \"x\"", &defaults).unwrap();
        let frames = [("initrd.json", CLEAN), ("initrd.status", "0"), MARKS, END];
        let mut boot = seen(&frames);
        assert_eq!(judge(&scenario, &boot), Verdict::Ok);
        boot.console = format!("[ 4.2] {PANIC}: Fatal exception\r\n");
        let reason = format!("no orderly power-off: [ 4.2] {PANIC}: Fatal exception");
        assert_eq!(judge(&scenario, &boot), Verdict::NotOk(vec![reason]));
    }

    #[test]
    fn a_boot_that_stops_half_way_is_not_ok() {
        let frames = [("initrd.json", CLEAN), ("initrd.status", "0"), ("marks", "loaded 4.0"), END];
        assert!(matches!(judged("", &frames), Verdict::NotOk(_)));
    }
}
