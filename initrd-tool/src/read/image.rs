//! An image as a tree of files: what the kernel would have in its rootfs, with the
//! segments it came from. Contents that were not kept are read again when asked.

use super::codec;
use super::keep::Keep;
use super::listing::{self, Entry};
use super::nodes::{Content, Nodes};
use super::segments::{self, Dropped, Form, Segment, Stop, Unpacked};
use super::source::{Input, Progress, Source};
use super::stub::{self, Container, Uki};
use crate::error::{Error, Result};
use crate::files::{Files, Walked};
use crate::limits::Limits;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{self, Flow, Read, Stat, Tree};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// Zeros handed out for the part of a file that the image cuts off.
const ZEROS: [u8; 4096] = [0; 4096];

/// A read image.
#[derive(Debug)]
pub struct Image {
    source: Source,
    container: Container,
    limits: Limits,
    nodes: Nodes,
    kept: HashMap<u32, Vec<u8>>,
    segments: Vec<Segment>,
    stop: Option<Stop>,
    dropped: Vec<Dropped>,
    dropped_total: u64,
}

impl Image {
    /// Reads the image in a file.
    ///
    /// # Errors
    /// A file that cannot be read, or a limit. Damage is no error: see
    /// [`Image::stop`] and [`Image::dropped`].
    pub fn open(
        path: &Path,
        keep: Keep,
        limits: &Limits,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let (source, container) = stub::open(path)?;
        Ok(Self { container, ..Self::read(source, keep, limits, progress)? })
    }

    /// Reads what the kernel is handed.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn read(
        source: Source,
        keep: Keep,
        limits: &Limits,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self> {
        let Unpacked { rootfs, segments, stop } =
            segments::unpack(&source, keep, limits, progress)?;
        Ok(Self {
            source,
            container: Container::Plain,
            limits: *limits,
            nodes: rootfs.nodes,
            kept: rootfs.kept,
            segments,
            stop,
            dropped: rootfs.dropped,
            dropped_total: rootfs.dropped_total,
        })
    }

    /// What the file is.
    #[must_use]
    pub const fn container(&self) -> &Container {
        &self.container
    }

    /// The parts of a unified kernel image.
    #[must_use]
    pub const fn uki(&self) -> Option<&Uki> {
        match &self.container {
            Container::Uki(uki) => Some(uki),
            Container::Plain => None,
        }
    }

    /// The command line that a unified kernel image brings, addons included.
    #[must_use]
    pub fn cmdline(&self) -> Option<&[u8]> {
        self.uki()?.cmdline.as_deref()
    }

    /// The kernel release that a unified kernel image names (`.uname`).
    #[must_use]
    pub fn uname(&self) -> Option<&[u8]> {
        self.uki()?.uname.as_deref()
    }

    /// The os-release of a unified kernel image (`.osrel`).
    #[must_use]
    pub fn osrel(&self) -> Option<&[u8]> {
        self.uki()?.osrel.as_deref()
    }

