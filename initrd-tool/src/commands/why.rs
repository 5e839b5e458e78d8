//! `why`: what changed since the display last came up. Compares the present with the
//! latest good boot that is remembered, and puts first what fits the first cause.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::ui::{Exit, Ui};
use crate::source::bundle::{Boot, Saved};
use crate::source::history::{self, Entry, Store};
use crate::view::compare::source::{Side, Source};
use crate::view::compare::{self, Change, Compared, fit};
use nvpreflight::finding::{Finding, Report, Severity, Verdict};
use serde_json::json;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `why`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Exit status: 0 nothing is wrong now, 1 something is, 2 nothing to compare with.

Examples:
  nvpreflight why                         this boot against the last good one
  nvpreflight why --boot -1               the boot before this one, from the journal
  nvpreflight why --since 5f3a01bc        against another recorded boot
  nvpreflight why machine.facts --boots saved-boots"
)]
pub struct Args {
    /// The current state: saved facts, a log [default: the running system]
    subject: Option<OsString>,
    /// A boot from this machine's journal instead of the running system
    #[arg(long, value_name = "BOOT", allow_hyphen_values = true, conflicts_with = "subject")]
    boot: Option<String>,
    /// What to compare with: `good` for the latest good boot, or the start
    /// of a recorded boot's ID
    #[arg(long, value_name = "good|ID", default_value = "good")]
    since: String,
    /// Directory of recorded boots
    #[arg(long, value_name = "DIR", default_value = history::FOLDER)]
    boots: PathBuf,
    /// Show all changes
    #[arg(long, short)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Both sides and what differs.
struct Answer {
    now: Side,
    good: Side,
    boot: Boot,
    kernel: String,
    /// The generation that runs now, where the present is the running system.
    generation: Option<u64>,
    compared: Compared,
}

/// Answers.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    let store = Store::at(&args.boots);
    let live = args.subject.is_none() && args.boot.is_none();
    let this = if live { history::boot_id(Path::new("/")).ok() } else { None };
    let tell = &mut |line: &str| ui.say(format_args!("skipped: {line}"));
    let since = (args.since != "good").then_some(args.since.as_str());
    let Some((entry, saved)) = store.find(since, this.as_deref(), tell)? else {
        return Err(nothing(&store, since));
    };
    let now = match (&args.subject, &args.boot) {
        (Some(subject), _) => Side::open(&Source::parse(subject), &store, ui)?,
        (None, Some(boot)) => Side::open(&Source::Boot(boot.clone()), &store, ui)?,
        (None, None) => Side::running(ui)?,
    };
    if now.report.is_none() {
        return Err(Error::usage(
            "a saved report does not contain the configuration: give saved facts or a log",
        ));
    }
    let mut answer = answer(now, &entry, saved)?;
    answer.generation = if live { history::generation(Path::new("/")) } else { None };
    let text = if args.json { json(&answer) } else { text(args, &answer) };
    io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?;
    Ok(match answer.now.report.as_ref().map(|report| report.verdict()) {
        Some(Verdict::Ok) => Exit::Clean,
        Some(Verdict::CouldNotCheck) => Exit::CouldNot,
        Some(Verdict::Findings) | None => Exit::Findings,
    })
}

fn nothing(store: &Store, since: Option<&str>) -> Error {
    let folder = clean::path(store.folder());
    match since {
        Some(id) => Error::new(format!(
            "no boot {} is recorded in {folder}; `nvpreflight remember --list` shows them",
            clean::line(id.as_bytes())
        )),
        None => Error::new(format!(
            "no good boot is recorded yet in {folder}. nvpreflight-remember.service \
             records each boot after the check before the display manager; \
             enable it, or run `nvpreflight remember` after a good boot. Until then, compare \
             two boots from the journal: nvpreflight diff boot:-1 boot:0"
        )),
    }
}

fn answer(now: Side, entry: &Entry, saved: Saved) -> Result<Answer> {
    let kernel = saved.kernel.clone().unwrap_or_default();
    let boot = saved.boot.clone().ok_or_else(|| Error::new("that is not a recorded boot"))?;
    let good = Side::of_remembered(entry, saved)?;
    let compared = compare::compare(&good.picture, &now.picture);
    Ok(Answer { now, good, boot, kernel, generation: None, compared })
}

/// The finding that is the first cause: the report has root causes first, the worst
/// before the others. A note is none.
fn first_cause(report: &Report) -> Option<&Finding> {
    let causes = |finding: &&Finding| finding.cause.is_none() && finding.severity > Severity::Note;
    report.findings.iter().find(causes)
}

/// What is said where nothing is the first cause.
fn without_cause(report: &Report) -> String {
    match report.verdict() {
        Verdict::CouldNotCheck => {
            let blind = report.skipped().find(|(_, skip)| skip.is_blind());
            let why = blind.map_or_else(String::new, |(_, skip)| format!(": {skip}"));
            format!("no problem found, but not everything could be checked{why}")
        }
        Verdict::Ok | Verdict::Findings => "nothing is wrong now".to_owned(),
    }
}

