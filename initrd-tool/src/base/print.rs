//! Names and sizes as people read them. What an image names itself must not
//! drive a terminal: whatever could is escaped, and nothing is lost.

use nvpreflight::text::misleads;
use std::fmt;

/// A path or other bytes of an image, printable. Control characters, characters
/// that reorder or hide text, and bytes that are not UTF-8 appear as `\xNN`, a
/// backslash as `\\`, so that the bytes can be told from what is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
        };
        // Nearly every name is plain ASCII and goes as it is.
        let plain = |b: &u8| matches!(b, 0x20..=0x7e) && *b != b'\\';
        if self.0.iter().all(plain) {
            return std::str::from_utf8(self.0).map_or(Ok(()), |text| f.write_str(text));
        }
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' => f.write_str("\\\\")?,
                    c if c.is_control() || misleads(c) => {
                        escape(f, c.encode_utf8(&mut [0; 4]).as_bytes())?;
                    }
                    c => fmt::Write::write_char(f, c)?,
                }
            }
            escape(f, chunk.invalid())?;
        }
        Ok(())
    }
}

/// A number of bytes with a unit of the table of 1024s, three digits or so.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
        if self.0 < 1024 {
            return f.pad(&format!("{} B", self.0));
        }
        let mut value = self.0 as f64 / 1024.0;
        let mut unit = "KiB";
        for next in UNITS.iter().skip(1) {
            if value < 1023.95 {
                break;
            }
            value /= 1024.0;
            unit = next;
        }
        f.pad(&format!("{value:.1} {unit}"))
    }
}

/// A file's type and permission bits as `ls -l` writes them.
#[must_use]
pub fn permissions(kind: char, mode: u32) -> String {
    let mut out = String::with_capacity(10);
    out.push(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        out.push(if bits & 4 == 0 { '-' } else { 'r' });
        out.push(if bits & 2 == 0 { '-' } else { 'w' });
        out.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_drive_a_terminal_and_loses_nothing() {
        let shown = |bytes: &[u8]| Shown(bytes).to_string();
        assert_eq!(shown(b"etc/\x1b]0;x\x07\n"), "etc/\\x1b]0;x\\x07\\x0a");
        assert_eq!(shown(b"a\\x1b\xff"), "a\\\\x1b\\xff");
        assert_eq!(shown("\u{202e}cod".as_bytes()), "\\xe2\\x80\\xaecod");
        assert_eq!(shown("ünïcode".as_bytes()), "ünïcode");
    }

    #[test]
    fn sizes_change_their_unit_before_four_digits() {
        let shown = |size| Size(size).to_string();
        assert_eq!(shown(0), "0 B");
        assert_eq!(shown(1023), "1023 B");
        assert_eq!(shown(1024), "1.0 KiB");
        assert_eq!(shown((1 << 20) - 1), "1.0 MiB");
        assert_eq!(shown(123 << 20), "123.0 MiB");
        assert_eq!(shown(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn permissions_read_as_in_ls() {
        assert_eq!(permissions('-', 0o4755), "-rwsr-xr-x");
        assert_eq!(permissions('d', 0o1777), "drwxrwxrwt");
        assert_eq!(permissions('-', 0o2644), "-rw-r-Sr--");
    }
}
