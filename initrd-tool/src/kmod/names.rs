//! Names as kmod spells them: dashes are underscores, except inside brackets
//! (shared/util.c `underscores`, `alias_normalize`, `modname_normalize`).

use crate::base::print::Shown;

/// The longest name that kmod copies (PATH_MAX less its NUL).
pub const NAME_MAX: usize = 4095;

/// C's `isspace` in the C locale; unlike `u8::is_ascii_whitespace` it knows the
/// vertical tab.
#[must_use]
pub const fn is_space(byte: &u8) -> bool {
    matches!(*byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// An alias, pattern or configured name with underscores for dashes outside
/// brackets; `None` when a bracket is not closed or was not opened, which makes kmod
/// ignore the line, or when it is longer than kmod takes.
#[must_use]
pub fn underscores(name: &[u8]) -> Option<Vec<u8>> {
    if name.len() > NAME_MAX {
        return None;
    }
    let mut inside = false;
    let mut out = Vec::with_capacity(name.len());
    for byte in name {
        out.push(match byte {
            b']' if !inside => return None,
            b'-' if !inside => b'_',
            byte => *byte,
        });
        inside = match byte {
            b'[' => true,
            b']' => false,
            _ => inside,
        };
    }
    (!inside).then_some(out)
}

/// A module's name in kernel spelling: dashes are underscores, and a dot ends it.
#[must_use]
pub fn module(name: &[u8]) -> Vec<u8> {
    let bare = name.split(|b| *b == b'.').next().unwrap_or(name);
    bare.iter().take(NAME_MAX).map(|b| if *b == b'-' { b'_' } else { *b }).collect()
}

/// The name of the module that lies in a file, empty for a path that ends in a
/// slash.
#[must_use]
pub fn of_path(path: &[u8]) -> Vec<u8> {
    module(path.rsplit(|b| *b == b'/').next().unwrap_or(path))
}

/// Bytes as text for people, as [`Shown`] shows them; a tab is a blank to kmod.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let blank: Vec<u8> = bytes.iter().map(|b| if *b == b'\t' { b' ' } else { *b }).collect();
    Shown(&blank).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_stay_inside_brackets_and_brackets_must_close() {
        assert_eq!(underscores(b"a-b[0-9]-c").as_deref(), Some(&b"a_b[0-9]_c"[..]));
        for odd in [&b"a]"[..], b"a[", b"[]a]", b"[a]]"] {
            assert_eq!(underscores(odd), None);
        }
    }

    #[test]
    fn a_module_is_named_by_its_file_up_to_the_first_dot() {
        assert_eq!(of_path(b"updates/nvidia-drm.ko.xz"), b"nvidia_drm");
        assert_eq!(of_path(b"a/b.c-d.ko"), b"b");
        assert_eq!(of_path(b"a/"), b"");
    }

    #[test]
    fn what_could_drive_a_terminal_is_escaped() {
        assert_eq!(printable(b"a\x1b[31m\xffz\xc3\xa4"), "a\\x1b[31m\\xffz\u{e4}");
    }
}
