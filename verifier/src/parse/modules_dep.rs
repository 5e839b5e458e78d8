//! One line of modules.dep (man modules.dep): `path/to/module.ko.xz: dep dep…`.

use crate::kmod::names::module_file;
use crate::text::{Name, kernel_name, words};

/// A module file and how many others it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DepLine<'a> {
    /// Module name in kernel spelling, from the file name.
    pub module: Name,
    /// File below lib/modules/RELEASE.
    pub file: &'a [u8],
    /// Number of files named after the colon.
    pub needs: u32,
}

/// Parses a line; `None` when it is not one.
#[must_use]
pub fn line(line: &[u8]) -> Option<DepLine<'_>> {
    let colon = line.iter().position(|b| *b == b':')?;
    let (file, rest) = line.split_at_checked(colon)?;
    let module = module_of(file)?;
    let needs = words(rest.get(1..)?).count();
    Some(DepLine { module, file, needs: u32::try_from(needs).unwrap_or(u32::MAX) })
}

/// The module's name in a file name, compressed or not.
#[must_use]
pub fn module_of(file: &[u8]) -> Option<Name> {
    module_file(file).map(|(stem, _)| kernel_name(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_from_the_file_and_dependencies_are_counted() {
        let got = line(b"updates/nvidia-drm.ko.xz: kernel/drm.ko updates/nvidia.ko").unwrap();
        assert_eq!((got.module.as_str(), got.needs), ("nvidia_drm", 2));
        assert_eq!(got.file, b"updates/nvidia-drm.ko.xz");
        assert_eq!(line(b"a/b.ko:").unwrap().needs, 0);
    }

    #[test]
    fn what_names_no_module_file_is_none() {
        for odd in [&b""[..], b"nvidia", b"# comment: x", b".ko:", b"a.ko.bz2: b", b"\xff:\xff"] {
            assert_eq!(line(odd), None);
        }
    }
}
