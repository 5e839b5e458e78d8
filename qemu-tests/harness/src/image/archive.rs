//! Writes cpio archives in the "newc" format of the kernel's initramfs loader.
//! The same input always gives the same bytes: owner root, time 0, counted
//! inode numbers, sorted names. It never reads archives.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Format: Documentation/driver-api/early-userspace/buffer-format.rst of the
/// kernel. `c_magic` for archives without check sums.
const MAGIC: &str = "070701";
const TRAILER: &str = "TRAILER!!!";
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;

/// One archive (one initramfs segment) being written to `W`.
pub struct Archive<W: Write> {
    out: W,
    next_inode: u32,
    directories: BTreeSet<String>,
}

impl<W: Write> Archive<W> {
    /// Starts an archive; nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out, next_inode: 1, directories: BTreeSet::new() }
    }

    /// Adds a directory and the ones above it, mode 0755.
    pub fn directory(&mut self, name: &str) -> io::Result<()> {
        let name = name.trim_matches('/');
        if name.is_empty() || self.directories.contains(name) {
            return Ok(());
        }
        self.parents(name)?;
        self.directories.insert(name.to_owned());
        self.entry(name, DIRECTORY | 0o755, &[])
    }

    /// Adds a regular file with the given permission bits.
    pub fn file(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let name = name.trim_matches('/');
        self.parents(name)?;
        self.entry(name, REGULAR | (mode & 0o7777), data)
    }

    /// Adds a symbolic link `name` that points at `target`.
    pub fn symlink(&mut self, name: &str, target: &str) -> io::Result<()> {
        let name = name.trim_matches('/');
        self.parents(name)?;
        self.entry(name, SYMLINK | 0o777, target.as_bytes())
    }

    /// Adds everything under the host directory `from` below `prefix`, in
    /// order of names. Device nodes, sockets and pipes are refused.
    pub fn tree(&mut self, from: &Path, prefix: &str) -> io::Result<()> {
        let mut names: Vec<_> = fs::read_dir(from)?.collect::<Result<_, _>>()?;
        names.sort_by_key(fs::DirEntry::file_name);
        for item in names {
            let name = format!("{}/{}", prefix, item.file_name().to_string_lossy());
            let kind = item.file_type()?;
            if kind.is_symlink() {
                let target = fs::read_link(item.path())?;
                self.symlink(&name, &target.to_string_lossy())?;
            } else if kind.is_dir() {
                self.directory(&name)?;
                self.tree(&item.path(), &name)?;
            } else if kind.is_file() {
                let mode = item.metadata()?.permissions().mode();
                self.file(&name, mode, &fs::read(item.path())?)?;
            } else {
                return Err(io::Error::other(format!("`{name}` is not a plain file")));
            }
        }
        Ok(())
    }

    /// Writes the trailer and returns the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.next_inode = 0;
        self.entry(TRAILER, 0, &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn parents(&mut self, name: &str) -> io::Result<()> {
        match name.rsplit_once('/') {
            Some((parent, _)) => self.directory(parent),
            None => Ok(()),
        }
    }

    fn entry(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let size = u32::try_from(data.len())
            .map_err(|_| io::Error::other(format!("`{name}` is larger than newc can say")))?;
        let links = if mode & 0o170_000 == DIRECTORY { 2 } else { 1 };
        let name_size = u32::try_from(name.len() + 1).map_err(io::Error::other)?;
        let fields = [self.next_inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name_size, 0];
        self.next_inode += 1;
        let mut head = String::from(MAGIC);
        for field in fields {
            head.push_str(&format!("{field:08x}"));
        }
        head.push_str(name);
        head.push('\0');
        self.padded(head.as_bytes())?;
        self.padded(data)
    }

    /// Header-with-name and data each end on a multiple of four bytes.
    fn padded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        let rest = bytes.len() % 4;
        if rest == 0 {
            return Ok(());
        }
        self.out.write_all([0; 3].get(..4 - rest).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Vec<u8> {
        let mut archive = Archive::new(Vec::new());
        archive.file("etc/a", 0o644, b"hello").unwrap();
        archive.file("etc/b", 0o755, b"").unwrap();
        archive.symlink("bin", "usr/bin").unwrap();
        archive.finish().unwrap()
    }

    #[test]
    fn parents_come_once_and_before_their_files() {
        let bytes = small();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(text.matches("etc\0").count(), 1);
        assert!(text.find("etc\0").unwrap() < text.find("etc/a\0").unwrap());
    }

    #[test]
    fn every_header_starts_on_a_multiple_of_four() {
        let bytes = small();
        let starts: Vec<usize> = bytes
            .windows(6)
            .enumerate()
            .filter(|(_, window)| *window == MAGIC.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert_eq!(starts.len(), 5);
        assert!(starts.iter().all(|at| at % 4 == 0));
        assert_eq!(bytes.len() % 4, 0);
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        assert_eq!(small(), small());
    }
}
