//! `bench`: the verifier beside a static `busybox true`, started in turn in
//! one run so that the machine's load strikes both. Ratios are the result.

use crate::measure::trace;
use anyhow::{Context, Result};
use nvpreflight_harness::build::programs::VERIFIER;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 300;

/// Measures and prints.
pub fn run(given: Option<&Path>) -> Result<u8> {
    let verifier = VERIFIER.given_or_found(given)?;
    let busybox = Path::new("/bin/busybox");
    let scratch = tempfile::tempdir()?;
    let root = Path::new("/");
    let mut ours = Vec::with_capacity(ROUNDS);
    let mut theirs = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        ours.push(time(
            Command::new(&verifier)
                .args(["--phase", "initrd", "--deadline-ms", "0", "--root"])
                .arg(root)
                .arg("--run-dir")
                .arg(scratch.path()),
        )?);
        theirs.push(time(Command::new(busybox).arg("true"))?);
    }
    let (ours, theirs) = (Times::of(ours)?, Times::of(theirs)?);
    let calls = trace::calls(&verifier, root, scratch.path())?;
    let peak = trace::peak_kib(&verifier, root, scratch.path())?;
    println!("{ROUNDS} starts in turn, over this machine's own root:");
    println!("  verifier      median {:?}, least {:?}", ours.median, ours.least);
    println!("  busybox true  median {:?}, least {:?}", theirs.median, theirs.least);
    println!(
        "  ratio         median {:.2}, least {:.2}",
        ours.median.as_secs_f64() / theirs.median.as_secs_f64(),
        ours.least.as_secs_f64() / theirs.least.as_secs_f64()
    );
    println!(
        "  verifier      {} system calls and {} for log records, peak {peak} KiB",
        calls.total, calls.records
    );
    Ok(0)
}

struct Times {
    median: Duration,
    least: Duration,
}

impl Times {
    fn of(mut all: Vec<Duration>) -> Result<Self> {
        all.sort_unstable();
        Ok(Self {
            median: *all.get(all.len() / 2).context("nothing measured")?,
            least: *all.first().context("nothing measured")?,
        })
    }
}

fn time(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    command.status().with_context(|| format!("cannot run `{name}`"))?;
    Ok(started.elapsed())
}
