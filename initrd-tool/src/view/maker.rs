//! Who makes a machine's initrd: by the programs that are installed, else by the
//! configuration, else by the distribution. Reads a `Tree`.

use super::layout;
use nvpreflight::facts::{Distribution, Facts};
use nvpreflight::tree::{Tree, TreeExt};
use serde::Serialize;

/// Who makes the initrd, as far as its files tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// NixOS builds it from the configuration.
    NixOs,
    /// dracut (Fedora, openSUSE).
    Dracut,
    /// mkinitcpio (Arch).
    Mkinitcpio,
    /// initramfs-tools (Debian, Ubuntu).
    InitramfsTools,
    /// booster (Arch).
    Booster,
    /// Not told.
    Unknown,
}

impl Maker {
    /// Those that have hooks of ours, with their names in the packages' layout.
    pub const HOOKED: [(Self, &'static str); 3] = [
        (Self::InitramfsTools, "initramfs-tools"),
        (Self::Dracut, "dracut"),
        (Self::Mkinitcpio, "mkinitcpio"),
    ];

    /// Its name there; empty for one without hooks of ours.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::HOOKED.iter().find(|(maker, _)| *maker == self);
        named.map_or("", |(_, name)| name)
    }

    /// Who makes the initrd of this root.
    #[must_use]
    pub fn of(tree: &dyn Tree, facts: &Facts) -> Self {
        if facts.system.is_nixos() {
            return Self::NixOs;
        }
        let has = |path: &str| tree.exists(path).yes() == Some(&true);
        if has("usr/lib/booster") {
            return Self::Booster;
        }
        // A package that was removed may leave its configuration (dpkg(1), "conffiles").
        let marked = layout::makers().filter(|(_, mark)| has(mark.trim_start_matches('/')));
        let hooked = |(name, _)| Self::HOOKED.iter().find(|(_, known)| *known == name);
        let mut installed = marked.filter_map(hooked).map(|(maker, _)| *maker);
        if let (Some(only), None) = (installed.next(), installed.next()) {
            return only;
        }
        match () {
            () if has("etc/mkinitcpio.conf") => Self::Mkinitcpio,
            () if has("etc/initramfs-tools/modules") => Self::InitramfsTools,
            () if has("etc/dracut.conf.d") || has("etc/dracut.conf") => Self::Dracut,
            () => Self::usual(facts),
        }
    }

    /// What the distribution has if nobody chose another one.
    fn usual(facts: &Facts) -> Self {
        match facts.system.distribution() {
            Some(Distribution::Fedora | Distribution::UniversalBlue | Distribution::Suse) => {
                Self::Dracut
            }
            Some(Distribution::Arch) => Self::Mkinitcpio,
            Some(Distribution::Debian | Distribution::Ubuntu) => Self::InitramfsTools,
            None => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Maker;
    use nvpreflight::capture::Capture;
    use nvpreflight::evidence;
    use nvpreflight::expect::Expectations;
    use nvpreflight::facts::{Facts, Phase};

    fn of(files: &str) -> Maker {
        let capture = Capture::new(files.as_bytes());
        let mut facts = Facts::new(Phase::Initrd);
        evidence::collect(&capture, &Expectations::new(), &mut facts);
        Maker::of(&capture, &facts)
    }

    #[test]
    fn what_is_installed_outweighs_what_was_left_behind() {
        let left = "etc/initramfs-tools/modules = #\netc/os-release = ID=debian\n";
        assert_eq!(of(left), Maker::InitramfsTools);
        let dracut = "usr/lib/dracut/dracut-functions.sh = x\n";
        assert_eq!(of(&format!("{left}{dracut}")), Maker::Dracut);
        // Of two that are installed the configuration tells.
        let both = "usr/share/initramfs-tools/hook-functions = x\n";
        assert_eq!(of(&format!("{left}{dracut}{both}")), Maker::InitramfsTools);
    }

    #[test]
    fn without_a_file_of_a_maker_the_distribution_tells() {
        for (id, maker) in [
            ("fedora", Maker::Dracut),
            ("bazzite", Maker::Dracut),
            ("opensuse-slowroll", Maker::Dracut),
            ("garuda", Maker::Mkinitcpio),
            ("neon", Maker::InitramfsTools),
            ("nixos", Maker::NixOs),
            ("void", Maker::Unknown),
        ] {
            assert_eq!(of(&format!("etc/os-release = ID={id}\n")), maker, "{id}");
        }
    }
}
