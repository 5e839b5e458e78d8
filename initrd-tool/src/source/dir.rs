//! A directory as `Files`: a root file system, an unpacked initrd, or `/`. Looks
//! only, follows links inside the root, and opens nothing but regular files.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::source::files::{Files, Walked};
use nix::dir::Dir;
use nix::errno::Errno as Os;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2, readlinkat};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat};
use nix::sys::statfs::{self, FsType, fstatfs};
use nvpreflight::live_tree::{LiveTree, kind};
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Kind, Read as Begun, Stat, Tree};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// File systems that are no part of a root but a window into the kernel, and
/// those whose listing may wait for a peer (statfs(2)).
const NOT_ENTERED: [FsType; 14] = [
    statfs::PROC_SUPER_MAGIC,
    statfs::SYSFS_MAGIC,
    statfs::CGROUP_SUPER_MAGIC,
    statfs::CGROUP2_SUPER_MAGIC,
    statfs::DEBUGFS_MAGIC,
    statfs::TRACEFS_MAGIC,
    statfs::SECURITYFS_MAGIC,
    statfs::SELINUX_MAGIC,
    statfs::BPF_FS_MAGIC,
    statfs::DEVPTS_SUPER_MAGIC,
    statfs::FUSE_SUPER_MAGIC,
    statfs::NFS_SUPER_MAGIC,
    statfs::SMB_SUPER_MAGIC,
    statfs::AUTOFS_SUPER_MAGIC,
];

/// A directory that is looked at as a root.
pub struct DirFiles {
    path: PathBuf,
    root: OwnedFd,
    tree: LiveTree,
    limits: Limits,
}

impl DirFiles {
    /// Opens a root. Files larger than `limits.file` are not loaded; a walk ends
    /// at `limits.entries` entries or `limits.names` bytes of names.
    ///
    /// # Errors
    /// A path that is no directory or cannot be opened.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let open = || -> nix::Result<_> {
            let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
            let root = openat(AT_FDCWD, path, flags, Mode::empty())?;
            // Only of the running system are devices such as /dev/kmsg read.
            let tree = match path.as_os_str().as_bytes() {
                b"/" => LiveTree::open("/")?,
                _ => LiveTree::at(openat(&root, ".", flags, Mode::empty())?),
            };
            Ok((root, tree))
        };
        let (root, tree) = open().map_err(|e| Error::io("open", path, e.into()))?;
        Ok(Self { path: path.to_owned(), root, tree, limits: *limits })
    }

    /// The directory as it was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn enter(&self, path: &[u8], flags: OFlag, resolve: ResolveFlag) -> nix::Result<OwnedFd> {
        let path = if path.is_empty() { b"." } else { path };
        let how = OpenHow::new()
            .flags(flags | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | resolve);
        openat2(&self.root, OsStr::from_bytes(path), how)
    }

    fn whole(&self, path: &[u8]) -> std::result::Result<Vec<u8>, Errno> {
        let (file, len) = self.file(path)?;
        // What says that it is too large is not read up to there first.
        if len > self.limits.file {
            return Err(Errno(Os::EFBIG as i32));
        }
        // Room for the whole and the read that finds its end: without it the buffer is
        // doubled and copied from 32 bytes on.
        let room = len.saturating_add(1);
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        // One byte more than allowed tells a file that is too large.
        match file.take(self.limits.file.saturating_add(1)).read_to_end(&mut bytes) {
            Err(e) => Err(e.raw_os_error().map_or(Errno::EIO, Errno)),
            Ok(n) if n as u64 > self.limits.file => Err(Errno(Os::EFBIG as i32)),
            Ok(_) => Ok(bytes),
        }
    }

    /// Opens a regular file, links followed inside the root, and tells its size.
    ///
    /// # Errors
    /// What the system says; of a device or a FIFO, which is not opened, `EINVAL`.
    pub fn file(&self, path: &[u8]) -> std::result::Result<(File, u64), Errno> {
        let open = || -> nix::Result<(OwnedFd, FileStat)> {
            // Opening a device has effects, and waiting for a FIFO has no end.
            let probe = self.enter(path, OFlag::O_PATH, ResolveFlag::empty())?;
            match kind(&fstat(&probe)?) {
                Kind::File => {}
                Kind::Directory => return Err(Os::EISDIR),
                _ => return Err(Os::EINVAL),
            }
            let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK;
            let fd = self.enter(path, flags, ResolveFlag::empty())?;
            let stat = fstat(&fd)?;
            Ok((fd, stat))
        };
        let (fd, stat) = open().map_err(|e| Errno(e as i32))?;
        Ok((File::from(fd), u64::try_from(stat.st_size).unwrap_or(0)))
    }

    /// The entries of a directory with what the walk needs of each; one that
    /// vanished meanwhile is none.
    fn entries(&self, path: &[u8]) -> nix::Result<Vec<Step>> {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
        let fd = self.enter(path, flags, ResolveFlag::RESOLVE_NO_SYMLINKS)?;
        let here = fstat(&fd)?;
        let mut dir = Dir::from_fd(fd)?;
        let mut names = Vec::new();
        for entry in dir.iter() {
            let name = entry?.file_name().to_owned();
            if !matches!(name.as_bytes(), b"." | b"..") {
                names.push(name);
            }
        }
        let mut steps = Vec::new();
        for name in names {
            let stat = match fstatat(&dir, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Os::ENOENT) => continue,
                Err(e) => return Err(e),
            };
            let mut child = path.to_vec();
            if !child.is_empty() {
                child.push(b'/');
            }
            child.extend_from_slice(name.as_bytes());
            let target = match kind(&stat) {
                Kind::Link => readlinkat(&dir, name.as_c_str())?.as_bytes().to_vec(),
                _ => Vec::new(),
            };
            if kind(&stat) == Kind::Directory {
                let foreign = stat.st_dev != here.st_dev;
                steps.push(Step { path: child.clone(), what: What::Inside { foreign } });
            }
            steps.push(Step { path: child, what: What::Entry { stat, target } });
        }
        steps.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        Ok(steps)
    }

    fn is_window(&self, path: &[u8]) -> nix::Result<bool> {
        let fd = self.enter(path, OFlag::O_PATH, ResolveFlag::RESOLVE_NO_SYMLINKS)?;
        Ok(NOT_ENTERED.contains(&fstatfs(&fd)?.filesystem_type()))
    }

    fn failed(&self, path: &[u8], e: Os) -> Error {
        Error::io("list", &self.path.join(OsStr::from_bytes(path)), e.into())
    }
}

