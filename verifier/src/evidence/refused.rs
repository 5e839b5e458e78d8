//! A tree that counts the reads which failed for no fault of the reader's, so that
//! no lack of evidence passes for its absence. It never judges what was lost.

use crate::facts::Lost;
use crate::seen::{Errno, Seen};
use crate::tree::{Dropped, Flow, Read, Stat, Tree};
use core::cell::Cell;

/// Answers that say something of the path itself: rights are the reader's own and
/// rules weigh them, the others come from attributes of absent hardware and from
/// reading one kind of file as another (errno(3); drivers/platform/x86/asus-wmi.c).
const ANSWERS: [Errno; 8] = [
    Errno::EPERM,
    Errno::EACCES,
    Errno::EINVAL,
    Errno(6),  // ENXIO
    Errno(19), // ENODEV
    Errno(21), // EISDIR
    Errno(61), // ENODATA
    Errno(95), // EOPNOTSUPP
];

/// A tree under count.
pub struct Counting<'t> {
    tree: &'t dyn Tree,
    refused: Cell<u64>,
}

impl<'t> Counting<'t> {
    /// Looks through at `tree`.
    #[must_use]
    pub const fn new(tree: &'t dyn Tree) -> Self {
        Self { tree, refused: Cell::new(0) }
    }

    /// Hands the count over.
    pub fn tell(&self, lost: &mut Lost) {
        lost.count(Lost::REFUSED, self.refused.get());
    }

    fn counted<T>(&self, path: &str, seen: Seen<T>) -> Seen<T> {
        if let Seen::Unreadable(e) = &seen
            && !ANSWERS.contains(e)
            // Firmware answers for this one, and may answer with an error.
            && !path.starts_with("sys/devices/platform/")
        {
            self.refused.set(self.refused.get().saturating_add(1));
        }
        seen
    }
}

impl Tree for Counting<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.counted(path, self.tree.read(path, buf))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.counted(path, self.tree.lines(path, f))
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.counted(path, self.tree.list(path, f))
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.counted(path, self.tree.link(path, buf))
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.counted(path, self.tree.stat(path))
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Lost;
    use crate::finding::Verdict;
    use crate::testing::Case;

    #[test]
    fn a_failed_read_is_counted_and_no_pass() {
        let case = Case::initrd("proc/sys/kernel/tainted ! EIO\n");
        assert_eq!(case.facts().lost.kinds(), [(Lost::REFUSED, 1)]);
        assert_eq!(case.report(&[]).verdict(), Verdict::CouldNotCheck);
    }

    #[test]
    fn rights_and_absent_hardware_are_answers() {
        let answers = "proc/sys/kernel/tainted ! EACCES\nsys/power/resume ! ENODEV\n\
                       sys/devices/platform/asus-nb-wmi/dgpu_disable ! EIO\n";
        let case = Case::initrd(answers);
        assert!(case.facts().lost.kinds().is_empty());
        assert_eq!(case.report(&[]).verdict(), Verdict::Ok);
    }
}
