//! `gate`: the properties that let the verifier run in any initrd, checked on
//! the built file. A gate that could not be tried is a failure.

use crate::measure::needs;
use crate::measure::trace;
use anyhow::{Context, Result, ensure};
use nvpreflight_harness::base::host;
use nvpreflight_harness::build::programs::VERIFIER;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

/// Bytes; a static-pie with glibc. Of it 730 kB are what glibc's own static
/// `true` has, and about 140 kB std's panic printing, which no stable switch
/// removes. A build with musl lacks most of the former.
const SIZE_LIMIT: u64 = 1_320_000;
/// Beside one read a kernel log record, whose number is the machine's.
const CALLS_LIMIT: usize = 500;

/// Checks every gate and says each result; 1 when one does not hold.
pub fn run(given: Option<&Path>) -> Result<u8> {
    let program = VERIFIER.given_or_found(given)?;
    let gates: [(&str, Gate); 5] = [
        ("needs no loader and no libraries", standalone),
        ("fits its size", size),
        ("ends in order where there is nothing", nothing_there),
        ("takes no memory after its start", no_heap),
        ("makes few system calls", few_calls),
    ];
    let mut failed = 0;
    for (name, gate) in gates {
        let scratch = tempfile::tempdir()?;
        match gate(&program, scratch.path()) {
            Ok(figure) => println!("ok     {name}: {figure}"),
            Err(reason) => {
                failed += 1;
                println!("not ok {name}: {reason:#}");
            }
        }
    }
    println!("{} gates hold, {failed} do not", gates.len() - failed);
    Ok(u8::from(failed > 0))
}

type Gate = fn(&Path, &Path) -> Result<String>;

fn standalone(program: &Path, _scratch: &Path) -> Result<String> {
    let bytes = fs::read(program)?;
    let needs = needs::needs(&bytes).context("not an ELF file of 64 bits")?;
    ensure!(!needs.interpreter, "it has a PT_INTERP");
    ensure!(!needs.libraries, "it has a DT_NEEDED");
    ensure!(needs.position_independent, "it is not position independent");
    Ok("static-pie".to_owned())
}

fn size(program: &Path, _scratch: &Path) -> Result<String> {
    let size = fs::metadata(program)?.len();
    ensure!(size <= SIZE_LIMIT, "{size} bytes, limit {SIZE_LIMIT}");
    Ok(format!("{size} bytes, limit {SIZE_LIMIT}"))
}

/// An empty root: no /proc, /sys, /dev, /run, and the three standard
/// descriptors closed, which makes Rust's own runtime abort.
fn nothing_there(program: &Path, scratch: &Path) -> Result<String> {
    fs::copy(program, scratch.join("verifier"))?;
    let status = host::as_root("sh")
        .arg("-c")
        .arg("exec chroot \"$1\" /verifier --deadline-ms 0 <&- >&- 2>&-")
        .arg("sh")
        .arg(scratch)
        .status()
        .context("cannot run `unshare`")?;
    if let Some(signal) = status.signal() {
        anyhow::bail!("ended by signal {signal}");
    }
    let code = status.code().context("no exit status")?;
    // 125 to 127 are chroot's own, 128 and above a signal that sh reports.
    ensure!(code <= 2, "exit status {code}");
    Ok(format!("exit status {code}"))
}

fn no_heap(program: &Path, scratch: &Path) -> Result<String> {
    let calls = trace::calls(program, Path::new("/"), scratch)?;
    if let Some(call) = calls.memory.first() {
        anyhow::bail!("{} calls, the first: {call}", calls.memory.len());
    }
    Ok("no brk, mmap or mremap".to_owned())
}

fn few_calls(program: &Path, scratch: &Path) -> Result<String> {
    let calls = trace::calls(program, Path::new("/"), scratch)?;
    ensure!(
        calls.total <= CALLS_LIMIT,
        "{} calls over this machine's own root, limit {CALLS_LIMIT}",
        calls.total
    );
    Ok(format!(
        "{} calls, limit {CALLS_LIMIT}, and {} for the records of this kernel's log",
        calls.total, calls.records
    ))
}
