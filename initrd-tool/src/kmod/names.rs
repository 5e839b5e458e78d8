//! Names as kmod spells them: dashes are underscores, except inside brackets
//! (shared/util.c `underscores`, `alias_normalize`, `modname_normalize`).

use crate::base::print::Shown;
pub use nvpreflight::kmod::names::NAME_MAX;

/// An alias, pattern or configured name as kmod spells it.
#[must_use]
pub fn underscores(name: &[u8]) -> Option<Vec<u8>> {
    nvpreflight::kmod::names::underscores(name)
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
