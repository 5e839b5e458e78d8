//! How a module or firmware file is compressed, told by its first bytes and never
//! by its name, and its content, bounded.

use super::Damage;
use crate::base::magic;
use nvpreflight::facts::image::Packing;
use std::borrow::Cow;
use std::io::Read;

/// Memory that an xz stream may ask for: the dictionary of `xz -9e` is 64 MiB,
/// and kmod and the kernel use presets below it.
const XZ_MEMORY: u64 = 256 << 20;
/// The largest zstd window, as a power of two: `zstd --ultra` asks for 2^27.
const ZSTD_WINDOW: u32 = 27;

/// The compression by magic number (lib/decompress.c, zstd_compression_format.md).
#[must_use]
pub fn packing(bytes: &[u8]) -> Packing {
    [
        (magic::GZIP, Packing::Gzip),
        (magic::XZ, Packing::Xz),
        (magic::ZSTD, Packing::Zstd),
        (magic::BZIP2, Packing::Other),
        (magic::LZ4_FRAME, Packing::Other),
        (magic::LZ4, Packing::Other),
    ]
    .into_iter()
    .find_map(|(magic, packing)| bytes.starts_with(magic).then_some(packing))
    .unwrap_or(Packing::Plain)
}

/// The content of a file, unpacked when it is compressed.
///
/// # Errors
/// A damaged stream, one of more than `limit` bytes, or a compression that
/// neither kmod nor the kernel reads of a module.
pub fn unpack(bytes: &[u8], limit: u64) -> Result<Cow<'_, [u8]>, Damage> {
    match packing(bytes) {
        Packing::Plain => Ok(Cow::Borrowed(bytes)),
        Packing::Gzip => whole(flate2::read::MultiGzDecoder::new(bytes), "gzip", limit),
        Packing::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0)
                .map_err(|e| Damage::new(format!("the xz decoder rejects it: {e}")))?;
            whole(liblzma::read::XzDecoder::new_stream(bytes, stream), "xz", limit)
        }
        Packing::Zstd => {
            let damaged = |e| Damage::new(format!("the zstd decoder rejects it: {e}"));
            let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes).map_err(damaged)?;
            decoder.window_log_max(ZSTD_WINDOW).map_err(damaged)?;
            whole(decoder, "zstd", limit)
        }
        Packing::Other => Err(Damage::new("it is compressed in a format that kmod cannot read")),
    }
}

fn whole<'a>(from: impl Read, form: &str, limit: u64) -> Result<Cow<'a, [u8]>, Damage> {
    let mut out = Vec::new();
    from.take(limit.saturating_add(1))
        .read_to_end(&mut out)
        .map_err(|e| Damage::new(format!("its {form} data is damaged: {e}")))?;
    if out.len() as u64 > limit {
        return Err(Damage::new(format!("it unpacks to more than {limit} bytes")));
    }
    Ok(Cow::Owned(out))
}
