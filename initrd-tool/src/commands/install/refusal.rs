//! Systems whose files are not for this program to write: made from a configuration,
//! read only, or of a package. Looks whether files are there; runs nothing.

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::source::dir::DirFiles;
use crate::view::cures::{Loader, Machine};
use nvpreflight::facts::Facts;
use serde::Serialize;
use std::path::Path;

/// Why nothing is written, and what to do instead.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// In a sentence.
    pub why: &'static str,
    /// Lines of a configuration, or commands.
    pub instead: Vec<String>,
}

/// The reason, where there is one.
///
/// # Errors
/// A root that cannot be opened.
pub fn of(root: &Path) -> Result<Option<Refusal>> {
    let facts = Box::<Facts>::default();
    let loader = Machine::look(&DirFiles::open(root, &Limits::DEFAULT)?, &facts).loader;
    let refusal = |why, instead: &[&str]| {
        Some(Refusal { why, instead: instead.iter().map(|line| (*line).to_owned()).collect() })
    };
    Ok(match loader {
        Loader::NixOs => refusal(
            "NixOS makes these files from its configuration",
            &["services.nvpreflight.enable = true;  # docs/nixos.md has the module"],
        ),
        Loader::RpmOstree => refusal(
            "/usr of an ostree system is read-only; the package is layered",
            &["rpm-ostree install ./nvpreflight-*.rpm", "rpm-ostree initramfs --enable"],
        ),
        _ => package(root).and_then(|remove| {
            refusal("a package has installed nvpreflight; remove it first, or keep it", &[remove])
        }),
    })
}

/// A package brings check-image below /usr, and no list of files beside it. Returns the
/// command that removes it: dpkg, pacman and rpm each keep their own lists.
fn package(root: &Path) -> Option<&'static str> {
    let ours = |name: &str| root.join("usr/lib/nvpreflight").join(name).exists();
    if !ours("check-image") || ours("manifest") {
        return None;
    }
    let lists = |folder: &str, head: &str| {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        entries.into_iter().any(|e| e.file_name().to_string_lossy().starts_with(head))
    };
    Some(match () {
        () if lists("var/lib/dpkg/info", "nvpreflight") => "apt purge nvpreflight",
        () if lists("var/lib/pacman/local", "nvpreflight-") => "pacman -R nvpreflight",
        () => "rpm -e nvpreflight",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::empty_files as root;

    fn instead(files: &[&str]) -> Option<String> {
        let refusal = of(root(files).path()).expect("a root");
        refusal.map(|refusal| refusal.instead.join("; "))
    }

    #[test]
    fn what_others_make_is_left_to_them() {
        let check = "usr/lib/nvpreflight/check-image";
        assert!(instead(&["etc/NIXOS"]).is_some_and(|line| line.starts_with("services.")));
        assert!(instead(&["run/ostree-booted"]).is_some_and(|line| line.contains("rpm-ostree")));
        let dpkg = ["var/lib/dpkg/info/nvpreflight.list", check];
        assert_eq!(instead(&dpkg).as_deref(), Some("apt purge nvpreflight"));
        let pacman = ["var/lib/pacman/local/nvpreflight-0.1.0-1/files", check];
        assert_eq!(instead(&pacman).as_deref(), Some("pacman -R nvpreflight"));
        assert_eq!(instead(&[check]).as_deref(), Some("rpm -e nvpreflight"));
    }

    #[test]
    fn an_installation_without_a_package_is_no_reason() {
        assert_eq!(instead(&["etc/debian_version"]), None);
        let own = ["usr/lib/nvpreflight/check-image", "usr/lib/nvpreflight/manifest"];
        assert_eq!(instead(&own), None);
        // A list that a removed package left says nothing.
        assert_eq!(instead(&["var/lib/dpkg/info/nvpreflight.list"]), None);
    }
}
