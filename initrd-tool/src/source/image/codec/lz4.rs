//! The legacy frame of LZ4 as lib/decompress_unlz4.c reads it: a magic, then blocks
//! of at most 8 MiB, each behind its packed size, up to the end of the image, a
//! size of zero, or fewer than four bytes.

mod block;

use super::{End, Taker};
use crate::base::error::Result;
use crate::base::magic;
use crate::source::image::source::Input;

/// Bytes that a block unpacks to at most (LZ4_DEFAULT_UNCOMPRESSED_CHUNK_SIZE).
const BLOCK: usize = 8 << 20;
/// Longest packed block that can unpack to that (LZ4_compressBound).
const PACKED: usize = BLOCK + BLOCK / 255 + 16;

pub(super) fn decode(input: &mut Input<'_>, sink: &mut Taker<'_>) -> Result<End> {
    const FAILED: End = End::Failed("Decoding failed", "an LZ4 block is damaged or truncated");
    // It may also come between blocks.
    let magic = magic::LZ4.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    if word(input)? != magic {
        return Ok(End::Failed("invalid header", "the bytes after 02 21 are not legacy LZ4"));
    }
    input.consume(4);
    let (mut packed, mut window) = (Vec::new(), block::Window::new());
    loop {
        let word = word(input)?;
        let size = match word {
            None | Some(0) => return Ok(End::Done),
            Some(size) => usize::try_from(size).unwrap_or(usize::MAX),
        };
        input.consume(4);
        if word == magic {
            continue;
        }
        if size > PACKED || !input.take(size, &mut packed)? || block::size(&packed, BLOCK).is_none()
        {
            return Ok(FAILED);
        }
        if !window.unpack(&packed, sink)? {
            return Ok(End::Stopped);
        }
        if input.left() == 0 {
            return Ok(End::Done);
        }
    }
}

/// The next four bytes, not taken.
fn word(input: &mut Input<'_>) -> Result<Option<u32>> {
    let bytes = input.peek(4)?.first_chunk().copied();
    Ok(bytes.map(u32::from_le_bytes))
}
