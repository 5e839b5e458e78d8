//! `nested`: boots the emulated host, where this program takes a card and boots a guest
//! with it, and judges every case.

use crate::cli::Nested;
use crate::nested::{Bench, PARTS, Part, Trial};
use anyhow::{Result, bail};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::base::progress;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::results::ktap;
use nvpreflight_harness::workshop::Workshop;
use std::thread::{self, ScopedJoinHandle};

/// Boots the chosen parts.
pub fn run(arguments: &Nested) -> Result<u8> {
    let chosen = choose(&arguments.parts)?;
    let places = Places::find()?;
    let verifier = VERIFIER.given_or_found(arguments.verifier.as_deref())?;
    let workshop = Workshop::open(places, Arch::X86_64, Some(verifier))?;
    let bench = Bench::open(&workshop)?;
    let boots = thread::scope(|scope| {
        let boots: Vec<_> = chosen.iter().map(|part| scope.spawn(|| boot(&bench, part))).collect();
        boots.into_iter().map(ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut results = Vec::new();
    for trial in boots {
        let Ok(trial) = trial else { bail!("a thread of this program panicked") };
        let trial = trial?;
        let seconds = trial.took.as_secs_f64();
        results.extend(trial.cases.into_iter().map(|(name, verdict)| (name, verdict, seconds)));
    }
    bench.close()?;
    print!("{}", ktap::plan(results.len()));
    for (number, (name, verdict, seconds)) in results.iter().enumerate() {
        print!("{}", ktap::result(number + 1, &format!("nested/{name}"), verdict, *seconds));
    }
    Ok(status(results.iter().map(|(_, verdict, _)| verdict)))
}

/// Boots one part; all are booted at the same time.
fn boot(bench: &Bench, part: &Part) -> Result<Trial> {
    let work = progress::step(format!("booting the emulated host: {}", part.name));
    let trial = bench.boot(part)?;
    work.done();
    if trial.cases.iter().any(|(_, verdict)| *verdict != Verdict::Ok) {
        eprintln!("  {}: {}", part.name, trial.folder.display());
    }
    Ok(trial)
}

fn choose(wanted: &[String]) -> Result<Vec<&'static Part>> {
    let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
    if let Some(word) = wanted.iter().find(|word| !names.contains(&word.as_str())) {
        bail!("no part is called `{word}`; there are {}", names.join(", "));
    }
    Ok(PARTS
        .iter()
        .filter(|part| wanted.is_empty() || wanted.iter().any(|word| word == part.name))
        .collect())
}

fn status<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> u8 {
    verdicts
        .map(|verdict| match verdict {
            Verdict::Ok => 0,
            Verdict::NotOk(_) | Verdict::Timeout(_) => 1,
            Verdict::Skip(_) | Verdict::Error(_) => 2,
        })
        .max()
        .unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_does_not_exist_is_an_error() {
        assert!(choose(&["whole".to_owned()]).is_ok());
        assert!(choose(&["hole".to_owned()]).is_err());
        assert_eq!(choose(&[]).unwrap().len(), PARTS.len());
    }

    #[test]
    fn nothing_tried_is_nothing_passed() {
        assert_eq!(status([].iter()), 2);
        assert_eq!(status([Verdict::Ok].iter()), 0);
        assert_eq!(status([Verdict::Ok, Verdict::NotOk(vec![])].iter()), 1);
        assert_eq!(status([Verdict::Error(String::new()), Verdict::NotOk(vec![])].iter()), 2);
    }
}
