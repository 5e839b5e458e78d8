//! The directory that files are extracted into. Nothing outside of it is ever
//! opened: every path is resolved below it without following a link (openat2(2),
//! RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS), and no file there is written
//! through, only replaced.

use crate::base::error::{Error, Result};
use crate::base::print::{Shown, Size};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, open, openat, openat2};
use nix::sys::stat::{Mode, SFlag, fchmod, fstatat, futimens, makedev, mkdirat, mknodat};
use nix::sys::statvfs::fstatvfs;
use nix::sys::time::TimeSpec;
use nix::unistd::{UnlinkatFlags, fchown, linkat, symlinkat, unlinkat};
use nvpreflight::tree::PATH_MAX;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a file gets when its content is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Permission bits.
    pub mode: u32,
    /// User and group, or those of the run.
    pub owner: Option<(u32, u32)>,
    /// Seconds since 1970, or the time of the run.
    pub mtime: Option<u32>,
}

/// A directory to extract into.
pub struct Target {
    root: OwnedFd,
    replace: bool,
    /// The folder of the last file: names come in order, so most share it.
    last: Option<(Vec<u8>, OwnedFd)>,
}

impl Target {
    /// Opens `dir`, made at need. One that holds something is refused, unless
    /// `force` says to replace files in it.
    ///
    /// # Errors
    /// A directory that cannot be made, opened or listed, or is not empty.
    pub fn open(dir: &Path, force: bool) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
        let mut inside = fs::read_dir(dir).map_err(|e| Error::io("list", dir, e))?;
        if !force && inside.next().is_some() {
            let shown = Shown(dir.as_os_str().as_bytes());
            return Err(Error::usage(format!(
                "{shown} is not empty; --force extracts over what is there"
            )));
        }
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let root = open(dir, flags, Mode::empty()).map_err(|e| Error::io("open", dir, e.into()))?;
        Ok(Self { root, replace: force, last: None })
    }

    /// Holds what is to be written against a bound and against the room on the disk.
    ///
    /// # Errors
    /// More than either, and a disk that does not tell.
    pub fn has_room(&self, bytes: u64, most: u64) -> Result<()> {
        if bytes > most {
            return Err(Error::new(format!(
                "the files have {}, more than the {} of --max-size",
                Size(bytes),
                Size(most)
            )));
        }
        let room = fstatvfs(&self.root).map_err(|e| failed("look at the disk of", b".", e))?;
        let free = room.blocks_available().saturating_mul(room.fragment_size());
        if bytes > free {
            return Err(Error::new(format!(
                "the files have {}, and the disk has {} free",
                Size(bytes),
                Size(free)
            )));
        }
        Ok(())
    }

    /// Makes a directory that only its owner can enter until
    /// [`Target::settle`] gives it its mode. One that is there is kept.
    ///
    /// # Errors
    /// What the system said.
    pub fn directory(&mut self, path: &[u8]) -> Result<()> {
        self.within(path, "create", |parent, name, replace| {
            match mkdirat(parent, name, Mode::S_IRWXU) {
                Err(Errno::EEXIST) => {
                    let stat = fstatat(parent, name, AtFlags::AT_SYMLINK_NOFOLLOW)?;
                    if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR {
                        return Ok(());
                    }
                    if !replace {
                        return Err(Errno::EEXIST);
                    }
                    unlinkat(parent, name, UnlinkatFlags::NoRemoveDir)?;
                    mkdirat(parent, name, Mode::S_IRWXU)
                }
                other => other,
            }
        })
    }

    /// Creates a file, writable by its owner until [`Target::settle`].
    ///
    /// # Errors
    /// What the system said.
    pub fn file(&mut self, path: &[u8]) -> Result<File> {
        self.within(path, "create", |parent, name, replace| {
            clear(parent, name, replace)?;
            let flags = OFlag::O_WRONLY
                | OFlag::O_CREAT
                | OFlag::O_EXCL
                | OFlag::O_NOFOLLOW
                | OFlag::O_CLOEXEC;
            openat(parent, name, flags, Mode::S_IRUSR | Mode::S_IWUSR).map(File::from)
        })
    }

    /// Creates a symbolic link; its target is only text here.
    ///
    /// # Errors
    /// What the system said.
    pub fn symlink(&mut self, path: &[u8], target: &[u8]) -> Result<()> {
        self.within(path, "create", |parent, name, replace| {
            clear(parent, name, replace)?;
            symlinkat(OsStr::from_bytes(target), parent, name)
        })
    }

    /// Gives the file at `old` a second name.
    ///
    /// # Errors
    /// What the system said.
    pub fn hard_link(&mut self, old: &[u8], path: &[u8]) -> Result<()> {
        let (folder, old_name) = split(old);
        let old_parent = self.enter(folder).map_err(|e| failed("open", old, e))?;
        self.within(path, "link", |parent, name, replace| {
            clear(parent, name, replace)?;
            linkat(&old_parent, old_name, parent, name, AtFlags::empty())
        })
    }

    /// Makes a device node, a pipe or a socket, with at most these permissions.
    ///
    /// # Errors
    /// What the system said; device nodes need the right to make them.
    pub fn node(&mut self, path: &[u8], kind: SFlag, mode: u32, device: (u32, u32)) -> Result<()> {
        let device = makedev(u64::from(device.0), u64::from(device.1));
        self.within(path, "create", |parent, name, replace| {
            clear(parent, name, replace)?;
            mknodat(parent, name, kind, Mode::from_bits_truncate(mode), device)
        })
    }

    /// Gives a file or directory its owner, mode and time.
    ///
    /// # Errors
    /// What the system said.
    pub fn settle(&mut self, path: &[u8], attributes: &Attributes) -> Result<()> {
        self.within(path, "set the mode of", |parent, name, _| {
            // Through a descriptor: a name could have become a link meanwhile.
            let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            let file = openat(parent, name, flags, Mode::empty())?;
            if let Some((user, group)) = attributes.owner {
                fchown(&file, Some(user.into()), Some(group.into()))?;
            }
            fchmod(&file, Mode::from_bits_truncate(attributes.mode))?;
            let Some(mtime) = attributes.mtime else { return Ok(()) };
            let time = TimeSpec::new(mtime.into(), 0);
            futimens(&file, &time, &time)
        })
    }

    fn within<T>(
        &mut self,
        path: &[u8],
        doing: &str,
        act: impl FnOnce(&OwnedFd, &OsStr, bool) -> nix::Result<T>,
    ) -> Result<T> {
        let replace = self.replace;
        let step = || {
            if path.len() >= PATH_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            let (folder, name) = split(path);
            if name.is_empty() || name == "." || name == ".." {
                return Err(Errno::EINVAL);
            }
            if self.last.as_ref().is_none_or(|(last, _)| last != folder) {
                self.last = Some((folder.to_vec(), self.enter(folder)?));
            }
            match &self.last {
                Some((_, parent)) => act(parent, name, replace),
                None => Err(Errno::ENOENT),
            }
        };
        step().map_err(|e| failed(doing, path, e))
    }

    /// A folder below the root, no link on the way.
    fn enter(&self, folder: &[u8]) -> nix::Result<OwnedFd> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let resolve = ResolveFlag::RESOLVE_BENEATH
            | ResolveFlag::RESOLVE_NO_SYMLINKS
            | ResolveFlag::RESOLVE_NO_MAGICLINKS;
        let folder = if folder.is_empty() { b"." } else { folder };
        openat2(&self.root, OsStr::from_bytes(folder), OpenHow::new().flags(flags).resolve(resolve))
    }
}

