//! A tree that counts the reads which failed for no fault of the reader's, and the lines
//! that were longer than its buffer, so that no lack of evidence passes for its absence.
//! It never judges what was lost.

use crate::facts::Lost;
use crate::seen::{Errno, Seen};
use crate::tree::{Dropped, Flow, Kind, Read, Stat, Tree};
use core::cell::Cell;

/// What the kernel keeps for root, or from root too where it is locked down: module
/// parameters by their mode (include/linux/moduleparam.h), the log under
/// dmesg_restrict, tracefs and debugfs (security/lockdown/lockdown.c).
const KEPT_FOR_ROOT: [&str; 4] =
    ["dev/kmsg", "sys/module/", "sys/kernel/tracing", "sys/kernel/debug"];
/// Kept from root too.
const LOCKED_DOWN: [&str; 2] = ["sys/kernel/tracing", "sys/kernel/debug"];
/// Attributes for which firmware answers, with an error where it has no such device
/// (drivers/platform/x86/asus-wmi.c).
const OF_FIRMWARE: &str = "sys/devices/platform/";
const ENXIO: Errno = Errno(6);
const ENODEV: Errno = Errno(19);
const EISDIR: Errno = Errno(21);

/// What was asked of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Its content.
    Read,
    /// Its entries.
    List,
    /// Its target.
    Link,
    /// What it is.
    Stat,
}

/// A tree under count.
pub struct Counting<'t> {
    tree: &'t dyn Tree,
    refused: Cell<u64>,
    cut: Cell<u64>,
}

impl<'t> Counting<'t> {
    /// Looks through at `tree`.
    #[must_use]
    pub const fn new(tree: &'t dyn Tree) -> Self {
        Self { tree, refused: Cell::new(0), cut: Cell::new(0) }
    }

    /// Hands the counts over.
    pub fn tell(&self, lost: &mut Lost) {
        lost.count(Lost::REFUSED, self.refused.get());
        lost.count(Lost::CUT, self.cut.get());
    }

    fn counted<T>(&self, call: Call, path: &str, seen: Seen<T>) -> Seen<T> {
        if let Seen::Unreadable(e) = seen {
            if !self.is_answer(call, path, e) {
                self.refused.set(self.refused.get().saturating_add(1));
            }
        }
        seen
    }

    /// True when the error says something of the path itself, for this very call:
    /// everything else is a loss.
    fn is_answer(&self, call: Call, path: &str, e: Errno) -> bool {
        let below = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        match e {
            Errno::EPERM | Errno::EACCES if call == Call::Read || call == Call::List => {
                below(if self.tree.as_root() { &LOCKED_DOWN } else { &KEPT_FOR_ROOT })
            }
            // readlink(2): not a link. A device in the place of a log (live_tree).
            Errno::EINVAL if call == Call::Link => {
                self.tree.stat(path).yes().is_some_and(|stat| stat.kind != Kind::Link)
            }
            Errno::EINVAL if call == Call::Read && path.starts_with("dev/") => {
                self.tree.stat(path).yes().is_some_and(|stat| stat.kind == Kind::CharDevice)
            }
            // getdents64(2): no directory.
            Errno::ENOTDIR => call == Call::List,
            EISDIR if call == Call::Read => self.tree.list(path, &mut |_| {}).is_yes(),
            Errno::EIO | ENODEV | ENXIO => call == Call::Read && path.starts_with(OF_FIRMWARE),
            _ => false,
        }
    }
}

impl Tree for Counting<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.counted(Call::Read, path, self.tree.read(path, buf))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        let seen = self.counted(Call::Read, path, self.tree.lines(path, f));
        let cut = seen.yes().map_or(0, |dropped| dropped.cut);
        self.cut.set(self.cut.get().saturating_add(cut.into()));
        seen
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.counted(Call::List, path, self.tree.list(path, f))
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.counted(Call::Link, path, self.tree.link(path, buf))
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.counted(Call::Stat, path, self.tree.stat(path))
    }

    fn as_root(&self) -> bool {
        self.tree.as_root()
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
        let answers = "sys/module/nvidia_drm/parameters/modeset ! EACCES\n\
                       sys/kernel/tracing/trace ! EPERM\n\
                       sys/devices/platform/asus-nb-wmi/dgpu_disable ! EIO\n";
        let case = Case::initrd(answers);
        assert!(case.facts().lost.kinds().is_empty());
        assert_eq!(case.report(&[]).verdict(), Verdict::Ok);
    }

    #[test]
    fn the_same_errors_elsewhere_are_losses() {
        for lost in [
            "sys/power/resume ! ENODEV\n",
            "proc/sys/kernel/tainted ! EACCES\n",
            "sys/bus/pci/devices ! EPERM\n",
            "sys/devices/platform/asus-nb-wmi/dgpu_disable ! EMFILE\n",
            "sys/class/drm/card0/device ! EACCES\n",
        ] {
            let case = Case::initrd(lost);
            assert!(case.facts().lost.has(Lost::REFUSED), "{lost}");
        }
    }

    #[test]
    fn a_path_that_is_no_link_is_an_answer_to_readlink() {
        let folder = "sys/class/drm/card0/device/vendor = 0x10de\n";
        assert!(Case::initrd(folder).facts().lost.kinds().is_empty());
    }
}
