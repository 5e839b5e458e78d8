//! `passthrough`: lists NVIDIA GPUs and whether a guest may have them, takes one for a
//! command, and gives one back.

use crate::cli::{Passthrough, PassthroughCommand, Take};
use crate::passthrough::{self, Grant, Host, Options, survey};
use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use nvpreflight_harness::base::program;
use nvpreflight_harness::machine::interrupt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take to end in order once it is asked to.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Runs one of them.
pub fn run(arguments: &Passthrough) -> Result<u8> {
    match &arguments.command {
        PassthroughCommand::List { json, root, memory_mib } => list(*json, root, *memory_mib),
        PassthroughCommand::Take(take) => taken(take),
        PassthroughCommand::Restore { state } => {
            let restored = passthrough::restore(&Host::at(Path::new("/")), state.as_deref())?;
            restored.said.iter().for_each(|line| println!("{line}"));
            Ok(u8::from(restored.left > 0))
        }
        PassthroughCommand::SetAttribute(attribute) => {
            passthrough::set_attribute(attribute).map(|()| 0)
        }
    }
}

fn list(json: bool, root: &Path, memory_mib: u64) -> Result<u8> {
    let host = Host::at(root);
    let survey = survey(&host, memory_mib)?;
    if json {
        program::print(&format!("{}\n", passthrough::json(&host, &survey, memory_mib)?))?;
    } else {
        program::print(&passthrough::text(&survey, memory_mib))?;
    }
    Ok(match survey.gpus.is_empty() && !survey.machine.unclear.is_empty() {
        true => 2,
        false => u8::from(!survey.some_may_be_taken()),
    })
}

/// Runs the command with the card's QEMU arguments behind its own.
fn taken(take: &Take) -> Result<u8> {
    let options = Options {
        i_own_this_gpu: take.i_own_this_gpu,
        memory_mib: take.memory_mib,
        state: take.state.clone(),
    };
    let (program, arguments) = take.command.split_first().context("no command to run")?;
    let grant = Grant::take(take.gpu, &options)?;
    let status = Command::new(program)
        .args(arguments)
        .args(grant.qemu_args())
        .spawn()
        .with_context(|| format!("cannot run `{program}`"))
        .and_then(|mut child| ended(&mut child));
    for line in grant.give_back()? {
        eprintln!("  {line}");
    }
    let status = status?;
    ensure!(status.code().is_some(), "`{program}` ended with {status}");
    Ok(u8::try_from(status.code().unwrap_or(2)).unwrap_or(2))
}

/// Waits; a signal to this program ends the command first, because a card that is in
/// use cannot be given back.
fn ended(child: &mut Child) -> Result<ExitStatus> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return match interrupt::pending() {
                Some(signal) => Err(anyhow::anyhow!("ended by signal {signal}")),
                None => Ok(status),
            };
        }
        match (interrupt::pending(), asked) {
            (Some(_), None) => {
                kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGTERM)?;
                asked = Some(Instant::now());
            }
            (Some(_), Some(since)) if since.elapsed() > END_LIMIT => child.kill()?,
            _ => {}
        }
        thread::sleep(Duration::from_millis(20));
    }
}
