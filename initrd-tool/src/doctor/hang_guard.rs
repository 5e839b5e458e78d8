//! A tree that names what it is about to read, so that whoever waits knows where a
//! read hung, and that leaves out what hung before.

use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use std::io::Write;

/// Folders of the kernel, whose files can wait for a driver.
const KERNEL: [&str; 3] = ["proc/", "sys/", "dev/"];

/// A tree under watch.
pub struct HangGuard<'a> {
    tree: &'a dyn Tree,
    leave_out: &'a [String],
}

impl<'a> HangGuard<'a> {
    /// Watches a tree; paths at and below `leave_out` are not read and answer
    /// ETIMEDOUT.
    #[must_use]
    pub const fn new(tree: &'a dyn Tree, leave_out: &'a [String]) -> Self {
        Self { tree, leave_out }
    }

    /// Names the path, or says that it is left out.
    fn begin<T>(&self, path: &str) -> Option<Seen<T>> {
        let below = |folder: &String| {
            path.strip_prefix(folder.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        if self.leave_out.iter().any(below) {
            return Some(Seen::Unreadable(Errno(nix::errno::Errno::ETIMEDOUT as i32)));
        }
        if KERNEL.iter().any(|folder| path.starts_with(folder)) {
            // Nobody who listens is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{path}");
        }
        None
    }
}

impl Tree for HangGuard<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.begin(path).unwrap_or_else(|| self.tree.read(path, buf))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.begin(path).unwrap_or_else(|| self.tree.lines(path, f))
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.begin(path).unwrap_or_else(|| self.tree.list(path, f))
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.begin(path).unwrap_or_else(|| self.tree.link(path, buf))
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.begin(path).unwrap_or_else(|| self.tree.stat(path))
    }

    fn as_root(&self) -> bool {
        self.tree.as_root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::capture::Capture;

    #[test]
    fn what_hung_before_is_not_read_again_and_says_so() {
        let tree = Capture::new(b"proc/driver/nvidia/version = x\nproc/modules = y\n");
        let leave_out = ["proc/driver/nvidia".to_owned()];
        let watched = HangGuard::new(&tree, &leave_out);
        let mut buf = [0; 8];
        assert_eq!(
            watched.read("proc/driver/nvidia/version", &mut buf),
            Seen::Unreadable(Errno(110))
        );
        assert!(watched.read("proc/modules", &mut buf).is_yes());
        assert!(watched.read("proc/driver/nvidia-uvm", &mut buf).is_absent());
    }
}
