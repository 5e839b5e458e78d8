//! Every compressor that the kernel has, and what it refuses of them.

use super::{Archive, paths, read, text};
use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
use std::io::Write;

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut to = zstd::Encoder::new(Vec::new(), 3).unwrap();
    to.include_checksum(true).unwrap();
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn through(stream: Stream, bytes: &[u8]) -> Vec<u8> {
    let mut to = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn xz(bytes: &[u8], check: Check) -> Vec<u8> {
    through(Stream::new_easy_encoder(1, check).unwrap(), bytes)
}

pub(super) fn lzma(bytes: &[u8]) -> Vec<u8> {
    lzma_with(1 << 20, bytes)
}

fn lzma_with(dictionary: u32, bytes: &[u8]) -> Vec<u8> {
    let mut options = LzmaOptions::new_preset(1).unwrap();
    options.dict_size(dictionary);
    through(Stream::new_lzma_encoder(&options).unwrap(), bytes)
}

pub(super) fn bz2(bytes: &[u8]) -> Vec<u8> {
    let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

pub(super) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut out = 0x184c_2102_u32.to_le_bytes().to_vec();
    for block in bytes.chunks(8 << 20) {
        let packed = lz4_flex::block::compress(block);
        out.extend((packed.len() as u32).to_le_bytes());
        out.extend(packed);
    }
    out
}

/// lzop with blocks that are stored, as it writes what does not shrink.
fn lzo_stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x89LZO\0\r\n\x1a\n".to_vec();
    out.extend([0x10, 0x30, 0x20, 0x80, 0x09, 0x40, 1, 5]);
    out.extend([0; 4 + 4 + 4 + 4 + 1 + 4]);
    for block in bytes.chunks(256 << 10) {
        let size = (block.len() as u32).to_be_bytes();
        out.extend(size.iter().chain(&size).chain(&[0; 4]));
        out.extend(block);
    }
    out.extend([0; 4]);
    out
}

#[test]
fn every_compressor_is_read_to_its_last_byte() {
    let body: Vec<u8> = (0..300_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    let bytes = Archive::default().file("big", &body).file("small", b"s").trailer();
    let tail = Archive::default().file("tail", b"t").trailer();
    let packed = [
        ("gzip", gzip(&bytes)),
        ("bzip2", bz2(&bytes)),
        ("lzma", lzma(&bytes)),
        // The lowest byte of this dictionary's size is not 0, as other tools write it.
        ("lzma", lzma_with(0x0001_0010, &bytes)),
        ("xz", xz(&bytes, Check::Crc32)),
        ("xz", xz(&bytes, Check::None)),
        ("lzo", lzo_stored(&bytes)),
        ("lz4", lz4(&bytes)),
        ("zstd", zst(&bytes)),
    ];
    for (form, packed) in packed {
        // What is read here is an image to `check` too.
        assert!(crate::source::image::begins(&packed), "{form}");
        let mut image = packed.clone();
        // LZ4's legacy frame has no end of its own: zeros must follow.
        image.resize((image.len() + 4).next_multiple_of(4), 0);
        image.extend(&tail);
        let image = read(&image);
        assert_eq!(image.stop(), None, "{form}");
        assert_eq!(paths(&image), ["big", "small", "tail"], "{form}");
        let first = &image.segments()[0];
        assert_eq!((first.form.name(), first.unpacked), (form, bytes.len() as u64));
        assert_eq!(first.packed, packed.len() as u64, "{form}");
        let mut seen = Vec::new();
        let big = image.find(b"big").yes().copied().unwrap();
        let mut collect = |_, chunk: &[u8]| {
            seen.extend_from_slice(chunk);
            Ok(())
        };
        image.contents(&mut std::iter::once(big), &mut collect, &mut |_| {}).unwrap();
        assert!(seen == body, "{form}");
    }
}

#[test]
fn what_the_kernels_xz_cannot_is_refused_with_its_words() {
    let bytes = Archive::default().file("a", b"1").trailer();
    let options = LzmaOptions::new_preset(1).unwrap();
    let mut delta = Filters::new();
    delta.delta_properties(&[0]).unwrap().lzma2(&options);
    let mut x86 = Filters::new();
    x86.x86().lzma2(&options);
    let with = |filters: &Filters| {
        read(&through(Stream::new_stream_encoder(filters, Check::Crc32).unwrap(), &bytes))
    };
    for image in [read(&xz(&bytes, Check::Crc64)), read(&xz(&bytes, Check::Sha256)), with(&delta)] {
        let message = image.stop().unwrap().message;
        assert!(message.starts_with("Input was encoded with settings"), "{message}");
        assert_eq!(paths(&image), Vec::<String>::new());
    }
    assert_eq!(text(&with(&x86), "a"), "1");
}

#[test]
fn cut_streams_stop_with_the_kernels_words() {
    let body: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 9) as u8).collect();
    let bytes = Archive::default().file("a", b"1").file("b", &body).trailer();
    let cases = [
        ("read error", gzip(&bytes)),
        ("decompressor failed", bz2(&bytes)),
        ("unexpected EOF", lzma(&bytes)),
        ("XZ-compressed data is corrupt", xz(&bytes, Check::Crc32)),
        ("file corrupted", lzo_stored(&bytes)),
        ("Decoding failed", lz4(&bytes)),
        ("ZSTD-compressed data is truncated", zst(&bytes)),
    ];
    for (message, mut packed) in cases {
        packed.truncate(packed.len() * 2 / 3);
        assert_eq!(read(&packed).stop().unwrap().message, message);
    }
}

#[test]
fn gzip_sums_are_not_looked_at_and_zstd_sums_are() {
    let bytes = Archive::default().file("a", b"1").trailer();
    let mut packed = gzip(&bytes);
    let end = packed.len();
    packed[end - 6] ^= 1;
    assert_eq!(read(&packed).stop(), None);
    let mut packed = zst(&bytes);
    let end = packed.len();
    packed[end - 2] ^= 1;
    assert_eq!(read(&packed).stop().unwrap().message, "ZSTD-compressed data is corrupt");
}

#[test]
fn lzma_ends_at_the_size_in_its_header_before_any_marker() {
    let bytes = Archive::default().file("a", b"1").trailer();
    let mut packed = lzma(&bytes);
    packed[5..13].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    let image = read(&packed);
    assert_eq!(image.stop().unwrap().message, "invalid magic at start of compressed archive");
    assert_eq!(text(&image, "a"), "1");
    let image = read(&lzma(&bytes));
    assert_eq!(image.stop(), None);
}
