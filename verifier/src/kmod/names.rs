//! Names as kmod spells and compares them (shared/util.c `underscores`,
//! `alias_normalize`). Changes no bytes but dashes.

use super::fnmatch::fnmatch;
use crate::text::buffer::Buffer;
use crate::text::kernel_name;
use crate::tree::PATH_MAX;
use heapless::Vec;

/// The longest name that kmod copies.
pub const NAME_MAX: usize = PATH_MAX - 1;

/// What module files end in (kmod: shared/util.c `kmod_exts`).
const SUFFIXES: [&str; 4] = [".ko", ".ko.gz", ".ko.xz", ".ko.zst"];

/// The name of a module file without folder and suffix, as the file spells it, and the
/// suffix, which tells the compression; `None` for other files.
#[must_use]
pub fn module_file(path: &[u8]) -> Option<(&[u8], &'static str)> {
    let file = path.rsplit(|b| *b == b'/').next()?;
    let stem = |suffix: &'static str| Some((file.strip_suffix(suffix.as_bytes())?, suffix));
    SUFFIXES.into_iter().find_map(stem).filter(|(stem, _)| !stem.is_empty())
}

/// An alias, pattern or configured name with underscores for dashes outside
/// brackets; `None` when a bracket is not closed or was not opened, which makes kmod
/// ignore the line, or when it is longer than kmod or the buffer takes.
#[must_use]
pub fn underscores<B: Buffer>(name: &[u8]) -> Option<B> {
    if name.len() > NAME_MAX || !brackets_close(name) {
        return None;
    }
    let mut inside = false;
    let mut out = B::default();
    for byte in name {
        match byte {
            b'[' => inside = true,
            b']' => inside = false,
            _ => {}
        }
        if !out.put(if *byte == b'-' && !inside { b'_' } else { *byte }) {
            return None;
        }
    }
    Some(out)
}

/// True when every `[` of a pattern has its `]` (shared/util.c `underscores`
/// refuses the line otherwise).
#[must_use]
pub fn brackets_close(name: &[u8]) -> bool {
    let mut open = false;
    for byte in name {
        match byte {
            b'[' => open = true,
            b']' if !open => return false,
            b']' => open = false,
            _ => {}
        }
    }
    !open
}

/// True when the first argument of a softdep, weakdep, install or remove line names
/// the module: both in kmod's spelling, the argument as a pattern of fnmatch(3).
/// Patterns beyond 240 bytes, which no line kept as facts has, match nothing.
#[must_use]
pub fn matches(pattern: &str, module: &str) -> bool {
    let spelled = underscores::<Vec<u8, 240>>(pattern.as_bytes());
    spelled.is_some_and(|p| fnmatch(&p, kernel_name(module.as_bytes()).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_stay_inside_brackets_and_brackets_must_close() {
        let spelled = underscores::<Vec<u8, 16>>(b"a-b[0-9]-c");
        assert_eq!(spelled.as_deref(), Some(&b"a_b[0-9]_c"[..]));
        for odd in [&b"a]"[..], b"a[", b"[]a]", b"[a]]", b"longer-than-its-buffer"] {
            assert_eq!(underscores::<Vec<u8, 16>>(odd), None);
        }
    }

    #[test]
    fn a_module_file_is_known_by_its_suffix() {
        assert_eq!(module_file(b"a/nvidia-drm.ko"), Some((&b"nvidia-drm"[..], ".ko")));
        assert_eq!(module_file(b"nvidia.ko.zst"), Some((&b"nvidia"[..], ".ko.zst")));
        for odd in ["", ".ko", "a/.ko.xz", "nvidia.ko.bz2", "nvidia.kob", "nvidia.ko/"] {
            assert_eq!(module_file(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn patterns_match_as_fnmatch_does() {
        for (pattern, module, expected) in [
            ("nvidia", "nvidia", true),
            ("nvidia-drm", "nvidia_drm", true),
            ("nvidia", "nvidia_drm", false),
            ("nv*", "nvidia_uvm", true),
            ("nvidia?drm", "nvidia_drm", true),
            ("nv[h-j]dia", "nvidia", true),
            ("nv[!a]dia", "nvadia", false),
            // The second bracket closes nothing to kmod, which ignores the line.
            ("nv[[:alpha:]]dia", "nvidia", false),
            ("*", "nvidia", true),
            ("NVIDIA", "nvidia", false),
            ("nv[", "nv[", false),
        ] {
            assert_eq!(matches(pattern, module), expected, "{pattern} {module}");
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_a_path_and_no_longer() {
        let spelled = |length| underscores::<Vec<u8, 5000>>(&std::vec![b'-'; length]);
        assert_eq!(spelled(NAME_MAX), Some(Vec::from_iter([b'_'; NAME_MAX])));
        assert_eq!(spelled(NAME_MAX + 1), None);
    }
}
