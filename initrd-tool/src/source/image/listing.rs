//! The finished rootfs as entries in the order of their paths.

use super::header::{S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG};
use super::nodes::{BUILTIN, Content, Dentry, Inode, Nodes, ROOT};
use crate::base::error::Result;
use nvpreflight::tree::Kind;
use std::cmp::Ordering;

/// One name in the rootfs.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Path below the root, without a leading slash; any bytes but NUL.
    pub path: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// File type and permission bits, as stat(2) has them.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Seconds since 1970 as the archive says; `None` where the kernel leaves the
    /// time of the boot, as for a file whose content is cut off.
    pub mtime: Option<u32>,
    /// Bytes of a file's content or of a link's target, else 0.
    pub size: u64,
    /// Number of names that a file has.
    pub nlink: u32,
    /// Major and minor number of a device node.
    pub rdev: (u32, u32),
    /// A link's target, else empty.
    pub target: &'a [u8],
    /// Index of the segment that wrote it last, or [`BUILTIN`].
    pub segment: u32,
    /// The same for all names of one file.
    pub inode: u32,
}

/// What a mode's type bits mean.
pub(crate) const fn kind(mode: u16) -> Kind {
    match mode & super::header::S_IFMT {
        S_IFREG => Kind::File,
        S_IFDIR => Kind::Directory,
        S_IFLNK => Kind::Link,
        S_IFCHR => Kind::CharDevice,
        // A block device and the rest.
        _ => Kind::Other,
    }
}

impl Nodes {
    fn entry<'a>(&'a self, path: &'a [u8], id: u32, inode: &'a Inode) -> Entry<'a> {
        let (mut size, mut rdev, mut target) = (0, (0, 0), &[][..]);
        match inode.content {
            Content::File { size: bytes, .. } => size = u64::from(bytes),
            Content::Link(text) => {
                target = self.text(text);
                size = target.len() as u64;
            }
            Content::Node { major, minor } => rdev = (major, minor),
            Content::Directory { .. } => {}
        }
        Entry {
            path,
            kind: kind(inode.mode),
            mode: u32::from(inode.mode),
            uid: inode.uid,
            gid: inode.gid,
            mtime: inode.mtime,
            size,
            nlink: inode.nlink,
            rdev,
            target,
            segment: inode.segment,
            inode: id,
        }
    }

    /// The root directory, whose path is empty.
    pub(crate) fn root(&self) -> Option<Entry<'_>> {
        Some(self.entry(&[], ROOT, self.inode(ROOT)?))
    }

    /// Every entry in the order of paths as bytes, without the root and without
    /// what only the kernel's built-in archive made.
    pub(crate) fn entries(&self, visit: &mut dyn FnMut(&Entry<'_>) -> Result<()>) -> Result<()> {
        let mut path = Vec::new();
        let mut stack = vec![self.level(ROOT, 0)];
        while let Some(level) = stack.last_mut() {
            let Some(item) = level.items.pop() else {
                stack.pop();
                continue;
            };
            path.truncate(level.prefix);
            path.extend_from_slice(self.text(item.dentry.name));
            if item.below {
                path.push(b'/');
                let prefix = path.len();
                stack.push(self.level(item.dentry.inode, prefix));
            } else if let Some(inode) = self.inode(item.dentry.inode) {
                if inode.segment != BUILTIN || self.holds(item.dentry.inode) {
                    visit(&self.entry(&path, item.dentry.inode, inode))?;
                }
            }
        }
        Ok(())
    }

    /// True when a built-in directory holds something that the image made.
    fn holds(&self, directory: u32) -> bool {
        self.children(directory)
            .any(|(_, d)| self.inode(d.inode).is_some_and(|i| i.segment != BUILTIN))
    }

    /// A directory's entries, last first. `a-b` comes between `a` and `a/b`, so a
    /// directory is two items.
    fn level(&self, directory: u32, prefix: usize) -> Level {
        let mut items = Vec::new();
        for (_, dentry) in self.children(directory) {
            items.push(Item { dentry: *dentry, below: false });
            if self.children_count(dentry.inode) > 0 {
                items.push(Item { dentry: *dentry, below: true });
            }
        }
        let name = |item: &Item| self.text(item.dentry.name);
        items.sort_unstable_by(|a, b| order(name(b), b.below, name(a), a.below));
        Level { items, prefix }
    }
}

/// The order of two names as bytes, one that stands for a directory's content with a
/// slash behind it.
fn order(a: &[u8], a_below: bool, b: &[u8], b_below: bool) -> Ordering {
    let same = a.len().min(b.len());
    let (Some((a, a_rest)), Some((b, b_rest))) =
        (a.split_at_checked(same), b.split_at_checked(same))
    else {
        return Ordering::Equal;
    };
    let next = |rest: &[u8], below: bool| rest.first().copied().or(below.then_some(b'/'));
    a.cmp(b).then_with(|| next(a_rest, a_below).cmp(&next(b_rest, b_below)))
}

struct Level {
    items: Vec<Item>,
    /// Length of the path before these names.
    prefix: usize,
}

#[derive(Clone, Copy)]
struct Item {
    dentry: Dentry,
    /// The directory's content instead of the directory.
    below: bool,
}
