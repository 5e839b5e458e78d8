//! Measures one program: what it and all its children that it waits for took. It
//! runs in a process of its own (`nvpreflight-boot measure`), whose children are
//! nothing but that program; their sums and peak begin at zero there.

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nvpreflight_harness::base::host;
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What one run took.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Taken {
    /// User and system time, in seconds.
    pub cpu: f64,
    /// Time on the clock, in seconds.
    pub wall: f64,
    /// Peak resident memory of the largest of its processes, in KiB. Below some
    /// 3 MiB it is that of this process, which Linux counts until execve
    /// (fs/exec.c, `setmax_mm_hiwater_rss`).
    pub peak_kib: i64,
    /// Whether it ended with a status of 0 or 1, which lets findings pass.
    pub in_order: bool,
}

/// Runs `command` in a process that measures it.
pub fn measure(command: &[String]) -> Result<Taken> {
    let own = std::env::current_exe()?;
    let text = host::run(Command::new(own).args(["measure", "--"]).args(command))?;
    Ok(serde_json::from_slice(&text)?)
}

/// The measuring process: runs `command`, its output thrown away.
pub fn here(command: &[String]) -> Result<Taken> {
    let (program, arguments) = command.split_first().context("no program")?;
    let started = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run `{program}`"))?;
    let wall = started.elapsed().as_secs_f64();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(Taken {
        cpu: seconds(usage.user_time()) + seconds(usage.system_time()),
        wall,
        peak_kib: usage.max_rss(),
        in_order: matches!(status.code(), Some(0 | 1)),
    })
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn a_program_that_fails_is_told_from_one_that_finds_something() {
        let run = |text: &str| here(&["sh", "-c", text].map(str::to_owned)).unwrap();
        assert!(run("exit 0").in_order);
        assert!(run("exit 1").in_order);
        assert!(!run("exit 2").in_order);
        assert!(run("exit 0").peak_kib > 0);
    }
}
