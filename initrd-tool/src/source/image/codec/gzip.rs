//! gzip as lib/decompress_inflate.c reads it: one member, a file name in the header
//! at most, and neither checksum nor length looked at.

use super::output::Output;
use super::{End, Taker, count};
use crate::base::error::Result;
use crate::base::magic::GZIP;
use crate::source::image::source::Input;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes handed over at once.
const CHUNK: usize = 0x8000;
/// The only method that there is (RFC 1952 CM).
const DEFLATE: u8 = 8;
/// Flag of a file name (RFC 1952 FNAME), the only one that the kernel knows.
const FNAME: u8 = 0x08;
/// Checksum and length after the data.
const TRAILER: u64 = 8;

pub(super) fn decode(input: &mut Input<'_>, sink: &mut Taker<'_>) -> Result<End> {
    let head = input.peek(10)?;
    if head.len() < 10 || head.strip_prefix(GZIP).is_none_or(|rest| !rest.starts_with(&[DEFLATE])) {
        return Ok(End::Failed("Not a gzip file", "not a gzip header with deflate"));
    }
    let named = head.get(3).is_some_and(|flags| flags & FNAME != 0);
    input.consume(10);
    if named && !skip_name(input)? {
        return Ok(End::Failed("header error", "the file name in the header has no end"));
    }
    let mut inflate = Decompress::new(false);
    let mut out = Output::new(CHUNK, sink);
    loop {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            out.flush()?;
            return Ok(End::Failed("read error", "the compressed data is truncated"));
        }
        let (before_in, before_out) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(bytes, out.room(), FlushDecompress::None);
        input.consume(count(inflate.total_in() - before_in));
        out.add(count(inflate.total_out() - before_out))?;
        match status {
            Ok(Status::StreamEnd) => break,
            Ok(_) => {}
            Err(_) => {
                out.flush()?;
                return Ok(End::Failed("uncompression error", "the compressed data is damaged"));
            }
        }
        if !out.open {
            return Ok(End::Stopped);
        }
    }
    out.flush()?;
    if input.left() < TRAILER {
        // The kernel steps over the trailer without a look at what is left, and
        // goes on with whatever lies in memory behind the image.
        return Ok(End::Failed("", "the gzip trailer is truncated"));
    }
    input.skip(TRAILER);
    Ok(End::Done)
}

/// Passes over the name and its NUL; false when there is no NUL.
fn skip_name(input: &mut Input<'_>) -> Result<bool> {
    loop {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        match bytes.iter().position(|b| *b == 0) {
            Some(at) => {
                input.consume(at + 1);
                return Ok(true);
            }
            None => {
                let n = bytes.len();
                input.consume(n);
            }
        }
    }
}
