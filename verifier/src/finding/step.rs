//! The steps of a boot, whose they are, and whether they are a good sign. Names
//! only.

use crate::text::same_name;
use serde::Serialize;

/// A step on the way from the firmware to the greeter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The firmware framebuffer was taken over: efifb, vesafb, simplefb.
    FirmwareFramebuffer,
    /// Its DRM device came: simpledrm, efidrm, vesadrm.
    Simpledrm,
    /// The initrd's first program ran.
    Initrd,
    /// A module was requested.
    Asked,
    /// A module's code came in.
    Loaded,
    /// A module's init returned, or its own line said so.
    Ready,
    /// The GPU was initialised.
    Gpu,
    /// The driver's DRM card was registered.
    Card,
    /// The card's connectors were seen.
    Connectors,
    /// A console changed its device.
    Console,
    /// The firmware framebuffer's card was evicted.
    Evicted,
    /// The root changed from the initrd to the real one.
    SwitchRoot,
    /// The splash screen was started.
    Splash,
    /// The seat became graphical.
    Seat,
    /// The display manager was started, or said something.
    DisplayManager,
    /// A greeter or a compositor said something.
    Greeter,
    /// Something failed.
    Fault,
    /// A check ran.
    Check,
}

impl Step {
    /// Its name in machine formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirmwareFramebuffer => "firmware-framebuffer",
            Self::Simpledrm => "simpledrm",
            Self::Initrd => "initrd",
            Self::Asked => "asked",
            Self::Loaded => "loaded",
            Self::Ready => "ready",
            Self::Gpu => "gpu",
            Self::Card => "card",
            Self::Connectors => "connectors",
            Self::Console => "console",
            Self::Evicted => "evicted",
            Self::SwitchRoot => "switch-root",
            Self::Splash => "splash",
            Self::Seat => "seat",
            Self::DisplayManager => "display-manager",
            Self::Greeter => "greeter",
            Self::Fault => "fault",
            Self::Check => "check",
        }
    }
}

/// Whose step it is; in the order in which lanes are drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The firmware framebuffer, simpledrm, consoles.
    Screen,
    /// nvidia.ko and the GPU.
    Nvidia,
    /// nvidia-modeset.ko.
    NvidiaModeset,
    /// nvidia-uvm.ko.
    NvidiaUvm,
    /// nvidia-drm.ko and its card.
    NvidiaDrm,
    /// Other drivers of GPUs.
    Other,
    /// Everything that is no kernel.
    UserSpace,
}

impl Lane {
    /// Every lane in order.
    pub const ALL: [Self; 7] = [
        Self::Screen,
        Self::Nvidia,
        Self::NvidiaModeset,
        Self::NvidiaUvm,
        Self::NvidiaDrm,
        Self::Other,
        Self::UserSpace,
    ];

    /// Its name as reports show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Nvidia => "nvidia",
            Self::NvidiaModeset => "nvidia_modeset",
            Self::NvidiaUvm => "nvidia_uvm",
            Self::NvidiaDrm => "nvidia_drm",
            Self::Other => "other drivers",
            Self::UserSpace => "user space",
        }
    }

    /// The lane of a module of the stack, dash or underscore.
    #[must_use]
    pub fn of_module(name: &str) -> Option<Self> {
        Self::STACK.into_iter().find(|lane| same_name(lane.name(), name))
    }

    /// The lanes of the four modules.
    pub const STACK: [Self; 4] =
        [Self::Nvidia, Self::NvidiaModeset, Self::NvidiaUvm, Self::NvidiaDrm];
}

/// What a moment means for the boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// A step on the way.
    Step,
    /// A goal was reached.
    Good,
    /// Something went wrong.
    Bad,
}
