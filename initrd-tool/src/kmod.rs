//! What modprobe will do: kmod's configuration, index files, name resolution and
//! order of loading, modelled after libkmod 34 over any `Files`.
//!
//! Every answer carries the line that makes it so. Nothing is ever loaded, and no
//! command of an `install` line is run or followed.
//!
//! Between kmod 30 and 34 three things of what is modelled changed: `weakdep` lines,
//! which kmod before 33 ignores with a message and which load nothing in either; a
//! dangling link in modprobe.d, and a backslash as a file's last byte, which kmod
//! before 34 mistakes for a file and for a byte.

#[cfg(test)]
mod cases;
pub mod config;
pub mod folder;
pub mod index;
pub mod names;
mod pages;
pub mod resolve;
pub mod shadow;
pub mod trie;

use crate::source::files::Files;
use config::Config;
use index::Indexes;

/// kmod's view of a root.
pub struct Kmod<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// The module folder: `lib/modules/6.12.0`.
    pub folder: Vec<u8>,
    /// modprobe.d and the command line.
    pub config: Config,
    /// modules.dep and its like.
    pub indexes: Indexes<'a>,
}

impl<'a> Kmod<'a> {
    /// Reads the configuration; index files are read when they are asked.
    #[must_use]
    pub fn new(files: &'a dyn Files, folder: &[u8], cmdline: &[u8]) -> Self {
        Self {
            files,
            folder: folder.to_vec(),
            config: Config::read(files, Some(folder), cmdline),
            indexes: Indexes::new(files, folder),
        }
    }

    /// A path of an index file as a path below the root.
    fn path(&self, in_index: &[u8]) -> Vec<u8> {
        match in_index.strip_prefix(b"/") {
            Some(absolute) => absolute.to_vec(),
            None => [&self.folder, &b"/"[..], in_index].concat(),
        }
    }
}
