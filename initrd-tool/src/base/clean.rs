//! Text from images made harmless: nothing that is printed may drive a terminal
//! or change how a line reads. Length in characters is kept where it can be.

use nvpreflight::text::misleads;

/// The printable form: control characters become their pictures (U+2400 block),
/// line feeds too; bytes that are no UTF-8, and characters that reorder or hide
/// text (Unicode TR 36, section 2), become U+FFFD; a tab becomes a blank.
#[must_use]
pub fn line(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(shown));
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out
}

/// A path made harmless.
#[must_use]
pub fn path(path: &std::path::Path) -> String {
    line(path.as_os_str().as_encoded_bytes())
}

/// Several lines, each made harmless.
#[must_use]
pub fn lines(text: &str) -> String {
    text.lines().map(|l| line(l.as_bytes())).collect::<Vec<_>>().join("\n")
}

fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(' '),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        c if misleads(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_gets_through() {
        assert_eq!(line(b"a\x1b[31mb\xff\tc\r\n"), "a\u{241b}[31mb\u{fffd} c\u{240d}\u{240a}");
        assert_eq!(line("x\u{202e}y\u{9b}z".as_bytes()), "x\u{fffd}y\u{fffd}z");
        assert_eq!(line("Grüße €".as_bytes()), "Grüße €");
    }
}
