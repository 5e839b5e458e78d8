//! Bytes of a log as text: encodings of other systems, colours of terminals.

use std::borrow::Cow;

/// The text, without a byte order mark. UTF-16 is what PowerShell writes; bytes
/// that are no text become U+FFFD.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |from: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let units = bytes.chunks_exact(2).filter_map(|unit| unit.try_into().ok()).map(from);
        let text = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(text.collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// A line without escape sequences, carriage returns and NULs.
#[must_use]
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t')) {
        return Cow::Borrowed(line);
    }
    let odd = |c: char| c.is_control() && c != '\t';
    if !line.contains(odd) {
        return Cow::Borrowed(line);
    }
    let bare = anstream::adapter::strip_str(line).to_string();
    Cow::Owned(bare.chars().filter(|c| !odd(*c)).collect())
}

/// True for bytes that may be a text: at most one in ten is a control character
/// that texts do not hold.
#[must_use]
pub fn may_be_text(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let odd = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x1b | 0x1e);
    !head.is_empty() && head.iter().filter(odd).count() * 10 <= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_powershell_writes_is_text() {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend("NVRM: ä\r\n".encode_utf16().flat_map(u16::to_le_bytes));
        assert!(may_be_text(&bytes));
        assert_eq!(decode(&bytes), "NVRM: ä\r\n");
        assert_eq!(decode(b"\xef\xbb\xbfNVRM: \xff"), "NVRM: \u{fffd}");
    }

    #[test]
    fn colours_go_and_brackets_stay() {
        let line = "\x1b[32m[   12.903355] \x1b[0m\x1b[33mNVRM\x1b[0m: x\r";
        assert_eq!(plain(line), "[   12.903355] NVRM: x");
        assert_eq!(plain("a\tb"), "a\tb");
    }

    #[test]
    fn a_program_is_no_text() {
        assert!(!may_be_text(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"));
        assert!(!may_be_text(b""));
    }
}
