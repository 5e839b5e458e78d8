//! How a name is freed or shared in the rootfs: `clean_path` and `maybe_link` of
//! init/initramfs.c, with the system calls behind them.

use super::header::{Header, S_IFDIR};
use super::nodes::Inode;
use super::rootfs::{Call, Rootfs};
use super::walk::{EBUSY, EEXIST, ENOTEMPTY, Last};
use nvpreflight::seen::Errno;

/// How an entry went that may be a further name of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Linked {
    /// It is a first or only name.
    No,
    /// It shares the first name's inode now.
    Yes,
    /// The kernel drops it.
    Failed(Errno),
}

impl Rootfs {
    /// `clean_path`: what is there gives way when its type is another one; a
    /// directory only when it is empty.
    pub(super) fn clean(&mut self, name: &[u8], kind: u16) {
        let Ok(id) = self.near.resolve(&self.nodes, name, false, &mut self.steps) else { return };
        let Some(there) = self.nodes.inode(id).map(Inode::kind) else { return };
        if there != kind {
            let _ = self.remove(name, there == S_IFDIR);
        }
    }

    /// `init_rmdir` or `init_unlink`.
    fn remove(&mut self, name: &[u8], directory: bool) -> Call<()> {
        let (parent, last) = self.near.above(&self.nodes, name, &mut self.steps)?;
        let Last::Name(last, slashed) = last else { return Err(EBUSY) };
        let id = self.nodes.child(parent, last).ok_or(Errno::ENOENT)?;
        let inode = self.nodes.dentry(id).map(|d| d.inode).ok_or(Errno::ENOENT)?;
        let is_dir = self.nodes.inode(inode).is_some_and(Inode::is_dir);
        if is_dir != directory || (slashed && !directory) {
            return Err(Errno::ENOTDIR);
        }
        if is_dir && self.nodes.children_count(inode) > 0 {
            return Err(ENOTEMPTY);
        }
        self.nodes.detach(id);
        self.near.forget();
        if self.nodes.inode(inode).is_some_and(|i| i.nlink == 0) {
            self.unkeep(inode);
        }
        Ok(())
    }

    /// `maybe_link`: the second and later names of a file with several.
    pub(super) fn link(&mut self, header: &Header, name: &[u8]) -> Linked {
        if header.nlink < 2 {
            return Linked::No;
        }
        let key = (header.dev.0, header.dev.1, header.ino, header.kind());
        let Some(old) = self.links.get(&key).cloned() else {
            self.link_bytes += name.len() as u64;
            self.links.insert(key, name.into());
            return Linked::No;
        };
        self.clean(name, 0);
        match self.add_link(&old, name) {
            Ok(()) => Linked::Yes,
            Err(e) => Linked::Failed(e),
        }
    }

    fn add_link(&mut self, old: &[u8], name: &[u8]) -> Call<()> {
        let inode = self.nodes.resolve(old, false, &mut self.steps)?;
        let (directory, last) = self.free(name, false)?;
        if self.nodes.inode(inode).is_some_and(Inode::is_dir) {
            return Err(Errno::EPERM);
        }
        self.nodes.attach(directory, last, inode);
        if let Some(inode) = self.nodes.inode_mut(inode) {
            inode.nlink = inode.nlink.saturating_add(1);
        }
        Ok(())
    }
}

/// Why a hard link is dropped.
pub(super) fn why_link(e: Errno) -> &'static str {
    match e {
        Errno::ENOENT => {
            "it is a hard link, and the file's first name is gone or is the link itself"
        }
        EEXIST => "it is a hard link, and a non-empty directory already has this name",
        _ => "it is a hard link that the kernel cannot make",
    }
}
