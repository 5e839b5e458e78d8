//! What a rule needs to have been seen before it may judge.

use super::Facts;
#[cfg(feature = "logs")]
use crate::driver::said::programs::LISTS;
use crate::seen::Seen;

/// A source of facts that a rule needs.
#[derive(Clone, Copy)]
pub struct Need {
    /// What a reader calls it: "/proc/modules".
    pub what: &'static str,
    /// Its state.
    pub look: fn(&Facts) -> Seen<()>,
    /// True when "not there" means that nothing can be known (/proc is not
    /// mounted), false when it is itself knowledge (no /proc/driver/nvidia).
    pub absence_is_blind: bool,
}

impl Need {
    const fn seen(what: &'static str, look: fn(&Facts) -> Seen<()>) -> Self {
        Self { what, look, absence_is_blind: true }
    }

    const fn asked(what: &'static str, look: fn(&Facts) -> Seen<()>) -> Self {
        Self { what, look, absence_is_blind: false }
    }
}

/// The modules in the kernel now.
pub const MODULES: Need = Need::seen("/proc/modules", |f| f.modules.proc);
/// Module folders with inode numbers and versions.
pub const SYS_MODULE: Need = Need::seen("/sys/module", |f| f.modules.sysfs);
/// Trace events of module loading.
pub const TRACE: Need = Need::asked("the kernel trace", |f| f.modules.trace);
/// The driver's parameters in force.
pub const NV_PARAMS: Need = Need::asked("/proc/driver/nvidia/params", |f| f.modules.nv_params);
/// The kernel command line.
pub const CMDLINE: Need = Need::seen("/proc/cmdline", |f| f.config.cmdline.status());
/// modprobe.d and the command line's share of it.
pub const CONFIG: Need = Need::asked("modprobe.d", |f| f.config.files);
/// modules-load.d.
pub const REQUESTS: Need = Need::asked("modules-load.d", |f| f.config.requests.status());
/// modules.dep.
pub const DEPS: Need = Need::asked("modules.dep", |f| f.config.deps.status());
/// PCI devices.
pub const PCI: Need = Need::seen("/sys/bus/pci/devices", |f| f.pci.status());
/// DRM devices; without any, /sys/class/drm does not exist until drm.ko is in.
pub const DRM: Need = Need::asked("/sys/class/drm", |f| f.drm.status());
/// Framebuffers; the class exists only with fbdev support in the kernel.
pub const FB: Need = Need::asked("/sys/class/graphics", |f| f.framebuffers.status());
/// The driver's own folder.
pub const NV_PROC: Need = Need::asked("/proc/driver/nvidia", |f| f.nv.status());
/// /dev/nvidia* nodes.
pub const NODES: Need = Need::seen("/dev", |f| f.nodes.status());
/// The kernel log.
pub const LOG: Need = Need::seen("the kernel log", |f| f.log.status());
/// A list of modules in the configuration of an initrd's generator, in a log or paste.
#[cfg(feature = "logs")]
pub const GENERATOR_LIST: Need = Need::seen("a generator's list of modules", |f| {
    let told = || LISTS.iter().any(|parts| f.logged(parts).is_some());
    // Of another subject the list itself is seen, in its image.
    let read = f.look != super::Look::Log || told();
    if read { Seen::Yes(()) } else { Seen::NotLooked }
});
/// The initrd phase's report.
pub const INITRD_REPORT: Need = Need::asked("the initrd report", |f| f.initrd.status());
/// The initrd phase's marker.
pub const INITRD_BEGUN: Need =
    Need::asked("the initrd phase's marker", |f| f.initrd_begun.status());
/// /proc/sys/kernel/modules_disabled.
pub const MODULES_DISABLED: Need =
    Need::asked("/proc/sys/kernel/modules_disabled", |f| f.system.modules_disabled.status());
/// /proc/devices.
pub const CHAR_MAJORS: Need = Need::seen("/proc/devices", |f| f.system.char_majors.status());
/// The display manager's unit.
pub const DISPLAY_MANAGER: Need =
    Need::asked("display-manager.service", |f| f.stage2.display_manager.status());
/// The image or directory looked at.
#[cfg(feature = "image")]
pub const IMAGE: Need = Need::seen("an image", |f| f.image.status());
/// Its module tree; an image without one has no modules to judge.
#[cfg(feature = "image")]
pub const IMAGE_TREE: Need = Need::asked("the image's modules", |f| match &f.image {
    Seen::Yes(image) => image.tree.status(),
    other => other.status(),
});
/// The root beside the image.
#[cfg(feature = "image")]
pub const IMAGE_ROOT: Need = Need::asked("the image's root (--root)", |f| match &f.image {
    Seen::Yes(image) => image.root.status(),
    other => other.status(),
});
/// The release of the kernel that will run the image.
#[cfg(feature = "image")]
pub const IMAGE_KERNEL: Need = Need::asked("the kernel of the image", |f| match &f.image {
    Seen::Yes(image) => image.kernel.status(),
    other => other.status(),
});
/// Configuration of the real root that names DRM nodes.
pub const DRM_PINS: Need =
    Need::asked("the real root's configuration", |f| f.stage2.drm_pins.status());
/// The user-space driver's files; none where only compute containers bring one.
pub const USERSPACE: Need =
    Need::asked("the user-space driver", |f| f.stage2.userspace_version.status());
/// The units that save video memory before sleep.
pub const SUSPEND_UNITS: Need =
    Need::asked("nvidia-suspend.service", |f| f.stage2.suspend_units.status());
/// The mount table, for the folder of video memory snapshots.
pub const SNAPSHOT_FS: Need = Need::asked("/proc/mounts", |f| f.stage2.snapshot_fs.status());
/// The kinds of sleep that the firmware offers.
pub const MEM_SLEEP: Need = Need::asked("/sys/power/mem_sleep", |f| f.system.mem_sleep.status());
/// The unit files of the real root.
pub const FABRIC_MANAGER: Need =
    Need::asked("the unit folders", |f| f.stage2.fabric_manager.status());
/// Backlight devices.
pub const BACKLIGHT: Need = Need::asked("/sys/class/backlight", |f| f.system.backlight.status());
/// NixOS's system profile.
pub const GENERATION: Need =
    Need::asked("the system profile", |f| f.stage2.newest_generation.status());
