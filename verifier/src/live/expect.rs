//! Files that are read beside the evidence: the owner's expectations and the
//! report of the initrd phase. What is wrong with them becomes a fact.

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd;
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::Facts;
use nvpreflight::live_tree::LiveTree;
use nvpreflight::seen::{Errno, Seen};

/// Reads the expectations, from `named` on this machine or from the usual place
/// below the root. A file that is not taken leaves the defaults and a reason.
pub fn read(tree: &LiveTree, named: Option<&str>, want: &mut Expectations, facts: &mut Facts) {
    facts.expectations_refused = match named {
        Some(path) => {
            let mut buf = [0u8; expectations::SIZE_MAX + 1];
            let read = outside(path, &mut buf);
            expectations::take(path, read.map(|len| buf.get(..len).unwrap_or(&[])), want)
        }
        None => expectations::below(tree, want).yes().cloned().flatten(),
    };
}

/// Reads a file by a path of this machine, as much of it as the buffer takes.
fn outside(path: &str, buf: &mut [u8]) -> Seen<usize> {
    let mut read = || {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        let fd = openat(AT_FDCWD, path, flags, Mode::empty())?;
        let mut len = 0;
        loop {
            let room = buf.get_mut(len..).unwrap_or_default();
            let n = if room.is_empty() { 0 } else { unistd::read(&fd, room)? };
            len += n;
            if n == 0 {
                return Ok::<_, nix::Error>(len);
            }
        }
    };
    match read() {
        Ok(len) => Seen::Yes(len),
        Err(e) => Seen::from(Errno(e as i32)),
    }
}

/// Reads the initrd phase's report from a run directory other than the usual
/// one, which the collector has read already.
pub fn initrd_report(dir: &str, facts: &mut Facts) {
    match LiveTree::open(dir) {
        Ok(tree) => nvpreflight::evidence::initrd_report::collect_from(&tree, "", facts),
        Err(e) => facts.initrd = Seen::from(Errno(e as i32)),
    }
}
