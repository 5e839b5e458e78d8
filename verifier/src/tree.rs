//! The root as a parameter: what collectors may ask of a running system, a
//! directory, an image or a saved capture. A `Tree` only looks, never writes.

use crate::seen::Seen;

/// Bytes of the longest path that the kernel takes, its NUL included
/// (include/uapi/linux/limits.h `PATH_MAX`).
pub const PATH_MAX: usize = 4096;
/// Links that the kernel follows in one lookup (include/linux/namei.h `MAXSYMLINKS`).
pub const MAXSYMLINKS: u32 = 40;

/// What a path is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A character device.
    CharDevice,
    /// Anything else.
    Other,
}

/// What `lstat` tells and a rule may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// The kind of the path itself; a link is not followed.
    pub kind: Kind,
    /// The inode number. For /sys/module/NAME it grows with the order in which
    /// modules entered their init function (kernfs hands out ids in sequence).
    pub inode: u64,
    /// Permission bits, without the file type.
    pub mode: u32,
    /// Device number of a device node: major, minor.
    pub device: (u32, u32),
}

/// What was read into the caller's buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// Bytes in the buffer.
    pub len: usize,
    /// True when the file holds more than the buffer.
    pub cut: bool,
}

/// Whether a reader of lines wants the next one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on.
    More,
    /// That was enough.
    Enough,
}

/// What [`Tree::lines`] could not hand out whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dropped {
    /// Lines longer than the reader's buffer: handed out cut.
    pub cut: u32,
    /// Records the kernel overwrote before they were read (/dev/kmsg only).
    pub overwritten: u64,
}

/// A root to look at. Paths are relative to it, without a leading slash, and
/// symbolic links never lead out of it.
pub trait Tree {
    /// Reads the beginning of a file into `buf`.
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read>;

    /// Hands out a file's lines without their line feeds, however long the file
    /// is. For `dev/kmsg` a line is one record, and reading never waits for
    /// records to come.
    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped>;

    /// Hands out the names in a directory, without `.` and `..`, in no order.
    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()>;

    /// Reads a symbolic link's target.
    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read>;

    /// Looks at the path itself.
    fn stat(&self, path: &str) -> Seen<Stat>;

    /// True when the reader has root's rights over a running system, so that a
    /// refused read is no matter of rights. False where that is not known.
    fn as_root(&self) -> bool {
        false
    }
}

/// Conveniences over any tree.
pub trait TreeExt: Tree {
    /// A short file as trimmed text; sysfs attributes, version files.
    fn text<const N: usize>(&self, path: &str) -> Seen<crate::text::Text<N>> {
        let mut buf = [0u8; 512];
        self.read(path, &mut buf).map(|got| {
            crate::text::Text::from_bytes(crate::text::trim(buf.get(..got.len).unwrap_or(&[])))
        })
    }

    /// The last component of a symbolic link's target, such as a driver's name.
    fn link_name<const N: usize>(&self, path: &str) -> Seen<crate::text::Text<N>> {
        let mut buf = [0u8; 512];
        self.link(path, &mut buf).map(|got| {
            let target = buf.get(..got.len).unwrap_or(&[]);
            let name = target.rsplit(|b| *b == b'/').next().unwrap_or(target);
            crate::text::Text::from_bytes(name)
        })
    }

    /// True when the path exists, whatever it is.
    fn exists(&self, path: &str) -> Seen<bool> {
        match self.stat(path) {
            Seen::Absent => Seen::Yes(false),
            seen => seen.map(|_| true),
        }
    }
}

impl<T: Tree + ?Sized> TreeExt for T {}
