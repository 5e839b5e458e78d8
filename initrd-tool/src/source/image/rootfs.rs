//! What the kernel's system calls leave behind: the archive's entries applied to a
//! rootfs one after another, as `do_name`, `do_copy` and `do_symlink` of
//! init/initramfs.c and fs/init.c apply them, with what they silently drop told.

use super::header::{Header, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK};
use super::keep::Keep;
use super::links::{Linked, why_link};
use super::nodes::{BUILTIN, Content, Inode, NONE, Nodes, Text};
use super::segments::Dropped;
use super::walk::{EEXIST, EISDIR, ELOOP, Last, Near};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use nvpreflight::seen::Errno;
use nvpreflight::tree::MAXSYMLINKS;
use std::collections::HashMap;

mod settle;

/// Dropped entries that are told one by one; the rest is counted.
const TOLD: usize = 1000;
/// Lookup steps of all entries together: some ten an entry in real images; chains
/// of links make lookups expensive on purpose only.
const STEPS: u64 = 1 << 30;

/// Where the bytes after a name go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// Nowhere.
    None,
    /// Into this inode.
    Inode(u32),
}

/// The file system while it is being filled.
#[derive(Debug)]
pub(crate) struct Rootfs {
    pub nodes: Nodes,
    pub kept: HashMap<u32, Vec<u8>>,
    pub dropped: Vec<Dropped>,
    pub dropped_total: u64,
    /// First names of hard links: device, inode number, file type.
    pub(super) links: HashMap<(u32, u32, u32, u16), Box<[u8]>>,
    pub(super) link_bytes: u64,
    /// Names of directory entries and their times.
    times: Vec<(Text, u32)>,
    keep: Keep,
    limits: Limits,
    kept_bytes: u64,
    entries: u64,
    pub(super) steps: u64,
    pub(super) near: Near,
    deepest: u32,
    /// The segment that is being read and the position of its current header.
    pub segment: u32,
    header_at: u64,
    filling: Option<Vec<u8>>,
}

impl Rootfs {
    /// The rootfs before the image: what the kernel's own archive makes
    /// (usr/default_cpio_list).
    pub(crate) fn new(keep: Keep, limits: Limits) -> Self {
        let mut rootfs = Self {
            nodes: Nodes::new(),
            kept: HashMap::new(),
            dropped: Vec::new(),
            dropped_total: 0,
            links: HashMap::new(),
            link_bytes: 0,
            times: Vec::new(),
            keep,
            limits,
            kept_bytes: 0,
            entries: 0,
            steps: 0,
            near: Near::default(),
            deepest: 0,
            segment: BUILTIN,
            header_at: 0,
            filling: None,
        };
        let directory = |mode| Header { mode: S_IFDIR | mode, ..Header::default() };
        let console = Header { mode: S_IFCHR | 0o600, rdev: (5, 1), ..Header::default() };
        // In an empty root these cannot fail.
        let _ = rootfs.directory(&directory(0o755), b"/dev");
        let _ = rootfs.node(&console, b"/dev/console");
        let _ = rootfs.directory(&directory(0o700), b"/root");
        rootfs
    }

    /// A header was read at that position: counts it against the limits.
    pub(crate) fn begin(&mut self, at: u64) -> Result<()> {
        self.header_at = at;
        self.entries += 1;
        let limits = &self.limits;
        let names = self.nodes.name_bytes() + self.link_bytes;
        let over = if self.entries > limits.entries {
            format!("more than {} entries (limit `entries`)", limits.entries)
        } else if names > limits.names {
            format!("more than {} bytes of names (limit `names`)", limits.names)
        } else if self.deepest > limits.depth {
            format!("directories nested more than {} deep (limit `depth`)", limits.depth)
        } else if self.steps > STEPS {
            "paths that need too many lookups (limit `lookups`)".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::new(format!("the archive has {over}, at byte {at} of it")))
    }

    /// `free_hash`: hard links do not reach over a trailer.
    pub(crate) fn forget_links(&mut self) {
        self.links.clear();
        self.link_bytes = 0;
    }

