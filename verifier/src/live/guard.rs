//! The watchdog: the look runs in a child, and the parent returns in time
//! whatever becomes of it.
//!
//! A signal cannot end a read that sleeps uninterruptibly in the kernel, as one
//! of /proc/driver/nvidia does while the driver's init hangs; neither can the
//! end of another thread. Only another process can go on. It also outlives a
//! child that is killed.

use super::clock::Deadline;
use super::sys;
use heapless::Vec;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, pipe2, read, write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Time for the look itself, beside its waiting: needs a few milliseconds on
/// real machines, and in emulation on a busy host once took over two seconds.
pub const GRACE_MS: u32 = 4_000;
/// Time left to the child after a signal asked for an end.
const END_MS: u32 = 500;

/// Requests to end, taken as a descriptor and never as an interruption.
pub struct Signals(Option<SignalFd>);

impl Signals {
    /// Blocks the signals that ask for an end, and those whose default would end the
    /// run at a closed standard output (SIGPIPE) or a file that may not grow
    /// (SIGXFSZ, setrlimit(2)): the write says EPIPE or EFBIG instead.
    pub fn block() -> Self {
        let mut ends = SigSet::empty();
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            ends.add(signal);
        }
        let mut all = ends;
        all.add(Signal::SIGPIPE);
        all.add(Signal::SIGXFSZ);
        if all.thread_block().is_err() {
            return Self(None);
        }
        Self(SignalFd::with_flags(&ends, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).ok())
    }

    /// A descriptor that is readable when an end was asked for; a kernel without
    /// signalfd(2) has none, and then only the deadline ends a wait.
    pub fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }

    /// True when an end was asked for; the request is taken.
    pub fn pending(&self) -> bool {
        self.0.as_ref().is_some_and(|fd| matches!(fd.read_signal(), Ok(Some(_))))
    }
}

/// The child's word to its parent.
pub struct Word(Option<OwnedFd>);

impl Word {
    /// Says that the verdict is out; should the child not end after it, this
    /// status holds.
    pub fn status(&self, status: u8) {
        if let Some(fd) = &self.0 {
            // A parent that is gone needs no word.
            let _ = write(fd, &[status]);
        }
    }
}

/// Runs `work` under guard and returns its status, or why there is none. Where
/// the machine cannot fork it runs unguarded: a look is worth more than none.
pub fn run(
    budget_ms: u32,
    signals: &Signals,
    work: impl FnOnce(&Word) -> u8,
) -> Result<u8, &'static str> {
    let Ok((from_child, to_parent)) = pipe2(OFlag::O_CLOEXEC) else { return Ok(work(&Word(None))) };
    match sys::fork() {
        Err(_) => Ok(work(&Word(None))),
        Ok(None) => {
            // Who kills the program means all of it: no report comes after.
            let _ = set_pdeathsig(Signal::SIGKILL);
            drop(from_child);
            sys::exit(work(&Word(Some(to_parent))))
        }
        Ok(Some(child)) => {
            drop(to_parent);
            watch(
                child,
                &from_child,
                signals,
                Deadline::after_ms(budget_ms.saturating_add(GRACE_MS)),
            )
        }
    }
}

/// The descriptors that are there, to be polled for reading.
pub fn readable<'fd>(of: [Option<BorrowedFd<'fd>>; 2]) -> Vec<PollFd<'fd>, 2> {
    of.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect()
}

/// Milliseconds between two tries to wait for the check, where the kernel lacks memory for one.
const PAUSE_MS: u16 = 10;

fn watch(
    child: Pid,
    from_child: &OwnedFd,
    signals: &Signals,
    mut deadline: Deadline,
) -> Result<u8, &'static str> {
    let mut status = None;
    loop {
        let left = deadline.left_ms();
        if left == 0 {
            // It may be beyond the reach of any signal; nobody waits for it.
            let _ = kill(child, Signal::SIGKILL);
            return status.ok_or("the check did not finish in time");
        }
        let of = [Some(from_child.as_fd()), signals.as_fd()];
        let mut fds = readable(of);
        if poll(&mut fds, left).is_err_and(|e| e != Errno::EINTR) {
            // The check goes on without being watched for a moment: ended now, it would leave
            // half a report behind a verdict that was sent.
            let _ = poll(&mut [], PAUSE_MS);
            continue;
        }
        if signals.pending() {
            let _ = kill(child, Signal::SIGTERM);
            deadline = deadline.at_most_ms(END_MS);
        }
        let spoke = fds.first().and_then(PollFd::revents).is_some_and(|e| !e.is_empty());
        if !spoke {
            continue;
        }
        let mut word = [0];
        match read(from_child, &mut word) {
            Ok(1) => status = word.first().copied(),
            Err(Errno::EINTR) => {}
            _ => {
                let _ = waitpid(child, None::<WaitPidFlag>);
                return status.ok_or("the check was stopped before its verdict");
            }
        }
    }
}
