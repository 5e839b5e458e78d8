//! Where the library's sinks write to: journal, kernel log, report file and
//! standard output. Each may be missing; none of them can fail the run.

use super::args::Format;
use super::sys;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, send, socket,
};
use nix::sys::stat::{Mode, fchmod, fstat, mkdirat};
use nix::unistd::{Uid, UnlinkatFlags, geteuid, isatty, unlinkat, write};
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;
use nvpreflight::sink::text::Style;
use nvpreflight::sink::{journal, json_v1, kmsg, ktap, text};
use nvpreflight::text::Text;
use std::fmt::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// journald's socket for its native protocol (systemd-journald.service(8)).
const JOURNAL: &str = "/run/systemd/journal/socket";
/// How long a full journal queue is waited for, in milliseconds.
const JOURNAL_WAIT_MS: u16 = 100;

/// Where one run writes to.
#[derive(Clone, Copy)]
pub struct Outlets {
    /// The phase, which names the files.
    pub phase: Phase,
    /// Journal and kernel log: only for a look at the running system itself.
    pub logs: bool,
    /// The folder of the reports, when there is to be one.
    pub run_dir: Option<&'static str>,
    /// What goes to standard output.
    pub format: Format,
}

impl Outlets {
    /// Leaves a mark that the phase began: without the report beside it, the
    /// phase did not come to its end.
    pub fn started(&self, us: u64) {
        // The report that follows says it when the folder cannot be written.
        let _ = self.file("started", &mut |out| writeln!(out, "{us}"));
    }

    /// One line for the kernel log. Each record is written through a
    /// descriptor of its own, because the kernel passes only ten records in
    /// five seconds from one (kernel/printk/printk.c `devkmsg_open`).
    pub fn log(&self, record: &kmsg::Record) {
        if !self.logs {
            return;
        }
        let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        if let Ok(fd) = openat(AT_FDCWD, "/dev/kmsg", flags, Mode::empty()) {
            // Where neither journal nor kernel log takes it, the report has it.
            let _ = write(fd, record.as_bytes());
        }
    }

    /// A remark on the run itself.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        self.log(&kmsg::record(5, format_args!("{}: {what}", self.phase.name())));
    }

    /// Leaves the report file and tells the logs, the verdict last. False when there
    /// was to be a report and it could not be written: the kernel log and standard
    /// error say so.
    pub fn publish(&self, report: &Report, facts: &Facts) -> bool {
        let left = self.file("json", &mut |out| json_v1::write(report, facts, out));
        if let (Err(e), Some(dir)) = (left, self.run_dir) {
            let why = e.desc();
            self.note(format_args!("no report was left in {dir}: {why}"));
            let mut err = Writer::new(sys::stderr());
            let _ = writeln!(err, "nvpreflight-verifier: no report was left in {dir}: {why}");
            let _ = err.flush();
        }
        if !self.logs {
            return left.is_ok();
        }
        let mut journal = Journal::open();
        for finding in &report.findings {
            if !journal.send(journal::finding_record(report, finding).as_bytes()) {
                self.log(&kmsg::finding_record(report, finding));
            }
        }
        // The verdict is in the kernel log in any case.
        journal.send(journal::verdict_record(report).as_bytes());
        self.log(&kmsg::verdict_record(report));
        left.is_ok()
    }

    /// Prints the report. Last, because standard output may block.
    pub fn print(&self, report: &Report, facts: &Facts) {
        let fd = sys::stdout();
        let mut out = Writer::new(fd);
        // A closed or full standard output is the reader's choice.
        let _ = match self.format {
            Format::Text => {
                let tty = isatty(fd).unwrap_or(false);
                let colour = tty && std::env::var_os("NO_COLOR").is_none();
                text::write(report, Style { colour }, &mut out)
            }
            Format::Json => json_v1::write(report, facts, &mut out),
            Format::Ktap => ktap::write(report, &mut out),
            Format::Quiet => Ok(()),
        };
        let _ = out.flush();
    }

    /// Writes PHASE.SUFFIX whole or not at all, by a rename.
    fn file(
        &self,
        suffix: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> fmt::Result,
    ) -> Result<(), Errno> {
        let Some(dir) = self.run_dir else { return Ok(()) };
        match mkdirat(AT_FDCWD, dir, Mode::from_bits_truncate(0o755)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(e) => return Err(e),
        }
        // A link would have the report somewhere else, and in a folder of somebody else's
        // it could be replaced.
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let dir = openat(AT_FDCWD, dir, flags, Mode::empty())?;
        let owner = Uid::from_raw(fstat(&dir)?.st_uid);
        if !owner.is_root() && owner != geteuid() {
            return Err(Errno::EPERM);
        }
        let name = Text::<32>::of(format_args!("{}.{suffix}", self.phase.name()));
        let temporary = Text::<32>::of(format_args!(".{name}.new"));
        let mode = Mode::from_bits_truncate(0o644);
        // What a killed run left, or somebody laid there: a link would be written through.
        match unlinkat(&dir, temporary.as_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(e) => return Err(e),
        }
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        let flags = flags | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let fd = openat(&dir, temporary.as_str(), flags, mode)?;
        // The umask took bits from the mode above.
        fchmod(&fd, mode)?;
        let mut out = Writer::new(fd.as_fd());
        // The writer keeps the error itself.
        let _ = fill(&mut out);
        let written =
            out.flush().and_then(|()| renameat(&dir, temporary.as_str(), &dir, name.as_str()));
        if written.is_err() {
            // Half a report is none; where even that cannot be taken away it has no name.
            let _ = unlinkat(&dir, temporary.as_str(), UnlinkatFlags::NoRemoveDir);
        }
        written
    }
}

