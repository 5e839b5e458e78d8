//! bzip2 as lib/decompress_bunzip2.c reads it: one stream, sums verified; it has no
//! words for cut or damaged data.

use super::output::Output;
use super::{End, Taker, count};
use crate::base::error::Result;
use crate::source::image::source::Input;
use bzip2::{Decompress, Status};

/// The kernel's BZIP2_IOBUF_SIZE.
const CHUNK: usize = 4096;
/// The message of `unpack_to_rootfs` for a decompressor that gave none.
const FAILED: &str = "decompressor failed";

pub(super) fn decode(input: &mut Input<'_>, sink: &mut Taker<'_>) -> Result<End> {
    let mut stream = Decompress::new(false);
    let mut out = Output::new(16 * CHUNK, sink);
    loop {
        let bytes = input.fill()?;
        let cut = bytes.is_empty();
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let status = stream.decompress(bytes, out.room());
        input.consume(count(stream.total_in() - before_in));
        let made = count(stream.total_out() - before_out);
        out.add(made)?;
        let why = match status {
            Ok(Status::StreamEnd) => {
                out.flush()?;
                return Ok(End::Done);
            }
            Ok(_) if cut && made == 0 => "the compressed data is truncated",
            Ok(_) if out.open => continue,
            Ok(_) => return Ok(End::Stopped),
            Err(_) => "the compressed data is damaged",
        };
        out.flush_whole(CHUNK)?;
        return Ok(End::Failed(FAILED, why));
    }
}
