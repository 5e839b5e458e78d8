//! The decompressors as the kernel has them (lib/decompress*.c): which magic
//! starts them, what they refuse, with which words, how many bytes they take, and
//! what they hand over before they give up. What user-land tools read and the
//! kernel refuses is refused here.

mod bzip2;
mod gzip;
mod lz4;
mod lzma;
mod lzo;
mod output;
mod xz;
mod zstd;

use super::segments::Form;
use super::source::Input;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::magic;

/// How a decompressor ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// At the end of its stream; the input stands behind it.
    Done,
    /// The receiver wants no more.
    Stopped,
    /// As the kernel fails: its message, and for people why.
    Failed(&'static str, &'static str),
}

/// Takes unpacked bytes; false ends the decompression.
pub(crate) type Taker<'s> = dyn FnMut(&[u8]) -> Result<bool> + 's;

/// Every form that the kernel unpacks, by what begins it.
const MAGICS: [(&[u8], Form); 8] = [
    (magic::GZIP, Form::Gzip),
    (magic::GZIP_OLD, Form::Gzip),
    (magic::BZIP2, Form::Bzip2),
    (magic::LZMA, Form::Lzma),
    (magic::XZ, Form::Xz),
    (magic::LZO, Form::Lzo),
    (magic::LZ4, Form::Lz4),
    (magic::ZSTD, Form::Zstd),
];

/// The form that the first two bytes announce (lib/decompress.c
/// `decompress_method`); the rest of a magic is its decompressor's to check.
pub(crate) fn detect(start: &[u8]) -> Option<Form> {
    let two = start.get(..2)?;
    MAGICS.iter().find_map(|(magic, form)| magic.starts_with(two).then_some(*form))
}

/// Whether bytes begin with the whole magic of one of these forms: two letters alone may
/// be a text's.
pub(crate) fn begins(head: &[u8]) -> bool {
    MAGICS.iter().any(|(magic, _)| head.starts_with(magic))
}

/// Bytes that the kernel's decompressor hands to the archive reader at once, where
/// that is a constant.
pub(crate) const fn chunk(form: Form) -> Option<u64> {
    match form {
        Form::Plain | Form::Lzma => None,
        Form::Gzip => Some(0x8000),
        Form::Bzip2 | Form::Xz => Some(4096),
        Form::Zstd => Some(1 << 17),
        Form::Lz4 => Some(8 << 20),
        Form::Lzo => Some(256 << 10),
    }
}

/// Unpacks one stream, as the kernel's function of that form would.
pub(crate) fn decode(
    form: Form,
    input: &mut Input<'_>,
    limits: &Limits,
    sink: &mut Taker<'_>,
) -> Result<End> {
    match form {
        Form::Gzip => gzip::decode(input, sink),
        Form::Zstd => zstd::decode(input, sink),
        Form::Bzip2 => bzip2::decode(input, sink),
        Form::Lzma => lzma::decode(input, limits, sink),
        Form::Xz => xz::decode(input, limits, sink),
        Form::Lzo => lzo::decode(input, sink),
        Form::Lz4 => lz4::decode(input, sink),
        Form::Plain => Ok(End::Done),
    }
}

/// A difference of two of a decoder's totals.
fn count(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn memory(form: &str, limits: &Limits, at: u64) -> Error {
    let most = limits.decoder;
    Error::new(format!(
        "the {form} segment at byte {at} needs more than {most} bytes to unpack (limit `decoder`)"
    ))
}
