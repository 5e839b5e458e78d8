//! The archive reader's states, as in init/initramfs.c `write_buffer`: takes bytes
//! in chunks of any size and acts on the rootfs. Holds one header, one name, one
//! link target; never a file's content.

use super::header::{self, Header, PATH_MAX, S_IFLNK, S_IFREG};
use super::rootfs::{Body, Rootfs};
use crate::base::error::Result;
use nvpreflight::text::c_string;
use std::mem;

/// What the archive reader refuses: what the kernel's `error()` is first called with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// Something else stands where a header should.
    NoMagic,
    /// The portable format of old.
    OldFormat,
    /// A file is not what its header's sum says.
    BadSum,
    /// What follows an entry does not lie on a multiple of four bytes.
    Padding,
    /// A name has no end.
    NoNul,
    /// Between two entries of a compressed archive stands what begins none.
    Junk,
}

impl Refusal {
    /// The kernel's words.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::NoMagic => "no cpio magic",
            Self::OldFormat => "incorrect cpio method used: use -H newc option",
            Self::BadSum => "bad data checksum",
            Self::Padding => "broken padding",
            Self::NoNul => "malformed archive",
            Self::Junk => "junk within compressed archive",
        }
    }

    /// What they mean.
    pub(crate) const fn why(self) -> &'static str {
        match self {
            Self::NoMagic => "expected a cpio entry here",
            Self::OldFormat => "it is a portable ASCII (odc) archive",
            Self::BadSum => "a file does not match its checksum",
            Self::Padding => "the data after an entry is not aligned to 4 bytes",
            Self::NoNul => "a name does not end with a NUL byte",
            Self::Junk => "unexpected bytes between two entries",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum State {
    #[default]
    Start,
    /// Gathers `wanted` bytes for the step that follows.
    Collect(Step),
    /// Passes over bytes up to `next_header`.
    Skip,
    Copy,
    Reset,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Header,
    Name,
    Symlink,
}

/// Where the kernel would go on after `Skip` (`next_state`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum AfterSkip {
    Reset,
    /// The header was gathered from two chunks and its entry was skipped:
    /// the kernel reads the same header again and again.
    SameHeader,
}

/// The reader.
pub(crate) struct Cpio {
    pub state: State,
    after_skip: AfterSkip,
    held: Vec<u8>,
    wanted: usize,
    header: Header,
    crc: bool,
    /// Position in the stream: the source for plain archives, the unpacked bytes
    /// of a compressed segment.
    pub at: u64,
    next_header: u64,
    body: Body,
    left: u64,
    sum: u32,
    pub refused: Option<Refusal>,
    /// Bytes that the kernel's decompressor hands over at once, which decides
    /// whether a header is whole in one chunk; `None` for plain archives.
    pub chunk: Option<u64>,
    /// Entries taken since the last [`Cpio::take_entries`].
    entries: u32,
    /// Position after the padding of the last entry.
    pub end: u64,
    /// True after a trailer, until somebody asks.
    trailer: bool,
}

