//! Bounded text: kernel bytes made printable, cut at a known length and marked.
//!
//! Bytes that are not UTF-8 and characters that reorder or hide text become U+FFFD,
//! control characters a blank, so that nothing read from a hostile source can drive
//! a terminal, break a record or read as something else.

use core::fmt;
use core::ops::Deref;
use heapless::String;

pub mod buffer;
pub mod screen;

/// A module, driver, parameter or device name; the kernel's own bound for a
/// module name is 56 bytes (`MODULE_NAME_LEN`, include/linux/moduleparam.h).
pub type Name = Text<64>;
/// A parameter value, a short sysfs attribute.
pub type Value = Text<96>;
/// A path inside of what is looked at.
pub type Path = Text<112>;
/// A kernel log line or a configuration line, long enough to be quoted.
pub type Line = Text<240>;

/// At most `N` bytes of printable UTF-8, and whether anything was cut off.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text<const N: usize> {
    text: String<N>,
    cut: bool,
}

impl<const N: usize> Text<N> {
    /// An empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { text: String::new(), cut: false }
    }

    /// The printable form of `bytes`, cut at `N` bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut out = Self::new();
        out.push_bytes(bytes);
        out
    }

    /// Formats into a new text: `Text::of(format_args!("{a}:{b}"))`.
    #[must_use]
    pub fn of(args: fmt::Arguments<'_>) -> Self {
        let mut out = Self::new();
        // Writing cannot fail: what does not fit is cut and marked.
        let _ = fmt::Write::write_fmt(&mut out, args);
        out
    }

    /// Appends the printable form of `bytes`.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                self.push(c);
            }
            if !chunk.invalid().is_empty() {
                self.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.cut {
            return;
        }
        let c = match c {
            c if c.is_control() => ' ',
            c if misleads(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        };
        if self.text.push(c).is_err() {
            self.cut = true;
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when something did not fit.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }
}

/// Characters without a shape of their own that reorder or hide others: marks of
/// direction, separators, the byte order mark, tags (Unicode TR 36, section 2;
/// general categories Cf, Zl, Zp as far as terminals act on them).
#[must_use]
pub const fn misleads(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> From<&str> for Text<N> {
    fn from(s: &str) -> Self {
        Self::from_bytes(s.as_bytes())
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        for c in s.chars() {
            self.push(c);
        }
        Ok(())
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)?;
        if self.cut { f.write_str("…") } else { Ok(()) }
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.as_str(), if self.cut { "…" } else { "" })
    }
}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// As the text that is shown; a cut one keeps its mark and is read back as cut.
#[cfg(feature = "image")]
impl<const N: usize> serde::Serialize for Text<N> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

#[cfg(feature = "image")]
impl<'de, const N: usize> serde::Deserialize<'de> for Text<N> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = alloc::string::String::deserialize(from)?;
        Ok(Self::from_bytes(text.as_bytes()))
    }
}

/// Module and parameter names with dashes as underscores: the kernel and kmod
/// treat both alike (libkmod `shared/util.c`, `modname_normalize`; kernel
/// `kernel/params.c`, `dash2underscore`). Case is kept: both tell it apart.
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

/// [`same_name`] of bytes that were not made a name yet.
#[must_use]
pub fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| dash(*x) == dash(*y))
}

const fn dash(b: u8) -> u8 {
    if b == b'-' { b'_' } else { b }
}

/// A name with dashes turned into underscores, as the kernel shows it.
#[must_use]
pub fn kernel_name(name: &[u8]) -> Name {
    let mut out = Name::new();
    for part in name.utf8_chunks() {
        for c in part.valid().chars() {
            out.push(if c == '-' { '_' } else { c });
        }
        if !part.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out
}

/// C's `isspace` in the C locale; unlike `u8::is_ascii_whitespace` it knows the
/// vertical tab.
#[must_use]
pub const fn is_space(byte: &u8) -> bool {
    matches!(*byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// What C reads of a text: the bytes before the first NUL.
#[must_use]
pub fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

/// `bytes` without white space (and NUL) at both ends.
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [first, rest @ ..] = bytes {
        if is_space(first) || *first == 0 { bytes = rest } else { break }
    }
    while let [rest @ .., last] = bytes {
        if is_space(last) || *last == 0 { bytes = rest } else { break }
    }
    bytes
}

/// Microseconds shown as seconds with milliseconds: "12.903 s".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seconds(pub u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1_000_000, self.0 / 1_000 % 1_000)
    }
}

/// Words of a line, split at runs of white space.
pub fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(is_space).filter(|w| !w.is_empty())
}

/// Where `needle` begins in `haystack`.
#[must_use]
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// A decimal number without sign, or `None` when any byte is no digit or it overflows.
#[must_use]
pub fn decimal(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u64, |n, b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        n.checked_mul(10)?.checked_add(digit)
    })
}

/// A hexadecimal number, with or without `0x`.
#[must_use]
pub fn hex(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.strip_prefix(b"0x").unwrap_or(bytes);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| {
        let digit = (*b as char).to_digit(16)?;
        Some(n << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_become_printable_and_cuts_are_marked() {
        let t = Text::<8>::from_bytes(b"a\x1b[\xff\nbcdef");
        assert_eq!(t.as_str(), "a [\u{fffd} b");
        assert!(t.is_cut());
        let t = Text::<32>::from("\u{feff}options x\u{202e}y Grüße");
        assert_eq!(t.as_str(), "\u{fffd}options x\u{fffd}y Grüße");
    }

    #[test]
    fn dash_and_underscore_are_the_same_name_and_case_is_not() {
        assert!(same_name("nvidia-drm", "nvidia_drm"));
        assert!(!same_name("NVIDIA-DRM", "nvidia_drm"));
    }

    #[test]
    fn numbers_refuse_what_is_not_a_number() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), None);
        assert_eq!(decimal(b"1x"), None);
        assert_eq!(hex(b"0x10de"), Some(0x10de));
        assert_eq!(hex(b"0x"), None);
    }
}
