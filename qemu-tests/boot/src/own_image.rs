//! Boots an image of the user's and brings back what the verifier said in it. The
//! user's files are read and never written; the image and everything that it says
//! are distrusted.
//!
//! `kernel` and `guest` (what to boot) → `machine` (QEMU) → `watch` (its console)
//! → `answer` (the verifier's words) → `judge`, with `unbooted` (the same without a
//! boot), against `expect` → `show`.

pub mod answer;
pub mod console;
pub mod expect;
pub mod gpu;
pub mod guest;
pub mod judge;
pub mod kernel;
pub mod machine;
pub mod show;
pub mod unbooted;
pub mod watch;

use answer::Answer;
use anyhow::{Context, Result};
use expect::Expect;
use gpu::Wanted;
use guest::{Guest, Made};
use machine::Machine;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::machine::qemu::Accel;
use nvpreflight_harness::workshop;
use std::path::PathBuf;
use std::time::Duration;
use watch::{ImageBoot, Watch};

/// What is to be booted and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// An x86 or Arm kernel, or a unified kernel image.
    pub kernel: PathBuf,
    /// Initrds in the order of the boot loader; none with a unified kernel image.
    pub initrds: Vec<PathBuf>,
    /// The kernel command line; a unified kernel image brings its own.
    pub cmdline: Option<String>,
    /// Words behind it.
    pub append: Vec<String>,
    /// Memory in MiB; else chosen by the image's size.
    pub memory_mib: Option<u32>,
    /// Time after which the boot is a TIMEOUT.
    pub deadline: Duration,
    /// This verifier, in place of one that is in the image.
    pub verifier: Option<PathBuf>,
    /// The owner's expectations (docs/expectations.md) for an injected verifier.
    pub owner: Option<PathBuf>,
    /// What must come of it.
    pub expect: Option<Expect>,
    /// Keep the console in this file.
    pub log: Option<PathBuf>,
    /// Print the console as it comes.
    pub verbose: bool,
    /// The GPU in the machine.
    pub gpu: Wanted,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What it was judged to be.
    pub verdict: Verdict,
    /// What the verifier said, if that reached the host.
    pub answer: Option<Answer>,
    /// For each of its findings, whether that is one that must not be.
    pub refused: Vec<bool>,
    /// The same for each finding of the check without a boot.
    pub check_refused: Vec<bool>,
    /// The guest, where one could be made of the files.
    pub guest: Option<Guest>,
    /// What was seen of the boot, where there was one.
    pub seen: Option<ImageBoot>,
    /// How the processor was provided.
    pub accel: Option<Accel>,
}

impl Outcome {
    /// Of a boot that did not come to be.
    fn early(verdict: Verdict) -> Self {
        Self {
            verdict,
            answer: None,
            refused: Vec::new(),
            check_refused: Vec::new(),
            guest: None,
            seen: None,
            accel: None,
        }
    }
}

/// Boots it and judges it. An error is a fault of this machine or of the request.
pub fn boot(request: &Request) -> Result<Outcome> {
    let folder = tempfile::Builder::new()
        .prefix("nvpreflight-boot-")
        .tempdir()
        .context("no folder for temporary files")?;
    let token = workshop::token()?;
    let guest = match guest::make(request, folder.path(), &token)? {
        Made::Guest(guest) => *guest,
        Made::Broken(why) => {
            return Ok(Outcome::early(Verdict::NotOk(vec![why])));
        }
    };
    if let Some(verdict) = request.gpu.obstacle(guest.arch)? {
        return Ok(Outcome::early(verdict));
    }
    let accel = machine::accelerator(guest.arch, &guest.kernel)?;
    for note in &guest.notes {
        eprintln!("  note: {note}");
    }
    let gpu = request.gpu.ready(guest.memory_mib)?;
    let watch = Watch::new(token, request.deadline, request.verbose);
    let machine = Machine { guest: &guest, accel, gpu: &gpu };
    let seen = machine.run(folder.path(), request.log.as_deref(), watch);
    gpu.finish()?;
    let seen = seen?;
    let answer = Answer::of(&seen);
    let usual = Expect::usual();
    let expect = request.expect.as_ref().unwrap_or(&usual);
    let boot = judge::judge(&seen, &answer, expect);
    let verdict = judge::with_check(boot, &guest.unbooted.answer, expect);
    let check_refused = guest.unbooted.answer.findings.iter();
    let check_refused = check_refused.map(|finding| expect.check_refuses(finding)).collect();
    let refused = answer
        .iter()
        .flat_map(|said| said.findings.iter().map(|finding| expect.refuses(finding, said)));
    Ok(Outcome {
        verdict,
        refused: refused.collect(),
        check_refused,
        answer: answer.ok(),
        guest: Some(guest),
        seen: Some(seen),
        accel: Some(accel),
    })
}
