//! The bytes that the kernel is handed as its initrd: a file, or parts of several
//! files one after another. Positioned reads only; nothing is mapped or kept.

use crate::base::error::{Error, Result};
use crate::base::progress::Progress;
use crate::base::regular;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;
/// Bytes read after a skip: a header, its name and a small file. Where reading goes
/// on from there, each further read takes twice as many.
const AFTER_SKIP: usize = 1024;
/// The stub pads every part of an initrd to this (systemd src/boot/initrd.c).
const PART_ALIGN: u64 = 4;

#[derive(Clone, Debug)]
enum Bytes {
    File(Arc<File>),
    Memory(Arc<[u8]>),
}

/// A run of bytes of one file.
#[derive(Clone, Debug)]
struct Part {
    bytes: Bytes,
    path: Arc<Path>,
    /// Position of its first byte in its file.
    offset: u64,
    len: u64,
    /// Position of its first byte in the source.
    at: u64,
    origin: Arc<str>,
}

/// Where a byte of the source lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file.
    pub path: Arc<Path>,
    /// What part of it: "file", or a section such as ".initrd".
    pub origin: Arc<str>,
    /// Position in that file.
    pub offset: u64,
}

/// Parts of files as one run of bytes, with zeros up to a multiple of 4 between
/// them.
#[derive(Clone, Debug, Default)]
pub struct Source {
    parts: Vec<Part>,
    len: u64,
}

impl Source {
    /// A whole file.
    ///
    /// # Errors
    /// A path that is no regular file or cannot be opened.
    pub fn file(path: &Path) -> Result<Self> {
        let (file, len) = open(path)?;
        let mut source = Self::default();
        source.append(&file, path, "file", 0, len);
        Ok(source)
    }

    /// Bytes in memory, for tests and for what was read already.
    #[must_use]
    pub fn memory(bytes: &[u8]) -> Self {
        let part = Part {
            bytes: Bytes::Memory(bytes.into()),
            path: PathBuf::new().into(),
            offset: 0,
            len: bytes.len() as u64,
            at: 0,
            origin: "file".into(),
        };
        Self { len: part.len, parts: vec![part] }
    }

    /// Adds `len` bytes of a file from `offset` on.
    pub(crate) fn append(
        &mut self,
        file: &Arc<File>,
        path: &Path,
        origin: &str,
        offset: u64,
        len: u64,
    ) {
        let at = self.len.next_multiple_of(PART_ALIGN);
        let bytes = Bytes::File(Arc::clone(file));
        self.parts.push(Part { bytes, path: path.into(), offset, len, at, origin: origin.into() });
        self.len = at.saturating_add(len);
    }

    /// Bytes in all.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True when there is nothing to read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the byte at `at` lies; a byte of the padding belongs to the part
    /// before it.
    #[must_use]
    pub fn place(&self, at: u64) -> Place {
        let part = self.parts.iter().rev().find(|part| part.at <= at);
        part.map_or_else(
            || Place { path: PathBuf::new().into(), origin: "file".into(), offset: at },
            |part| Place {
                path: Arc::clone(&part.path),
                origin: Arc::clone(&part.origin),
                offset: part.offset.saturating_add(at - part.at),
            },
        )
    }

    /// The bytes before `end`.
    #[must_use]
    pub(super) fn before(&self, end: u64) -> Self {
        let mut parts = self.parts.clone();
        parts.retain(|part| part.at < end);
        if let Some(last) = parts.last_mut() {
            last.len = last.len.min(end - last.at);
        }
        Self { parts, len: self.len.min(end) }
    }

    /// `len` bytes at `at`, or as many as there are.
    ///
    /// # Errors
    /// A failed read.
    pub(super) fn bytes(&self, at: u64, len: u64) -> Result<Vec<u8>> {
        let len = len.min(self.len.saturating_sub(at));
        let mut out = vec![0; usize::try_from(len).unwrap_or(0)];
        let mut filled = 0;
        while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
            let got = self.read_at(at + filled as u64, room)?;
            if got == 0 {
                break;
            }
            filled += got;
        }
        out.truncate(filled);
        Ok(out)
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// A failed read or write.
    pub fn copy_to(&self, out: &mut dyn io::Write) -> Result<()> {
        let mut buf = vec![0; BUFFER];
        let mut at = 0;
        loop {
            let read = self.read_at(at, &mut buf)?;
            if read == 0 {
                return Ok(());
            }
            let bytes = buf.get(..read).unwrap_or_default();
            out.write_all(bytes).map_err(|e| Error::new(format!("cannot copy the image: {e}")))?;
            at += read as u64;
        }
    }