    /// Bytes of what the kernel is handed.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.source.len()
    }

    /// The segments in order, as far as the kernel reads.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where the kernel stops; what follows is not loaded.
    #[must_use]
    pub const fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Entries that the kernel drops without a word; the first thousand.
    #[must_use]
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// Number of entries that the kernel drops.
    #[must_use]
    pub const fn dropped_total(&self) -> u64 {
        self.dropped_total
    }

    /// Hands out every entry in the order of paths, compared as bytes.
    ///
    /// # Errors
    /// What `visit` returns.
    pub fn entries(&self, visit: &mut dyn FnMut(&Entry<'_>) -> Result<()>) -> Result<()> {
        self.nodes.entries(visit)
    }

    /// The root directory: an entry `.`, `/` or with an empty name changes it.
    #[must_use]
    pub fn root(&self) -> Option<Entry<'_>> {
        self.nodes.root()
    }

    /// The inode that a path leads to, links followed inside the root.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Seen<u32> {
        match self.nodes.resolve(path, true, &mut 0) {
            Ok(id) => Seen::Yes(id),
            Err(e) => Seen::from(e),
        }
    }

    /// Reads contents in another pass: of every inode in `wanted`, in the order in
    /// which they lie in the image, chunk by chunk. An empty file has no chunk.
    /// What the image cuts off reads as zeros, as in the rootfs.
    ///
    /// # Errors
    /// An image that cannot be read again, or what `visit` returns.
    pub fn contents(
        &self,
        wanted: &mut dyn Iterator<Item = u32>,
        visit: &mut dyn FnMut(u32, &[u8]) -> Result<()>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        let mut ranges: Vec<Range> = wanted.filter_map(|id| self.range(id)).collect();
        ranges.sort_unstable_by_key(|r| (r.segment, r.at, r.inode));
        ranges.dedup_by_key(|r| r.inode);
        for of_one in ranges.chunk_by_mut(|a, b| a.segment == b.segment) {
            let Some(first) = of_one.first() else { continue };
            let Some(segment) = self.segments.get(first.segment as usize) else { continue };
            self.segment_contents(segment, of_one, visit, progress)?;
        }
        Ok(())
    }

    fn range(&self, inode: u32) -> Option<Range> {
        let found = self.nodes.inode(inode)?;
        match found.content {
            Content::File { at, size } if size > 0 => {
                Some(Range { segment: found.segment, at, left: u64::from(size), inode })
            }
            _ => None,
        }
    }

    fn segment_contents(
        &self,
        segment: &Segment,
        ranges: &mut [Range],
        visit: &mut dyn FnMut(u32, &[u8]) -> Result<()>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        if segment.form == Form::Plain {
            let mut input = Input::new(&self.source, segment.at, progress);
            for range in ranges.iter_mut() {
                input.skip(range.at.saturating_sub(input.at()));
                while range.left > 0 {
                    let bytes = input.fill()?;
                    if bytes.is_empty() {
                        break;
                    }
                    let n = range.hand_out(range.at, bytes, visit)?;
                    input.consume(n);
                }
            }
        } else {
            let mut input = Input::new(&self.source, segment.at, progress);
            let (mut at, mut next) = (0u64, 0usize);
            codec::decode(segment.form, &mut input, &self.limits, &mut |chunk| {
                while let Some(range) = ranges.get_mut(next) {
                    range.hand_out(at, chunk, visit)?;
                    if range.left > 0 {
                        break;
                    }
                    next += 1;
                }
                at += chunk.len() as u64;
                Ok(next < ranges.len())
            })?;
        }
        for range in ranges {
            while range.left > 0 {
                let n = range.left.min(ZEROS.len() as u64);
                visit(range.inode, ZEROS.get(..usize::try_from(n).unwrap_or(0)).unwrap_or(&[]))?;
                range.left -= n;
            }
        }
        Ok(())
    }

    fn file(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        self.find(path).and_then(|id| self.content(id))
    }

    fn content(&self, id: u32) -> Seen<Cow<'_, [u8]>> {
        match self.nodes.inode(id).map(|i| i.content) {
            Some(Content::File { size: 0, .. }) => Seen::Yes(Cow::Borrowed(&[])),
            Some(Content::File { .. }) => match self.kept.get(&id) {
                Some(bytes) => Seen::Yes(Cow::Borrowed(bytes)),
                None => Seen::NotLooked,
            },
            Some(Content::Directory { .. }) => Seen::Unreadable(super::walk::EISDIR),
            _ => Seen::Unreadable(Errno::EINVAL),
        }
    }
}

/// A file's content in the unpacked bytes of its segment.
struct Range {
    segment: u32,
    /// Position of the next byte.
    at: u64,
    left: u64,
    inode: u32,
}

impl Range {
    /// Hands out what of `chunk`, which lies at `start`, belongs to the file;
    /// tells how many bytes.
    fn hand_out(
        &mut self,
        start: u64,
        chunk: &[u8],
        visit: &mut dyn FnMut(u32, &[u8]) -> Result<()>,
    ) -> Result<usize> {
        let Some(skip) = self.at.checked_sub(start).and_then(|n| usize::try_from(n).ok()) else {
            return Ok(0);
        };
        let bytes = chunk.get(skip..).unwrap_or_default();
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        if n > 0 {
            visit(self.inode, bytes.get(..n).unwrap_or_default())?;
            self.at += n as u64;
            self.left -= n as u64;
        }
        Ok(n)
    }
}

