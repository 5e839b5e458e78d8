//! The look at the running machine, in another process: a read of the driver's
//! files can sleep in the kernel for good, which no signal and no thread ends. The
//! parent goes on without what hung and says so. Reads only; opens no device node
//! but /dev/kmsg.

use super::hang_guard::HangGuard;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::source::bundle::{Notes, Noting, Saved, Subject};
use crate::source::dir::DirFiles;
use crate::view::cures;
use crate::view::goals::Surroundings;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::tree::Tree;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A look takes well under a second; a hung driver takes for ever.
const LOOK: Duration = Duration::from_secs(8);
/// Reading an image of hundreds of MiB on a slow disk takes a while.
const IMAGE: Duration = Duration::from_secs(180);
/// Looks that may hang before the last one leaves out everything of the driver.
const TRIES: usize = 4;
/// Bytes that a look may hand over.
const SIZE_MAX: u64 = 64 << 20;

/// What became of a child.
#[derive(PartialEq, Eq, Debug)]
enum Outcome {
    /// What it wrote.
    Done(Vec<u8>),
    /// It did not end in time; the last path that it had begun to read.
    Hung(Option<String>),
    /// Its last word on standard error.
    Failed(String),
}

/// The look at the machine, and the paths whose reading did not come back.
///
/// # Errors
/// A machine that could not be looked at even without the driver's files.
pub fn machine() -> Result<(Saved, Vec<String>)> {
    let mut hung: Vec<String> = Vec::new();
    for _ in 0..TRIES {
        let mut args: Vec<OsString> = vec!["doctor".into(), "--look".into()];
        for path in &hung {
            args.extend(["--leave-out".into(), path.into()]);
        }
        match child(&own()?, &args, LOOK)? {
            Outcome::Done(bytes) => return Ok((Saved::from_bytes(&bytes)?, hung)),
            Outcome::Failed(why) => return Err(Error::new(format!("reading failed: {why}"))),
            Outcome::Hung(path) => {
                let path = path.unwrap_or_default();
                hung.push(whole(&path).to_owned());
            }
        }
    }
    Err(Error::new(format!("reading hung repeatedly, last at {}", hung.join(", "))))
}

/// The look at one initrd with this machine beside it.
///
/// # Errors
/// Why it could not be looked at, in words.
pub fn initrd(args: &[OsString]) -> Result<Saved> {
    let mut all: Vec<OsString> = vec!["--quiet".into(), "facts".into(), "save".into()];
    // What is saved of all looks together is redacted at once.
    all.push("--no-redact".into());
    all.extend_from_slice(args);
    match child(&own()?, &all, IMAGE)? {
        Outcome::Done(bytes) => Saved::from_bytes(&bytes),
        Outcome::Hung(_) => Err(Error::new(format!("not read within {} s", IMAGE.as_secs()))),
        Outcome::Failed(why) => {
            Err(Error::new(why.strip_prefix("nvpreflight: ").unwrap_or(&why).to_owned()))
        }
    }
}

/// What is left out with a path: all of the driver's own folder, since its files
/// wait for one lock; else the folder that the file lies in.
fn whole(path: &str) -> &str {
    const DRIVER: &str = "proc/driver/nvidia";
    if path.starts_with(DRIVER) {
        return DRIVER;
    }
    path.rsplit_once('/').map_or(path, |(folder, _)| folder)
}

/// The child's part: looks, and writes the look to standard output, each path of
/// the kernel's own folders to standard error before it is read.
///
/// # Errors
/// A root that cannot be opened, or an output that takes no more.
pub fn look(leave_out: &[String]) -> Result<()> {
    let files = DirFiles::open(Path::new("/"), &Limits::DEFAULT)?;
    let watched = HangGuard::new(&files, leave_out);
    let notes = Notes::default();
    let noting = Noting::new(&watched, &notes);
    let facts = facts_of(&noting);
    let _ = Surroundings::look(&noting, &facts);
    cures::note(&noting, &facts);
    let subject = Subject { name: "this machine".into(), kind: "running system".into() };
    let mut saved = Saved::new(subject, Phase::PreDisplay, &notes);
    saved.kernel = facts.system.release.yes().map(ToString::to_string);
    let text = saved.to_json()?;
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)
}

