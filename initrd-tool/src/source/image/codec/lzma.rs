//! LZMA alone as lib/decompress_unlzma.c reads it. It hands over whole dictionaries
//! and the rest at the end, so damage costs all since the last whole one.

use super::{End, Taker, count};
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::source::image::source::Input;
use liblzma::stream::{Action, Error as Lzma, Status, Stream};

/// Properties, dictionary size, unpacked size.
const HEADER: usize = 13;
/// Bytes unpacked at once.
const STEP: usize = 64 << 10;

pub(super) fn decode(input: &mut Input<'_>, limits: &Limits, sink: &mut Taker<'_>) -> Result<End> {
    const CUT: End = End::Failed("unexpected EOF", "the compressed data is truncated");
    let at = input.at();
    let Some(mut head) = input.peek(HEADER)?.first_chunk::<HEADER>().copied() else {
        return Ok(CUT);
    };
    input.consume(HEADER);
    let [_, d0, d1, d2, d3, size @ ..] = head;
    let dictionary = u64::from(u32::from_le_bytes([d0, d1, d2, d3])).max(1);
    // All ones where the size is not known and a marker ends the data.
    let size = u64::from_le_bytes(size);
    if dictionary > limits.decoder / 2 {
        return Err(super::memory("lzma", limits, at));
    }
    let whole = usize::try_from(dictionary).unwrap_or(usize::MAX);
    let mut stream = Stream::new_lzma_decoder(limits.decoder)
        .map_err(|_| Error::new("no memory for an lzma decoder"))?;
    // The kernel stops at the size and leaves a marker behind it unread. liblzma
    // looks one symbol ahead, so it is not told the size, and gets a known size's
    // data byte by byte: what it then has when the size is reached is what the
    // kernel took.
    let most = if size == u64::MAX { usize::MAX } else { 1 };
    if let Some(size) = head.get_mut(5..) {
        size.fill(0xff);
    }
    let mut held: Vec<u8> = Vec::new();
    let mut step = vec![0; STEP];
    let mut status = stream.process(&head, &mut step, Action::Run);
    loop {
        let bytes = input.fill()?;
        let cut = bytes.is_empty();
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let room = count(size.saturating_sub(before_out)).min(STEP);
        if status.is_ok() {
            let room = step.get_mut(..room).unwrap_or_default();
            let bytes = bytes.get(..most.min(bytes.len())).unwrap_or_default();
            status = stream.process(bytes, room, Action::Run);
        }
        input.consume(count(stream.total_in() - before_in));
        let made = count(stream.total_out() - before_out);
        let mut new = step.get(..made).unwrap_or_default();
        while !new.is_empty() {
            let n = (whole - held.len()).min(new.len());
            let (now, later) = new.split_at_checked(n).unwrap_or((new, &[]));
            held.extend_from_slice(now);
            new = later;
            if held.len() == whole {
                if !sink(&held)? {
                    return Ok(End::Stopped);
                }
                held.clear();
            }
        }
        let reached = stream.total_out() >= size;
        match status {
            Ok(status) if status == Status::StreamEnd || reached => {
                let open = held.is_empty() || sink(&held)?;
                return Ok(if open { End::Done } else { End::Stopped });
            }
            Ok(_) if cut && made == 0 => return Ok(CUT),
            Ok(_) => {}
            Err(Lzma::MemLimit) => return Err(super::memory("lzma", limits, at)),
            Err(Lzma::Mem) => return Err(Error::new("no memory for an lzma decoder")),
            Err(_) => {
                return Ok(End::Failed("LZMA data is corrupt", "the compressed data is damaged"));
            }
        }
    }
}
