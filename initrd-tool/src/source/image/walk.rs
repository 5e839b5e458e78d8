//! Path lookup in the rootfs as the VFS does it (fs/namei.c): links followed on
//! the way, `..` stopping at the root, trailing slashes, at most 40 links.

use super::nodes::{Content, Nodes, ROOT};
use nvpreflight::seen::Errno;
use nvpreflight::tree::{MAXSYMLINKS, PATH_MAX};

/// Bytes of one component (include/uapi/linux/limits.h).
const NAME_MAX: usize = 255;

pub(crate) const ENAMETOOLONG: Errno = Errno(36);
pub(crate) const ELOOP: Errno = Errno(40);
pub(crate) const EEXIST: Errno = Errno(17);
pub(crate) const EISDIR: Errno = Errno(21);
pub(crate) const ENOTEMPTY: Errno = Errno(39);
pub(crate) const EBUSY: Errno = Errno(16);

/// The last component of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Last<'p> {
    /// A name, and whether slashes follow it.
    Name(&'p [u8], bool),
    /// None at all, `.` or `..`: no name that could be made or removed.
    Special,
}

impl Nodes {
    /// The inode that a path names.
    pub(crate) fn resolve(&self, path: &[u8], follow: bool, steps: &mut u64) -> Result<u32, Errno> {
        let mut links = 0;
        let mut at = ROOT;
        let mut stack = vec![path];
        while let Some(rest) = stack.pop() {
            let Some((name, rest)) = component(rest) else { continue };
            *steps += 1;
            if rest.iter().any(|b| *b != b'/') {
                stack.push(rest);
            }
            let last = stack.is_empty();
            let slashed = last && !rest.is_empty();
            if !self.inode(at).is_some_and(|i| i.is_dir()) {
                return Err(Errno::ENOTDIR);
            }
            let Some(found) = self.step(at, name)? else { return Err(Errno::ENOENT) };
            let content = self.inode(found).map(|i| i.content);
            match content {
                Some(Content::Link(target)) if !last || follow || slashed => {
                    links += 1;
                    if links > MAXSYMLINKS {
                        return Err(ELOOP);
                    }
                    let target = self.text(target);
                    if target.starts_with(b"/") {
                        at = ROOT;
                    }
                    stack.push(target);
                    if slashed {
                        // What a link with a slash behind it names must be a
                        // directory, which a further component asks for.
                        stack.insert(0, b".");
                    }
                }
                _ => {
                    at = found;
                    if slashed && !self.inode(at).is_some_and(|i| i.is_dir()) {
                        return Err(Errno::ENOTDIR);
                    }
                }
            }
        }
        Ok(at)
    }

    /// A last component in the directory that its path leads to.
    fn in_directory<'p>(&self, directory: u32, last: Last<'p>) -> Result<(u32, Last<'p>), Errno> {
        match last {
            _ if !self.inode(directory).is_some_and(|i| i.is_dir()) => Err(Errno::ENOTDIR),
            Last::Name(name, _) if name.len() > NAME_MAX => Err(ENAMETOOLONG),
            last => Ok((directory, last)),
        }
    }

    /// One component from a directory.
    fn step(&self, at: u32, name: &[u8]) -> Result<Option<u32>, Errno> {
        match name {
            b"." => Ok(Some(at)),
            b".." => Ok(Some(self.parent(at))),
            name if name.len() > NAME_MAX => Err(ENAMETOOLONG),
            name => Ok(self.child(at, name).and_then(|d| self.dentry(d)).map(|d| d.inode)),
        }
    }
}

/// Everything before the last component of a path, and that component, which may be
/// too long for a name.
fn split(path: &[u8]) -> Result<(&[u8], Last<'_>), Errno> {
    if path.len() >= PATH_MAX {
        return Err(ENAMETOOLONG);
    }
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    let (body, slashes) = path.split_at_checked(end).unwrap_or((path, &[]));
    let start = body.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    let (head, name) = body.split_at_checked(start).unwrap_or((&[], body));
    let last = match name {
        b"" | b"." | b".." => Last::Special,
        name => Last::Name(name, !slashes.is_empty()),
    };
    Ok((head, last))
}

/// The directory that the last path led to. Archives name a directory's entries
/// one after another, and nothing that is added changes where a path leads that led
/// somewhere before: only what is removed does, and then this is forgotten.
#[derive(Debug, Default)]
pub(crate) struct Near {
    head: Vec<u8>,
    directory: Option<u32>,
}

impl Near {
    /// To be called when a name was removed.
    pub(crate) fn forget(&mut self) {
        self.directory = None;
    }

    /// The directory of a path's last component, links on the way followed, and that
    /// component.
    pub(crate) fn above<'p>(
        &mut self,
        nodes: &Nodes,
        path: &'p [u8],
        steps: &mut u64,
    ) -> Result<(u32, Last<'p>), Errno> {
        let (head, last) = split(path)?;
        if let Some(directory) = self.directory.filter(|_| self.head == head) {
            *steps += 1;
            return nodes.in_directory(directory, last);
        }
        let directory = nodes.resolve(head, true, steps)?;
        self.directory = Some(directory);
        self.head.clear();
        self.head.extend_from_slice(head);
        nodes.in_directory(directory, last)
    }

    /// As [`Nodes::resolve`].
    pub(crate) fn resolve(
        &mut self,
        nodes: &Nodes,
        path: &[u8],
        follow: bool,
        steps: &mut u64,
    ) -> Result<u32, Errno> {
        let Ok((directory, Last::Name(name, false))) = self.above(nodes, path, steps) else {
            return nodes.resolve(path, follow, steps);
        };
        *steps += 1;
        let found = nodes.child(directory, name).and_then(|d| nodes.dentry(d)).map(|d| d.inode);
        let id = found.ok_or(Errno::ENOENT)?;
        match nodes.inode(id).map(|i| i.content) {
            Some(Content::Link(_)) if follow => nodes.resolve(path, follow, steps),
            _ => Ok(id),
        }
    }
}

/// The first component and what follows it.
fn component(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|b| *b != b'/')?;
    let path = path.get(start..)?;
    let end = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
    path.split_at_checked(end)
}
