//! What an initrd holds, for people to look at: who made it, what uses the space,
//! its modules, firmware and options. It describes and never judges.

use nvpreflight::kmod::names::module_file;

pub mod budget;
pub mod files;
pub mod generator;
pub mod modules;
pub mod options;
pub mod owner;
pub mod summary;

/// The name of a module file without its folder, `.ko` and a compression suffix,
/// in kernel spelling; `None` for other files.
#[must_use]
pub fn module_name(path: &[u8]) -> Option<String> {
    let (stem, _) = module_file(path)?;
    Some(std::str::from_utf8(stem).ok()?.replace('-', "_"))
}

/// A firmware file's name as a driver asks for it: below lib/firmware, without a
/// compression suffix (drivers/base/firmware_loader/main.c).
#[must_use]
pub fn firmware_name(path: &[u8]) -> Option<&[u8]> {
    let name = behind(path, b"lib/firmware/")?;
    // /lib/firmware/updates is looked through first, by the same names.
    let name = name.strip_prefix(b"updates/").unwrap_or(name);
    let name = name.strip_suffix(b".xz").or_else(|| name.strip_suffix(b".zst")).unwrap_or(name);
    (!name.is_empty()).then_some(name)
}

/// What follows the first `part` that begins a component.
fn behind<'a>(path: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let at = path
        .windows(part.len())
        .enumerate()
        .position(|(at, window)| window == part && (at == 0 || path.get(at - 1) == Some(&b'/')))?;
    path.get(at + part.len()..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_by_their_suffix() {
        let name = |path: &str| module_name(path.as_bytes());
        assert_eq!(name("lib/modules/6.1/extra/nvidia-drm.ko.xz").as_deref(), Some("nvidia_drm"));
        assert_eq!(name("a.ko").as_deref(), Some("a"));
        assert_eq!(name("a.ko.bak"), None);
        assert_eq!(name("lib/modules/6.1/.ko"), None);
    }

    #[test]
    fn firmware_has_the_name_that_drivers_ask_for() {
        let name = |path: &'static str| firmware_name(path.as_bytes());
        assert_eq!(name("usr/lib/firmware/a/b.bin.zst"), Some(&b"a/b.bin"[..]));
        assert_eq!(name("nix/store/x-modules/lib/firmware/a.bin"), Some(&b"a.bin"[..]));
        assert_eq!(name("lib/firmware/updates/a.bin.xz"), Some(&b"a.bin"[..]));
        assert_eq!(name("usr/mylib/firmware/a.bin"), None);
    }
}
