//! modules-load.d: one module a line (man modules-load.d), and the lists in
//! `modules_load=` on the command line.

use crate::text::trim;

/// systemd's directories in its order (man modules-load.d).
pub const FOLDERS: [&str; 5] = [
    "etc/modules-load.d",
    "run/modules-load.d",
    "usr/local/lib/modules-load.d",
    "usr/lib/modules-load.d",
    "lib/modules-load.d",
];

/// The module a line asks for; `None` for blank lines and comments, which begin
/// with `#` or `;`.
#[must_use]
pub fn line(line: &[u8]) -> Option<&[u8]> {
    let line = trim(line);
    if line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") {
        return None;
    }
    Some(line)
}

/// Where a command-line key asks for modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asks {
    /// In every phase.
    Always,
    /// In the initrd only: `rd.` keys of systemd.
    InInitrd,
    /// In an initrd of dracut's only.
    OfDracut,
}

/// What a command-line key means for module loading: systemd's
/// `modules_load=` with dash or underscore and its `rd.` form
/// (systemd-modules-load.service(8)), and dracut's `rd.driver.pre=` and
/// `rd.driver.post=` (dracut.cmdline(7)).
#[must_use]
pub fn asks(key: &[u8]) -> Option<Asks> {
    match key {
        b"modules_load" | b"modules-load" => Some(Asks::Always),
        b"rd.modules_load" | b"rd.modules-load" => Some(Asks::InInitrd),
        b"rd.driver.pre" | b"rd.driver.post" => Some(Asks::OfDracut),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_both_kinds_ask_for_nothing() {
        assert_eq!(line(b"  nvidia_drm \r"), Some(&b"nvidia_drm"[..]));
        for empty in [&b""[..], b"   ", b"# nvidia", b" ; nvidia"] {
            assert_eq!(line(empty), None);
        }
    }

    #[test]
    fn the_rd_forms_ask_in_the_initrd_only() {
        assert_eq!(asks(b"modules-load"), Some(Asks::Always));
        assert_eq!(asks(b"rd.modules_load"), Some(Asks::InInitrd));
        assert_eq!(asks(b"module_blacklist"), None);
    }
}
