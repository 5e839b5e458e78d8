//! One block of LZ4 (lz4_Block_format.md), unpacked through a window of 64 KiB
//! instead of a buffer for the whole block. Nothing is handed over of a block that
//! does not hold together, because the kernel hands over none of it either.

use crate::base::error::Result;
use crate::source::image::codec::Taker;

/// How far back a match may reach.
const HISTORY: usize = 64 << 10;
/// Bytes handed over at once, but for literals so long that they go as they are.
const CHUNK: usize = 128 << 10;
/// Bytes written at most beyond the end of a short copy.
const SLACK: usize = 32;
/// The shortest match.
const MINMATCH: usize = 4;
/// A length in a token that further bytes add to.
const LONG: usize = 15;

/// The lengths in a token, or their beginnings.
const fn lengths(token: u8) -> (usize, usize) {
    ((token >> 4) as usize, (token & 15) as usize)
}

/// Number of bytes that a block unpacks to; `None` where it is damaged or these are
/// more than `most`.
pub(super) fn size(packed: &[u8], most: usize) -> Option<usize> {
    let (mut at, mut made) = (0, 0usize);
    loop {
        let (literals, more) = lengths(*packed.get(at)?);
        at += 1;
        let literals = literals + if literals == LONG { long(packed, &mut at)? } else { 0 };
        at += literals;
        made += literals;
        if at > packed.len() || made > most {
            return None;
        }
        if at == packed.len() {
            return Some(made);
        }
        if !(1..=made).contains(&distance(packed, &mut at)?) {
            return None;
        }
        made += MINMATCH + more + if more == LONG { long(packed, &mut at)? } else { 0 };
        if made > most {
            return None;
        }
    }
}

/// Further bytes of a length: each of 255 says that one more follows.
fn long(packed: &[u8], at: &mut usize) -> Option<usize> {
    let mut sum = 0;
    loop {
        let byte = *packed.get(*at)?;
        *at += 1;
        sum += usize::from(byte);
        if byte != 255 {
            return Some(sum);
        }
    }
}

fn distance(packed: &[u8], at: &mut usize) -> Option<usize> {
    let bytes = packed.get(*at..)?.first_chunk()?;
    *at += 2;
    Some(usize::from(u16::from_le_bytes(*bytes)))
}

/// The last bytes that were unpacked, and those not handed over yet.
pub(super) struct Window {
    buf: Box<[u8]>,
    /// End of what is unpacked.
    at: usize,
    /// End of what is handed over.
    sent: usize,
}

impl Window {
    pub(super) fn new() -> Self {
        let buf = vec![0; HISTORY + CHUNK + SLACK].into_boxed_slice();
        Self { buf, at: 0, sent: 0 }
    }

    /// Unpacks a block that [`size`] found whole; false when the receiver wants no
    /// more.
    pub(super) fn unpack(&mut self, packed: &[u8], sink: &mut Taker<'_>) -> Result<bool> {
        (self.at, self.sent) = (0, 0);
        let mut from = 0;
        while let Some(token) = packed.get(from) {
            let (mut literals, mut more) = lengths(*token);
            from += 1;
            if literals < LONG && more < LONG && self.at + 3 * SLACK <= self.buf.len() {
                if let Some(bytes) = packed.get(from..).and_then(<[u8]>::first_chunk::<18>) {
                    // Nearly every sequence: 16 bytes are copied, of which some count.
                    if let Some(literal) = bytes.first_chunk::<16>() {
                        self.put(self.at, *literal);
                    }
                    self.at += literals;
                    let back = bytes.get(literals..).and_then(<[u8]>::first_chunk);
                    let back = usize::from(u16::from_le_bytes(back.copied().unwrap_or([1, 0])));
                    from += literals + 2;
                    self.copy(back, MINMATCH + more);
                    continue;
                }
            }
            if literals == LONG {
                literals += long(packed, &mut from).unwrap_or(0);
            }
            let bytes = packed.get(from..from.saturating_add(literals)).unwrap_or_default();
            if !self.literals(bytes, sink)? {
                return Ok(false);
            }
            from += literals;
            let Some(back) = distance(packed, &mut from) else { break };
            if more == LONG {
                more += long(packed, &mut from).unwrap_or(0);
            }
            if !self.repeat(back, MINMATCH + more, sink)? {
                return Ok(false);
            }
        }
        self.flush(sink)
    }

    fn literals(&mut self, bytes: &[u8], sink: &mut Taker<'_>) -> Result<bool> {
        if let Some(last) = bytes.last_chunk::<HISTORY>() {
            if !self.flush(sink)? || !sink(bytes)? {
                return Ok(false);
            }
            self.put(0, *last);
            (self.at, self.sent) = (HISTORY, HISTORY);
            return Ok(true);
        }
        if !self.room(bytes.len(), sink)? {
            return Ok(false);
        }
        if let Some(to) = self.buf.get_mut(self.at..self.at + bytes.len()) {
            to.copy_from_slice(bytes);
            self.at += bytes.len();
        }
        Ok(true)
    }