    /// An entry that the kernel passes over before it reads the name.
    pub(crate) fn drop_unnamed(&mut self, why: &'static str) {
        self.drop(b"", why);
    }

    fn drop(&mut self, path: &[u8], why: &'static str) {
        self.dropped_total += 1;
        if self.dropped.len() < TOLD {
            let (at, segment) = (self.header_at, self.segment);
            self.dropped.push(Dropped { path: path.into(), why, at, segment });
        }
    }

    /// `do_name` for everything but the trailer; says where the content goes.
    /// `at` is the position of the content in the stream.
    pub(crate) fn take(&mut self, header: &Header, name: &[u8], at: u64) -> Result<Body> {
        self.clean(name, header.kind());
        match header.kind() {
            S_IFREG => return self.file(header, name, at),
            S_IFDIR => {
                if let Err(e) = self.directory(header, name) {
                    self.drop(name, why(e));
                }
            }
            S_IFBLK | S_IFCHR | S_IFIFO | S_IFSOCK => match self.link(header, name) {
                Linked::No => {
                    if let Err(e) = self.node(header, name) {
                        self.drop(name, why(e));
                    }
                }
                Linked::Yes => {}
                Linked::Failed(e) => self.drop(name, why_link(e)),
            },
            _ => self.drop(name, "unknown file type"),
        }
        Ok(Body::None)
    }

    fn file(&mut self, header: &Header, name: &[u8], at: u64) -> Result<Body> {
        let linked = self.link(header, name);
        if let Linked::Failed(e) = linked {
            self.drop(name, why_link(e));
            return Ok(Body::None);
        }
        let id = match self.open(header, name) {
            Ok(id) => id,
            Err(e) => {
                self.drop(name, why(e));
                return Ok(Body::None);
            }
        };
        let segment = self.segment;
        let keeps = linked == Linked::No || header.size > 0;
        if let Some(inode) = self.nodes.inode_mut(id) {
            inode.mode = header.mode;
            inode.chown(header);
            if keeps {
                inode.mtime = None;
                inode.segment = segment;
                let size = u32::try_from(header.size).unwrap_or(u32::MAX);
                inode.content = Content::File { at, size };
            }
        }
        if keeps {
            self.unkeep(id);
            let path = plain(name);
            let room = self.limits.kept.saturating_sub(self.kept_bytes);
            let fits = header.size <= self.limits.file && header.size <= room;
            if fits && self.keep.wants(path, header.size) {
                self.filling = Some(Vec::new());
            }
        }
        Ok(Body::Inode(id))
    }

    /// `filp_open` with O_CREAT: the file of that name, made when it is not there.
    fn open(&mut self, header: &Header, name: &[u8]) -> Call<u32> {
        let mut name = std::borrow::Cow::Borrowed(name);
        for _ in 0..MAXSYMLINKS {
            let (directory, last) = self.near.above(&self.nodes, &name, &mut self.steps)?;
            let Last::Name(last, false) = last else { return Err(EISDIR) };
            let Some(found) = self.nodes.child(directory, last) else {
                let content = Content::File { at: 0, size: 0 };
                return Ok(self.make(header, directory, last, content));
            };
            let id = self.nodes.dentry(found).map_or(NONE, |d| d.inode);
            match self.nodes.inode(id) {
                // A hard link to a symbolic link: what that names is made.
                Some(Inode { content: Content::Link(target), .. }) => {
                    let target = self.nodes.text(*target);
                    let mut path = Vec::new();
                    if !target.starts_with(b"/") {
                        path = self.nodes.path(directory);
                    }
                    path.extend_from_slice(target);
                    name = path.into();
                }
                Some(inode) if inode.kind() == S_IFREG => return Ok(id),
                Some(inode) if inode.is_dir() => return Err(EISDIR),
                _ => return Err(Errno::EINVAL),
            }
        }
        Err(ELOOP)
    }

    fn make(&mut self, header: &Header, directory: u32, name: &[u8], content: Content) -> u32 {
        let inode = self.nodes.add_inode(Inode {
            content,
            mode: header.mode,
            nlink: 1,
            uid: 0,
            gid: 0,
            mtime: None,
            segment: self.segment,
        });
        self.nodes.attach(directory, name, inode);
        self.deepest = self.deepest.max(self.nodes.depth(directory));
        inode
    }