fn text(args: &Args, answer: &Answer) -> String {
    let mut out = String::new();
    let (now, good) = (&answer.now.picture, &answer.good.picture);
    let verdict = if answer.boot.is_good() { "which was good" } else { "which was not good" };
    let _ = writeln!(out, "{} against {}, {verdict}", now.name, good.name);
    let cause = answer.now.report.as_ref().and_then(|report| first_cause(report));
    match cause {
        Some(finding) => {
            let (severity, code) = (finding.severity.name(), finding.rule.code);
            let _ = writeln!(out, "\nfirst cause now\n  {severity}[{code}]: {}", &*finding.message);
            if finding.origin.is_shown() {
                let _ = writeln!(out, "   --> {}", finding.origin);
            }
        }
        None => {
            if let Some(report) = &answer.now.report {
                let _ = writeln!(out, "\n{}", without_cause(report));
            }
        }
    }
    let (fitting, others) = split(answer, cause);
    if cause.is_some() {
        let _ = writeln!(out, "\nwhat changed that fits it");
        lines(&fitting, args.all, &mut out);
        if fitting.is_empty() {
            let _ = writeln!(
                out,
                "  nothing that both looks show: it may come and go, as a race does, or lie where\n  \
                 no look reaches, such as the hardware and the firmware's settings"
            );
        }
    }
    if !others.is_empty() {
        let head = if cause.is_some() { "other changes" } else { "what changed" };
        let _ = writeln!(out, "\n{head}");
        lines(&others, args.all, &mut out);
    }
    let lacking = &answer.compared.not_compared;
    if !lacking.is_empty() {
        let mut text = Vec::new();
        // Writing to a vector cannot fail.
        let _ = compare::not_compared(lacking, [&good.name, &now.name], args.all, &mut text);
        let _ = write!(out, "\n{}", String::from_utf8_lossy(&text));
    }
    if cause.is_some() {
        let _ = writeln!(out, "\nwhat to do");
        for step in steps(answer, cause) {
            let _ = writeln!(out, "  {step}");
        }
    }
    out
}

/// The changes that fit the cause, and the others; without a cause all are others.
fn split<'a>(answer: &'a Answer, cause: Option<&Finding>) -> (Vec<&'a Change>, Vec<&'a Change>) {
    let changes = &answer.compared.changes;
    match cause {
        Some(finding) => fit::split(changes, finding),
        None => (Vec::new(), changes.iter().filter(|c| fit::is_told(c)).collect()),
    }
}

/// Changes without their sections' heads where those say no more.
fn lines(changes: &[&Change], all: bool, out: &mut String) {
    let told: Vec<Change> = changes.iter().map(|change| (*change).clone()).collect();
    let mut text = Vec::new();
    // Writing to a vector cannot fail.
    let _ = compare::section(&told, all, &mut text);
    for line in String::from_utf8_lossy(&text).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// The way back and the ways to know more.
fn steps(answer: &Answer, cause: Option<&Finding>) -> Vec<String> {
    let mut steps = Vec::new();
    let changed = |section: &str, name: &str| {
        answer.compared.changes.iter().any(|c| c.section == section && c.name == name)
    };
    if let Some(generation) = answer.boot.generation {
        steps.push(format!(
            "choose generation {generation} in the boot menu; `nixos-rebuild switch --rollback` \
             goes one generation back"
        ));
        if let Some(current) = answer.generation.filter(|current| *current != generation) {
            steps.push(format!("nvpreflight diff --generation {generation} {current}"));
        }
    } else if changed("kernel", "") && !answer.kernel.is_empty() {
        let kernel = clean::line(answer.kernel.as_bytes());
        steps.push(format!("choose the kernel {kernel} in the boot menu, while it is installed"));
    }
    if let Some(finding) = cause {
        steps.push(format!("nvpreflight explain {}", finding.rule.code));
    }
    steps
}

fn json(answer: &Answer) -> String {
    let report = answer.now.report.as_ref();
    let cause = report.and_then(|report| first_cause(report));
    let (fitting, others) = split(answer, cause);
    let finding = cause.map(|finding| {
        json!({ "code": finding.rule.code.to_string(), "severity": finding.severity.name(),
                "message": &*finding.message, "origin": finding.origin.to_string() })
    });
    let value = json!({
        "format": "nvpreflight-why", "version": 1,
        "now": { "name": answer.now.picture.name, "kind": answer.now.picture.kind },
        "since": { "boot": answer.boot, "kernel": answer.kernel },
        "verdict": report.map(|report| report.verdict().name()),
        "cause": finding,
        "fits": fitting,
        "others": others,
        "not_compared": answer.compared.not_compared,
        "steps": steps(answer, cause),
    });
    format!("{value:#}\n")
}
