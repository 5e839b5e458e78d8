//! xz as lib/xz reads it: one stream, CRC32 or no check, LZMA2 behind at most one
//! BCJ filter. The user-land tools' default, CRC64, is refused.

use super::output::Output;
use super::{End, Taker, count};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::source::image::source::Input;
use liblzma::stream::{Action, Error as Xz, Status, Stream};

/// Bytes handed over at once; a multiple of the kernel's 4096.
const CHUNK: usize = 64 << 10;
/// The message for anything that lib/xz was built without.
const OPTIONS: &str = "Input was encoded with settings that are not supported by this XZ decoder";
const CORRUPT: &str = "XZ-compressed data is corrupt";
/// Check IDs of the .xz format: none and CRC32; 4 is CRC64, 10 SHA-256.
const CRC32: u8 = 1;
/// Filter IDs of the .xz format: the BCJ filters, and those of them that every
/// distribution's kernel for a PC has (x86, ARM64, RISC-V). The others hang on
/// CONFIG_XZ_DEC_ARM and its like, which Debian's kernel leaves out.
const BCJ: std::ops::RangeInclusive<u8> = 0x04..=0x0b;
const BCJ_COMMON: [u8; 3] = [0x04, 0x0a, 0x0b];
const LZMA2: u8 = 0x21;
/// Longest stream header and block header.
const HEADERS: usize = 12 + 1024;

pub(super) fn decode(input: &mut Input<'_>, limits: &Limits, sink: &mut Taker<'_>) -> Result<End> {
    if let Some((message, why)) = refusal(input.peek(HEADERS)?) {
        return Ok(End::Failed(message, why));
    }
    let at = input.at();
    let mut stream = Stream::new_stream_decoder(limits.decoder, 0)
        .map_err(|_| Error::new("no memory for an xz decoder"))?;
    let mut out = Output::new(CHUNK, sink);
    loop {
        let bytes = input.fill()?;
        let cut = bytes.is_empty();
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let status = stream.process(bytes, out.room(), Action::Run);
        input.consume(count(stream.total_in() - before_in));
        let made = count(stream.total_out() - before_out);
        out.add(made)?;
        let failed = match status {
            Ok(Status::StreamEnd) => {
                out.flush()?;
                return Ok(End::Done);
            }
            Ok(_) if cut && made == 0 => (CORRUPT, "the compressed data is truncated"),
            Ok(_) if out.open => continue,
            Ok(_) => return Ok(End::Stopped),
            Err(Xz::Format) => (
                "Input is not in the XZ format (wrong magic bytes)",
                "the bytes after fd 37 are not an xz stream",
            ),
            Err(Xz::Options | Xz::UnsupportedCheck) => (OPTIONS, "an unknown filter"),
            Err(Xz::MemLimit) => return Err(super::memory("xz", limits, at)),
            Err(Xz::Mem) => return Err(Error::new("no memory for an xz decoder")),
            Err(_) => (CORRUPT, "the compressed data is damaged"),
        };
        out.flush()?;
        return Ok(End::Failed(failed.0, failed.1));
    }
}

/// What the kernel refuses in the headers and liblzma would take. Only the first
/// block's filters are looked at; xz writes the same into all.
fn refusal(head: &[u8]) -> Option<(&'static str, &'static str)> {
    if !head.starts_with(crate::base::magic::XZ) {
        return None;
    }
    match head.get(7)? {
        0 | &CRC32 => {}
        4 => {
            return Some((
                OPTIONS,
                "its check is CRC64; the kernel only supports xz --check=crc32",
            ));
        }
        _ => return Some((OPTIONS, "its check is neither CRC32 nor none")),
    }
    let block = head.get(12..)?;
    let (size, flags) = (*block.first()?, *block.get(1)?);
    if size == 0 {
        return None;
    }
    let mut fields = block.get(2..)?;
    if flags & 0x3e != 0 {
        return Some((OPTIONS, "the kernel only supports LZMA2 and one BCJ filter"));
    }
    for _ in 0..(flags & 0xc0).count_ones() {
        let length = fields.iter().position(|b| b & 0x80 == 0)?;
        fields = fields.get(length + 1..)?;
    }
    if flags & 1 != 0 {
        let (filter, properties) = (*fields.first()?, *fields.get(1)?);
        if !BCJ.contains(&filter) {
            return Some((OPTIONS, "a filter before LZMA2 that is not a BCJ filter (e.g. delta)"));
        }
        if !BCJ_COMMON.contains(&filter) {
            return Some((OPTIONS, "a BCJ filter that not every kernel has (CONFIG_XZ_DEC_*)"));
        }
        if properties != 0 {
            return Some((OPTIONS, "a BCJ filter with a start offset"));
        }
        fields = fields.get(2..)?;
    }
    (*fields.first()? != LZMA2).then_some((OPTIONS, "its last filter is not LZMA2"))
}