impl Files for Image {
    fn walk(&self, visit: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        self.nodes.entries(&mut |entry| {
            visit(&Walked {
                path: entry.path,
                kind: entry.kind,
                size: entry.size,
                mode: entry.mode & 0o7777,
                target: entry.target,
                segment: entry.segment,
            });
            Ok(())
        })
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        self.file(path)
    }

    fn prepare(&mut self, paths: &[Vec<u8>]) -> Result<()> {
        let mut wanted = Vec::new();
        let mut bytes: u64 = self.kept.values().map(|kept| kept.len() as u64).sum();
        for path in paths {
            let Seen::Yes(id) = self.find(path) else { continue };
            let Some(Content::File { size, .. }) = self.nodes.inode(id).map(|i| i.content) else {
                continue;
            };
            if self.kept.contains_key(&id) || wanted.contains(&id) {
                continue;
            }
            let size = u64::from(size);
            bytes = bytes.saturating_add(size);
            let limit = if size > self.limits.file {
                Some(("file", self.limits.file))
            } else {
                (bytes > self.limits.kept).then_some(("kept", self.limits.kept))
            };
            if let Some((name, limit)) = limit {
                let path = path.escape_ascii();
                return Err(Error::new(format!(
                    "{path} has {size} bytes, too much to load (limit `{name}`, {limit} bytes)"
                )));
            }
            wanted.push(id);
        }
        let mut loaded: HashMap<u32, Vec<u8>> = HashMap::new();
        self.contents(
            &mut wanted.into_iter(),
            &mut |id, chunk| {
                loaded.entry(id).or_default().extend_from_slice(chunk);
                Ok(())
            },
            &mut |_| {},
        )?;
        self.kept.extend(loaded);
        Ok(())
    }
}

impl Tree for Image {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.file(path.as_bytes()).map(|bytes| fill(buf, &bytes))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<tree::Dropped> {
        self.file(path.as_bytes()).map(|bytes| {
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            if !bytes.is_empty() {
                for line in bytes.split(|b| *b == b'\n') {
                    if f(line) == Flow::Enough {
                        break;
                    }
                }
            }
            tree::Dropped::default()
        })
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.find(path.as_bytes()).and_then(|id| {
            if !self.nodes.inode(id).is_some_and(super::nodes::Inode::is_dir) {
                return Seen::Unreadable(Errno::ENOTDIR);
            }
            for (_, dentry) in self.nodes.children(id) {
                f(self.nodes.text(dentry.name));
            }
            Seen::Yes(())
        })
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        match self.nodes.resolve(path.as_bytes(), false, &mut 0) {
            Ok(id) => match self.nodes.inode(id).map(|i| i.content) {
                Some(Content::Link(target)) => Seen::Yes(fill(buf, self.nodes.text(target))),
                _ => Seen::Unreadable(Errno::EINVAL),
            },
            Err(e) => Seen::from(e),
        }
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        match self.nodes.resolve(path.as_bytes(), false, &mut 0) {
            Ok(id) => self.nodes.inode(id).map_or(Seen::Absent, |inode| {
                let device = match inode.content {
                    Content::Node { major, minor } => (major, minor),
                    _ => (0, 0),
                };
                Seen::Yes(Stat {
                    kind: listing::kind(inode.mode),
                    inode: u64::from(id),
                    mode: u32::from(inode.mode & !super::header::S_IFMT),
                    device,
                })
            }),
            Err(e) => Seen::from(e),
        }
    }
}

fn fill(buf: &mut [u8], bytes: &[u8]) -> Read {
    let len = bytes.len().min(buf.len());
    for (to, from) in buf.iter_mut().zip(bytes) {
        *to = *from;
    }
    Read { len, cut: len < bytes.len() }
}
