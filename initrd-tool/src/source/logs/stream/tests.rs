//! Tests of the stream of lines: what any reader hands out, whole or in pieces.

use super::*;
use proptest::prelude::*;

/// Gives a few bytes at each read, as pipes and decoders do.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let step = self.1.min(into.len()).min(self.0.len());
        let (now, rest) = self.0.split_at(step);
        into[..step].copy_from_slice(now);
        self.0 = rest;
        Ok(step)
    }
}

fn lines(bytes: &[u8], step: usize) -> Vec<Vec<u8>> {
    let mut stream = Stream::new(Drops(bytes, step), u64::MAX);
    let mut out = Vec::new();
    while let Some(line) = stream.line() {
        out.push(line.to_vec());
    }
    out
}

proptest! {
    #[test]
    fn lines_are_those_of_the_whole_whatever_comes_at_once(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), any::<u8>()], 0..400),
        step in 1_usize..70,
    ) {
        let whole = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let expected: Vec<Vec<u8>> = match bytes.is_empty() {
            true => Vec::new(),
            false => whole.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect(),
        };
        prop_assert_eq!(lines(&bytes, step), expected);
    }
}

#[test]
fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
    let mut text = vec![b'x'; 3 * LINE_MAX];
    text.extend(b"\nNVRM: a\nNVRM: b");
    let got = lines(&text, 5000);
    assert_eq!((got.len(), got[0].len()), (3, LINE_MAX));
    assert_eq!(got[1..], [b"NVRM: a", b"NVRM: b"]);
    assert_eq!(lines(&vec![b'x'; 2 * LINE_MAX], 1 << 20)[0].len(), LINE_MAX);
}

#[test]
fn a_value_that_is_too_long_is_passed_over_and_what_follows_is_read() {
    let mut bytes = (VALUE_MAX as u64 + 5).to_le_bytes().to_vec();
    bytes.extend(vec![b'\n'; VALUE_MAX + 5]);
    bytes.extend(b"\nnext\n");
    let mut stream = Stream::new(&bytes[..], u64::MAX);
    assert_eq!(stream.sized(), Some(&[][..]));
    assert_eq!(stream.line(), Some(&b"next"[..]));
    assert_eq!(stream.line(), None);
}

#[test]
fn no_value_takes_nothing() {
    let mut stream = Stream::new(&b"\x09\0\0\0\0\0\0\0short\nrest"[..], u64::MAX);
    assert_eq!(stream.sized(), None);
    assert_eq!(stream.line(), Some(&b"\x09\0\0\0\0\0\0\0short"[..]));
}

#[test]
fn a_bound_is_an_error_at_the_end_through_a_decoder_too() {
    let zeros = vec![0; 1 << 20];
    let packed = zstd::encode_all(&zeros[..], 1).expect("memory");
    let limits = Limits { unpacked: 1 << 19, ..Limits::DEFAULT };
    let mut stream = Stream::new(&packed[..], u64::MAX).unpacked(&limits);
    stream.up_to(usize::MAX);
    assert_eq!(stream.end().expect_err("too long").kind(), ErrorKind::FileTooLarge);
    let twice = zstd::encode_all(&packed[..], 1).expect("memory");
    let mut stream = Stream::new(&twice[..], 10).unpacked(&Limits::DEFAULT);
    stream.up_to(usize::MAX);
    assert_eq!(stream.end().expect_err("too long").kind(), ErrorKind::FileTooLarge);
}

#[test]
fn a_length_that_lies_ends_where_another_entry_begins() {
    for step in [7, 100, 1 << 20] {
        let mut bytes = (700_u64 << 20).to_le_bytes().to_vec();
        bytes.extend(b"abc\n\n__CURSOR=s=2\nMESSAGE=x\n");
        let mut stream = Stream::new(Drops(&bytes, step), u64::MAX);
        assert_eq!(stream.sized(), Some(&[][..]));
        assert_eq!(stream.line(), Some(&b""[..]));
        assert_eq!(stream.line(), Some(&b"__CURSOR=s=2"[..]));
        assert!(stream.end().expect("no failure"), "its end is missing");
    }
}

#[test]
fn a_long_value_without_an_end_is_damage() {
    let mut bytes = (VALUE_MAX as u64 + 5).to_le_bytes().to_vec();
    bytes.extend([b'x'; 50]);
    let mut stream = Stream::new(&bytes[..], u64::MAX);
    assert_eq!(stream.sized(), Some(&[][..]));
    assert_eq!(stream.line(), None);
    assert!(stream.end().expect("no failure"));
}
