//! Bytes of a log as they come: a file, a pipe, packed or not. Holds no more than its
//! buffer, so that a log of any length is read. Whatever a decoder or the system does
//! ends the stream; [`Stream::end`] tells how it ended.

use super::unpack::{Packing, packing};
use crate::base::limits::Limits;
use std::io::{Error, ErrorKind, Read, Result};

/// Bytes that are read at once.
const STEP: usize = 128 << 10;
/// Bytes of a beginning that tell what a text or a form is.
pub const HEAD: usize = 64 << 10;
/// Longest line that is given whole: journald itself splits at 48 KiB (journald.conf(5)
/// "LineMax="), and a program's own message has some more.
const LINE_MAX: usize = 1 << 20;
/// Longest value of a binary field that is given: a core dump is none of ours.
const VALUE_MAX: usize = 4 << 20;
/// Longest one that systemd writes (systemd src/shared/journal-importer.h, DATA_SIZE_MAX).
const FIELD_MAX: usize = 768 << 20;
/// How an entry of the journal begins behind another one.
const NEXT_ENTRY: &[u8] = b"\n\n__CURSOR=";
/// Compressions inside one another: a packed log inside a packed attachment.
const LAYERS: u32 = 3;

/// A stream with its buffer.
pub struct Stream<'a> {
    from: Box<dyn Read + 'a>,
    held: Vec<u8>,
    /// What of the buffer was given already.
    at: usize,
    /// How it ended; `None` while there may be more.
    ended: Option<Result<()>>,
    /// Bytes it may still give.
    left: u64,
    /// Whether a value's end is missing.
    damaged: bool,
    /// Lines of which only the beginning was given.
    cut_lines: usize,
}

impl<'a> Stream<'a> {
    /// A stream as it is, of at most so many bytes.
    #[must_use]
    pub fn new(from: impl Read + 'a, most: u64) -> Self {
        Self {
            from: Box::new(from),
            held: Vec::new(),
            at: 0,
            ended: None,
            left: most,
            damaged: false,
            cut_lines: 0,
        }
    }

    /// The stream as it was before somebody packed it.
    #[must_use]
    pub fn unpacked(self, limits: &Limits) -> Self {
        let mut stream = self;
        for _ in 0..LAYERS {
            let Some(packing) = packing(stream.head(Packing::MAGIC)) else { break };
            stream = Self::new(packing.decoder(stream, limits), limits.unpacked);
        }
        stream
    }

    /// Reads on; false where there is nothing more.
    fn more(&mut self) -> bool {
        if self.ended.is_some() {
            return false;
        }
        if self.at > 0 {
            self.held.drain(..self.at);
            self.at = 0;
        }
        let had = self.held.len();
        self.held.resize(had + STEP, 0);
        let into = self.held.get_mut(had..).unwrap_or(&mut []);
        let read = self.from.read(into);
        let got = read.as_ref().map_or(0, |got| *got).min(STEP);
        self.held.truncate(had + got);
        match read {
            Ok(0) => self.ended = Some(Ok(())),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => self.ended = Some(Err(e)),
            Ok(_) => match self.left.checked_sub(got as u64) {
                Some(left) => self.left = left,
                None => self.ended = Some(Err(ErrorKind::FileTooLarge.into())),
            },
        }
        self.ended.is_none()
    }

    fn rest(&self) -> &[u8] {
        self.held.get(self.at..).unwrap_or(&[])
    }

    /// The next bytes, at least so many where there are; they are given again.
    pub fn head(&mut self, least: usize) -> &[u8] {
        while self.rest().len() < least && self.more() {}
        self.rest()
    }

    /// The next bytes as [`Stream::head`] gives them, and no more than asked for, however
    /// many came at once.
    pub fn beginning(&mut self, bytes: usize) -> &[u8] {
        let head = self.head(bytes);
        head.get(..bytes).unwrap_or(head)
    }