/// journald's socket, while it takes records.
struct Journal(Option<OwnedFd>);

impl Journal {
    fn open() -> Self {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let open = || {
            let fd = socket(AddressFamily::Unix, SockType::Datagram, flags, None)?;
            // Only a connected socket can be waited for: poll(2) asks its peer's queue.
            connect(fd.as_raw_fd(), &UnixAddr::new(JOURNAL)?)?;
            Ok::<_, Errno>(fd)
        };
        Self(open().ok())
    }

    /// Sends a record; false when it was not taken. A journald that stays busy is
    /// waited for once: the run has its deadline, and the kernel log has the rest.
    fn send(&mut self, record: &[u8]) -> bool {
        let Some(fd) = &self.0 else { return false };
        let send = || send(fd.as_raw_fd(), record, MsgFlags::MSG_NOSIGNAL);
        let taken = match send() {
            Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::EINTR) => {
                let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
                let _ = poll(&mut fds, JOURNAL_WAIT_MS);
                send().is_ok()
            }
            sent => sent.is_ok(),
        };
        if !taken {
            self.0 = None;
        }
        taken
    }
}

/// A buffered writer to a descriptor, without heap.
pub struct Writer<'fd> {
    fd: BorrowedFd<'fd>,
    buf: [u8; 4096],
    len: usize,
    failed: Option<Errno>,
}

impl<'fd> Writer<'fd> {
    /// A writer to `fd`.
    pub const fn new(fd: BorrowedFd<'fd>) -> Self {
        Self { fd, buf: [0; 4096], len: 0, failed: None }
    }

    /// Writes out what is held; the first error of all stays.
    pub fn flush(&mut self) -> Result<(), Errno> {
        let mut rest = self.buf.get(..self.len).unwrap_or(&[]);
        while !rest.is_empty() && self.failed.is_none() {
            match write(self.fd, rest) {
                Ok(0) => self.failed = Some(Errno::EIO),
                Ok(n) => rest = rest.get(n..).unwrap_or(&[]),
                Err(Errno::EINTR) => {}
                Err(e) => self.failed = Some(e),
            }
        }
        self.len = 0;
        self.failed.map_or(Ok(()), Err)
    }
}

impl Write for Writer<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let mut rest = s.as_bytes();
        while !rest.is_empty() {
            let room = self.buf.get_mut(self.len..).unwrap_or_default();
            let fits = rest.len().min(room.len());
            let (now, later) = rest.split_at(fits);
            for (to, from) in room.iter_mut().zip(now) {
                *to = *from;
            }
            self.len += fits;
            rest = later;
            if !rest.is_empty() {
                self.flush().map_err(|_| fmt::Error)?;
            }
        }
        Ok(())
    }
}
