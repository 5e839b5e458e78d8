//! An image as a tree of files: what the kernel would have in its rootfs, with the
//! segments it came from. Contents that were not kept are read again when asked.

use super::bootconfig::{self, BootConfig};
use super::keep::Keep;
use super::listing::Entry;
use super::nodes::{Content, Nodes};
use super::segments::{self, Dropped, Segment, Stop, Unpacked};
use super::source::Source;
use super::stub::{self, Container, Uki};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::progress::Progress;
use crate::source::files::{Files, Walked};
use nvpreflight::seen::{Errno, Seen};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

/// A read image.
#[derive(Debug)]
pub struct Image {
    pub(super) source: Source,
    container: Container,
    pub(super) limits: Limits,
    pub(super) nodes: Nodes,
    kept: HashMap<u32, Vec<u8>>,
    pub(super) segments: Vec<Segment>,
    stop: Option<Stop>,
    dropped: Vec<Dropped>,
    dropped_total: u64,
    bootconfig: Option<BootConfig>,
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
        let bootconfig = bootconfig::of(&source)?;
        // The kernel takes it off before it unpacks anything.
        let archives = bootconfig.as_ref().map(|config| source.before(config.at));
        let archives = archives.as_ref().unwrap_or(&source);
        let Unpacked { rootfs, segments, stop } =
            segments::unpack(archives, keep, limits, progress)?;
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
            bootconfig,
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

    /// The boot configuration behind the archives.
    #[must_use]
    pub const fn bootconfig(&self) -> Option<&BootConfig> {
        self.bootconfig.as_ref()
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

    /// Writes the bytes that the kernel is handed; of a unified kernel image its
    /// parts, joined as the stub joins them.
    ///
    /// # Errors
    /// A failed read or write.
    pub fn copy_to(&self, out: &mut dyn Write) -> Result<()> {
        self.source.copy_to(out)
    }

    /// The segments in order, as far as the kernel reads.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Where the kernel stops; the rest is not loaded.
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

    pub(super) fn file(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
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

    fn size(&self, path: &[u8]) -> Seen<u64> {
        self.find(path).and_then(|id| match self.nodes.inode(id).map(|i| i.content) {
            Some(Content::File { size, .. }) => Seen::Yes(u64::from(size)),
            Some(Content::Directory { .. }) => Seen::Unreadable(super::walk::EISDIR),
            _ => Seen::Unreadable(Errno::EINVAL),
        })
    }

    fn prepare(&mut self, paths: &[Vec<u8>]) -> Result<()> {
        let mut wanted = HashSet::new();
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
            wanted.insert(id);
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
