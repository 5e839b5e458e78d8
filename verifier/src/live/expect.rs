//! Files that are read beside the evidence: the owner's expectations and the
//! report of the initrd phase. What is wrong with them becomes a fact.

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;
use nix::unistd;
use nvpreflight::evidence::expectations;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{ExpectationsRefused, Facts};
use nvpreflight::live_tree::LiveTree;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::text::Line;
use nvpreflight::tree::Tree;

/// The expectations file below the root.
const FILE: &str = "etc/nvpreflight/expect.json";
/// Longest expectations file; one that fills every list has about 6 kB.
const SIZE_MAX: usize = 16 * 1024;

/// Reads the expectations, from `named` on this machine or from the usual place
/// below the root. A file that is not taken leaves the defaults and a reason.
pub fn read(tree: &LiveTree, named: Option<&str>, want: &mut Expectations, facts: &mut Facts) {
    let mut buf = [0u8; SIZE_MAX];
    let (path, read) = match named {
        Some(path) => (path, outside(path, &mut buf)),
        None => (FILE, tree.read(FILE, &mut buf).map(|r| r.len + usize::from(r.cut))),
    };
    let why = match read {
        Seen::Absent if named.is_none() => return,
        Seen::Absent | Seen::NotLooked => Line::from("the file does not exist"),
        Seen::Unreadable(e) => Line::of(format_args!("cannot read the file: {e}")),
        Seen::Yes(len) => match buf.get(..len) {
            None => Line::of(format_args!("the file is longer than {SIZE_MAX} bytes")),
            Some(bytes) => match expectations::parse(bytes, want) {
                Ok(()) => return,
                Err(refused) => Line::of(format_args!("{refused}")),
            },
        },
    };
    facts.expectations_refused = Some(ExpectationsRefused { file: Line::from(path), why });
}

/// Reads a file by a path of this machine; a length above the buffer's says
/// that it did not fit.
fn outside(path: &str, buf: &mut [u8]) -> Seen<usize> {
    let mut read = || {
        let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
        let fd = openat(AT_FDCWD, path, flags, Mode::empty())?;
        let mut len = 0;
        loop {
            let room = buf.get_mut(len..).unwrap_or_default();
            let full = room.is_empty();
            let n = if full { unistd::read(&fd, &mut [0])? } else { unistd::read(&fd, room)? };
            len += n;
            if n == 0 || full {
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
