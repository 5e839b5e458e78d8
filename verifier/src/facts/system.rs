//! The machine around the stack: kernel, distribution, power, security, units.

use super::Place;
use crate::seen::Seen;
use crate::text::{Line, Name, Value};
use heapless::Vec;

/// What runs as PID 1 here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InitKind {
    /// systemd (/run/systemd/system exists, sd_booted(3)).
    Systemd,
    /// Anything else: a shell script, busybox.
    Script,
}

/// Kernel and machine state.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// /proc/sys/kernel/osrelease.
    pub release: Seen<Value>,
    /// `ID=` of etc/os-release (or etc/initrd-release).
    pub os_id: Seen<Name>,
    /// PID 1's kind.
    pub init: Seen<InitKind>,
    /// /proc/sys/kernel/tainted, a bit mask.
    pub tainted: Seen<u64>,
    /// /proc/sys/kernel/modules_disabled.
    pub modules_disabled: Seen<bool>,
    /// /sys/kernel/security/lockdown in whole: "none [integrity] confidentiality".
    pub lockdown: Seen<Value>,
    /// /sys/module/module/parameters/sig_enforce.
    pub sig_enforce: Seen<bool>,
    /// /sys/power/mem_sleep in whole: "[s2idle] deep".
    pub mem_sleep: Seen<Value>,
    /// /sys/power/resume: "0:0" without a resume device.
    pub resume: Seen<Value>,
    /// asus-nb-wmi dgpu_disable: the firmware hides the GPU.
    pub dgpu_disable: Seen<bool>,
    /// Whether any /sys/class/backlight entry exists.
    pub backlight: Seen<bool>,
    /// Kernel time of this check in microseconds since boot (/proc/uptime).
    pub uptime_us: Seen<u64>,
    /// Char device majors of the stack from /proc/devices: (name, major).
    pub char_majors: Seen<Vec<(Name, u32), 24>>,
}

impl System {
    /// Before anybody looked.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            release: Seen::NotLooked,
            os_id: Seen::NotLooked,
            init: Seen::NotLooked,
            tainted: Seen::NotLooked,
            modules_disabled: Seen::NotLooked,
            lockdown: Seen::NotLooked,
            sig_enforce: Seen::NotLooked,
            mem_sleep: Seen::NotLooked,
            resume: Seen::NotLooked,
            dgpu_disable: Seen::NotLooked,
            backlight: Seen::NotLooked,
            uptime_us: Seen::NotLooked,
            char_majors: Seen::NotLooked,
        }
    }

    /// True on NixOS, where fixes are given as options.
    #[must_use]
    pub fn is_nixos(&self) -> bool {
        self.os_id.yes().is_some_and(|id| *id == "nixos")
    }
}

/// A place where a configuration names a /dev/dri node by number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrmPin {
    /// "card1".
    pub node: Name,
    /// Where it stands.
    pub place: Place,
    /// The line.
    pub line: Line,
}

impl DrmPin {
    /// Stands for a card that is named by a path with colons in a list that is split at
    /// colons.
    pub const BY_PATH: &'static str = "by-path";
}

/// A udev rule that writes a PCI function's `remove` attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemovalRule {
    /// Where it stands.
    pub place: Place,
    /// The line.
    pub line: Line,
}

/// What only the real root knows (pre-display phase).
#[derive(Clone, Debug, Default)]
pub struct Stage2 {
    /// Target of etc/systemd/system/display-manager.service: "gdm.service".
    pub display_manager: Seen<Name>,
    /// Version in the file name of libnvidia-ml or libcuda on the root.
    pub userspace_version: Seen<Value>,
    /// NixOS: whether booted-system and current-system have the same kernel modules.
    pub same_kernel_modules: Seen<bool>,
    /// NixOS: whether the booted system is the system profile's own generation
    /// or one of its specialisations.
    pub newest_generation: Seen<bool>,
    /// Whether nvidia-suspend.service is enabled.
    pub suspend_units: Seen<bool>,
    /// File system type of the folder that VRAM snapshots go to.
    pub snapshot_fs: Seen<Name>,
    /// Configuration that names DRM nodes by number.
    pub drm_pins: Seen<Vec<DrmPin, 8>>,
    /// Whether udev's 61-gdm.rules is installed.
    pub gdm_rules: Seen<bool>,
    /// Whether nvidia-fabricmanager.service exists.
    pub fabric_manager: Seen<bool>,
    /// udev rules that take NVIDIA functions off the bus; looked for only where
    /// a GPU or its sound function is missing.
    pub gpu_removal_rules: Seen<Vec<RemovalRule, 4>>,
}

impl Stage2 {
    /// Before anybody looked.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            display_manager: Seen::NotLooked,
            userspace_version: Seen::NotLooked,
            same_kernel_modules: Seen::NotLooked,
            newest_generation: Seen::NotLooked,
            suspend_units: Seen::NotLooked,
            snapshot_fs: Seen::NotLooked,
            drm_pins: Seen::NotLooked,
            gdm_rules: Seen::NotLooked,
            fabric_manager: Seen::NotLooked,
            gpu_removal_rules: Seen::NotLooked,
        }
    }
}

/// What the initrd phase reported, as far as the next phase needs it.
#[derive(Clone, Debug, Default)]
pub struct InitrdReport {
    /// ok, findings or could-not-check.
    pub verdict: Name,
    /// Kernel time at which it finished, in microseconds since boot.
    pub finished_us: u64,
    /// Modules that were up then.
    pub modules: Vec<Name, 16>,
    /// Codes it found.
    pub codes: Vec<u16, 32>,
}
