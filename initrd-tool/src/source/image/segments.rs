//! The outer loop of init/initramfs.c `unpack_to_rootfs`: what lies at which offset
//! of an image, and where and why the kernel stops.

use super::codec::{self, End};
use super::cpio::{Cpio, State};
use super::keep::Keep;
use super::rootfs::Rootfs;
use super::source::{Input, Place, Source};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::magic;
use crate::base::progress::Progress;

/// How a segment is packed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// A cpio archive as it is.
    Plain,
    /// gzip, one member.
    Gzip,
    /// bzip2, one stream.
    Bzip2,
    /// LZMA alone.
    Lzma,
    /// xz, one stream.
    Xz,
    /// lzop.
    Lzo,
    /// The legacy frame of LZ4.
    Lz4,
    /// Zstandard, one frame.
    Zstd,
}

impl Form {
    /// The kernel's name for it, "cpio" for a plain one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "cpio",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Lzma => "lzma",
            Self::Xz => "xz",
            Self::Lzo => "lzo",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// One piece of the image as the kernel reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Where its first byte lies: file, section, offset.
    pub place: Place,
    /// Position of its first byte in what the kernel is handed.
    pub at: u64,
    /// Bytes it takes there, without padding behind it.
    pub packed: u64,
    /// Bytes of cpio in it.
    pub unpacked: u64,
    /// Its packing.
    pub form: Form,
    /// Entries read, trailers not counted.
    pub entries: u32,
}

/// Where the kernel stops, or where bytes end that should go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// What the kernel says ("Initramfs unpacking failed: …"); empty where it
    /// says nothing although something is lost.
    pub message: &'static str,
    /// Why, in a few words.
    pub why: &'static str,
    /// Where the bytes begin that were refused.
    pub place: Place,
    /// Position of these in what the kernel is handed.
    pub at: u64,
    /// Bytes from there to the end of the image, none of which is loaded.
    pub unread: u64,
    /// Position in the unpacked bytes when it happened inside a segment.
    pub unpacked_at: Option<u64>,
}

/// An entry that the kernel passes over without a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// Its name as the archive has it; empty when the kernel does not read it.
    pub path: Box<[u8]>,
    /// Why.
    pub why: &'static str,
    /// Position of its header in the segment's unpacked bytes; in what the kernel
    /// is handed for a plain archive.
    pub at: u64,
    /// Index of the segment.
    pub segment: u32,
}

/// What a pass over an image found.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub rootfs: Rootfs,
    pub segments: Vec<Segment>,
    pub stop: Option<Stop>,
}

/// Reads a whole source as the kernel does.
pub(crate) fn unpack(
    source: &Source,
    keep: Keep,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress),
) -> Result<Unpacked> {
    let mut input = Input::new(source, 0, progress);
    let mut pass = Pass {
        source,
        limits,
        rootfs: Rootfs::new(keep, *limits),
        cpio: Cpio::new(),
        segments: Vec::new(),
        open: None,
        unpacked: 0,
        stop: None,
    };
    while pass.stop.is_none() {
        let at = input.at();
        match input.peek(2)? {
            [] => break,
            [b'0', ..] if at & 3 == 0 => pass.plain(&mut input)?,
            [0, ..] => {
                let bytes = input.fill()?;
                let zeros = bytes.iter().take_while(|b| **b == 0).count();
                input.consume(zeros);
            }
            start => {
                let form = codec::detect(start);
                pass.compressed(form, &mut input)?;
            }
        }
    }
    pass.close();
    pass.rootfs.finish();
    Ok(Unpacked { rootfs: pass.rootfs, segments: pass.segments, stop: pass.stop })
}

struct Pass<'a> {
    source: &'a Source,
    limits: &'a Limits,
    rootfs: Rootfs,
    cpio: Cpio,
    segments: Vec<Segment>,
    /// The plain segment that further entries belong to.
    open: Option<Segment>,
    unpacked: u64,
    stop: Option<Stop>,
}

