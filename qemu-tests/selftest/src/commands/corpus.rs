//! `corpus`: asks a booted kernel about odd images, and compares with what was
//! recorded (or, of images by chance, with what the reader says), or records. It never takes a boot that did not answer for one that
//! did.

use crate::cli::Corpus;
use crate::corpus::answer::{self, Answer, Recorded};
use crate::corpus::case::Case;
use crate::corpus::oracle::Oracle;
use crate::corpus::{cases, random, reader, shared};
use anyhow::{Context, Result, anyhow, bail};
use nvpreflight_harness::base::places::Places;
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Every so many of the cases that need a boot of their own `--quick` boots one.
const QUICK_STRIDE: usize = 16;
/// Cases that share a boot unless one of them stops the kernel before.
const SHARING: usize = 40;

/// Runs what was asked for.
pub fn run(arguments: &Corpus) -> Result<u8> {
    if let Some(image) = &arguments.image {
        return ask(image);
    }
    let recorded = Places::find()?.package.join("corpus");
    let mut chosen = match arguments.random {
        Some(count) => (arguments.seed..arguments.seed.saturating_add(count))
            .map(random::case)
            .collect::<std::io::Result<_>>()?,
        None => choose(cases::all()?, &arguments.cases)?,
    };
    if let Some(folder) = &arguments.write {
        return write(&chosen, folder);
    }
    let mut sharing = if arguments.alone { 1 } else { SHARING };
    if arguments.quick {
        (chosen, sharing) = (quick(chosen, &recorded)?, usize::MAX);
    }
    let tally = Tally::default();
    let all = chosen.len() + 1;
    let oracle = Oracle::open()?;
    // The boot that opened it has answered these.
    tally.say("values of parameters", oracle.values());
    let queue = Mutex::new(VecDeque::from(chosen));
    let judge = |case: &Case, seen: Answer| -> Result<Vec<String>> {
        if arguments.record {
            let kernel = oracle.release().to_owned();
            answer::record(&recorded, case, &Recorded { kernel, answer: seen })?;
            return Ok(Vec::new());
        }
        let expected = match arguments.random {
            Some(_) => reader::ask(&case.image)?,
            None => answer::read(&recorded, case)?.answer,
        };
        Ok(answer::differences(&expected, &seen))
    };
    let work = || {
        while let Some(cases) = take(&queue, sharing) {
            match answers(&oracle, &cases) {
                Ok(answers) => {
                    put_back(&queue, cases.get(answers.len()..).unwrap_or_default());
                    for (case, seen) in cases.iter().zip(answers) {
                        tally.say(&case.name, judge(case, seen));
                    }
                }
                Err(error) => {
                    for case in &cases {
                        tally.say(&case.name, Err(anyhow!("{error:#}")));
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..super::test::jobs(arguments.jobs) {
            scope.spawn(work);
        }
    });
    Ok(tally.status(all))
}

/// The cases of the next boot: up to `most`, none behind one that is alone.
fn take(queue: &Mutex<VecDeque<Case>>, most: usize) -> Option<Vec<Case>> {
    let mut queue = queue.lock().ok()?;
    let first_alone = queue.iter().position(|case| case.alone).map_or(queue.len(), |at| at + 1);
    let count = first_alone.min(most).min(queue.len());
    let cases: Vec<Case> = queue.drain(..count).collect();
    (!cases.is_empty()).then_some(cases)
}

/// Cases that the kernel did not come to.
fn put_back(queue: &Mutex<VecDeque<Case>>, cases: &[Case]) {
    let Ok(mut queue) = queue.lock() else { return };
    for case in cases.iter().rev() {
        queue.push_front(case.clone());
    }
}

/// Boots once; the answers to the first cases, at least to one.
fn answers(oracle: &Oracle, cases: &[Case]) -> Result<Vec<Answer>> {
    let name = cases.last().context("no case to boot")?.name.clone();
    shared::split(cases, &oracle.ask(&name, &shared::image(cases))?)
}

/// All cases that can share one boot, and of the others every so many.
fn quick(chosen: Vec<Case>, recorded: &Path) -> Result<Vec<Case>> {
    let mut sharing = Vec::new();
    let mut others = Vec::new();
    for case in chosen {
        let answer = answer::read(recorded, &case)?.answer;
        let whose = if shared::can_share(&case, &answer) { &mut sharing } else { &mut others };
        whose.push(case);
    }
    sharing.extend(others.into_iter().step_by(QUICK_STRIDE));
    Ok(sharing)
}

/// Cases whose name is, or starts with, one of `wanted`; a word that chooses
/// nothing is an error.
fn choose(all: Vec<Case>, wanted: &[String]) -> Result<Vec<Case>> {
    for word in wanted {
        if !all.iter().any(|case| case.name.starts_with(word.as_str())) {
            bail!("no case is called `{word}` or starts with it");
        }
    }
    let chosen = |case: &Case| {
        wanted.is_empty() || wanted.iter().any(|word| case.name.starts_with(word.as_str()))
    };
    Ok(all.into_iter().filter(chosen).collect())
}

fn ask(image: &PathBuf) -> Result<u8> {
    let bytes = fs::read(image).with_context(|| format!("cannot read `{}`", image.display()))?;
    let answer = Oracle::open()?.ask("image", &bytes)?;
    println!("stop: {}", answer.stop.as_deref().unwrap_or("none"));
    for line in &answer.entries {
        println!("{line}");
    }
    Ok(0)
}

fn write(chosen: &[Case], folder: &Path) -> Result<u8> {
    fs::create_dir_all(folder)?;
    for case in chosen {
        let path = folder.join(format!("{}.img", case.name));
        fs::write(&path, &case.image)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    eprintln!("{} images are in `{}`", chosen.len(), folder.display());
    Ok(0)
}

/// Counts of what came of the boots.
#[derive(Default)]
struct Tally {
    good: AtomicUsize,
    different: AtomicUsize,
    /// Keeps the lines of one case together.
    saying: Mutex<()>,
}

impl Tally {
    fn say(&self, name: &str, result: Result<Vec<String>>) {
        let _together = self.saying.lock();
        match result {
            Ok(differences) if differences.is_empty() => {
                self.good.fetch_add(1, Ordering::Relaxed);
                println!("ok     {name}");
            }
            Ok(differences) => {
                self.different.fetch_add(1, Ordering::Relaxed);
                println!("not ok {name}\n  {}", differences.join("\n  "));
            }
            Err(error) => println!("error  {name}: {error:#}"),
        }
    }

    fn status(&self, all: usize) -> u8 {
        let good = self.good.load(Ordering::Relaxed);
        let different = self.different.load(Ordering::Relaxed);
        let failed = all - good - different;
        eprintln!("{good} as expected, {different} not, {failed} could not be asked");
        match (failed, different) {
            (0, 0) if all > 0 => 0,
            (0, 1..) => 1,
            _ => 2,
        }
    }
}
