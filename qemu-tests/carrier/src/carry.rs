//! Waits for the report of the verifier and sends it with the kernel log. Waits as
//! long as the machine runs: how long a boot may take is the host's to say.

use crate::KERNEL_LOG;
use crate::config::Config;
use crate::port::Port;
use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// A report has some ten thousand bytes; a file beyond this is another one.
const REPORT_MAX: u64 = 1 << 20;
/// What of the kernel log is sent at most, from its beginning.
const LOG_MAX: usize = 512 << 10;
/// Between two looks.
const PACE: Duration = Duration::from_millis(100);
/// Where the verifier leaves its files (verifier, --run-dir).
const REPORTS: &str = "run/nvpreflight";

/// Sends what comes, and returns when the report is sent.
pub fn run(config: &Config) {
    let mut line = Line { token: &config.token, port: None };
    line.frame("up", b"");
    let mut proc = None;
    let mut told = false;
    loop {
        proc = proc.or_else(processes);
        if !told && file(proc.as_ref(), "initrd.started").is_some() {
            told = true;
            line.frame("started", b"");
        }
        if let Some(mut report) = file(proc.as_ref(), "initrd.json") {
            if let Ok(bytes) = bounded(&mut report) {
                line.frame("initrd.json", &bytes);
                line.frame("kernel-log", &kernel_log());
                line.frame("end", b"");
                return;
            }
        }
        thread::sleep(PACE);
    }
}

/// The line to the host, opened as soon as that works.
struct Line<'a> {
    token: &'a str,
    port: Option<Port>,
}

impl Line<'_> {
    /// Sends one frame (the harness, src/channel.rs). What cannot be sent is
    /// dropped: the host sees that something is missing.
    fn frame(&mut self, name: &str, data: &[u8]) {
        if self.port.is_none() {
            self.port = Port::open().ok();
        }
        let Some(port) = &self.port else { return };
        let mut bytes = format!("NVPF {} {name} {}\n", self.token, data.len()).into_bytes();
        bytes.extend_from_slice(data);
        bytes.push(b'\n');
        let _ = port.send(&bytes);
    }
}

/// /proc, once the image's init has mounted it. Its descriptor stays good when
/// the mount moves to the real root.
fn processes() -> Option<OwnedFd> {
    Path::new("/proc/1/root").symlink_metadata().ok()?;
    openat(AT_FDCWD, "/proc", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty()).ok()
}

/// A file of the verifier as process 1 sees it, else as this process does.
fn file(proc: Option<&OwnedFd>, name: &str) -> Option<File> {
    if let Some(proc) = proc {
        let path = format!("1/root/{REPORTS}/{name}");
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        if let Ok(fd) = openat(proc, path.as_str(), flags, Mode::empty()) {
            return Some(File::from(fd));
        }
    }
    File::open(format!("/{REPORTS}/{name}")).ok()
}

fn bounded(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(REPORT_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The records of the kernel log that are there now, each on a line.
fn kernel_log() -> Vec<u8> {
    let mut text = Vec::new();
    let flags = OFlag::O_NONBLOCK.bits();
    let Ok(mut log) = fs::OpenOptions::new().read(true).custom_flags(flags).open(KERNEL_LOG) else {
        return text;
    };
    let mut record = [0; 8192];
    while text.len() < LOG_MAX {
        match log.read(&mut record) {
            Ok(0) => break,
            Ok(length) => text.extend_from_slice(record.get(..length).unwrap_or_default()),
            // Records were overwritten meanwhile; the next read goes on behind them.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(_) => break,
        }
    }
    text
}
