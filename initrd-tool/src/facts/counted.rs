//! Files under count: what could not be read, listed or followed while the facts of an
//! image were gathered is a loss, and a lost source is never taken for an absent one.
//! Judges nothing.

use crate::base::error::Result;
use crate::source::files::{Files, Walked};
use nvpreflight::evidence::refused::Counting;
use nvpreflight::facts::Lost;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use std::borrow::Cow;
use std::cell::RefCell;

/// Debian and Fedora install the kernel's symbols 0600; without them fewer symbols of
/// modules are told (`kernel_symbols`).
const KEPT_FOR_ROOT: &[u8] = b"boot/System.map";

/// Files, and what they refused so far.
pub(super) struct Counted<'a> {
    files: &'a mut dyn Files,
    lost: RefCell<Lost>,
}

impl<'a> Counted<'a> {
    pub(super) fn new(files: &'a mut dyn Files) -> Self {
        Self { files, lost: RefCell::default() }
    }

    /// Adds what was lost to the losses of a look.
    pub(super) fn tell(&self, lost: &mut Lost) {
        for (what, count) in self.lost.borrow().kinds() {
            lost.count(what, *count);
        }
    }

    fn through<T>(&self, ask: impl FnOnce(&Counting<'_>) -> T) -> T {
        let counting = Counting::new(self.files.as_tree());
        let answer = ask(&counting);
        counting.tell(&mut self.lost.borrow_mut());
        answer
    }

    /// What is no regular file has no content (`DirFiles` says EINVAL, open(2) EISDIR):
    /// that is an answer. So is a refusal of what is kept for root.
    fn whole<T>(&self, path: &[u8], seen: Seen<T>) -> Seen<T> {
        const EISDIR: Errno = Errno(21);
        if let Seen::Unreadable(e) = seen {
            let is_answer = match e {
                Errno::EINVAL | EISDIR => true,
                Errno::EACCES | Errno::EPERM => {
                    !self.files.as_root() && path.starts_with(KEPT_FOR_ROOT)
                }
                _ => false,
            };
            self.lost.borrow_mut().count(Lost::REFUSED, u64::from(!is_answer));
        }
        seen
    }
}

impl Tree for Counted<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.through(|tree| tree.read(path, buf))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.through(|tree| tree.lines(path, f))
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.through(|tree| tree.list(path, f))
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.through(|tree| tree.link(path, buf))
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.through(|tree| tree.stat(path))
    }

    fn as_root(&self) -> bool {
        self.files.as_root()
    }
}

impl Files for Counted<'_> {
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        self.files.walk(visit)
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        self.whole(path, self.files.load(path))
    }

    fn size(&self, path: &[u8]) -> Seen<u64> {
        self.whole(path, self.files.size(path))
    }

    fn prepare(&mut self, paths: &[Vec<u8>]) -> Result<()> {
        self.files.prepare(paths)
    }
}
