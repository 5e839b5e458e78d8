//! Writes files of an image into a directory, and nowhere else. The image's own
//! final state is what is written, as the kernel would leave it.

pub mod target;

use crate::base::error::Result;
use crate::base::progress::Meter;
use crate::base::ui::Ui;
use crate::source::image::{Entry, Image};
use nix::sys::stat::SFlag;
use nvpreflight::tree::Kind;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Write;
use target::{Attributes, Target};

/// What is kept of files beyond their content and permission bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Set-user-id and set-group-id bits.
    pub setuid: bool,
    /// Owner and group; needs root.
    pub owner: bool,
    /// Device nodes, pipes and sockets.
    pub devices: bool,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Files with content of their own.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Directories.
    pub directories: u64,
    /// Symbolic and further hard links.
    pub links: u64,
    /// Device nodes, pipes and sockets.
    pub devices: u64,
    /// Of these, left out because nobody asked for them.
    pub devices_left: u64,
    /// Files whose set-user-id or set-group-id bit was taken off.
    pub setuid_taken: u64,
}

/// Extracts what lies at or below the paths of `chosen`, or everything where it
/// is empty. The paths lead through no links.
///
/// # Errors
/// What could not be read or written.
pub fn extract(
    image: &Image,
    chosen: &[Vec<u8>],
    target: &mut Target,
    options: Options,
    ui: Ui,
) -> Result<Written> {
    let mut plan = Plan::new(options);
    image.entries(&mut |entry| plan.take(entry, chosen, target))?;
    let mut meter = Meter::new(ui, "extracting");
    let mut open: Option<(u32, File)> = None;
    image.contents(
        &mut plan.files.keys().copied(),
        &mut |inode, chunk| {
            let Some(path) = plan.files.get(&inode) else { return Ok(()) };
            if open.as_ref().is_none_or(|(id, _)| *id != inode) {
                open = Some((inode, target.file(path)?));
            }
            match &mut open {
                Some((_, file)) => {
                    file.write_all(chunk).map_err(|e| target::failed_io("write", path, e))
                }
                None => Ok(()),
            }
        },
        &mut |progress| meter.show(progress),
    )?;
    plan.finish(target)
}

/// What is left to do once the contents are there.
struct Plan {
    options: Options,
    written: Written,
    /// The first name of each file that has content.
    files: HashMap<u32, Vec<u8>>,
    /// The first name of each file, for its further names.
    names: HashMap<u32, Vec<u8>>,
    links: Vec<(Vec<u8>, Vec<u8>)>,
    /// Modes are given last, the deepest path first: a directory may be one that
    /// nobody can write to.
    attributes: BTreeMap<Vec<u8>, Attributes>,
}

impl Plan {
    fn new(options: Options) -> Self {
        Self {
            options,
            written: Written::default(),
            files: HashMap::new(),
            names: HashMap::new(),
            links: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// One entry of the image, in the order of paths: parents come first.
    fn take(&mut self, entry: &Entry<'_>, chosen: &[Vec<u8>], target: &mut Target) -> Result<()> {
        let inside = chosen.is_empty() || chosen.iter().any(|path| below(entry.path, path));
        let leads = entry.kind == Kind::Directory && chosen.iter().any(|p| below(p, entry.path));
        if !inside && !leads {
            return Ok(());
        }
        match entry.kind {
            Kind::Directory => {
                target.directory(entry.path)?;
                self.written.directories += 1;
                self.settle_later(entry);
            }
            Kind::Link => {
                target.symlink(entry.path, entry.target)?;
                self.written.links += 1;
            }
            Kind::File => self.file(entry, target)?,
            Kind::CharDevice | Kind::Other => {
                if self.options.devices {
                    let kind = SFlag::from_bits_truncate(entry.mode) & SFlag::S_IFMT;
                    target.node(entry.path, kind, entry.mode & 0o777, entry.rdev)?;
                    self.written.devices += 1;
                } else {
                    self.written.devices_left += 1;
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, entry: &Entry<'_>, target: &mut Target) -> Result<()> {
        if entry.nlink > 1 {
            if let Some(first) = self.names.get(&entry.inode) {
                self.links.push((first.clone(), entry.path.to_vec()));
                return Ok(());
            }
            self.names.insert(entry.inode, entry.path.to_vec());
        }
        if entry.size == 0 {
            target.file(entry.path)?;
        } else {
            self.files.insert(entry.inode, entry.path.to_vec());
        }
        self.written.files += 1;
        self.written.bytes += entry.size;
        self.settle_later(entry);
        Ok(())
    }

    fn settle_later(&mut self, entry: &Entry<'_>) {
        let mut mode = entry.mode & 0o7777;
        if !self.options.setuid && mode & 0o6000 != 0 {
            mode &= !0o6000;
            self.written.setuid_taken += 1;
        }
        let owner = self.options.owner.then_some((entry.uid, entry.gid));
        let attributes = Attributes { mode, owner, mtime: entry.mtime };
        self.attributes.insert(entry.path.to_vec(), attributes);
    }

    fn finish(mut self, target: &mut Target) -> Result<Written> {
        for (old, new) in &self.links {
            target.hard_link(old, new)?;
            self.written.links += 1;
        }
        for (path, attributes) in self.attributes.iter().rev() {
            target.settle(path, attributes)?;
        }
        Ok(self.written)
    }
}

/// True when `path` is `top` or lies below it.
fn below(path: &[u8], top: &[u8]) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || top.is_empty())
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_name_that_only_begins_alike_is_not_below() {
        assert!(below(b"etc/a", b"etc"));
        assert!(below(b"etc", b"etc"));
        assert!(below(b"etc", b""));
        assert!(!below(b"etcetera/a", b"etc"));
        assert!(!below(b"et", b"etc"));
    }
}