    /// `filename_create`: a directory and a name in it that is still free.
    pub(super) fn free<'p>(&mut self, name: &'p [u8], slash: bool) -> Call<(u32, &'p [u8])> {
        let (directory, last) = self.near.above(&self.nodes, name, &mut self.steps)?;
        let Last::Name(last, slashed) = last else { return Err(EEXIST) };
        if self.nodes.child(directory, last).is_some() {
            return Err(EEXIST);
        }
        if slashed && !slash { Err(Errno::ENOENT) } else { Ok((directory, last)) }
    }

    fn directory(&mut self, header: &Header, name: &[u8]) -> Call<()> {
        let made = self.free(name, true).map(|(directory, last)| {
            let content = Content::Directory { first: NONE, children: 0, own: NONE, depth: 0 };
            self.make(header, directory, last, content);
        });
        self.attributes(header, name, true);
        if self.segment != BUILTIN {
            let text = self.nodes.store(name);
            self.times.push((text, header.mtime));
        }
        match made {
            // One that is there already takes the new attributes, no more.
            Err(EEXIST) => match self.near.resolve(&self.nodes, name, true, &mut self.steps) {
                Ok(id) if self.nodes.inode(id).is_some_and(Inode::is_dir) => Ok(()),
                _ => Err(EEXIST),
            },
            made => made,
        }
    }

    fn node(&mut self, header: &Header, name: &[u8]) -> Call<()> {
        let (major, minor) = match header.kind() {
            S_IFCHR | S_IFBLK => header.rdev,
            _ => (0, 0),
        };
        let made = self.free(name, false).map(|(directory, last)| {
            self.make(header, directory, last, Content::Node { major, minor });
        });
        self.attributes(header, name, true);
        if self.segment != BUILTIN {
            self.utime(name, header.mtime);
        }
        let there = match made {
            Err(EEXIST) => self.near.resolve(&self.nodes, name, false, &mut self.steps),
            made => return made,
        };
        // mknod leaves a node of the same type as it is, numbers and all.
        match there.ok().and_then(|id| self.nodes.inode_mut(id)) {
            Some(Inode { content: Content::Node { major: a, minor: b }, segment, .. })
                if (*a, *b) == (major, minor) =>
            {
                *segment = self.segment;
                Ok(())
            }
            Some(inode) if inode.kind() == header.kind() => Err(Errno::EINVAL),
            _ => Err(EEXIST),
        }
    }

    /// `do_symlink`.
    pub(crate) fn symlink(&mut self, header: &Header, name: &[u8], target: &[u8]) -> Result<()> {
        self.clean(name, 0);
        // tmpfs takes a target that fits a page with its NUL (mm/shmem.c).
        let fits = target.len() < 4096;
        let made = self.free(name, false).and_then(|(directory, last)| {
            if !fits {
                return Err(super::walk::ENAMETOOLONG);
            }
            let text = self.nodes.store(target);
            let header = Header { mode: S_IFLNK | 0o777, ..*header };
            self.make(&header, directory, last, Content::Link(text));
            Ok(())
        });
        self.attributes(header, name, false);
        self.utime(name, header.mtime);
        if let Err(e) = made {
            self.drop(name, why(e));
        }
        Ok(())
    }
}

/// What a system call gives.
pub(super) type Call<T> = std::result::Result<T, Errno>;

/// A name without what does not change where it leads: leading `/` and `./`.
fn plain(mut name: &[u8]) -> &[u8] {
    loop {
        name = match name {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] => rest,
            name => return name,
        };
    }
}

fn why(e: Errno) -> &'static str {
    match e {
        Errno::ENOENT => "its parent directory is missing",
        Errno::ENOTDIR => "its parent is not a directory",
        EEXIST | EISDIR => "a non-empty directory already has this name",
        ELOOP => "its path has too many symbolic links",
        super::walk::ENAMETOOLONG => "a name in its path is too long for the kernel",
        Errno::EINVAL => "a device with other numbers already has this name",
        _ => "the kernel cannot make it there",
    }
}
