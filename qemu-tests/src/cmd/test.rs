//! `test`: boots scenarios, several at a time, and prints their results in
//! order as KTAP or JUnit.

use crate::boot::{Outcome, Workshop};
use crate::cli::{Format, Test};
use crate::junit::{self, Case};
use crate::places::Places;
use crate::scenario::Scenario;
use crate::verdict::Verdict;
use crate::{ktap, progress};
use anyhow::{Result, bail};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{iter, thread};

/// Runs the chosen scenarios.
pub fn run(arguments: &Test) -> Result<u8> {
    let places = Places::find()?;
    let chosen = choose(super::scenarios(&places)?, &arguments.scenarios)?;
    let verifier = if arguments.without_verifier {
        None
    } else {
        Some(super::verifier(&places, arguments.verifier.as_ref())?)
    };
    let workshop = Workshop::open(places, verifier)?;
    for scenario in &chosen {
        workshop.prepare(scenario)?;
    }
    let outcomes = boot_all(&workshop, &chosen, jobs(arguments.jobs));
    let verdicts: Vec<(&Scenario, Verdict, Duration)> = chosen
        .iter()
        .zip(outcomes)
        .map(|(scenario, outcome)| judged(scenario, outcome, arguments.without_verifier))
        .collect();
    match arguments.format {
        Format::Ktap => print_ktap(&verdicts),
        Format::Junit => print_junit(&verdicts),
    }
    Ok(summary(&verdicts))
}

/// Scenarios whose name is, or starts with, one of `wanted`. A word that
/// chooses nothing is an error: a test that does not exist must not pass.
fn choose(all: Vec<Scenario>, wanted: &[String]) -> Result<Vec<Scenario>> {
    for word in wanted {
        if !all.iter().any(|scenario| scenario.name.starts_with(word.as_str())) {
            bail!("no scenario is called `{word}` or starts with it");
        }
    }
    let chosen: Vec<Scenario> = all
        .into_iter()
        .filter(|scenario| {
            wanted.is_empty() || wanted.iter().any(|word| scenario.name.starts_with(word.as_str()))
        })
        .collect();
    if chosen.is_empty() {
        bail!("there is no scenario to boot");
    }
    Ok(chosen)
}

fn jobs(wanted: Option<usize>) -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    wanted.unwrap_or(processors.min(4)).max(1)
}

/// Boots all, `jobs` at a time; results are in the order of the scenarios.
fn boot_all(workshop: &Workshop, scenarios: &[Scenario], jobs: usize) -> Vec<Result<Outcome>> {
    let next = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<Result<Outcome>>>> =
        iter::repeat_with(|| Mutex::new(None)).take(scenarios.len()).collect();
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((scenario, slot)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    scenarios.get(at).zip(slots.get(at))
                } {
                    let work = progress::step(format!("booting {}", scenario.name));
                    let outcome = workshop.boot(scenario);
                    work.done();
                    if let Ok(mut slot) = slot.lock() {
                        *slot = Some(outcome);
                    }
                }
            });
        }
    });
    slots
        .into_iter()
        .map(|slot| match slot.into_inner() {
            Ok(Some(outcome)) => outcome,
            _ => Err(anyhow::anyhow!("the boot was lost")),
        })
        .collect()
}

/// Turns an outcome into the verdict to print. Without a verifier the sense is
/// reversed: a scenario that still passes cannot fail and is worth nothing.
fn judged(
    scenario: &Scenario,
    outcome: Result<Outcome>,
    reversed: bool,
) -> (&Scenario, Verdict, Duration) {
    let (verdict, took) = match outcome {
        Ok(outcome) => {
            if !outcome.verdict.is_good() && !reversed {
                eprintln!("{}: kept in `{}`", scenario.name, outcome.folder.display());
                eprintln!("  again: ./qemu-tests/run boot run {}", scenario.name);
            }
            (outcome.verdict, outcome.took)
        }
        Err(error) => (Verdict::Error(format!("{error:#}")), Duration::ZERO),
    };
    let verdict = match (reversed, verdict) {
        (true, Verdict::Ok) => Verdict::NotOk(vec!["passes without the verifier".to_owned()]),
        (true, Verdict::NotOk(_)) => Verdict::Ok,
        (_, verdict) => verdict,
    };
    (scenario, verdict, took)
}

fn print_ktap(verdicts: &[(&Scenario, Verdict, Duration)]) {
    print!("{}", ktap::plan(verdicts.len()));
    for (at, (scenario, verdict, took)) in verdicts.iter().enumerate() {
        print!("{}", ktap::result(at + 1, &scenario.name, verdict, took.as_secs_f64()));
    }
}

fn print_junit(verdicts: &[(&Scenario, Verdict, Duration)]) {
    let cases: Vec<Case<'_>> = verdicts
        .iter()
        .map(|(scenario, verdict, took)| Case {
            name: &scenario.name,
            verdict,
            seconds: took.as_secs_f64(),
        })
        .collect();
    print!("{}", junit::document(&cases));
}

/// Prints the totals to stderr and returns the exit status.
fn summary(verdicts: &[(&Scenario, Verdict, Duration)]) -> u8 {
    let count = |wanted: fn(&Verdict) -> bool| {
        verdicts.iter().filter(|(_, verdict, _)| wanted(verdict)).count()
    };
    let passed = count(|verdict| *verdict == Verdict::Ok);
    let skipped = count(|verdict| matches!(verdict, Verdict::Skip(_)));
    let broken = count(|verdict| matches!(verdict, Verdict::Error(_)));
    let failed = verdicts.len() - passed - skipped;
    eprintln!("{passed} passed, {failed} failed, {skipped} skipped");
    match (failed, broken) {
        (0, _) => 0,
        (_, 0) => 1,
        _ => 2,
    }
}