/// What a walk has still to do.
struct Step {
    path: Vec<u8>,
    what: What,
}

enum What {
    /// Hand out this entry.
    Entry { stat: FileStat, target: Vec<u8> },
    /// List this directory, which is a mount point where `foreign`.
    Inside { foreign: bool },
}

impl Step {
    /// Sorts whole paths as bytes: `a`, `a-b`, `a/c`.
    fn key(&self) -> impl Iterator<Item = &u8> {
        let slash: &[u8] = if matches!(self.what, What::Inside { .. }) { b"/" } else { b"" };
        self.path.iter().chain(slash)
    }
}

impl Files for DirFiles {
    /// Goes on behind a directory that cannot be listed and returns the first such
    /// failure at the end. Does not enter /proc, /sys and their like, nor mounts
    /// over a network.
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        let mut steps = vec![Step { path: Vec::new(), what: What::Inside { foreign: false } }];
        let (mut entries, mut names) = (0u64, 0u64);
        let mut first = Ok(());
        let mut note = |e: Error| {
            if first.is_ok() {
                first = Err(e);
            }
        };
        while let Some(Step { path, what }) = steps.pop() {
            match what {
                What::Entry { stat, target } => {
                    let kind = kind(&stat);
                    let size = match kind {
                        Kind::File | Kind::Link => u64::try_from(stat.st_size).unwrap_or(0),
                        _ => 0,
                    };
                    let mode = stat.st_mode & 0o7777;
                    let (path, target) = (&path[..], &target[..]);
                    visit(&Walked { path, kind, size, mode, target, segment: 0 });
                }
                What::Inside { foreign } => {
                    match if foreign { self.is_window(&path) } else { Ok(false) } {
                        Ok(false) => {}
                        Ok(true) => continue,
                        Err(e) => {
                            note(self.failed(&path, e));
                            continue;
                        }
                    }
                    match self.entries(&path) {
                        Ok(found) => {
                            entries += found.len() as u64;
                            names += found.iter().map(|s| s.path.len() as u64).sum::<u64>();
                            steps.extend(found.into_iter().rev());
                        }
                        // It went away since its parent was listed.
                        Err(Os::ENOENT | Os::ENOTDIR | Os::ELOOP) if !path.is_empty() => {}
                        Err(e) => note(self.failed(&path, e)),
                    }
                    if entries > self.limits.entries || names > self.limits.names {
                        return Err(Error::new(format!(
                            "{} holds more than {} entries or {} bytes of names",
                            clean::path(&self.path),
                            self.limits.entries,
                            self.limits.names
                        )));
                    }
                }
            }
        }
        first
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        match self.whole(path) {
            Ok(bytes) => Seen::Yes(Cow::Owned(bytes)),
            Err(e) => Seen::from(e),
        }
    }

    fn open(&self, path: &[u8]) -> Option<(File, u64)> {
        self.file(path).ok()
    }

    fn size(&self, path: &[u8]) -> Seen<u64> {
        let stat = self.enter(path, OFlag::O_PATH, ResolveFlag::empty()).and_then(|fd| fstat(&fd));
        match stat {
            Ok(stat) if kind(&stat) == Kind::File => {
                Seen::Yes(u64::try_from(stat.st_size).unwrap_or(0))
            }
            Ok(_) => Seen::Unreadable(Errno(Os::EINVAL as i32)),
            Err(e) => Seen::from(Errno(e as i32)),
        }
    }

    fn prepare(&mut self, _: &[Vec<u8>]) -> Result<()> {
        Ok(())
    }
}

impl Tree for DirFiles {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Begun> {
        self.tree.read(path, buf)
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.tree.lines(path, f)
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.tree.list(path, f)
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Begun> {
        self.tree.link(path, buf)
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.tree.stat(path)
    }

    fn as_root(&self) -> bool {
        self.tree.as_root()
    }
}

#[cfg(test)]
mod tests;
