//! The journal of systemd, read through `journalctl`: of this machine, of a file,
//! or of a folder. Asks for the fields of records only, and reads no more than a
//! bound.

use super::boots::{Boot, Boots};
use super::choice::Choice;
use super::evidence::Evidence;
use super::finish::finished;
use super::stream::Stream;
use super::{export, fields, folder};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// The first bytes of a journal file (systemd src/libsystemd/sd-journal/journal-def.h).
pub const MAGIC: &[u8] = b"LPKSHHRH";
/// Bytes of journalctl's complaints that are kept.
const SAID_MAX: u64 = 4096;

/// A boot of this machine: 0 the one that runs, -1 the one before, or an id, as
/// `journalctl --boot` takes it.
///
/// # Errors
/// Without journalctl, without that boot, or when nothing of the kernel may be read.
pub fn boot(spec: &str) -> Result<Evidence> {
    boot_with(spec, &Choice::default())
}

/// The same with what lies beside it.
///
/// # Errors
/// As of [`boot`], and files that cannot be read.
pub fn boot_with(spec: &str, choice: &Choice) -> Result<Evidence> {
    let named =
        !spec.is_empty() && spec.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'+'));
    if !named {
        let spec = spec.escape_debug();
        return Err(Error::usage(format!("--boot takes 0, -1, 1 or a boot's id, not `{spec}`")));
    }
    let mut boots = run(&[format!("--boot={spec}").into()], &Limits::DEFAULT)?;
    let mut evidence =
        Evidence { kind: format!("boot {spec} of the journal"), ..Evidence::default() };
    for path in &choice.beside {
        folder::beside(path, &Limits::DEFAULT, &mut evidence)?;
    }
    match boots.pop() {
        Some(boot) => finished(evidence, vec![boot], &Choice::default()),
        None => Err(Error::new(format!("the journal has nothing for boot {spec}"))),
    }
}

/// A journal file, or a folder of journal files.
///
/// # Errors
/// As of [`boot`].
pub fn of(path: &Path, choice: &Choice) -> Result<Evidence> {
    let option = if path.is_dir() { "--directory=" } else { "--file=" };
    let mut option = OsString::from(option);
    option.push(path);
    let mut args = vec![option];
    // Without it a journal of months would be read whole for its last boot.
    args.push(format!("--boot={}", choice.boot.as_deref().unwrap_or("0")).into());
    let boots = run(&args, &Limits::DEFAULT)?;
    let evidence = Evidence { kind: "journal".to_owned(), ..Evidence::default() };
    let chosen = Choice { boot: None, ..choice.clone() };
    finished(evidence, boots, &chosen).map_err(|e| match e.io_error() {
        Some(_) => e,
        None => Error::new(format!("{}: {e}", clean::path(path))),
    })
}

/// Runs journalctl and reads its export stream.
fn run(args: &[OsString], limits: &Limits) -> Result<Vec<Boot>> {
    let mut command = Command::new("journalctl");
    command
        .args(["--output=export", "--no-pager", "--quiet"])
        .arg(format!("--output-fields={}", fields::WANTED))
        .args(args)
        .env("LC_ALL", "C")
        .env("SYSTEMD_COLORS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| match e.kind() {
        ErrorKind::NotFound => Error::new(
            "journalctl is not installed here; on the journal's machine run `journalctl \
             -b -o export > boot.journal` and give that file",
        ),
        _ => Error::io("run", Path::new("journalctl"), e),
    })?;
    // journalctl's own complaints are short; a pipe takes them while we read.
    let complaints = child.stderr.take().map(|pipe| {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let mut pipe = pipe;
            let _ = pipe.by_ref().take(SAID_MAX).read_to_end(&mut said);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            clean::line(said.trim_ascii())
        })
    });
    let mut boots = Boots::default();
    let end = child.stdout.take().map(|pipe| {
        let mut stream = Stream::new(pipe, limits.unpacked);
        export::read(&mut stream, &mut boots);
        stream.end()
    });
    if matches!(end, Some(Err(_))) {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| Error::io("run", Path::new("journalctl"), e))?;
    let said = complaints.and_then(|thread| thread.join().ok()).unwrap_or_default();
    if let Some(Err(e)) = end {
        return Err(Error::io("read from", Path::new("journalctl"), e));
    }
    if !status.success() {
        let why = if said.is_empty() { status.to_string() } else { said };
        return Err(Error::new(format!("journalctl: {why}")));
    }
    Ok(boots.finish())
}
