//! The two builds of NVIDIA's modules that Debian packages, as names: package,
//! archive area, source archive, licence. It fetches nothing.

use super::licence;
use serde::Deserialize;

/// Which of NVIDIA's two sets of kernel modules.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// `nvidia-open-kernel-source`, Debian contrib: MIT or GPL-2.
    Open,
    /// `nvidia-kernel-source`, Debian non-free.
    Proprietary,
}

impl Flavour {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Open, Self::Proprietary];

    /// The name used in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Proprietary => "proprietary",
        }
    }

    /// Debian's package with the sources.
    pub fn package(self) -> &'static str {
        match self {
            Self::Open => "nvidia-open-kernel-source",
            Self::Proprietary => "nvidia-kernel-source",
        }
    }

    /// The archive of sources in that package.
    pub fn sources(self) -> &'static str {
        match self {
            Self::Open => "usr/src/nvidia-open-kernel.tar.xz",
            Self::Proprietary => "usr/src/nvidia-kernel.tar.xz",
        }
    }

    /// The folder in that archive.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Open => "modules/nvidia-open-kernel",
            Self::Proprietary => "modules/nvidia-kernel",
        }
    }

    /// What its licence is, in a few words.
    pub fn terms(self) -> &'static str {
        match self {
            Self::Open => "MIT (Expat) or GPL-2, Debian contrib",
            Self::Proprietary => "NVIDIA-graphics-drivers, Debian non-free",
        }
    }

    /// The licence that has to be accepted first.
    pub fn licence(self) -> Option<&'static str> {
        match self {
            Self::Open => None,
            Self::Proprietary => Some(licence::NVIDIA),
        }
    }
}