impl Cpio {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Start,
            after_skip: AfterSkip::Reset,
            held: Vec::new(),
            wanted: 0,
            header: Header::default(),
            crc: false,
            at: 0,
            next_header: 0,
            body: Body::None,
            left: 0,
            sum: 0,
            refused: None,
            chunk: None,
            entries: 0,
            end: 0,
            trailer: false,
        }
    }

    /// The kernel keeps the first message only.
    fn refuse(&mut self, why: Refusal) {
        self.refused.get_or_insert(why);
    }

    /// Number of entries since the last call.
    pub(crate) fn take_entries(&mut self) -> u32 {
        mem::take(&mut self.entries)
    }

    /// True once after every trailer.
    pub(crate) fn take_trailer(&mut self) -> bool {
        mem::take(&mut self.trailer)
    }

    /// True when the bytes so far end inside an entry.
    pub(crate) fn inside(&self) -> bool {
        match self.state {
            State::Reset => false,
            State::Start => false,
            State::Collect(Step::Header) => !self.held.is_empty(),
            State::Skip => self.next_header > self.at + 3,
            State::Collect(_) | State::Copy => true,
        }
    }

    /// `flush_buffer`: a decompressor's chunk. False when the kernel stops.
    pub(crate) fn flush(&mut self, mut buf: &[u8], rootfs: &mut Rootfs) -> Result<bool> {
        loop {
            let taken = self.write(buf, rootfs)?;
            buf = buf.get(taken..).unwrap_or_default();
            if self.refused.is_some() {
                return Ok(false);
            }
            match buf.first() {
                None => return Ok(true),
                Some(b'0') => self.state = State::Start,
                Some(0) => self.state = State::Reset,
                Some(_) => {
                    self.refuse(Refusal::Junk);
                    return Ok(false);
                }
            }
        }
    }

    /// `write_buffer`: acts until the bytes are used up or a step says stop;
    /// tells how many were used.
    pub(crate) fn write(&mut self, buf: &[u8], rootfs: &mut Rootfs) -> Result<usize> {
        let mut rest = buf;
        while self.step(&mut rest, rootfs)? {}
        Ok(buf.len() - rest.len())
    }

    /// Passes over content that nobody wants without a look at it, but for its last
    /// byte, which the next step takes; tells how many of at most `most` bytes.
    pub(crate) fn pass_over(&mut self, most: u64, rootfs: &Rootfs) -> u64 {
        let n = match self.state {
            State::Copy if !self.crc && !rootfs.fills() => self.left.min(most).saturating_sub(1),
            _ => return 0,
        };
        self.at += n;
        self.left -= n;
        n
    }

    /// One action; false when the chunk is used up or the kernel returns.
    fn step(&mut self, rest: &mut &[u8], rootfs: &mut Rootfs) -> Result<bool> {
        match self.state {
            State::Start => {
                let at = self.at;
                let split = self.chunk.is_some_and(|k| at % k + header::LEN as u64 > k);
                if split {
                    self.after_skip = AfterSkip::SameHeader;
                }
                self.collect(header::LEN as u64, Step::Header);
                Ok(true)
            }
            State::Collect(step) => {
                let n = self.wanted.min(rest.len());
                let taken = self.eat(rest, n);
                self.held.extend_from_slice(taken);
                self.wanted -= n;
                if self.wanted > 0 {
                    return Ok(false);
                }
                self.gathered(step, rootfs)
            }
            State::Skip => {
                let n = self.next_header.saturating_sub(self.at);
                let n = usize::try_from(n).unwrap_or(usize::MAX);
                if rest.len() < n {
                    self.eat(rest, rest.len());
                    return Ok(false);
                }
                self.eat(rest, n);
                self.end = self.at;
                match self.after_skip {
                    AfterSkip::Reset => self.state = State::Reset,
                    AfterSkip::SameHeader => self.place_next(),
                }
                // A header read again always lies further on, so this ends.
                Ok(true)
            }
            State::Copy => {
                let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(rest.len());
                let taken = self.eat(rest, n);
                self.left -= n as u64;
                if self.crc {
                    let sum = taken.iter().fold(0u32, |sum, b| sum.wrapping_add(u32::from(*b)));
                    self.sum = self.sum.wrapping_add(sum);
                }
                rootfs.body(taken);
                if self.left > 0 {
                    return Ok(false);
                }
                rootfs.body_end(self.body, self.header.mtime);
                if self.crc && self.sum != self.header.check {
                    self.refuse(Refusal::BadSum);
                }
                self.state = State::Skip;
                Ok(true)
            }
            State::Reset => {
                let zeros = rest.iter().take_while(|b| **b == 0).count();
                self.eat(rest, zeros);
                if !rest.is_empty() && self.at & 3 != 0 {
                    self.refuse(Refusal::Padding);
                }
                Ok(false)
            }
        }
    }

    fn eat<'b>(&mut self, rest: &mut &'b [u8], n: usize) -> &'b [u8] {
        let (taken, left) = rest.split_at_checked(n).unwrap_or((rest, &[]));
        self.at += taken.len() as u64;
        *rest = left;
        taken
    }

    fn collect(&mut self, wanted: u64, step: Step) {
        self.held.clear();
        // At most a name and a link target, 8 KiB.
        self.wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        self.state = State::Collect(step);
    }

    fn place_next(&mut self) {
        let end = self.at + self.header.name_room() + self.header.size;
        self.next_header = end.next_multiple_of(4);
    }

    fn gathered(&mut self, step: Step, rootfs: &mut Rootfs) -> Result<bool> {
        let held = mem::take(&mut self.held);
        let more = match step {
            Step::Header => self.got_header(&held, rootfs)?,
            Step::Name => self.got_name(&held, rootfs)?,
            Step::Symlink => self.got_symlink(&held, rootfs)?,
        };
        self.held = held;
        self.held.clear();
        Ok(more)
    }

    fn got_header(&mut self, raw: &[u8], rootfs: &mut Rootfs) -> Result<bool> {
        match raw.get(..6) {
            Some(header::NEWC) => self.crc = false,
            Some(header::CRC) => self.crc = true,
            Some(header::ODC) => {
                self.refuse(Refusal::OldFormat);
                return Ok(false);
            }
            _ => {
                self.refuse(Refusal::NoMagic);
                return Ok(false);
            }
        }
        self.header = Header::parse(raw);
        let header = self.header;
        rootfs.begin(self.at - header::LEN as u64)?;
        self.place_next();
        self.state = State::Skip;
        if header.name_len == 0 {
            rootfs.drop_unnamed("its name has no bytes, not even the NUL");
        } else if header.name_len > PATH_MAX {
            rootfs.drop_unnamed("its name is longer than the kernel's PATH_MAX");
        } else if header.kind() == S_IFLNK {
            if header.size > PATH_MAX {
                rootfs.drop_unnamed("a symbolic link's target is longer than PATH_MAX");
            } else {
                self.collect(header.name_room() + header.size, Step::Symlink);
            }
        } else if header.kind() == S_IFREG || header.size == 0 {
            self.collect(header.name_room(), Step::Name);
        } else {
            rootfs.drop_unnamed("it has content but is not a regular file");
        }
        Ok(true)
    }

    /// The name without its NUL, or the stop that a missing one is.
    fn name<'h>(&mut self, held: &'h [u8]) -> Option<&'h [u8]> {
        let len = usize::try_from(self.header.name_len).ok()?;
        let name = held.get(..len)?;
        if name.last() != Some(&0) {
            self.refuse(Refusal::NoNul);
            return None;
        }
        Some(c_string(name))
    }

    fn got_name(&mut self, held: &[u8], rootfs: &mut Rootfs) -> Result<bool> {
        self.state = State::Skip;
        self.after_skip = AfterSkip::Reset;
        let Some(name) = self.name(held) else { return Ok(false) };
        if name == header::TRAILER {
            rootfs.forget_links();
            self.trailer = true;
            return Ok(true);
        }
        self.entries = self.entries.saturating_add(1);
        self.body = rootfs.take(&self.header, name, self.at)?;
        if self.body != Body::None {
            self.left = self.header.size;
            self.sum = 0;
            self.state = State::Copy;
        }
        Ok(true)
    }

    fn got_symlink(&mut self, held: &[u8], rootfs: &mut Rootfs) -> Result<bool> {
        // The kernel leaves its states as they were here; no step follows.
        let Some(name) = self.name(held) else { return Ok(false) };
        let room = usize::try_from(self.header.name_room()).unwrap_or(usize::MAX);
        let target = held.get(room..).unwrap_or_default();
        let target = c_string(target);
        self.entries = self.entries.saturating_add(1);
        rootfs.symlink(&self.header, name, target)?;
        self.state = State::Skip;
        self.after_skip = AfterSkip::Reset;
        Ok(true)
    }
}
