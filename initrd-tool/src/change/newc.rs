//! Writes one cpio archive in the "newc" format of the kernel's initramfs loader.
//! The same entries always give the same bytes: owner root, time 0, counted inode
//! numbers. It adds no parent directories and never reads archives. The boot tests
//! write their images with it too; only the maker of odd images has a writer of its own.

use crate::source::image::header::{NEWC, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, TRAILER};
use nvpreflight::tree::PATH_MAX;
use std::io::{self, Write};

/// What an entry is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// A directory.
    Directory,
    /// A regular file with permission bits and content.
    File(u32, Vec<u8>),
    /// A symbolic link to this target.
    Link(Vec<u8>),
    /// A character device with permission bits, major and minor number.
    CharDevice(u32, u32, u32),
}

/// An entry of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Path without a leading slash.
    pub path: Vec<u8>,
    /// What it is.
    pub node: Node,
}

/// One archive (one segment of an initrd) being written to `W`.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    inode: u32,
}

impl<W: Write> Writer<W> {
    /// Starts an archive; nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out, inode: 1 }
    }

    /// Adds a directory, mode 0755.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn directory(&mut self, path: &[u8]) -> io::Result<()> {
        self.next(path, (S_IFDIR, 0o755), [0, 0], &[])
    }

    /// Adds a regular file with permission bits and content.
    ///
    /// # Errors
    /// A failed write; a name or content that the format cannot say.
    pub fn file(&mut self, path: &[u8], mode: u32, data: &[u8]) -> io::Result<()> {
        self.next(path, (S_IFREG, mode), [0, 0], data)
    }

    /// Adds a symbolic link.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn link(&mut self, path: &[u8], target: &[u8]) -> io::Result<()> {
        self.next(path, (S_IFLNK, 0o777), [0, 0], target)
    }

    /// Adds a character device with permission bits, major and minor number.
    ///
    /// # Errors
    /// As [`Self::file`].
    pub fn char_device(&mut self, path: &[u8], mode: u32, number: [u32; 2]) -> io::Result<()> {
        self.next(path, (S_IFCHR, mode), number, &[])
    }

    /// Writes the trailer and returns the writer.
    ///
    /// # Errors
    /// A failed write.
    pub fn finish(mut self) -> io::Result<W> {
        self.record(TRAILER, [0, 0], [0, 0], &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn next(
        &mut self,
        path: &[u8],
        (kind, mode): (u16, u32),
        device: [u32; 2],
        data: &[u8],
    ) -> io::Result<()> {
        let mode = u32::from(kind) | (mode & 0o7777);
        self.record(path, [self.inode, mode], device, data)?;
        self.inode += 1;
        Ok(())
    }

    fn record(
        &mut self,
        name: &[u8],
        [inode, mode]: [u32; 2],
        [major, minor]: [u32; 2],
        data: &[u8],
    ) -> io::Result<()> {
        let shown = || String::from_utf8_lossy(name);
        let size = u32::try_from(data.len()).map_err(|_| {
            io::Error::other(format!("`{}`: 4 GiB or more do not fit in a newc archive", shown()))
        })?;
        if name.is_empty() || name.len() >= PATH_MAX || name.contains(&0) {
            return Err(io::Error::other("this name cannot be stored in a newc archive"));
        }
        // A longer name is skipped by the kernel without a word (init/initramfs.c `do_header`);
        // a directory has its own name and its "." at least.
        let links = if mode & u32::from(S_IFMT) == u32::from(S_IFDIR) { 2 } else { 1 };
        let name_size = u32::try_from(name.len() + 1).map_err(io::Error::other)?;
        let mut head = String::new();
        for field in [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name_size, 0] {
            use std::fmt::Write;
            write!(head, "{field:08x}").map_err(io::Error::other)?;
        }
        let mut head = [NEWC, head.as_bytes()].concat();
        head.extend_from_slice(name);
        head.push(0);
        padded(&head, &mut self.out)?;
        padded(data, &mut self.out)
    }
}

/// Writes the entries in their order, and the trailer.
///
/// # Errors
/// A failed write; a name or content that the format cannot say.
pub fn write(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let mut archive = Writer::new(out);
    for Entry { path, node } in entries {
        match node {
            Node::Directory => archive.directory(path)?,
            Node::File(mode, data) => archive.file(path, *mode, data)?,
            Node::Link(target) => archive.link(path, target)?,
            Node::CharDevice(mode, major, minor) => {
                archive.char_device(path, *mode, [*major, *minor])?;
            }
        }
    }
    archive.finish().map(|_| ())
}

/// Header with name, and content, each end on a multiple of four bytes.
fn padded(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    out.write_all(bytes)?;
    let rest = bytes.len().next_multiple_of(4) - bytes.len();
    out.write_all([0; 3].get(..rest).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vec<u8> {
        let entries = [
            Entry { path: b"etc".to_vec(), node: Node::Directory },
            Entry { path: b"etc/a".to_vec(), node: Node::File(0o644, b"hello".to_vec()) },
            Entry { path: b"bin".to_vec(), node: Node::Link(b"usr/bin".to_vec()) },
        ];
        let mut out = Vec::new();
        write(&entries, &mut out).unwrap();
        out
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let bytes = small();
        let first = "070701000000010000\
                     41ed0000000000000000000000020000000000000000\
                     000000000000000000000000000000000000000400000000etc\0";
        assert_eq!(bytes.get(..first.len()), Some(first.as_bytes()));
        assert_eq!(bytes.len() % 4, 0);
        assert!(bytes.ends_with(b"TRAILER!!!\0\0\0\0"));
    }

    #[test]
    fn every_header_starts_on_a_multiple_of_four() {
        let bytes = small();
        let is_head = |window: &[u8]| window == NEWC;
        let starts: Vec<usize> = bytes
            .windows(6)
            .enumerate()
            .filter(|(_, six)| is_head(six))
            .map(|(at, _)| at)
            .collect();
        assert_eq!(starts.len(), 4);
        assert!(starts.iter().all(|at| at % 4 == 0));
        assert_eq!(bytes.len() % 4, 0);
    }

    #[test]
    fn a_name_that_the_kernel_would_skip_is_refused() {
        for path in [vec![b'a'; 4096], Vec::new(), b"a\0b".to_vec()] {
            let entry = Entry { path, node: Node::Directory };
            assert!(write(&[entry], &mut Vec::new()).is_err());
        }
    }
}
