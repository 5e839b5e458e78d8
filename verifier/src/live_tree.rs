//! A live root as a `Tree`: system calls below one directory descriptor, fixed
//! buffers, no heap. Reading never waits for a peer: every open is O_NONBLOCK.

mod sys;

use crate::seen::{Errno, Seen};
use crate::tree::{Dropped, Flow, Kind, Read, Stat, Tree};
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, major, minor};
use nix::unistd;
use std::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};

/// Bytes read at once. modules.dep of a distribution kernel has 300 kB and more,
/// so a page at a time would be most of the run's system calls.
const CHUNK: usize = 32 * 1024;
/// Bytes of directory entries read at once: /sys/module has about 6 kB.
const ENTRIES: usize = 8 * 1024;
/// Longest path below the root; PATH_MAX is 4096, sysfs stays far below this.
const PATH: usize = 512;
/// The kernel log device.
const KMSG: &str = "dev/kmsg";

/// A directory that is looked at as a root.
pub struct LiveTree {
    root: OwnedFd,
    /// The running system itself. Any other root is entered with openat2's
    /// RESOLVE_IN_ROOT (openat2(2), Linux 5.6), so that no link leads out of it.
    own: bool,
}

impl LiveTree {
    /// Opens a root.
    pub fn open(path: &str) -> Result<Self, nix::Error> {
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let root = openat(AT_FDCWD, path, flags, Mode::empty())?;
        Ok(Self { root, own: path == "/" })
    }

    /// A root that is open already (O_PATH suffices); links never lead out of it.
    #[must_use]
    pub const fn at(root: OwnedFd) -> Self {
        Self { root, own: false }
    }

    fn enter(&self, path: &str, flags: OFlag) -> Result<OwnedFd, nix::Error> {
        let flags = flags | OFlag::O_CLOEXEC;
        let path = if path.is_empty() { "." } else { path };
        if self.own {
            return openat(&self.root, path, flags, Mode::empty());
        }
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT);
        openat2(&self.root, path, how)
    }

    fn file(&self, path: &str) -> Result<OwnedFd, nix::Error> {
        if !self.own {
            // Opening a device has effects, and a foreign root may hold any.
            let probe = self.enter(path, OFlag::O_PATH)?;
            match kind(&fstat(&probe)?) {
                Kind::File | Kind::Directory => {}
                _ => return Err(nix::Error::EINVAL),
            }
        }
        self.enter(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY)
    }
}

impl Tree for LiveTree {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        let mut read = || {
            let fd = self.file(path)?;
            let mut len = 0;
            while let Some(room) = buf.get_mut(len..).filter(|room| !room.is_empty()) {
                let n = unistd::read(&fd, room)?;
                len += n;
                // A sysfs attribute comes whole in one read (fs/kernfs/file.c),
                // so what fills less than the room is its end.
                if n == 0 || (n < buf.len() && path.starts_with("sys/")) {
                    return Ok(Read { len, cut: false });
                }
            }
            let cut = unistd::read(&fd, &mut [0])? > 0;
            Ok(Read { len, cut })
        };
        seen(read())
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        let mut read = || {
            let fd = self.file(path)?;
            // Elsewhere the log may lie there as a plain file of records.
            if path == KMSG && kind(&fstat(&fd)?) == Kind::CharDevice {
                return records(&fd, f);
            }
            lines(&fd, f)
        };
        seen(read())
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        let mut list = || {
            let fd = self.enter(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
            let mut buf = [0u8; ENTRIES];
            loop {
                let n = sys::getdents(fd.as_fd(), &mut buf)?;
                if n == 0 {
                    return Ok(());
                }
                names(buf.get(..n).unwrap_or(&[]), f);
            }
        };
        seen(list())
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        let mut link = || {
            let n = if self.own {
                let mut room = [0u8; PATH];
                sys::readlink(self.root.as_fd(), terminated(path, &mut room)?, buf)?
            } else {
                let fd = self.enter(path, OFlag::O_PATH | OFlag::O_NOFOLLOW)?;
                sys::readlink(fd.as_fd(), c"", buf)?
            };
            Ok(Read { len: n, cut: n == buf.len() })
        };
        seen(link())
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        let stat = || {
            if self.own {
                let path = if path.is_empty() { "." } else { path };
                return fstatat(&self.root, path, AtFlags::AT_SYMLINK_NOFOLLOW);
            }
            fstat(self.enter(path, OFlag::O_PATH | OFlag::O_NOFOLLOW)?)
        };
        seen(stat().map(|s| Stat {
            kind: kind(&s),
            inode: s.st_ino,
            mode: s.st_mode & 0o7777,
            device: (number(major(s.st_rdev)), number(minor(s.st_rdev))),
        }))
    }

    fn as_root(&self) -> bool {
        self.own && unistd::geteuid().is_root()
    }
}

