//! Zstandard as lib/decompress_unzstd.c reads it: one frame, checksums verified,
//! a window of 128 MiB at most, no dictionary.

use super::output::Output;
use super::{End, Taker};
use crate::base::error::{Error, Result};
use crate::source::image::source::Input;
use zstd::zstd_safe::{self, DCtx, InBuffer, OutBuffer};

/// Bytes handed over at once.
const CHUNK: usize = 1 << 17;

pub(super) fn decode(input: &mut Input<'_>, sink: &mut Taker<'_>) -> Result<End> {
    let Some(mut context) = DCtx::try_create() else {
        return Err(Error::new("no memory for a zstd decoder"));
    };
    let mut out = Output::new(CHUNK, sink);
    loop {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            out.flush()?;
            return Ok(End::Failed(
                "ZSTD-compressed data is truncated",
                "the compressed data is truncated",
            ));
        }
        let mut from = InBuffer::around(bytes);
        let mut to = OutBuffer::around(out.room());
        let result = context.decompress_stream(&mut to, &mut from);
        let (used, made) = (from.pos(), to.pos());
        input.consume(used);
        let left = match result {
            Ok(left) => left,
            // What the failing call unpacked is not handed over.
            Err(code) => return Ok(failure(zstd_safe::get_error_name(code))),
        };
        out.add(made)?;
        if left == 0 {
            out.flush()?;
            return Ok(End::Done);
        }
        if !out.open {
            return Ok(End::Stopped);
        }
    }
}

/// The kernel's words for libzstd's errors (`handle_zstd_error`).
fn failure(name: &str) -> End {
    const CORRUPT: &str = "ZSTD-compressed data is corrupt";
    const PROBABLY: &str = "ZSTD-compressed data is probably corrupt";
    match name {
        "Unknown frame descriptor" => End::Failed(
            "Input is not in the ZSTD format (wrong magic bytes)",
            "the bytes after 28 b5 are not a zstd frame",
        ),
        "Data corruption detected" | "Destination buffer is too small" => {
            End::Failed(CORRUPT, "the compressed data is damaged")
        }
        "Restored data doesn't match checksum" => {
            End::Failed(CORRUPT, "the unpacked data does not match its checksum")
        }
        "Frame requires too much memory for decoding" => {
            End::Failed(PROBABLY, "the kernel supports a window of at most 128 MiB (zstd --long)")
        }
        "Dictionary mismatch" => End::Failed(PROBABLY, "it needs a dictionary"),
        _ => End::Failed(PROBABLY, "the kernel does not support this zstd frame"),
    }
}
