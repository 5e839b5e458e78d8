//! `test`: boots scenarios, several at a time, and prints their results in
//! order as KTAP or JUnit.

use crate::cli::{Format, Test};
use anyhow::{Result, bail};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::base::{program, progress};
use nvpreflight_harness::build::cross;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::nvidia::licence::Accepted;
use nvpreflight_harness::results::junit::{self, Boot};
use nvpreflight_harness::results::ktap;
use nvpreflight_harness::scenario::{self, Scenario};
use nvpreflight_harness::workshop::{Outcome, Workshop};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// In the environment: what other parts of `./qemu-tests/run test` skipped, one a line
/// with its reason.
const SKIPPED: &str = "NVPREFLIGHT_SKIPPED";

/// Runs the chosen scenarios.
pub fn run(arguments: &Test) -> Result<u8> {
    let places = Places::find()?;
    let all = scenario::standin(&places.package)?;
    let all = all.into_iter().filter(|it| it.architectures.contains(&Arch::X86_64)).collect();
    boot(arguments, places, Arch::X86_64, all, Accepted::default())
}

/// Boots those of `all` that the arguments choose. What is `accepted` adds to what
/// the environment accepts.
pub(super) fn boot(
    arguments: &Test,
    places: Places,
    arch: Arch,
    all: Vec<Scenario>,
    accepted: Accepted,
) -> Result<u8> {
    let chosen = choose(all, &arguments.scenarios)?;
    let verifier = if arguments.without_verifier {
        None
    } else {
        Some(match (&arguments.verifier, arch.runs_here()) {
            (None, false) => cross::shipped(&places, arch)?.verifier,
            (given, _) => VERIFIER.given_or_found(given.as_deref())?,
        })
    };
    let mut workshop = Workshop::open(places, arch, verifier)?;
    workshop.accepted.nvidia |= accepted.nvidia;
    workshop.build_standins(&chosen, jobs(arguments.jobs))?;
    for scenario in &chosen {
        if workshop.obstacle(scenario)?.is_none() {
            workshop.prepare(scenario)?;
        }
    }
    let show = |number: usize, result: &Judged<'_>| {
        if arguments.format == Format::Ktap {
            let seconds = result.took.as_secs_f64();
            let name = &result.scenario.name;
            let notes: String = result.told.iter().map(|text| ktap::note(name, text)).collect();
            let line = ktap::result(number, name, &result.verdict, seconds);
            progress::above(|| print!("{notes}{line}"));
        }
    };
    if arguments.format == Format::Ktap {
        print!("{}", ktap::plan(chosen.len()));
    }
    let results = boot_all(&workshop, &chosen, arguments, show);
    if arguments.format == Format::Junit {
        print_junit(&results)?;
    }
    Ok(summary(&results, chosen.len()))
}

/// A scenario and what became of it.
struct Judged<'a> {
    scenario: &'a Scenario,
    verdict: Verdict,
    took: Duration,
    told: Vec<String>,
    said: String,
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

pub(super) fn jobs(wanted: Option<usize>) -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    wanted.unwrap_or(processors.min(4)).max(1)
}

/// Boots all, several at a time. Results come back, and are shown as soon as
/// all before them are known, in the order of the scenarios.
fn boot_all<'a>(
    workshop: &Workshop,
    scenarios: &'a [Scenario],
    arguments: &Test,
    show: impl Fn(usize, &Judged<'a>) + Sync,
) -> Vec<Judged<'a>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, Judged<'a>>> = Mutex::new(BTreeMap::new());
    let shown = AtomicUsize::new(0);
    let boot_next = || {
        while let Some((at, scenario)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            scenarios.get(at).map(|scenario| (at, scenario))
        } {
            let work = progress::step(format!("booting {}", scenario.name));
            let outcome = workshop.boot(scenario);
            let result = judged(scenario, outcome, arguments.without_verifier, workshop.arch());
            work.done();
            let Ok(mut done) = done.lock() else { return };
            done.insert(at, result);
            while let Some(result) = done.get(&shown.load(Ordering::Relaxed)) {
                show(shown.fetch_add(1, Ordering::Relaxed) + 1, result);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs(arguments.jobs) {
            scope.spawn(boot_next);
        }
    });
    let done = done.into_inner().unwrap_or_default();
    done.into_values().collect()
}

