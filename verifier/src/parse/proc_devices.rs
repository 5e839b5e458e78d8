//! /proc/devices: which major number belongs to which character device.

use crate::text::{decimal, words};

/// A line of the "Character devices:" section as (name, major); `None` for
/// headings, blank lines and anything else (fs/char_dev.c, `chrdev_show`).
#[must_use]
pub fn line(line: &[u8]) -> Option<(&[u8], u32)> {
    let mut words = words(line);
    let major = decimal(words.next()?)?.try_into().ok()?;
    let name = words.next()?;
    words.next().is_none().then_some((name, major))
}

/// True for the line after which block devices are listed.
#[must_use]
pub fn starts_block_devices(line: &[u8]) -> bool {
    line.starts_with(b"Block devices:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_name_and_major() {
        assert_eq!(line(b"195 nvidia-modeset"), Some((&b"nvidia-modeset"[..], 195)));
        assert_eq!(line(b"  4 /dev/vc/0"), Some((&b"/dev/vc/0"[..], 4)));
    }

    #[test]
    fn headings_and_odd_numbers_are_refused() {
        assert_eq!(line(b"Character devices:"), None);
        assert_eq!(line(b""), None);
        assert_eq!(line(b"99999999999 x"), None);
        assert!(starts_block_devices(b"Block devices:"));
    }
}