/// Takes away what is in the way of a new file, if that was allowed. A
/// directory stays, and so the file cannot be made.
fn clear(parent: &OwnedFd, name: &OsStr, replace: bool) -> nix::Result<()> {
    match replace.then(|| unlinkat(parent, name, UnlinkatFlags::NoRemoveDir)) {
        None | Some(Ok(()) | Err(Errno::ENOENT | Errno::EISDIR)) => Ok(()),
        Some(Err(e)) => Err(e),
    }
}

fn split(path: &[u8]) -> (&[u8], &OsStr) {
    match path.iter().rposition(|b| *b == b'/') {
        Some(at) => {
            let (folder, name) = path.split_at(at);
            (folder, OsStr::from_bytes(name.get(1..).unwrap_or_default()))
        }
        None => (b"", OsStr::from_bytes(path)),
    }
}

fn failed(doing: &str, path: &[u8], e: Errno) -> Error {
    failed_io(doing, path, e.into())
}

/// A failed operation on a path of the image.
pub(super) fn failed_io(doing: &str, path: &[u8], e: io::Error) -> Error {
    let shown = Shown(path).to_string();
    Error::io(doing, Path::new(&shown), e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_planted_link_is_never_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        let inside = dir.path().join("inside");
        fs::create_dir_all(&outside).unwrap();
        fs::create_dir_all(&inside).unwrap();
        symlink(&outside, inside.join("etc")).unwrap();
        symlink(outside.join("new"), inside.join("file")).unwrap();
        let mut target = Target::open(&inside, true).unwrap();
        assert!(target.file(b"etc/passwd").is_err());
        assert!(target.file(b"../outside/x").is_err());
        target.file(b"file").unwrap().write_all(b"x").unwrap();
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        assert!(fs::symlink_metadata(inside.join("file")).unwrap().is_file());
    }

    #[test]
    fn a_directory_that_holds_something_needs_force() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine"), "x").unwrap();
        let error = Target::open(dir.path(), false).err().unwrap();
        assert!(error.is_usage() && error.to_string().contains("--force"), "{error}");
        assert!(Target::open(dir.path(), true).is_ok());
    }

    #[test]
    fn without_force_nothing_that_appeared_meanwhile_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let mut target = Target::open(dir.path(), false).unwrap();
        fs::write(dir.path().join("a"), "mine").unwrap();
        assert!(target.file(b"a").is_err());
        assert_eq!(fs::read(dir.path().join("a")).unwrap(), b"mine");
    }

    #[test]
    fn a_mode_is_given_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut target = Target::open(dir.path(), false).unwrap();
        target.directory(b"d").unwrap();
        target.file(b"d/f").unwrap();
        let with = |mode| Attributes { mode, owner: None, mtime: Some(7) };
        target.settle(b"d/f", &with(0o444)).unwrap();
        target.settle(b"d", &with(0o555)).unwrap();
        let mode =
            |name| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode("d"), mode("d/f")), (0o555, 0o444));
    }
}
