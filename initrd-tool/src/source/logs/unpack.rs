//! Bytes of a log as they were before somebody compressed them. Never unpacks more
//! than a bound, however small the input.

use super::stream::Stream;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::magic;
use std::io::{self, Read};

/// Bytes that are read whole of what is no stream of entries: of a bug report, of a text
/// about the stack alone, of facts.
pub const LOG_MAX: usize = 256 << 20;

/// What the first bytes announce.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Lz4,
}

/// What log rotation and people pack logs with.
pub(super) fn packing(head: &[u8]) -> Option<Packing> {
    [
        (magic::GZIP, Packing::Gzip),
        (magic::BZIP2, Packing::Bzip2),
        (magic::XZ, Packing::Xz),
        (magic::ZSTD, Packing::Zstd),
        (magic::LZ4_FRAME, Packing::Lz4),
    ]
    .into_iter()
    .find_map(|(magic, packing)| head.starts_with(magic).then_some(packing))
}

/// Whether bytes begin as packed ones do.
#[must_use]
pub fn is_packed(head: &[u8]) -> bool {
    packing(head).is_some()
}

impl Packing {
    /// Bytes of the longest magic.
    pub(super) const MAGIC: usize = magic::XZ.len();

    /// What gives the unpacked bytes; one that cannot be made fails at its first read.
    pub(super) fn decoder<'a>(self, from: Stream<'a>, limits: &Limits) -> Box<dyn Read + 'a> {
        match self {
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(from)),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(from)),
            Self::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(from)),
            Self::Xz => {
                let flags = liblzma::stream::CONCATENATED;
                match liblzma::stream::Stream::new_stream_decoder(limits.decoder, flags) {
                    Ok(decoder) => Box::new(liblzma::read::XzDecoder::new_stream(from, decoder)),
                    Err(e) => Box::new(Failed(Some(e.into()))),
                }
            }
            Self::Zstd => match zstd::stream::read::Decoder::new(from) {
                Ok(mut decoder) => {
                    let log = limits.decoder.max(1).ilog2().min(31);
                    match decoder.window_log_max(log) {
                        Ok(()) => Box::new(decoder),
                        Err(e) => Box::new(Failed(Some(e))),
                    }
                }
                Err(e) => Box::new(Failed(Some(e))),
            },
        }
    }
}

/// A decoder that could not be made.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// The unpacked bytes; `true` beside them where the packed data ends before its
/// end, or is damaged: what came before that is still a log.
///
/// # Errors
/// More than [`LOG_MAX`] bytes.
pub fn whole(bytes: &[u8], limits: &Limits) -> Result<(Vec<u8>, bool)> {
    let mut stream = Stream::new(bytes, u64::MAX).unpacked(limits);
    let out = stream.up_to(LOG_MAX);
    if !stream.is_done() {
        return Err(too_long());
    }
    Ok((out, stream.end().map_err(|e| Error::new(e.to_string()))?))
}

/// The first unpacked bytes, at most `most` of them.
#[must_use]
pub fn head(bytes: &[u8], most: usize, limits: &Limits) -> Vec<u8> {
    Stream::new(bytes, u64::MAX).unpacked(limits).up_to(most)
}

/// The error for what is too long to be read whole.
#[must_use]
pub fn too_long() -> Error {
    let most = LOG_MAX >> 20;
    Error::new(format!("it is longer than {most} MiB; cut it to one boot (journalctl -b)"))
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
            let got = whole(&packed, &Limits::DEFAULT).expect("short");
            assert_eq!(got, (TEXT.to_vec(), false));
        }
        // `nvidia-bug-report.sh` appends one member after another.
        let members = [gzip(TEXT), gzip(TEXT)].concat();
        assert_eq!(whole(&members, &Limits::DEFAULT).expect("short").0, TEXT.repeat(2));
    }

    #[test]
    fn a_cut_download_still_gives_its_beginning() {
        let text = TEXT.repeat(2000);
        let mut packed = gzip(&text);
        packed.truncate(packed.len() - 12);
        let (got, damaged) = whole(&packed, &Limits::DEFAULT).expect("short");
        assert!(damaged && text.starts_with(&got) && !got.is_empty());
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let zeros = vec![0; 1 << 20];
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for _ in 0..=LOG_MAX >> 20 {
            out.write_all(&zeros).expect("memory");
        }
        let why = whole(&out.finish().expect("memory"), &Limits::DEFAULT).expect_err("too long");
        assert!(why.to_string().contains("longer than 256 MiB"), "{why}");
    }
}
