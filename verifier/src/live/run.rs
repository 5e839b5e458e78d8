//! One run, from the arguments to the exit status.

use super::args::{self, Asked, HELP, Options};
use super::clock::{Deadline, now_us};
use super::guard::{self, Signals, Word};
use super::out::{Outlets, Writer};
use super::wait::{self, Uevents};
use super::{expect, sys};
use nvpreflight::expect::{Expectations, Policy};
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::{Outcome, Report, Skip, Verdict};
use nvpreflight::live_tree::LiveTree;
use nvpreflight::ready::{self, Wait};
use nvpreflight::rules::RULES;
use nvpreflight::tree::TreeExt;
use nvpreflight::{engine, evidence};
use std::fmt::Write;
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

/// The folder of the reports unless asked otherwise.
const RUN_DIR: &str = "/run/nvpreflight";
/// Wrong usage (EX_USAGE of sysexits.h).
const USAGE: u8 = 64;

/// All large data of a run, about half a megabyte, of which an ordinary boot
/// touches a tenth. It lies in zero pages that exist only once touched: the
/// program needs no heap, and a stack frame of that size would be touched whole.
static FACTS: Mutex<MaybeUninit<Facts>> = Mutex::new(MaybeUninit::uninit());
static REPORT: Mutex<MaybeUninit<Report>> = Mutex::new(MaybeUninit::uninit());
static WANT: Mutex<MaybeUninit<Expectations>> = Mutex::new(MaybeUninit::uninit());

/// What a run works on.
struct State<'a> {
    want: &'a mut Expectations,
    facts: &'a mut Facts,
    report: &'a mut Report,
}

/// Runs the program.
pub fn main(args: sys::Args) -> u8 {
    sys::occupy_standard_descriptors();
    match args::parse(args) {
        Asked::Run(options) => run(&options),
        Asked::Help => print(format_args!("{HELP}")),
        Asked::Version => {
            print(format_args!("nvpreflight-verifier {}\n", env!("CARGO_PKG_VERSION")))
        }
        Asked::Wrong(what, argument) => {
            let mut out = Writer::new(sys::stderr());
            let shown = nvpreflight::text::Line::from_bytes(argument);
            let _ = writeln!(out, "nvpreflight-verifier: `{shown}` {what}; see --help");
            let _ = out.flush();
            USAGE
        }
    }
}

fn print(text: std::fmt::Arguments<'_>) -> u8 {
    let mut out = Writer::new(sys::stdout());
    let _ = out.write_fmt(text);
    u8::from(out.flush().is_err()) * Verdict::CouldNotCheck.exit()
}

fn run(options: &Options) -> u8 {
    let began = now_us();
    let signals = Signals::block();
    let tree = LiveTree::open(options.root);
    let phase = options.phase.unwrap_or_else(|| match &tree {
        Ok(tree) if tree.exists("etc/initrd-release").yes() == Some(&true) => Phase::Initrd,
        _ => Phase::PreDisplay,
    });
    let (mut want, mut facts, mut report) = (
        WANT.lock().unwrap_or_else(PoisonError::into_inner),
        FACTS.lock().unwrap_or_else(PoisonError::into_inner),
        REPORT.lock().unwrap_or_else(PoisonError::into_inner),
    );
    let state = &mut State {
        want: want.write(Expectations::new()),
        facts: facts.write(Facts::new(phase)),
        report: report.write(Report::new(phase)),
    };
    state.report.timing.started_us = began;
    let own = options.root == "/";
    // A look by hand leaves the boot's own reports alone.
    let by_hand = options.phase.is_none() && !options.as_unit;
    let run_dir = options.run_dir.or((own && !by_hand).then_some(RUN_DIR));
    let outlets = Outlets { phase, logs: own, run_dir, format: options.format };
    let tree = match tree {
        Ok(tree) => tree,
        Err(_) => return blind(state, &outlets, options, "the root could not be opened"),
    };
    outlets.started(began);
    expect::read(&tree, options.expect, state.want, state.facts);
    let budget = budget_ms(options, phase, state.want);
    let look = |word: &Word| {
        let left = look(state, &tree, &outlets, options, &signals, budget);
        let status = match status(state.report, state.want, options) {
            // Who asked for a report by name was promised one.
            0 if !left && options.run_dir.is_some() && !options.as_unit => {
                Verdict::CouldNotCheck.exit()
            }
            status => status,
        };
        word.status(status);
        outlets.print(state.report, state.facts);
        status
    };
    match guard::run(budget, &signals, look) {
        Ok(status) => status,
        Err(why) => {
            // The child's memory is its own: nothing here knows what it saw.
            blind(state, &outlets, options, why)
        }
    }
}