fn seen<T>(result: Result<T, nix::Error>) -> Seen<T> {
    match result {
        Ok(value) => Seen::Yes(value),
        Err(e) => Seen::from(Errno(e as i32)),
    }
}

/// What stat(2) says a path is.
#[must_use]
pub fn kind(stat: &FileStat) -> Kind {
    match SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT {
        SFlag::S_IFREG => Kind::File,
        SFlag::S_IFDIR => Kind::Directory,
        SFlag::S_IFLNK => Kind::Link,
        SFlag::S_IFCHR => Kind::CharDevice,
        _ => Kind::Other,
    }
}

fn number(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn terminated<'a>(path: &str, room: &'a mut [u8; PATH]) -> Result<&'a CStr, nix::Error> {
    let place = room.get_mut(..path.len()).ok_or(nix::Error::ENAMETOOLONG)?;
    place.copy_from_slice(path.as_bytes());
    CStr::from_bytes_until_nul(room).map_err(|_| nix::Error::ENAMETOOLONG)
}

/// Lines of a file of any length.
fn lines(fd: &OwnedFd, f: &mut dyn FnMut(&[u8]) -> Flow) -> Result<Dropped, nix::Error> {
    let mut buf = [0u8; CHUNK];
    let mut dropped = Dropped::default();
    let mut held = 0;
    // Inside a line that was handed out cut: its rest is passed over.
    let mut passing = false;
    loop {
        let n = unistd::read(fd, buf.get_mut(held..).unwrap_or_default())?;
        let full = held + n;
        let mut start = 0;
        while let Some(len) = newline(buf.get(start..full)) {
            let line = buf.get(start..start + len).unwrap_or(&[]);
            if !passing && f(line) == Flow::Enough {
                return Ok(dropped);
            }
            passing = false;
            start += len + 1;
        }
        held = full - start;
        buf.copy_within(start..full, 0);
        let rest = buf.get(..held).unwrap_or(&[]);
        if n == 0 {
            if held > 0 && !passing {
                f(rest);
            }
            return Ok(dropped);
        }
        if held == CHUNK {
            if !passing {
                dropped.cut += 1;
                if f(rest) == Flow::Enough {
                    return Ok(dropped);
                }
            }
            passing = true;
            held = 0;
        }
    }
}

fn newline(bytes: Option<&[u8]>) -> Option<usize> {
    bytes?.iter().position(|b| *b == b'\n')
}

/// Records of /dev/kmsg, one a read, up to the newest (Documentation/ABI/
/// testing/dev-kmsg): EAGAIN is the end, EPIPE means that records were
/// overwritten before they could be read.
fn records(fd: &OwnedFd, f: &mut dyn FnMut(&[u8]) -> Flow) -> Result<Dropped, nix::Error> {
    // A read with less room than a record needs is refused; the longest record
    // is PRINTK_MESSAGE_MAX, 2048, before 6.5 CONSOLE_EXT_LOG_MAX, 8192
    // (kernel/printk/internal.h).
    let mut buf = [0u8; 8192];
    let mut dropped = Dropped::default();
    // The kernel numbers records from 0, so the first gap may be at the start.
    let mut expected = 0;
    let mut any = false;
    loop {
        match unistd::read(fd, &mut buf) {
            // Of a kernel that logs there is always a record: without any this is
            // no kernel log, as where a container has the null device in its place.
            Ok(0) | Err(nix::Error::EAGAIN) if !any => return Err(nix::Error::ENODATA),
            Ok(0) | Err(nix::Error::EAGAIN) => return Ok(dropped),
            Ok(n) => {
                any = true;
                let record = buf.get(..n).unwrap_or(&[]);
                if let Some(number) = sequence(record) {
                    dropped.overwritten += number.saturating_sub(expected);
                    expected = number.saturating_add(1);
                }
                if f(record.strip_suffix(b"\n").unwrap_or(record)) == Flow::Enough {
                    return Ok(dropped);
                }
            }
            // The gap shows in the next record's number.
            Err(nix::Error::EPIPE | nix::Error::EINTR) => {}
            Err(e) => return Err(e),
        }
    }
}

/// The second number of `level,sequence,time,flags;text`.
fn sequence(record: &[u8]) -> Option<u64> {
    crate::text::decimal(record.split(|b| *b == b',').nth(1)?)
}

/// Names in a block of `struct linux_dirent64`: d_reclen is 16 bits at 16, the
/// name begins at 19 and ends with NUL (getdents64(2)).
fn names(mut block: &[u8], f: &mut dyn FnMut(&[u8])) {
    while let (Some(low), Some(high)) = (block.get(16), block.get(17)) {
        let length = usize::from(u16::from_ne_bytes([*low, *high]));
        let name = block.get(19..length).unwrap_or(&[]);
        let name = crate::text::c_string(name);
        if !matches!(name, b"" | b"." | b"..") {
            f(name);
        }
        // A length of 0 cannot come from the kernel; it would loop for ever.
        block = block.get(length.max(20)..).unwrap_or(&[]);
    }
}