    /// Appends `len` bytes that begin `back` bytes before the end.
    fn repeat(&mut self, back: usize, len: usize, sink: &mut Taker<'_>) -> Result<bool> {
        let mut left = len;
        while left > 0 {
            let part = left.min(CHUNK / 2);
            if !self.room(part, sink)? {
                return Ok(false);
            }
            self.copy(back, part);
            left -= part;
        }
        Ok(true)
    }

    #[inline]
    fn copy(&mut self, back: usize, len: usize) {
        let start = self.at.saturating_sub(back);
        let end = self.at + len;
        if back >= 16 && len <= 32 {
            // Two copies of 16 bytes, of which some may not count.
            for step in [0, 16] {
                if let Some(bytes) = self.buf.get(start + step..).and_then(<[u8]>::first_chunk) {
                    self.put::<16>(self.at + step, *bytes);
                }
            }
        } else if back >= len {
            self.buf.copy_within(start..start + len, self.at);
        } else if back == 1 {
            let byte = self.buf.get(start).copied().unwrap_or(0);
            self.buf.get_mut(self.at..end).unwrap_or_default().fill(byte);
        } else {
            // What is there already is a whole number of periods: twice as many a time.
            let mut at = self.at;
            while at < end && start < at {
                let part = (at - start).min(end - at);
                self.buf.copy_within(start..start + part, at);
                at += part;
            }
        }
        self.at = end;
    }

    #[inline]
    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        if let Some(to) = self.buf.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *to = bytes;
        }
    }

    /// Makes room for `len` bytes, at most [`CHUNK`], and the slack.
    fn room(&mut self, len: usize, sink: &mut Taker<'_>) -> Result<bool> {
        if self.at + len + SLACK <= self.buf.len() {
            return Ok(true);
        }
        if !self.flush(sink)? {
            return Ok(false);
        }
        let start = self.at.saturating_sub(HISTORY);
        self.buf.copy_within(start..self.at, 0);
        self.at -= start;
        self.sent = self.at;
        Ok(true)
    }

    fn flush(&mut self, sink: &mut Taker<'_>) -> Result<bool> {
        let bytes = self.buf.get(self.sent..self.at).unwrap_or_default();
        self.sent = self.at;
        if bytes.is_empty() { Ok(true) } else { sink(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpacked(packed: &[u8], most: usize) -> Option<Vec<u8>> {
        let size = size(packed, most)?;
        let mut out = Vec::new();
        let more = Window::new().unpack(packed, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(true)
        });
        assert!(more.unwrap());
        assert_eq!(out.len(), size);
        Some(out)
    }

    #[test]
    fn what_the_packer_made_comes_back_whatever_its_pattern() {
        let noise = |len: u32| (0..len).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
        let runs = noise(300_000).flat_map(|b| [b; 3]).collect::<Vec<_>>();
        let long = [vec![7; 400_000], noise(200_000).collect(), vec![0; 150_000]].concat();
        let period = b"abcde".repeat(60_000);
        for plain in [runs, long, period, Vec::new(), b"x".to_vec()] {
            let packed = lz4_flex::block::compress(&plain);
            assert!(unpacked(&packed, 8 << 20).is_some_and(|out| out == plain));
            assert_eq!(size(&packed, plain.len()), Some(plain.len()));
            assert!(plain.is_empty() || size(&packed, plain.len() - 1).is_none());
        }
    }

    #[test]
    fn the_receiver_can_end_it_anywhere() {
        let plain = b"abcdefgh".repeat(100_000);
        let packed = lz4_flex::block::compress(&plain);
        let mut chunks = 0;
        let more = Window::new().unpack(&packed, &mut |_| {
            chunks += 1;
            Ok(chunks < 3)
        });
        assert_eq!((more.unwrap(), chunks), (false, 3));
    }

    proptest! {
        /// The library unpacks into a buffer for the whole.
        #[test]
        fn any_bytes_are_judged_as_by_the_library(
            plain in proptest::collection::vec(0u8..4, 0..3000),
            cut in 0usize..4000,
            changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..4),
        ) {
            let mut packed = lz4_flex::block::compress(&plain);
            packed.truncate(cut.max(1));
            for (at, byte) in changes {
                let at = at % packed.len();
                packed[at] = byte;
            }
            let mut theirs = vec![0; 1 << 16];
            let most = theirs.len();
            let result = lz4_flex::block::decompress_into(&packed, &mut theirs).ok();
            let ours = unpacked(&packed, most);
            prop_assert_eq!(ours.as_ref().map(Vec::len), result);
            if let Some(ours) = ours {
                prop_assert_eq!(ours.as_slice(), &theirs[..ours.len()]);
            }
        }
    }
}