    /// Reads some bytes at `at`; 0 at the end.
    fn read_at(&self, at: u64, buf: &mut [u8]) -> Result<usize> {
        let Some(part) = self.parts.iter().rev().find(|part| part.at <= at) else { return Ok(0) };
        let inside = at - part.at;
        let Some(left) = part.len.checked_sub(inside).filter(|left| *left > 0) else {
            return Ok(self.padding(at, buf));
        };
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let buf = buf.get_mut(..take).unwrap_or_default();
        match &part.bytes {
            Bytes::Memory(bytes) => {
                let from = usize::try_from(inside).unwrap_or(usize::MAX);
                buf.copy_from_slice(bytes.get(from..from.saturating_add(take)).unwrap_or_default());
                Ok(take)
            }
            Bytes::File(file) => loop {
                match file.read_at(buf, part.offset.saturating_add(inside)) {
                    Ok(0) => {
                        let cause = io::Error::from(io::ErrorKind::UnexpectedEof);
                        return Err(Error::io("read all of", &part.path, cause));
                    }
                    Ok(n) => return Ok(n),
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(Error::io("read", &part.path, e)),
                }
            },
        }
    }

    /// Zeros up to the next part.
    fn padding(&self, at: u64, buf: &mut [u8]) -> usize {
        let next = self.parts.iter().map(|part| part.at).find(|start| *start > at);
        let left = next.map_or(0, |next| next - at);
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        buf.get_mut(..take).unwrap_or_default().fill(0);
        take
    }
}

/// Opens a regular file and tells its size.
pub(crate) fn open(path: &Path) -> Result<(Arc<File>, u64)> {
    let file = regular::open(path)?;
    let meta = file.metadata().map_err(|e| Error::io("look at", path, e))?;
    Ok((Arc::new(file), meta.len()))
}

/// A cursor over a source: knows its position to the byte, which decides where
/// the kernel looks for the next segment.
pub(crate) struct Input<'a> {
    source: &'a Source,
    buf: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes to read next.
    ahead: usize,
    /// Position in the source of the byte at `start`.
    at: u64,
    progress: &'a mut dyn FnMut(Progress),
}

impl<'a> Input<'a> {
    pub(crate) fn new(source: &'a Source, at: u64, progress: &'a mut dyn FnMut(Progress)) -> Self {
        let buf = vec![0; BUFFER].into_boxed_slice();
        Self { source, buf, start: 0, end: 0, ahead: BUFFER, at, progress }
    }

    /// Position of the next byte.
    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    /// Bytes from here to the end.
    pub(crate) const fn left(&self) -> u64 {
        self.source.len.saturating_sub(self.at)
    }

    /// What is read ahead, at least one byte unless the end is reached.
    pub(crate) fn fill(&mut self) -> Result<&[u8]> {
        self.peek(1)?;
        Ok(self.buf.get(self.start..self.end).unwrap_or_default())
    }

    /// At least `want` bytes (at most the buffer's size) unless the end comes
    /// first.
    pub(crate) fn peek(&mut self, want: usize) -> Result<&[u8]> {
        while self.end - self.start < want.min(BUFFER) {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let next = self.at + self.end as u64;
            let until = BUFFER.min(self.end.saturating_add(self.ahead.max(want)));
            self.ahead = BUFFER.min(self.ahead.saturating_mul(2));
            let room = self.buf.get_mut(self.end..until).unwrap_or_default();
            let got = self.source.read_at(next, room)?;
            if got == 0 {
                break;
            }
            self.end += got;
            (self.progress)(Progress { done: next + got as u64, total: self.source.len });
        }
        Ok(self.buf.get(self.start..self.end).unwrap_or_default())
    }

    /// Takes `n` bytes that [`Input::fill`] or [`Input::peek`] showed.
    pub(crate) fn consume(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.at += n as u64;
    }

    /// Takes `len` bytes in place of what `into` holds; false when there are fewer.
    /// What is not read ahead goes there at once.
    pub(crate) fn take(&mut self, len: usize, into: &mut Vec<u8>) -> Result<bool> {
        if self.left() < len as u64 {
            return Ok(false);
        }
        let ahead = len.min(self.end - self.start);
        into.clear();
        into.extend_from_slice(self.buf.get(self.start..self.start + ahead).unwrap_or_default());
        self.consume(ahead);
        into.resize(len, 0);
        let mut filled = ahead;
        while let Some(room) = into.get_mut(filled..).filter(|room| !room.is_empty()) {
            let got = self.source.read_at(self.at, room)?;
            if got == 0 {
                return Ok(false);
            }
            filled += got;
            self.at += got as u64;
            (self.progress)(Progress { done: self.at, total: self.source.len });
        }
        Ok(true)
    }

    /// Passes over bytes, read ahead or not; stops at the end.
    pub(crate) fn skip(&mut self, n: u64) {
        let n = n.min(self.left());
        self.at += n;
        let ahead = (self.end - self.start) as u64;
        if n <= ahead {
            self.start += usize::try_from(n).unwrap_or(usize::MAX);
        } else {
            (self.start, self.end) = (0, 0);
            self.ahead = AFTER_SKIP;
        }
    }
}
