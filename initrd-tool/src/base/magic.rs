//! What packed data begins with, each magic once. Which reader takes which of them is
//! that reader's own to say: the kernel of an initrd, kmod of a module, tools of a log.

/// gzip (RFC 1952, section 2.3.1).
pub const GZIP: &[u8] = b"\x1f\x8b";
/// gzip's older magic, which the kernel takes too (lib/decompress.c).
pub const GZIP_OLD: &[u8] = b"\x1f\x9e";
/// bzip2, of any block size (lib/decompress_bunzip2.c `start_bunzip`).
pub const BZIP2: &[u8] = b"BZh";
/// LZMA alone has none: its properties as everybody writes them, and the lowest byte of
/// the dictionary's size (lib/decompress.c).
pub const LZMA: &[u8] = b"\x5d\x00";
/// xz (lib/xz/xz_stream.h `HEADER_MAGIC`).
pub const XZ: &[u8] = b"\xfd7zXZ\0";
/// lzop (lib/decompress_unlzo.c `lzop_magic`).
pub const LZO: &[u8] = b"\x89LZO\0\r\n\x1a\n";
/// The legacy frame of LZ4 (lib/decompress_unlz4.c `ARCHIVE_MAGICNUMBER`).
pub const LZ4: &[u8] = b"\x02\x21\x4c\x18";
/// The frame of LZ4 that the kernel does not read (lz4_Frame_format.md).
pub const LZ4_FRAME: &[u8] = b"\x04\x22\x4d\x18";
/// Zstandard (RFC 8878, section 3.1.1).
pub const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
