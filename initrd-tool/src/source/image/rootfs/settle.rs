//! What is set of an entry that is there: owner, mode, times, content. It makes no names.

use super::{Body, Rootfs};
use crate::source::image::header::{Header, S_IFMT};
use std::mem;

impl Rootfs {
    /// `init_chown` and `init_chmod`, which reach whatever the name leads to.
    pub(super) fn attributes(&mut self, header: &Header, name: &[u8], follow: bool) {
        let Ok(id) = self.near.resolve(&self.nodes, name, follow, &mut self.steps) else { return };
        let segment = self.segment;
        if let Some(inode) = self.nodes.inode_mut(id) {
            inode.chown(header);
            if follow {
                inode.mode = (inode.mode & S_IFMT) | (header.mode & !S_IFMT);
            }
            if inode.is_dir() {
                inode.segment = segment;
            }
        }
    }

    /// `do_utime`: the time of what has the name, links not followed.
    pub(super) fn utime(&mut self, name: &[u8], mtime: u32) {
        if let Ok(id) = self.near.resolve(&self.nodes, name, false, &mut self.steps) {
            if let Some(inode) = self.nodes.inode_mut(id) {
                inode.mtime = Some(mtime);
            }
        }
    }

    /// `dir_utime`: the times of directories come after everything else, those of
    /// the first entries last, by name whatever has the name by then.
    pub(crate) fn finish(&mut self) {
        for (name, mtime) in mem::take(&mut self.times).into_iter().rev() {
            if let Ok(id) =
                self.near.resolve(&self.nodes, self.nodes.text(name), false, &mut self.steps)
            {
                if let Some(inode) = self.nodes.inode_mut(id) {
                    inode.mtime = Some(mtime);
                }
            }
        }
    }

    /// True when the content that follows is kept.
    pub(crate) const fn fills(&self) -> bool {
        self.filling.is_some()
    }

    /// A piece of a file's content.
    pub(crate) fn body(&mut self, bytes: &[u8]) {
        if let Some(filling) = &mut self.filling {
            filling.extend_from_slice(bytes);
        }
    }

    /// The content is whole.
    pub(crate) fn body_end(&mut self, body: Body, mtime: u32) {
        if let Body::Inode(id) = body {
            if let Some(inode) = self.nodes.inode_mut(id) {
                inode.mtime = Some(mtime);
            }
        }
        if let (Body::Inode(id), Some(bytes)) = (body, self.filling.take()) {
            self.kept_bytes += bytes.len() as u64;
            self.kept.insert(id, bytes);
        }
    }

    pub(in super::super) fn unkeep(&mut self, inode: u32) {
        self.filling = None;
        if let Some(bytes) = self.kept.remove(&inode) {
            self.kept_bytes = self.kept_bytes.saturating_sub(bytes.len() as u64);
        }
    }
}
