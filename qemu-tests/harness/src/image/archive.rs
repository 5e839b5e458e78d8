//! An initrd segment of the boot tests: directories come before what lies in them, and
//! a folder of the host is added in order of names. The bytes are the host tool's
//! (`change/newc.rs`); it never reads archives.

use nvpreflight_tool::change::newc::Writer;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// One archive (one initramfs segment) being written to `W`.
pub struct Archive<W: Write> {
    out: Writer<W>,
    directories: BTreeSet<String>,
}

impl<W: Write> Archive<W> {
    /// Starts an archive; nothing is written yet.
    pub fn new(out: W) -> Self {
        Self { out: Writer::new(out), directories: BTreeSet::new() }
    }

    /// Adds a directory and the ones above it, mode 0755.
    pub fn directory(&mut self, name: &str) -> io::Result<()> {
        let name = name.trim_matches('/');
        if name.is_empty() || self.directories.contains(name) {
            return Ok(());
        }
        self.parents(name)?;
        self.directories.insert(name.to_owned());
        self.out.directory(name.as_bytes())
    }

    /// Adds a regular file with the given permission bits.
    pub fn file(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let name = name.trim_matches('/');
        self.parents(name)?;
        self.out.file(name.as_bytes(), mode, data)
    }

    /// Adds a symbolic link `name` that points at `target`.
    pub fn symlink(&mut self, name: &str, target: &str) -> io::Result<()> {
        let name = name.trim_matches('/');
        self.parents(name)?;
        self.out.link(name.as_bytes(), target.as_bytes())
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
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }

    fn parents(&mut self, name: &str) -> io::Result<()> {
        match name.rsplit_once('/') {
            Some((parent, _)) => self.directory(parent),
            None => Ok(()),
        }
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
    fn the_same_input_gives_the_same_bytes() {
        assert_eq!(small(), small());
    }
}
