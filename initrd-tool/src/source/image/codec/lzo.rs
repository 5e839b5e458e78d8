//! lzop as lib/decompress_unlzo.c reads it: blocks of at most 256 KiB, no checksum
//! looked at. The block format is Documentation/staging/lzo.rst, its first version,
//! which is what lzop writes.

use super::{End, Taker};
use crate::base::error::Result;
use crate::base::magic;
use crate::source::image::source::Input;

const BLOCK: usize = 256 << 10;
/// Longest header: the kernel's HEADER_SIZE_MAX.
const HEADER: usize = 9 + 7 + 1 + 8 + 8 + 4 + 1 + 255 + 4;
/// The flag of a filter field.
const FILTER: u32 = 0x800;
/// The version since which a header has a level and the high half of a time.
const LEVELLED: u16 = 0x0940;

pub(super) fn decode(input: &mut Input<'_>, sink: &mut Taker<'_>) -> Result<End> {
    const CORRUPTED: End = End::Failed("file corrupted", "an lzop block is damaged or truncated");
    let Some(header) = header(input.peek(HEADER)?) else {
        return Ok(End::Failed("invalid header", "not an lzop header"));
    };
    input.consume(header);
    let mut out = Vec::new();
    loop {
        let Some(unpacked) = word(input.peek(4)?) else { return Ok(CORRUPTED) };
        input.consume(4);
        if unpacked == 0 {
            return Ok(End::Done);
        }
        let unpacked = usize::try_from(unpacked).unwrap_or(usize::MAX);
        if unpacked > BLOCK {
            let why = "a block is larger than 256 KiB";
            return Ok(End::Failed("dest len longer than block size", why));
        }
        // The packed size, and a checksum that the kernel passes over.
        let head = input.peek(8)?;
        let Some(packed) = word(head).filter(|_| head.len() >= 8) else { return Ok(CORRUPTED) };
        let packed = usize::try_from(packed).unwrap_or(usize::MAX);
        input.consume(8);
        if packed == 0 || packed > unpacked {
            return Ok(CORRUPTED);
        }
        let mut block = Vec::with_capacity(packed);
        while block.len() < packed {
            let bytes = input.fill()?;
            let n = bytes.len().min(packed - block.len());
            if n == 0 {
                return Ok(CORRUPTED);
            }
            block.extend_from_slice(bytes.get(..n).unwrap_or_default());
            input.consume(n);
        }
        out.clear();
        if packed == unpacked {
            out.append(&mut block);
        } else if unpack(&block, &mut out, unpacked).is_none() || out.len() != unpacked {
            let why = "an lzop block is damaged";
            return Ok(End::Failed("Compressed data violation", why));
        }
        if !sink(&out)? {
            return Ok(End::Stopped);
        }
    }
}

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// Length of the header.
fn header(head: &[u8]) -> Option<usize> {
    let rest = head.strip_prefix(magic::LZO)?;
    let version = u16::from_be_bytes(*rest.first_chunk()?);
    let levelled = version >= LEVELLED;
    // Version, library version, needed version, method, level.
    let rest = rest.get(7 + usize::from(levelled)..)?;
    let flags = word(rest)?;
    let rest = rest.get(if flags & FILTER == 0 { 4 } else { 8 }..)?;
    // Mode and time.
    let rest = rest.get(8 + if levelled { 4 } else { 0 }..)?;
    let name = usize::from(*rest.first()?);
    // The name and a checksum.
    let rest = rest.get(1 + name + 4..)?;
    Some(head.len() - rest.len())
}

/// A cursor over one packed block.
struct Codes<'a>(&'a [u8]);

impl Codes<'_> {
    fn byte(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    fn pair(&mut self) -> Option<usize> {
        Some(self.byte()? | (self.byte()? << 8))
    }

    /// A length: the bits of the instruction, or when these are 0 their greatest
    /// value, 255 for every zero byte, and one more byte.
    fn length(&mut self, bits: usize, most: usize) -> Option<usize> {
        if bits != 0 {
            return Some(bits);
        }
        let mut length = most;
        loop {
            match self.byte()? {
                0 => length += 255,
                last => return Some(length + last),
            }
        }
    }

    fn literals(&mut self, n: usize, out: &mut Vec<u8>, most: usize) -> Option<()> {
        let (now, rest) = self.0.split_at_checked(n)?;
        if out.len() + n > most {
            return None;
        }
        out.extend_from_slice(now);
        self.0 = rest;
        Some(())
    }
}

/// Literals that came before an instruction: few of them change what it means.
const LONG_RUN: usize = 4;

/// Unpacks one block to at most `most` bytes; `None` for anything that is none.
fn unpack(block: &[u8], out: &mut Vec<u8>, most: usize) -> Option<()> {
    let mut codes = Codes(block);
    let mut literals = 0;
    if let Some(first) = block.first().map(|b| usize::from(*b)).filter(|first| *first > 17) {
        codes.byte()?;
        codes.literals(first - 17, out, most)?;
        literals = (first - 17).min(LONG_RUN);
    }
    loop {
        let code = codes.byte()?;
        let (length, distance, follow) = match code {
            0..16 if literals == 0 => {
                let n = codes.length(code, 15)? + 3;
                codes.literals(n, out, most)?;
                literals = LONG_RUN;
                continue;
            }
            0..16 => {
                let near = (codes.byte()? << 2) + (code >> 2);
                match literals {
                    LONG_RUN => (3, near + 2049, code & 3),
                    _ => (2, near + 1, code & 3),
                }
            }
            16..32 => {
                let length = codes.length(code & 7, 7)? + 2;
                let pair = codes.pair()?;
                let distance = ((code & 8) << 11) + (pair >> 2);
                if distance == 0 {
                    return (length == 3 && codes.0.is_empty()).then_some(());
                }
                (length, distance + 16384, pair & 3)
            }
            32..64 => {
                let length = codes.length(code & 31, 31)? + 2;
                let pair = codes.pair()?;
                (length, (pair >> 2) + 1, pair & 3)
            }
            _ => {
                let distance = (codes.byte()? << 3) + ((code >> 2) & 7) + 1;
                ((code >> 5) + 1, distance, code & 3)
            }
        };
        let from = out.len().checked_sub(distance)?;
        if out.len() + length > most {
            return None;
        }
        for at in from..from + length {
            let byte = *out.get(at)?;
            out.push(byte);
        }
        codes.literals(follow, out, most)?;
        literals = follow;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_matches_and_the_end_are_read() {
        // 4 literals, a match of 4 bytes at distance 4 with one literal behind.
        let block = [17 + 4, b'a', b'b', b'c', b'd', 0b0110_1101, 0, b'!', 17, 0, 0];
        let mut out = Vec::new();
        unpack(&block, &mut out, 64).unwrap();
        assert_eq!(out, b"abcdabcd!");
        assert!(unpack(&block[..7], &mut Vec::new(), 64).is_none());
        assert!(unpack(&block, &mut Vec::new(), 8).is_none());
    }
}
