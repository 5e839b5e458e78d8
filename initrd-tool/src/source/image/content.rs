//! Contents of an image's files, read in a pass of their own: only the segments
//! that hold them, each up to the last byte that is wanted.

use super::codec;
use super::initrd::Image;
use super::nodes::Content;
use super::segments::{Form, Segment};
use super::source::Input;
use crate::base::error::Result;
use crate::base::progress::Progress;

/// Zeros handed out for the part of a file that the image cuts off.
const ZEROS: [u8; 4096] = [0; 4096];

impl Image {
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
