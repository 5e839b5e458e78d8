//! /proc/mounts: which file system a path is on.

use crate::text::words;

/// Mount point and file system type of one line; `None` when it is not of the
/// form `SOURCE POINT TYPE OPTIONS 0 0` (man fstab). The point is as printed:
/// blanks in it stand as `\040`.
#[must_use]
pub fn line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = words(line).skip(1);
    let (point, fs) = (words.next()?, words.next()?);
    words.next()?;
    point.starts_with(b"/").then_some((point, fs))
}

/// True when `path` lies on or below the mount point.
#[must_use]
pub fn holds(point: &[u8], path: &[u8]) -> bool {
    let point = point.strip_suffix(b"/").unwrap_or(point);
    path.strip_prefix(point).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_point_and_type() {
        let got = line(b"tmpfs /tmp tmpfs rw,nosuid 0 0");
        assert_eq!(got, Some((&b"/tmp"[..], &b"tmpfs"[..])));
        assert_eq!(line(b"tmpfs tmp tmpfs rw"), None);
        assert_eq!(line(b"tmpfs /tmp"), None);
    }

    #[test]
    fn a_mount_point_holds_whole_components() {
        assert!(holds(b"/", b"/tmp") && holds(b"/tmp", b"/tmp") && holds(b"/tmp", b"/tmp/x"));
        assert!(!holds(b"/tmp", b"/tmpfiles"));
    }
}