/// Looks, judges and publishes; in the child. False when a report could not be left.
fn look(
    state: &mut State<'_>,
    tree: &LiveTree,
    outlets: &Outlets,
    options: &Options,
    signals: &Signals,
    budget: u32,
) -> bool {
    let State { want, facts, report } = state;
    let waited = if budget > 0 { await_stack(tree, want, outlets, signals, budget) } else { 0 };
    let hold = outlets.phase == Phase::PreDisplay && want.policy == Policy::HoldDisplay;
    let spent = if hold { &mut report.timing.held_us } else { &mut report.timing.waited_us };
    *spent = waited;
    evidence::collect(tree, want, facts);
    if let Some(dir) = options.run_dir.filter(|_| outlets.phase == Phase::PreDisplay) {
        expect::initrd_report(dir, facts);
    }
    engine::run(facts, want, report);
    report.timing.finished_us = now_us();
    outlets.publish(report, facts)
}

/// Waits for what the phase awaits; returns the microseconds it took.
fn await_stack(
    tree: &LiveTree,
    want: &Expectations,
    outlets: &Outlets,
    signals: &Signals,
    budget: u32,
) -> u64 {
    let deadline = Deadline::after_ms(budget);
    let events = Uevents::open();
    let mut over = || !matches!(ready::look(tree, want, outlets.phase), Wait::For(_));
    let (end, waited) = wait::until(&mut over, &events, signals, deadline);
    if let (wait::End::Deadline, Some(e)) = (end, events.refused()) {
        outlets.note(format_args!(
            "no kernel events ({e}): waited until the deadline without checking"
        ));
    }
    waited
}

/// How long the phase may wait, in milliseconds. The display manager is held
/// only where the owner says so; the wait for it is bounded by `hold_ms`.
fn budget_ms(options: &Options, phase: Phase, want: &Expectations) -> u32 {
    let usual = match (phase, want.policy) {
        (Phase::Initrd, _) => want.deadline_ms,
        (Phase::PreDisplay, Policy::HoldDisplay) => want.hold_ms,
        (Phase::PreDisplay | Phase::Image, _) => 0,
    };
    options.deadline_ms.unwrap_or(usual)
}

/// The report of a run that could not look, in the same form as any other.
fn blind(state: &mut State<'_>, outlets: &Outlets, options: &Options, why: &'static str) -> u8 {
    let State { want, facts, report } = state;
    report.phase = outlets.phase;
    report.outcomes.clear();
    for rule in RULES {
        // The table is never longer than the report's list (`rules::MAX`).
        let _ = report.outcomes.push((rule, Outcome::Skipped(Skip::CouldNot(why))));
    }
    report.timing.finished_us = now_us();
    outlets.publish(report, facts);
    outlets.print(report, facts);
    status(report, want, options)
}

/// The exit status: the verdict's, or for a unit what the policy makes of it.
fn status(report: &Report, want: &Expectations, options: &Options) -> u8 {
    let verdict = report.verdict();
    let fails = want.policy == Policy::FailUnit && verdict == Verdict::Findings;
    if options.as_unit && !fails { 0 } else { verdict.exit() }
}