/// The owner's expectations decide which parameters are looked at, so that their
/// file is read first.
fn facts_of(tree: &dyn Tree) -> Box<Facts> {
    let mut want = Expectations::new();
    // A file that is not taken is judged when the look is replayed.
    let _ = evidence::expectations::below(tree, &mut want);
    let mut facts = Box::new(Facts::new(Phase::PreDisplay));
    evidence::collect(tree, &want, &mut facts);
    facts
}

/// This program, to be run again.
fn own() -> Result<PathBuf> {
    std::env::current_exe().map_err(|e| Error::io("find", Path::new("this program"), e))
}

/// Runs a program and waits for it within a limit.
fn child(program: &Path, args: &[OsString], limit: Duration) -> Result<Outcome> {
    // A pipe without a writer, for a chroot may have no /dev/null.
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| Error::io("run", program, e))?;
    drop(child.stdin.take());
    let (tell, told) = mpsc::channel();
    let (last_tell, last_told) = mpsc::channel();
    if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
        // The threads end with the pipes; one that waits for a hung child is left
        // behind, and the process that ends takes it along.
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = out.take(SIZE_MAX).read_to_end(&mut bytes);
            let _ = tell.send(read.map(|_| bytes));
        });
        thread::spawn(move || {
            for line in
                BufReader::new(err.take(SIZE_MAX)).lines().map_while(std::result::Result::ok)
            {
                let _ = last_tell.send(line);
            }
        });
    }
    let end = Instant::now() + limit;
    let read = told.recv_timeout(limit);
    let last = || last_told.try_iter().last();
    match read {
        Ok(Ok(bytes)) => match ended(&mut child, end) {
            Some(true) => Ok(Outcome::Done(bytes)),
            Some(false) => {
                // Its error is on the way behind the end of its output.
                let late = last_told.recv_timeout(Duration::from_millis(200)).ok();
                Ok(Outcome::Failed(last().or(late).unwrap_or_else(|| "no reason given".into())))
            }
            None => Ok(Outcome::Hung(last())),
        },
        Ok(Err(e)) => Err(Error::io("read from", program, e)),
        Err(_) => {
            // A child in an uninterruptible sleep takes the signal when it wakes.
            let _ = child.kill();
            Ok(Outcome::Hung(last()))
        }
    }
}

/// Whether it succeeded, `None` where it has not ended in time.
fn ended(child: &mut Child, end: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(2)),
            _ => {
                let _ = child.kill();
                return None;
            }
        }
    }
}

/// Arguments for the look at an initrd: the image, this system beside it, and the
/// kernel and command line that belong to it.
#[must_use]
pub fn initrd_args(path: &Path, kernel: Option<&str>, cmdline: Option<&OsStr>) -> Vec<OsString> {
    let mut args = vec![path.as_os_str().to_owned(), "--root".into(), "/".into()];
    if let Some(kernel) = kernel {
        args.extend(["--kernel".into(), kernel.into()]);
    }
    if let Some(cmdline) = cmdline {
        args.extend(["--cmdline".into(), cmdline.to_owned()]);
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Outcome {
        let args = ["-c".into(), script.into()];
        child(Path::new("/bin/sh"), &args, limit).expect("sh runs")
    }

    #[test]
    fn a_look_that_hangs_is_left_behind_and_the_path_is_known() {
        // It would end by itself long after any test's patience.
        let script = "echo proc/modules >&2; echo proc/driver/nvidia/version >&2; exec sleep 600";
        let outcome = shell(script, Duration::from_secs(2));
        assert_eq!(outcome, Outcome::Hung(Some("proc/driver/nvidia/version".into())));
        assert_eq!(whole("proc/driver/nvidia/version"), "proc/driver/nvidia");
        assert_eq!(whole("sys/class/drm/card1-DP-1/status"), "sys/class/drm/card1-DP-1");
    }

    #[test]
    fn an_output_counts_only_from_a_look_that_succeeded() {
        let minute = Duration::from_secs(60);
        assert_eq!(shell("echo whole", minute), Outcome::Done(b"whole\n".to_vec()));
        let failed = shell("echo half; echo nvpreflight: cannot read >&2; exit 2", minute);
        assert_eq!(failed, Outcome::Failed("nvpreflight: cannot read".into()));
    }
}
