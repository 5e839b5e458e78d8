//! Writes files of an image into a directory, and nowhere else. The image's own
//! final state is what is written, as the kernel would leave it.

pub mod target;

use crate::base::error::Result;
use crate::base::progress::Meter;
use crate::base::ui::Ui;
use crate::source::image::{Entry, Image};
use nix::errno::Errno;
use nix::sys::stat::SFlag;
use nvpreflight::tree::Kind;
use std::collections::{BTreeMap, HashMap, HashSet};
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
    /// Entries that could not be made, each told when it failed.
    pub failed: u64,
}

/// Failures that are told one by one; the rest is counted.
const FAILURES_TOLD: u64 = 20;

/// Extracts what lies at or below the paths of `chosen`, or everything where it
/// is empty. The paths lead through no links. An entry that cannot be made, as a link
/// without a target, is told and passed over, as the kernel does.
///
/// # Errors
/// More bytes than `most` or than the disk has room for, before the first of them is
/// written; what could not be read; a disk that takes no more.
pub fn extract(
    image: &Image,
    chosen: &[Vec<u8>],
    target: &mut Target,
    options: Options,
    most: u64,
    ui: Ui,
) -> Result<Written> {
    let mut plan = Plan::new(options, ui);
    let mut bytes = 0u64;
    let mut counted = HashSet::new();
    image.entries(&mut |entry| {
        let inside = chosen.is_empty() || chosen.iter().any(|path| below(entry.path, path));
        // Further names of a file take no room.
        if inside && entry.kind == Kind::File && (entry.nlink < 2 || counted.insert(entry.inode)) {
            bytes = bytes.saturating_add(entry.size);
        }
        Ok(())
    })?;
    target.has_room(bytes, most)?;
    image.entries(&mut |entry| plan.take(entry, chosen, target))?;
    let mut meter = Meter::new(ui, "extracting");
    let mut open: Option<(u32, Option<File>)> = None;
    image.contents(
        &mut plan.files.keys().copied().collect::<Vec<_>>().into_iter(),
        &mut |inode, chunk| {
            let Some(path) = plan.files.get(&inode).cloned() else { return Ok(()) };
            if open.as_ref().is_none_or(|(id, _)| *id != inode) {
                let made = target.file(&path);
                let made = plan.failures.take(made)?;
                if made.is_none() {
                    plan.attributes.remove(&path);
                }
                open = Some((inode, made));
            }
            match &mut open {
                Some((_, Some(file))) => {
                    file.write_all(chunk).map_err(|e| target::failed_io("write", &path, e))
                }
                _ => Ok(()),
            }
        },
        &mut |progress| meter.show(progress),
    )?;
    plan.finish(target)
}

/// What went wrong on the way.
struct Failures {
    count: u64,
    ui: Ui,
}

impl Failures {
    /// What was made, or `None` where it could not be; only a system that can make
    /// nothing more ends the extraction.
    fn take<T>(&mut self, made: Result<T>) -> Result<Option<T>> {
        const NO_MORE: [Errno; 7] = [
            Errno::ENOSPC,
            Errno::EDQUOT,
            Errno::EROFS,
            Errno::EIO,
            Errno::EMFILE,
            Errno::ENFILE,
            Errno::ENOMEM,
        ];
        match made {
            Ok(made) => Ok(Some(made)),
            Err(e) => {
                let number = e.io_error().and_then(std::io::Error::raw_os_error);
                if NO_MORE.iter().any(|no_more| number == Some(*no_more as i32)) {
                    return Err(e);
                }
                if self.count < FAILURES_TOLD {
                    self.ui.say(format_args!("warning: {e}"));
                }
                self.count += 1;
                Ok(None)
            }
        }
    }
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
    failures: Failures,
}

impl Plan {
    fn new(options: Options, ui: Ui) -> Self {
        Self {
            failures: Failures { count: 0, ui },
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
                let made = target.directory(entry.path);
                if self.failures.take(made)?.is_some() {
                    self.written.directories += 1;
                    self.settle_later(entry);
                }
            }
            Kind::Link => {
                let made = target.symlink(entry.path, entry.target);
                self.written.links += u64::from(self.failures.take(made)?.is_some());
            }
            Kind::File => self.file(entry, target)?,
            Kind::CharDevice | Kind::Other => {
                if self.options.devices {
                    let kind = SFlag::from_bits_truncate(entry.mode) & SFlag::S_IFMT;
                    let made = target.node(entry.path, kind, entry.mode & 0o777, entry.rdev);
                    self.written.devices += u64::from(self.failures.take(made)?.is_some());
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
            let made = target.file(entry.path);
            if self.failures.take(made)?.is_none() {
                return Ok(());
            }
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
            let made = target.hard_link(old, new);
            self.written.links += u64::from(self.failures.take(made)?.is_some());
        }
        for (path, attributes) in self.attributes.iter().rev() {
            let made = target.settle(path, attributes);
            self.failures.take(made)?;
        }
        self.written.failed = self.failures.count;
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