/// Turns an outcome into the verdict to print. Without a verifier the sense is
/// reversed: a scenario that still passes cannot fail and is worth nothing.
fn judged(scenario: &Scenario, outcome: Result<Outcome>, reversed: bool, arch: Arch) -> Judged<'_> {
    let (verdict, took, told, said) = match outcome {
        Ok(outcome) => {
            let said = outcome.said();
            if !outcome.verdict.is_good() && !reversed {
                let (name, folder) = (&scenario.name, outcome.folder.display());
                let command = match arch {
                    Arch::X86_64 => "boot",
                    Arch::Aarch64 => "arm64",
                };
                progress::say(&format!(
                    "  {name}: {folder}\n  again: ./qemu-tests/run {command} {name}"
                ));
            }
            (outcome.verdict, outcome.took, outcome.told, said)
        }
        Err(error) => {
            (Verdict::Error(format!("{error:#}")), Duration::ZERO, Vec::new(), String::new())
        }
    };
    let verdict = match (reversed, verdict) {
        (true, Verdict::Ok) => Verdict::NotOk(vec!["passes without the verifier".to_owned()]),
        (true, Verdict::NotOk(_)) => Verdict::Ok,
        (_, verdict) => verdict,
    };
    Judged { scenario, verdict, took, told, said }
}

/// A scenario is the check here: which findings it wants is in its verdict.
fn print_junit(results: &[Judged<'_>]) -> Result<()> {
    let boots: Vec<Boot<'_>> = results
        .iter()
        .map(|result| Boot {
            name: &result.scenario.name,
            verdict: &result.verdict,
            took: result.took,
            output: result.said.clone(),
            checks: Vec::new(),
        })
        .collect();
    program::print(&junit::document(&boots)?)
}

/// What was not tried anywhere in this run, counted, each with its reason.
fn told(skips: &[String]) -> String {
    if skips.is_empty() {
        return String::new();
    }
    format!("not tried here: {}\n  {}\n", skips.len(), skips.join("\n  "))
}

/// Prints the totals to stderr and returns the exit status. A scenario that
/// has no result counts as failed by the harness, and where all were skipped
/// nothing was tested.
fn summary(results: &[Judged<'_>], chosen: usize) -> u8 {
    let count = |wanted: fn(&Verdict) -> bool| {
        results.iter().filter(|result| wanted(&result.verdict)).count()
    };
    let passed = count(|verdict| *verdict == Verdict::Ok);
    let skipped = count(|verdict| matches!(verdict, Verdict::Skip(_)));
    let wrong = count(|verdict| matches!(verdict, Verdict::NotOk(_) | Verdict::Timeout(_)));
    let failed = chosen - passed - skipped;
    let mut skips: Vec<String> = std::env::var(SKIPPED)
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    skips.extend(results.iter().filter_map(|result| match &result.verdict {
        Verdict::Skip(why) => Some(format!("{}: {why}", result.scenario.name)),
        _ => None,
    }));
    eprint!("{}", told(&skips));
    eprintln!("{passed} passed, {failed} failed, {skipped} skipped");
    match failed {
        0 if passed == 0 => 2,
        0 => 0,
        failed if failed == wrong => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn what_was_skipped_is_counted_and_told_with_its_reason() {
        let skips = ["nixos, zstd: no nix".to_owned(), "gpu: no QEMU 10.1".to_owned()];
        assert_eq!(told(&skips), "not tried here: 2\n  nixos, zstd: no nix\n  gpu: no QEMU 10.1\n");
        assert_eq!(told(&[]), "");
    }
}
