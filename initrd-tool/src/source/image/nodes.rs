//! Storage of the rootfs: directory entries, inodes and one arena of names. About
//! 100 bytes an entry, so that millions of them stay modest.

use super::header::{Header, S_IFDIR, S_IFMT};
use hashbrown::HashTable;
use std::hash::{BuildHasher, Hasher, RandomState};

/// No entry.
pub(crate) const NONE: u32 = u32::MAX;
/// The root directory's inode.
pub(crate) const ROOT: u32 = 0;
/// The segment of what the kernel's built-in archive made and the image left alone.
pub const BUILTIN: u32 = u32::MAX;

/// A run of bytes in the arena.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Text {
    at: u32,
    len: u32,
}

/// A name in a directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dentry {
    /// The directory's inode.
    pub parent: u32,
    pub inode: u32,
    pub name: Text,
    next: u32,
    previous: u32,
}

/// What an inode holds beside its attributes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Position in the segment's unpacked bytes.
    File { at: u64, size: u32 },
    /// A link's target.
    Link(Text),
    /// First child, number of children, the directory's own entry.
    Directory { first: u32, children: u32, own: u32, depth: u32 },
    /// Major and minor number; zeros for FIFOs and sockets.
    Node { major: u32, minor: u32 },
}

/// A file system object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inode {
    pub content: Content,
    pub mode: u16,
    pub nlink: u32,
    pub uid: u32,
    pub gid: u32,
    /// `None` while it is the time of the boot.
    pub mtime: Option<u32>,
    /// The segment that wrote it last, or [`BUILTIN`].
    pub segment: u32,
}

impl Inode {
    pub(crate) const fn kind(&self) -> u16 {
        self.mode & S_IFMT
    }

    pub(crate) const fn is_dir(&self) -> bool {
        self.kind() == S_IFDIR
    }

    /// Takes a header's owner; all ones mean "as it is" (fs/open.c `chown_common`).
    pub(crate) const fn chown(&mut self, header: &Header) {
        if header.uid != u32::MAX {
            self.uid = header.uid;
        }
        if header.gid != u32::MAX {
            self.gid = header.gid;
        }
    }
}

/// The whole tree.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    dentries: Vec<Dentry>,
    inodes: Vec<Inode>,
    names: Vec<u8>,
    table: HashTable<Slot>,
    hasher: RandomState,
}

/// An entry's place in the table. Its hash stands beside it, so that neither a
/// miss nor the growing of the table reads names from all over the arena.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    dentry: u32,
}