    /// The next line without its line feed; of a very long one the beginning.
    pub fn line(&mut self) -> Option<&[u8]> {
        let mut looked = 0;
        let mut cut = None;
        let end = loop {
            let rest = self.rest();
            let found = memchr::memchr(b'\n', rest.get(looked..).unwrap_or(&[]));
            if let Some(found) = found {
                break looked + found;
            }
            looked = rest.len();
            if looked > LINE_MAX && cut.is_none() {
                self.cut_lines += 1;
                cut = Some(self.rest().get(..LINE_MAX).unwrap_or(&[]).to_vec());
            }
            if cut.is_some() {
                self.at = self.held.len();
                looked = 0;
            }
            if !self.more() {
                break self.rest().len();
            }
        };
        if let Some(cut) = cut {
            let at = (self.at + end + 1).min(self.held.len());
            // What was cut off is gone; the beginning takes its place.
            self.held.splice(..at, cut);
            self.at = LINE_MAX;
            return self.held.get(..LINE_MAX);
        }
        let start = self.at;
        if start == self.held.len() {
            return None;
        }
        self.at = (start + end + 1).min(self.held.len());
        self.held.get(start..start + end)
    }

    /// A value behind its length in eight bytes, little endian, and before a line feed;
    /// empty where it is too long to be kept. `None`, and nothing is taken, where no such
    /// value stands here.
    pub fn sized(&mut self) -> Option<&[u8]> {
        let (length, _) = self.head(8).split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        if length > FIELD_MAX {
            return None;
        }
        if length > VALUE_MAX {
            self.at += 8;
            self.pass(length + 1);
            return Some(&[]);
        }
        if self.head(8 + length + 1).get(8 + length) != Some(&b'\n') {
            return None;
        }
        let start = self.at + 8;
        self.at = start + length + 1;
        self.held.get(start..start + length)
    }

    /// Passes over a long value; where another entry begins inside it, or the stream ends,
    /// its length lied or its end is missing, and it ends there.
    fn pass(&mut self, mut bytes: usize) {
        loop {
            let rest = self.rest();
            let inside = rest.get(..bytes).unwrap_or(rest);
            if let Some(at) = memchr::memmem::find(inside, NEXT_ENTRY) {
                self.at += at + 1;
                self.damaged = true;
                return;
            }
            // The beginning of what is looked for may stand at the end.
            let last = inside.len() == bytes;
            let step = if last { bytes } else { inside.len().saturating_sub(NEXT_ENTRY.len()) };
            self.at += step;
            bytes -= step;
            if bytes == 0 {
                return;
            }
            let had = self.rest().len();
            if !self.more() && self.rest().len() == had {
                self.at = self.held.len();
                self.damaged = true;
                return;
            }
        }
    }

    /// Everything that comes, up to so many bytes.
    pub fn up_to(&mut self, most: usize) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            let rest = self.rest();
            let step = rest.len().min(most - out.len());
            out.extend_from_slice(rest.get(..step).unwrap_or(&[]));
            self.at += step;
            if out.len() >= most || self.rest().is_empty() && !self.more() {
                return out;
            }
        }
    }

    /// Whether everything was given.
    pub fn is_done(&mut self) -> bool {
        self.head(1).is_empty()
    }

    /// Lines so far of which only the beginning was given: they are very long.
    #[must_use]
    pub fn cut_lines(&self) -> usize {
        self.cut_lines
    }

    /// True where the packed data was damaged or ended before its end: what came before
    /// it was given.
    ///
    /// # Errors
    /// What the system refused, and more bytes than there may be.
    pub fn end(self) -> Result<bool> {
        match self.ended {
            Some(Err(e)) if e.raw_os_error().is_some() || e.kind() == ErrorKind::FileTooLarge => {
                Err(e)
            }
            Some(Err(_)) => Ok(true),
            _ => Ok(self.damaged),
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        // A read that was interrupted gives nothing, and is no end.
        while self.rest().is_empty() {
            if self.more() {
                continue;
            }
            // A decoder hands its input's error on; it is told once.
            return match self.ended.take() {
                Some(Err(e)) => {
                    self.ended = Some(Err(Error::from(e.kind())));
                    Err(e)
                }
                ended => {
                    self.ended = ended;
                    Ok(0)
                }
            };
        }
        let step = self.rest().len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..step), self.rest().get(..step)) {
            to.copy_from_slice(from);
        }
        self.at += step;
        Ok(step)
    }
}

#[cfg(test)]
mod tests;
