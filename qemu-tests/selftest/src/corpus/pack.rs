//! Compresses segments into the forms that the kernel's decoders are given, the
//! refused ones too. Output is the same for the same input and the same crates.

use bzip2::write::BzEncoder;
use flate2::write::GzEncoder;
use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
use liblzma::write::XzEncoder;
use lz4_flex::frame::FrameEncoder;
use std::io::{self, Write};
use zstd::stream::write::Encoder;

/// Magic of lz4's legacy format (lib/decompress_unlz4.c, `ARCHIVE_MAGICNUMBER`).
const LZ4_LEGACY: u32 = 0x184c_2102;
/// Unpacked bytes of one chunk (lib/decompress_unlz4.c,
/// `LZ4_DEFAULT_UNCOMPRESSED_CHUNK_SIZE`).
const LZ4_CHUNK: usize = 8 << 20;
/// Unpacked bytes of one block (lib/decompress_unlzo.c, `LZO_BLOCK_SIZE`).
const LZO_BLOCK: usize = 256 << 10;

/// A way of packing a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is.
    Plain,
    /// gzip without a name.
    Gzip,
    /// One zstd frame without a checksum.
    Zstd,
    /// xz with CRC32, the only sum the kernel knows (lib/xz/xz_dec_stream.c).
    Xz,
    /// The format before xz, "alone".
    Lzma,
    /// What `lz4 -l` makes.
    Lz4,
    /// bzip2 with blocks of 900 kB.
    Bzip2,
    /// What lzop makes of data that it cannot shrink: stored blocks.
    Lzo,
}

impl Form {
    /// The compressed forms that the kernel accepts.
    pub const PACKED: [Self; 7] =
        [Self::Gzip, Self::Zstd, Self::Xz, Self::Lzma, Self::Lz4, Self::Bzip2, Self::Lzo];

    /// Its name in the names of cases.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Lz4 => "lz4",
            Self::Bzip2 => "bzip2",
            Self::Lzo => "lzo",
        }
    }

    /// Packs `data`.
    pub fn pack(self, data: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain => Ok(data.to_owned()),
            Self::Gzip => gzip(data),
            Self::Zstd => zstd(data, false),
            Self::Xz => xz(data, Check::Crc32),
            Self::Lzma => lzma(data),
            Self::Lz4 => Ok(lz4_legacy(data)),
            Self::Bzip2 => bzip2(data),
            Self::Lzo => Ok(lzo_stored(data)),
        }
    }
}

/// One gzip member: no name, no time.
pub fn gzip(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(data)?;
    encoder.finish()
}

/// One zstd frame.
pub fn zstd(data: &[u8], checksum: bool) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::new(Vec::new(), 3)?;
    encoder.include_checksum(checksum)?;
    encoder.write_all(data)?;
    encoder.finish()
}

/// One zstd frame that asks for a window of `1 << log` bytes.
pub fn zstd_window(data: &[u8], log: u32) -> io::Result<Vec<u8>> {
    let mut encoder = Encoder::new(Vec::new(), 3)?;
    encoder.window_log(log)?;
    encoder.include_contentsize(false)?;
    encoder.write_all(data)?;
    encoder.finish()
}

/// One xz stream.
pub fn xz(data: &[u8], check: Check) -> io::Result<Vec<u8>> {
    through(Stream::new_easy_encoder(6, check)?, data)
}

/// One xz stream with CRC32 whose LZMA2 is preceded by what `add` adds.
pub fn xz_filtered(data: &[u8], add: fn(&mut Filters) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut filters = Filters::new();
    add(&mut filters)?;
    filters.lzma2(&LzmaOptions::new_preset(6)?);
    through(Stream::new_stream_encoder(&filters, Check::Crc32)?, data)
}

/// One lzma stream that ends with a marker, its size not said.
pub fn lzma(data: &[u8]) -> io::Result<Vec<u8>> {
    through(Stream::new_lzma_encoder(&LzmaOptions::new_preset(6)?)?, data)
}

fn through(stream: Stream, data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(data)?;
    encoder.finish()
}

/// lz4's legacy format: the magic, then chunks with their packed size.
pub fn lz4_legacy(data: &[u8]) -> Vec<u8> {
    let mut out = LZ4_LEGACY.to_le_bytes().to_vec();
    for chunk in data.chunks(LZ4_CHUNK) {
        let packed = lz4_flex::block::compress(chunk);
        out.extend(u32::try_from(packed.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(packed);
    }
    out
}

/// lz4's frame format, which the kernel does not know.
pub fn lz4_frame(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(data)?;
    encoder.finish().map_err(io::Error::other)
}

/// One bzip2 stream.
pub fn bzip2(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::new(9));
    encoder.write_all(data)?;
    encoder.finish()
}

/// An lzop file of version 1.03 with an Adler-32 over the unpacked data of each
/// block, all blocks stored, which the format says by two equal sizes.
pub fn lzo_stored(data: &[u8]) -> Vec<u8> {
    let mut out = b"\x89LZO\0\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    for number in [0x1030u16, 0x2080, 0x0940] {
        head.extend(number.to_be_bytes());
    }
    // Method LZO1X-1, level 5; flags: Adler-32 of the unpacked data.
    head.extend([1, 5]);
    for number in [1u32, 0o100_644, 0, 0] {
        head.extend(number.to_be_bytes());
    }
    head.push(0);
    out.extend(&head);
    out.extend(adler32(&head).to_be_bytes());
    for block in data.chunks(LZO_BLOCK) {
        let size = u32::try_from(block.len()).unwrap_or(u32::MAX).to_be_bytes();
        out.extend(size);
        out.extend(size);
        out.extend(adler32(block).to_be_bytes());
        out.extend(block);
    }
    out.extend(0u32.to_be_bytes());
    out
}

/// RFC 1950's sum.
fn adler32(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}
