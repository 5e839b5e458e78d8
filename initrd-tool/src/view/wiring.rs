//! What of nvpreflight is wired into a system: programs, the hooks of its makers of
//! initrds, the checks of new images, units, expectations. Looks whether files are
//! there; runs nothing and opens no image.

use crate::view::cures::rebuild_command;
use crate::view::layout;
use crate::view::maker::Maker;
use nvpreflight::evidence::expectations;
use serde::Serialize;
use std::path::Path;

/// A maker of initrds and its hooks, by their names in the layout.
struct Made {
    by: Maker,
    /// What puts the verifier into its images.
    hook: &'static str,
    /// What checks an image that it has made.
    checks: &'static [&'static str],
}

/// initramfs-tools(7), dracut.modules(7), mkinitcpio(8), kernel-install(8).
const MAKERS: [Made; 3] = [
    Made {
        by: Maker::InitramfsTools,
        hook: "initramfs-tools/hooks/nvpreflight",
        checks: &["initramfs-tools/post-update.d/nvpreflight"],
    },
    Made {
        by: Maker::Dracut,
        hook: "dracut/module-setup.sh",
        checks: &["kernel-install/95-nvpreflight.install", "kernel/postinst.d/zz-nvpreflight"],
    },
    Made {
        by: Maker::Mkinitcpio,
        hook: "mkinitcpio/install/nvpreflight",
        checks: &["mkinitcpio/post/nvpreflight"],
    },
];

/// Units of the real root.
pub const UNITS: [&str; 2] = ["nvpreflight-pre-display.service", "nvpreflight-remember.service"];
/// Where programs are installed, and where an enabled unit is linked.
const PROGRAMS: [&str; 2] = ["nvpreflight", "nvpreflight-verifier"];
const WANTS: [&str; 2] = ["multi-user.target.wants", "graphical.target.wants"];

/// A maker that is installed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Wired {
    /// Its name.
    pub maker: &'static str,
    /// What puts the verifier into its images; absolute, as all paths here.
    pub hook: Option<String>,
    /// What checks its new images.
    pub check: Option<String>,
    /// What makes its images again.
    pub rebuild: &'static str,
}

/// A unit of the real root.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Its name.
    pub name: &'static str,
    /// Whether systemd starts it at boot.
    pub enabled: bool,
}

/// What is wired in.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Wiring {
    /// The programs that are installed.
    pub programs: Vec<String>,
    /// The makers that are installed.
    pub makers: Vec<Wired>,
    /// The units.
    pub units: Vec<Unit>,
    /// The owner's expectations, where there are any.
    pub expectations: Option<String>,
}

impl Wiring {
    /// Looks below a root.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        let there = |path: &&String| root.join(path).exists();
        let first = |names: &[&str]| {
            let mut places = names.iter().flat_map(|name| layout::places(name));
            places.find(|path| there(&path)).map(|path| format!("/{path}"))
        };
        let programs = PROGRAMS.iter().filter_map(|name| {
            let places = ["usr/local/bin", "usr/bin", "run/current-system/sw/bin"];
            let path = places.iter().map(|place| format!("{place}/{name}"));
            path.into_iter().find(|path| root.join(path).exists()).map(|path| format!("/{path}"))
        });
        let makers = MAKERS.iter().filter(|maker| layout::is_there(root, maker.by.name()));
        let enabled = |unit: &str| {
            let places = ["etc/systemd/system", "usr/lib/systemd/system"];
            let link = |at: &str, wants: &str| root.join(at).join(wants).join(unit);
            places.iter().any(|at| {
                WANTS.iter().any(|wants| std::fs::symlink_metadata(link(at, wants)).is_ok())
            })
        };
        Self {
            programs: programs.collect(),
            makers: makers
                .map(|maker| Wired {
                    maker: maker.by.name(),
                    hook: first(&[maker.hook]),
                    check: first(maker.checks),
                    rebuild: rebuild_command(maker.by).unwrap_or_default(),
                })
                .collect(),
            units: UNITS.map(|name| Unit { name, enabled: enabled(name) }).into(),
            expectations: root
                .join(expectations::FILE)
                .exists()
                .then(|| format!("/{}", expectations::FILE)),
        }
    }

    /// True when everything is there: both programs, a maker, its hooks, the units.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.programs.len() == PROGRAMS.len()
            && self.makers.iter().any(|m| m.hook.is_some())
            && self.makers.iter().all(|m| m.hook.is_some() && m.check.is_some())
            && self.units.iter().all(|unit| unit.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::testing::empty_files as root;

    const DEBIAN: [&str; 7] = [
        "usr/bin/nvpreflight",
        "usr/bin/nvpreflight-verifier",
        "usr/share/initramfs-tools/hook-functions",
        "usr/share/initramfs-tools/hooks/nvpreflight",
        "etc/initramfs/post-update.d/nvpreflight",
        "etc/systemd/system/multi-user.target.wants/nvpreflight-pre-display.service",
        "etc/systemd/system/graphical.target.wants/nvpreflight-remember.service",
    ];

    #[test]
    fn a_package_that_was_installed_is_whole() {
        let wiring = Wiring::of(root(&DEBIAN).path());
        assert!(wiring.whole(), "{wiring:?}");
        assert_eq!(wiring.makers.len(), 1);
        assert_eq!(wiring.programs, ["/usr/bin/nvpreflight", "/usr/bin/nvpreflight-verifier"]);
    }

    #[test]
    fn whatever_one_file_is_missing_it_is_not_whole() {
        for missing in DEBIAN {
            let files: Vec<&str> = DEBIAN.into_iter().filter(|path| *path != missing).collect();
            assert!(!Wiring::of(root(&files).path()).whole(), "without {missing}");
        }
    }

    #[test]
    fn a_second_maker_without_hooks_is_told() {
        let mut files = DEBIAN.to_vec();
        files.push("usr/lib/dracut/dracut-functions.sh");
        let wiring = Wiring::of(root(&files).path());
        assert!(!wiring.whole(), "{wiring:?}");
        assert_eq!(wiring.makers[1].hook, None);
    }
}
