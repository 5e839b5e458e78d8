//! Bytes of a log as they were before somebody compressed them. Never unpacks more
//! than a bound, however small the input.

use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use std::io::Read;

/// Bytes of a log that is read whole: a boot's journal in its longest form has
/// some 50 MB, a bug report 5 MB.
pub const LOG_MAX: u64 = 256 << 20;
/// Compressions inside one another: a packed log inside a packed attachment.
const LAYERS: u32 = 3;

/// What the first bytes announce.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
}

/// The magics of RFC 1952, bzip2, xz, RFC 8878 and the LZ4 frame format.
fn packing(head: &[u8]) -> Option<Packing> {
    [
        (&b"\x1f\x8b\x08"[..], Packing::Gzip),
        (b"BZh", Packing::Bzip2),
        (b"\xfd7zXZ\0", Packing::Xz),
        (b"\x28\xb5\x2f\xfd", Packing::Zstd),
        (b"\x04\x22\x4d\x18", Packing::Lz4),
    ]
    .into_iter()
    .find_map(|(magic, packing)| head.starts_with(magic).then_some(packing))
}

/// The unpacked bytes; `true` beside them where the packed data ends before its
/// end, or is damaged: what came before that is still a log.
///
/// # Errors
/// More than [`LOG_MAX`] bytes.
pub fn whole(bytes: Vec<u8>, limits: &Limits) -> Result<(Vec<u8>, bool)> {
    let (mut bytes, mut damaged) = (bytes, false);
    for _ in 0..LAYERS {
        let Some(packing) = packing(&bytes) else { break };
        let (inner, cut) = some(packing, &bytes, LOG_MAX, limits);
        if inner.len() as u64 > LOG_MAX {
            return Err(too_long());
        }
        damaged |= cut;
        bytes = inner;
    }
    Ok((bytes, damaged))
}

/// The first unpacked bytes, at most `most` of them.
#[must_use]
pub fn head(bytes: &[u8], most: u64, limits: &Limits) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..LAYERS {
        let Some(packing) = packing(&bytes) else { break };
        bytes = some(packing, &bytes, most, limits).0;
    }
    bytes
}

/// The error for a log that is too long.
#[must_use]
pub fn too_long() -> Error {
    let most = LOG_MAX >> 20;
    Error::new(format!("the log is longer than {most} MiB; cut it to one boot (journalctl -b)"))
}

/// At most `most` bytes and one more, and whether it went wrong before the end.
fn some(packing: Packing, bytes: &[u8], most: u64, limits: &Limits) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let read = match packing {
        Packing::Gzip => take(flate2::read::MultiGzDecoder::new(bytes), most, &mut out),
        Packing::Bzip2 => take(bzip2::read::MultiBzDecoder::new(bytes), most, &mut out),
        Packing::Lz4 => take(lz4_flex::frame::FrameDecoder::new(bytes), most, &mut out),
        Packing::Xz => {
            let flags = liblzma::stream::CONCATENATED;
            match liblzma::stream::Stream::new_stream_decoder(limits.decoder, flags) {
                Ok(stream) => {
                    take(liblzma::read::XzDecoder::new_stream(bytes, stream), most, &mut out)
                }
                Err(_) => false,
            }
        }
        Packing::Zstd => match zstd::stream::read::Decoder::new(bytes) {
            Ok(mut decoder) => {
                let log = limits.decoder.max(1).ilog2();
                decoder.window_log_max(log.min(31)).is_ok() && take(decoder, most, &mut out)
            }
            Err(_) => false,
        },
    };
    (out, !read)
}

fn take(from: impl Read, most: u64, into: &mut Vec<u8>) -> bool {
    from.take(most.saturating_add(1)).read_to_end(into).is_ok()
}

/// Everything up to one byte more than a log may have.
pub(super) fn upto(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    from.take(LOG_MAX + 1).read_to_end(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const TEXT: &[u8] = b"[   12.903355] NVRM: x\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    }

    #[test]
    fn every_packing_gives_the_log_back() {
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
        xz.write_all(TEXT).expect("memory");
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        bz.write_all(TEXT).expect("memory");
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(TEXT).expect("memory");
        for packed in [
            TEXT.to_vec(),
            gzip(TEXT),
            gzip(&gzip(TEXT)),
            xz.finish().expect("memory"),
            bz.finish().expect("memory"),
            lz4.finish().expect("memory"),
            zstd::encode_all(TEXT, 3).expect("memory"),
        ] {
            let got = whole(packed, &Limits::DEFAULT).expect("short");
            assert_eq!(got, (TEXT.to_vec(), false));
        }
        // `nvidia-bug-report.sh` appends one member after another.
        let members = [gzip(TEXT), gzip(TEXT)].concat();
        assert_eq!(whole(members, &Limits::DEFAULT).expect("short").0, TEXT.repeat(2));
    }

    #[test]
    fn a_cut_download_still_gives_its_beginning() {
        let text = TEXT.repeat(2000);
        let mut packed = gzip(&text);
        packed.truncate(packed.len() - 12);
        let (got, damaged) = whole(packed, &Limits::DEFAULT).expect("short");
        assert!(damaged && text.starts_with(&got) && !got.is_empty());
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let zeros = vec![0; 1 << 20];
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..=LOG_MAX >> 20 {
            out.write_all(&zeros).expect("memory");
        }
        let why = whole(out.finish().expect("memory"), &Limits::DEFAULT).expect_err("too long");
        assert!(why.to_string().contains("longer than 256 MiB"), "{why}");
    }
}