impl Slot {
    /// What the table sorts by: it takes the place from the low bits and a tag from
    /// the high ones.
    const fn spread(hash: u32) -> u64 {
        (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Nodes {
    /// A tree with nothing but its root.
    pub(crate) fn new() -> Self {
        let mut nodes = Self::default();
        nodes.inodes.push(Inode {
            content: Content::Directory { first: NONE, children: 0, own: NONE, depth: 0 },
            mode: S_IFDIR | 0o755,
            nlink: 1,
            uid: 0,
            gid: 0,
            mtime: None,
            segment: BUILTIN,
        });
        nodes
    }

    /// Bytes of all names and targets, gone ones too.
    pub(crate) fn name_bytes(&self) -> u64 {
        self.names.len() as u64
    }

    pub(crate) fn inode_count(&self) -> u32 {
        u32::try_from(self.inodes.len()).unwrap_or(NONE)
    }

    pub(crate) fn inode(&self, id: u32) -> Option<&Inode> {
        self.inodes.get(id as usize)
    }

    pub(crate) fn inode_mut(&mut self, id: u32) -> Option<&mut Inode> {
        self.inodes.get_mut(id as usize)
    }

    pub(crate) fn dentry(&self, id: u32) -> Option<&Dentry> {
        self.dentries.get(id as usize)
    }

    pub(crate) fn text(&self, text: Text) -> &[u8] {
        let at = text.at as usize;
        self.names.get(at..at + text.len as usize).unwrap_or_default()
    }

    /// Puts bytes into the arena. The caller bounds it to less than 4 GiB.
    pub(crate) fn store(&mut self, bytes: &[u8]) -> Text {
        let at = u32::try_from(self.names.len()).unwrap_or(NONE);
        self.names.extend_from_slice(bytes);
        Text { at, len: u32::try_from(bytes.len()).unwrap_or(0) }
    }

    /// The entry of that name in a directory.
    pub(crate) fn child(&self, directory: u32, name: &[u8]) -> Option<u32> {
        let hash = self.hash(directory, name);
        let same = |slot: &Slot| {
            slot.hash == hash
                && self
                    .dentry(slot.dentry)
                    .is_some_and(|d| d.parent == directory && self.text(d.name) == name)
        };
        self.table.find(Slot::spread(hash), same).map(|slot| slot.dentry)
    }

    /// Keyed by chance, so that no image can choose names that collide.
    fn hash(&self, directory: u32, name: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(directory);
        hasher.write(name);
        // Half of a keyed hash is one.
        hasher.finish() as u32
    }

    /// The directory above; the root's is the root.
    pub(crate) fn parent(&self, directory: u32) -> u32 {
        match self.inode(directory).map(|i| i.content) {
            Some(Content::Directory { own, .. }) => self.dentry(own).map_or(ROOT, |d| d.parent),
            _ => ROOT,
        }
    }

    /// A directory's path with slashes at both ends.
    pub(crate) fn path(&self, directory: u32) -> Vec<u8> {
        let mut names = Vec::new();
        let mut at = directory;
        while at != ROOT {
            let own = match self.inode(at).map(|i| i.content) {
                Some(Content::Directory { own, .. }) => own,
                _ => break,
            };
            let Some(dentry) = self.dentry(own) else { break };
            names.push(self.text(dentry.name));
            at = dentry.parent;
        }
        let mut path = vec![b'/'];
        for name in names.iter().rev() {
            path.extend_from_slice(name);
            path.push(b'/');
        }
        path
    }

    pub(crate) fn depth(&self, directory: u32) -> u32 {
        match self.inode(directory).map(|i| i.content) {
            Some(Content::Directory { depth, .. }) => depth,
            _ => 0,
        }
    }

    /// Adds an inode without a name.
    pub(crate) fn add_inode(&mut self, inode: Inode) -> u32 {
        let id = self.inode_count();
        self.inodes.push(inode);
        id
    }

    /// Gives an inode a name. The caller has seen that there is none of it.
    pub(crate) fn attach(&mut self, directory: u32, name: &[u8], inode: u32) {
        let id = u32::try_from(self.dentries.len()).unwrap_or(NONE);
        let text = self.store(name);
        let mut head = NONE;
        let deeper = self.depth(directory) + 1;
        if let Some(Content::Directory { first, children, .. }) =
            self.inode_mut(directory).map(|i| &mut i.content)
        {
            head = std::mem::replace(first, id);
            *children += 1;
        }
        if let Some(next) = self.dentries.get_mut(head as usize) {
            next.previous = id;
        }
        if let Some(Content::Directory { own, depth, .. }) =
            self.inode_mut(inode).map(|i| &mut i.content)
        {
            (*own, *depth) = (id, deeper);
        }
        let dentry = Dentry { parent: directory, inode, name: text, next: head, previous: NONE };
        self.dentries.push(dentry);
        let slot = Slot { hash: self.hash(directory, name), dentry: id };
        self.table.insert_unique(Slot::spread(slot.hash), slot, |slot| Slot::spread(slot.hash));
    }

    /// Takes a name out of its directory; the inode stays for its other names.
    pub(crate) fn detach(&mut self, id: u32) {
        let Some(dentry) = self.dentry(id).copied() else { return };
        let hash = self.hash(dentry.parent, self.text(dentry.name));
        if let Ok(found) = self.table.find_entry(Slot::spread(hash), |slot| slot.dentry == id) {
            found.remove();
        }
        if let Some(next) = self.dentries.get_mut(dentry.next as usize) {
            next.previous = dentry.previous;
        }
        match self.dentries.get_mut(dentry.previous as usize) {
            Some(previous) => previous.next = dentry.next,
            None => {
                if let Some(Content::Directory { first, .. }) =
                    self.inode_mut(dentry.parent).map(|i| &mut i.content)
                {
                    *first = dentry.next;
                }
            }
        }
        if let Some(Content::Directory { children, .. }) =
            self.inode_mut(dentry.parent).map(|i| &mut i.content)
        {
            *children = children.saturating_sub(1);
        }
        if let Some(inode) = self.inode_mut(dentry.inode) {
            inode.nlink = inode.nlink.saturating_sub(1);
        }
    }

    /// The entries of a directory, newest first.
    pub(crate) fn children(&self, directory: u32) -> impl Iterator<Item = (u32, &Dentry)> {
        let first = match self.inode(directory).map(|i| i.content) {
            Some(Content::Directory { first, .. }) => first,
            _ => NONE,
        };
        let pair = |id: u32| self.dentry(id).map(|d| (id, d));
        std::iter::successors(pair(first), move |(_, d)| pair(d.next))
    }

    /// Number of entries of a directory.
    pub(crate) fn children_count(&self, directory: u32) -> u32 {
        match self.inode(directory).map(|i| i.content) {
            Some(Content::Directory { children, .. }) => children,
            _ => 0,
        }
    }
}
