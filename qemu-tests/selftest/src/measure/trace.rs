//! Counts the verifier's system calls on the host with strace, over an empty
//! root so that every host gives the same answer. It measures, never judges.

use anyhow::{Context, Result};
use procfs::process::Process;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// One look at a tree, without waiting for anything.
const ARGUMENTS: [&str; 5] = ["--phase", "initrd", "--deadline-ms", "0", "--root"];

/// What one traced run did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// System calls after the exec, the exit included, records not counted.
    pub total: usize,
    /// Reads of /dev/kmsg: one a record, by the kernel's interface
    /// (Documentation/ABI/testing/dev-kmsg), so as many as the log is long.
    pub records: usize,
    /// Calls that give it memory, after its own code began to run.
    pub memory: Vec<String>,
}

/// Runs `program` over `root` under strace.
pub fn calls(program: &Path, root: &Path, scratch: &Path) -> Result<Calls> {
    let log = scratch.join("strace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-y", "-o"])
        .arg(&log)
        .arg(program)
        .args(ARGUMENTS)
        .arg(root)
        .arg("--run-dir")
        .arg(scratch);
    // Its own exit status says what it found; here only the trace matters.
    command.output().context("cannot run `strace` (Debian: strace)")?;
    let text = fs::read(&log).with_context(|| format!("no trace in `{}`", log.display()))?;
    let text = String::from_utf8_lossy(&text);
    anyhow::ensure!(!text.is_empty(), "the trace is empty");
    Ok(read(&text))
}

/// Reads strace's output. The start of a static glibc program (its own heap
/// for thread data, relocation) ends where it first opens or reads something.
fn read(text: &str) -> Calls {
    let mut calls = Calls::default();
    let mut started = false;
    for line in text.lines() {
        let call = line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
        let Some((name, rest)) = call.split_once('(') else {
            continue;
        };
        if name == "execve" {
            continue;
        }
        if name == "read" && rest.contains("/dev/kmsg>") {
            calls.records += 1;
            continue;
        }
        calls.total += 1;
        started |= name.starts_with("open");
        let gives_memory = matches!(name, "brk" | "mmap" | "mremap");
        if started && gives_memory {
            calls.memory.push(call.to_owned());
        }
    }
    calls
}

/// Peak resident memory of one run over `root`, in KiB. strace holds the
/// program at its exit, where the kernel's mark of its own address space can
/// be read; what wait4(2) tells would include the parent's before the exec.
pub fn peak_kib(program: &Path, root: &Path, scratch: &Path) -> Result<u64> {
    let log = scratch.join("strace-peak");
    let mut child = Command::new("strace")
        .args(["-f", "-qq", "--inject=exit_group:delay_enter=300ms", "-o"])
        .arg(&log)
        .arg(program)
        .args(ARGUMENTS)
        .arg(root)
        .arg("--run-dir")
        .arg(scratch)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run `strace` (Debian: strace)")?;
    let mut peak = None;
    while child.try_wait()?.is_none() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some(pid) = text.split_whitespace().next().and_then(|pid| pid.parse().ok()) {
            // `VmHWM`, in KiB (proc_pid_status(5)).
            let status = Process::new(pid).and_then(|process| process.status());
            peak = status.ok().and_then(|status| status.vmhwm).or(peak);
        }
        thread::sleep(Duration::from_millis(10));
    }
    peak.context("the program was gone before its memory could be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_the_start_takes_is_not_counted() {
        let text = "1 execve(\"x\") = 0\n1 brk(NULL) = 1\n1 mmap(NULL) = 2\n\
                    1 openat(AT_FDCWD, \"/\") = 3\n1 read(3</dev/kmsg>, 1) = 1\n1 mmap(NULL, 9) = 4\n1 exit_group(0) = ?\n";
        let calls = read(text);
        assert_eq!((calls.total, calls.records), (5, 1));
        assert_eq!(calls.memory, ["mmap(NULL, 9) = 4"]);
    }
}
