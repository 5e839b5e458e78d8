//! Which distribution a machine runs, by os-release's `ID=`: what its packages do is the
//! same for all of a kind.

use super::System;

/// A family of distributions whose packages build initrds and sign modules alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Distribution {
    /// Fedora's images of Universal Blue, which bring modules that are signed already.
    UniversalBlue,
    /// Fedora, RHEL and what is built from them.
    Fedora,
    /// Ubuntu and what takes its packages.
    Ubuntu,
    /// Debian and what takes its packages. Linux Mint has one `ID=` for an edition of
    /// Ubuntu's packages and one of Debian's: only what both do holds.
    Debian,
    /// openSUSE and SLE.
    Suse,
    /// Arch Linux and what takes its packages.
    Arch,
}

impl System {
    /// The distribution, where os-release was seen and names one that is known by its `ID=`.
    #[must_use]
    pub fn distribution(&self) -> Option<Distribution> {
        match self.os_id.yes()?.as_str() {
            "bazzite" | "bluefin" | "aurora" | "ucore" => Some(Distribution::UniversalBlue),
            "fedora" | "nobara" | "rhel" | "centos" | "rocky" | "almalinux" => {
                Some(Distribution::Fedora)
            }
            "ubuntu" | "pop" | "neon" => Some(Distribution::Ubuntu),
            "debian" | "linuxmint" => Some(Distribution::Debian),
            "opensuse-tumbleweed" | "opensuse-leap" | "opensuse-slowroll" | "sles" | "sled" => {
                Some(Distribution::Suse)
            }
            "arch" | "cachyos" | "endeavouros" | "manjaro" | "garuda" => Some(Distribution::Arch),
            _ => None,
        }
    }
}
