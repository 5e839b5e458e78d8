//! Path lookup in the rootfs as the VFS does it (fs/namei.c): links followed on
//! the way, `..` stopping at the root, trailing slashes, at most 40 links.

use super::header::PATH_MAX;
use super::nodes::{Content, Nodes, ROOT};
use nvpreflight::seen::Errno;

/// Links followed in one lookup (include/linux/namei.h MAXSYMLINKS).
pub(crate) const MAXSYMLINKS: u32 = 40;
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

    /// The directory of a path's last component, links on the way followed, and
    /// that component.
    pub(crate) fn above<'p>(
        &self,
        path: &'p [u8],
        steps: &mut u64,
    ) -> Result<(u32, Last<'p>), Errno> {
        if path.len() as u64 >= PATH_MAX {
            return Err(ENAMETOOLONG);
        }
        let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
        let (body, slashes) = path.split_at_checked(end).unwrap_or((path, &[]));
        let start = body.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
        let (head, name) = body.split_at_checked(start).unwrap_or((&[], body));
        let directory = self.resolve(head, true, steps)?;
        if !self.inode(directory).is_some_and(|i| i.is_dir()) {
            return Err(Errno::ENOTDIR);
        }
        Ok(match name {
            b"" | b"." | b".." => (directory, Last::Special),
            name if name.len() > NAME_MAX => return Err(ENAMETOOLONG),
            name => (directory, Last::Name(name, !slashes.is_empty())),
        })
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

/// The first component and what follows it.
fn component(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = path.iter().position(|b| *b != b'/')?;
    let path = path.get(start..)?;
    let end = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
    path.split_at_checked(end)
}