impl Pass<'_> {
    /// A plain archive from here on: one entry, or as many as follow without a
    /// look at the outer loop.
    fn plain(&mut self, input: &mut Input<'_>) -> Result<()> {
        if self.open.is_none() {
            let segment = self.begin(Form::Plain, input.at())?;
            self.open = Some(segment);
        }
        self.cpio.chunk = None;
        self.cpio.state = State::Start;
        self.cpio.at = input.at();
        loop {
            let passed = self.cpio.pass_over(input.left(), &self.rootfs);
            input.skip(passed);
            self.unpacked = self.unpacked.saturating_add(passed);
            let bytes = input.fill()?;
            if bytes.is_empty() {
                break;
            }
            let (had, before) = (bytes.len(), self.unpacked);
            let taken = self.cpio.write(bytes, &mut self.rootfs)?;
            input.consume(taken);
            self.unpacked = before.saturating_add(taken as u64);
            self.within(input.at())?;
            if taken < had || self.cpio.refused.is_some() {
                break;
            }
        }
        if let Some(refused) = self.cpio.refused {
            self.halt(refused.message(), refused.why(), self.cpio.at, None);
        } else if input.left() == 0 && self.cpio.inside() {
            self.halt("", "the image ends inside an entry", self.cpio.at, None);
        }
        if let Some(open) = &mut self.open {
            open.entries = open.entries.saturating_add(self.cpio.take_entries());
            let end = if self.stop.is_some() { self.cpio.at } else { self.cpio.end };
            open.packed = end.saturating_sub(open.at);
            open.unpacked = open.packed;
        }
        if self.cpio.take_trailer() {
            self.close();
        }
        Ok(())
    }

    fn compressed(&mut self, form: Option<Form>, input: &mut Input<'_>) -> Result<()> {
        self.close();
        let at = input.at();
        let Some(form) = form else {
            let why = match input.peek(4)? {
                magic::LZ4_FRAME => {
                    "the kernel reads the legacy LZ4 format only (lz4 -l), not the frame format"
                }
                _ => "not an archive or compression format that the kernel knows",
            };
            self.halt("invalid magic at start of compressed archive", why, at, None);
            return Ok(());
        };
        let mut segment = self.begin(form, at)?;
        self.cpio.at = 0;
        self.cpio.chunk = codec::chunk(form);
        let (cpio, rootfs, unpacked) = (&mut self.cpio, &mut self.rootfs, &mut self.unpacked);
        let limit = self.limits.unpacked;
        let mut bytes = 0u64;
        let end = codec::decode(form, input, self.limits, &mut |chunk| {
            bytes += chunk.len() as u64;
            *unpacked = unpacked.saturating_add(chunk.len() as u64);
            if *unpacked > limit {
                return Err(too_much(limit, at));
            }
            cpio.flush(chunk, rootfs)
        })?;
        segment.packed = input.at() - at;
        segment.unpacked = bytes;
        segment.entries = self.cpio.take_entries();
        self.cpio.take_trailer();
        self.segments.push(segment);
        let inside = Some(self.cpio.at);
        if let Some(refused) = self.cpio.refused {
            self.halt(refused.message(), refused.why(), at, inside);
            return Ok(());
        }
        match end {
            End::Failed(message, why) => self.halt(message, why, at, inside),
            _ if self.cpio.state != State::Reset => {
                let why = "the archive does not end where its compressed data ends";
                self.halt("junk at the end of compressed archive", why, at, inside);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, form: Form, at: u64) -> Result<Segment> {
        let number = u32::try_from(self.segments.len()).unwrap_or(u32::MAX);
        if number >= self.limits.segments {
            let most = self.limits.segments;
            return Err(Error::new(format!(
                "the image holds more than {most} segments (limit `segments`), met at byte {at}"
            )));
        }
        self.rootfs.segment = number;
        let place = self.source.place(at);
        Ok(Segment { place, at, packed: 0, unpacked: 0, form, entries: 0 })
    }

    /// Ends the open plain segment.
    fn close(&mut self) {
        self.segments.extend(self.open.take());
    }

    fn within(&self, at: u64) -> Result<()> {
        if self.unpacked > self.limits.unpacked {
            return Err(too_much(self.limits.unpacked, at));
        }
        Ok(())
    }

    fn halt(&mut self, message: &'static str, why: &'static str, at: u64, inside: Option<u64>) {
        self.stop = Some(Stop {
            message,
            why,
            place: self.source.place(at),
            at,
            unread: self.source.len().saturating_sub(at),
            unpacked_at: inside,
        });
    }
}

fn too_much(limit: u64, at: u64) -> Error {
    Error::new(format!(
        "the image unpacks to more than {limit} bytes (limit `unpacked`), in the segment at byte {at}"
    ))
}
