//! Files that are noted down while they are looked at. Of what is loaded whole,
//! modules and firmware, nothing is kept: their facts are saved instead.

use super::{Notes, Noting};
use crate::base::error::Result;
use crate::source::files::{Files, Walked};
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use std::borrow::Cow;

/// Files under notes.
pub struct NotedFiles<'a> {
    files: &'a mut dyn Files,
    notes: &'a Notes,
}

impl<'a> NotedFiles<'a> {
    /// Looks through at `files`.
    #[must_use]
    pub fn new(files: &'a mut dyn Files, notes: &'a Notes) -> Self {
        Self { files, notes }
    }

    fn noting(&self) -> Noting<'_> {
        Noting::new(self.files.as_tree(), self.notes)
    }
}

impl Files for NotedFiles<'_> {
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        self.files.walk(visit)
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        self.files.load(path)
    }

    fn size(&self, path: &[u8]) -> Seen<u64> {
        self.files.size(path)
    }

    fn prepare(&mut self, paths: &[Vec<u8>]) -> Result<()> {
        self.files.prepare(paths)
    }
}

impl Tree for NotedFiles<'_> {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.noting().read(path, buf)
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.noting().lines(path, f)
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.noting().list(path, f)
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.noting().link(path, buf)
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.noting().stat(path)
    }

    fn as_root(&self) -> bool {
        self.files.as_root()
    }
}
