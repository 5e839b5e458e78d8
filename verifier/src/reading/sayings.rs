//! What programs of user space say of the driver, each once: the collector keeps these
//! lines of a log, the host tool knows a program by them where nothing else marks its
//! line, and rules judge them. Nothing here judges.

use crate::driver::said::{display, kernel, kmod, nvidia, systemd};
use crate::facts::{Facts, LogRecord};

/// A sentence of a program.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    /// Who says it, where the line itself does not tell.
    pub program: &'static str,
    /// What the line holds, in this order.
    pub parts: &'static [&'static str],
}

impl Saying {
    /// Where the sentence begins in a line that holds it.
    #[must_use]
    pub fn begins(&self, text: &str) -> Option<usize> {
        self.parts.first().filter(|_| self.is(text)).and_then(|first| text.find(*first))
    }

    /// Whether a line is this sentence.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.parts
            .iter()
            .try_fold(text, |rest, part| rest.split_once(part).map(|(_, r)| r))
            .is_some()
    }
}

const fn says(program: &'static str, parts: &'static [&'static str]) -> Saying {
    Saying { program, parts }
}

/// NVML and the driver's libraries met a module of another version (nvml.h,
/// `NVML_ERROR_LIB_RM_VERSION_MISMATCH`; libnvidia-container passes it on).
pub const MISMATCH: &[Saying] = &[
    says("nvidia-smi", &[kmod::NVML_MISMATCH]),
    says("nvidia-container-cli", &["driver/library version mismatch"]),
    says("a client", &["API mismatch: the NVIDIA kernel module has version"]),
];
/// The version that NVML has, which nvidia-smi prints below a mismatch (from 530).
pub const NVML_VERSION: Saying = says("nvidia-smi", &["NVML library version: "]);
/// A client of the driver found no driver in the kernel.
pub const UNREACHED: &[Saying] = &[
    says("nvidia-smi", &["couldn't communicate with the NVIDIA driver"]),
    says("nvidia-smi", &[kmod::NVML_FAILED, "Driver Not Loaded"]),
    says("nvidia-container-cli", &["nvml error: driver not loaded"]),
    says("Xorg", &["(EE) NVIDIA", "Failed to initialize the NVIDIA kernel module"]),
    says("nvidia-persistenced", &["Failed to query NVIDIA devices"]),
    says("nvidia-settings", &["Unable to load info from any available system"]),
    says("nvidia-container-cli", &["failed to detect NVIDIA devices"]),
    says("bumblebeed", &["Cannot access secondary GPU", "Could not load GPU driver"]),
];
/// nvidia-smi reached the driver, and the driver has no GPU.
pub const NO_DEVICE: &[Saying] = &[
    says("nvidia-smi", &["No devices were found"]),
    says("nvidia-smi", &["No supported GPUs were found"]),
    says("nvidia-smi", &["Unable to determine the device handle for"]),
    says("a CUDA program", &["no CUDA-capable device is detected"]),
    says("a CUDA program", &["no cuda-capable device is detected"]),
];
/// What clients and monitors say of a GPU that no longer answers.
pub const GPU_IS_LOST: &[Saying] = &[
    says("nvidia-smi", &["Unable to determine the device handle for GPU", "GPU is lost"]),
    says("a monitor", &["XID 79", nvidia::OFF_THE_BUS]),
    says("a monitor", &["ERROR_GPU_IS_LOST"]),
];
/// The GSP's own watchdog, of which a wrapped report may lack the driver's name.
pub const GSP_WATCHDOG: Saying = says("kernel", &["GSP task watchdog timeout @ pc"]);
/// The driver's heading of a report on a GSP that does not answer.
pub const GSP_TIMEOUT: Saying = says("kernel", nvidia::GSP_TIMEOUT);
/// The driver misses the GSP's signs of life (from 570).
pub const GSP_HEARTBEAT: Saying = says("kernel", &[nvidia::NVRM, "GSP RM heartbeat timed out"]);
/// The same of one that stopped at an error.
pub const GSP_CRASH: Saying = says("kernel", nvidia::GSP_CRASH);
/// Xorg's driver was refused the right to set modes.
pub const X_NO_MODES: Saying =
    says("Xorg", &["(EE) NVIDIA", "Failed to acquire modesetting permission"]);
/// Xorg's driver could not start a GPU that the kernel's driver has.
pub const X_NO_GPU: Saying =
    says("Xorg", &["(EE) NVIDIA", "Failed to initialize the NVIDIA GPU at PCI:"]);
/// Xorg's driver has the GPU and found no display on it.
pub const X_NO_DISPLAY: &[Saying] = &[
    says("Xorg", &["(EE) NVIDIA", "Failed to assign any connected display devices"]),
    says("Xorg", &["NVIDIA", "No display devices found for this X screen"]),
];
/// A container's runtime could not start the driver's libraries, whatever the reason.
pub const CONTAINER: Saying =
    says("nvidia-container-cli", &["nvidia-container-cli: initialization error"]);
/// Xorg did not find NVIDIA's own driver for it.
pub const X_NO_DRIVER: Saying = says("Xorg", &["(EE) Failed to load module \"nvidia\""]);
/// Xorg, or what starts one, gave up after that.
pub const X_GAVE_UP: &[Saying] =
    &[says("Xorg", &["no screens found"]), says("bumblebeed", &["[XORG] (EE)"])];
/// A CUDA program waits for Fabric Manager (cuda.h, `CUDA_ERROR_SYSTEM_NOT_READY`, 802).
pub const FABRIC_MISSING: &[Saying] = &[
    says("a CUDA program", &["802", "system not yet initialized"]),
    says("a CUDA program", &["CUDA_ERROR_SYSTEM_NOT_READY"]),
];
/// Fabric Manager is of another version than the driver.
pub const FABRIC_VERSION: Saying = says(
    "nv-fabricmanager",
    &["fabric manager", "driver interface version ", " don't match with driver version "],
);
/// What greeters and compositors print when they find no GPU: KWin, Qt's platform plugin,
/// wlroots and aquamarine, mutter.
pub const FOUND_NO_GPU: &[Saying] = &[
    says("kwin_wayland", &[display::KWIN]),
    says("a compositor", &[display::QT]),
    says("a compositor", &[display::WLROOTS]),
    says("gnome-shell", &[display::MUTTER]),
];
/// The module is installed for this kernel: modinfo found its file, dkms has built it.
pub const INSTALLED: &[Saying] = &[
    says("modinfo", &["filename:", "/nvidia", ".ko"]),
    says("dkms", &["nvidia", "/", ", ", ": installed"]),
    MATCHED,
];
/// lspci's line on the modules whose aliases name a function.
pub const MATCHED: Saying = says("lspci", &["Kernel modules: ", "nvidia"]);
/// Secure Boot is on (mokutil, bootctl, and as people write it in a report).
pub const SECURE_BOOT: &[Saying] = &[
    says("mokutil", &["SecureBoot enabled"]),
    says("bootctl", &["Secure Boot: enabled"]),
    says("a report", &["Secure Boot: Enabled"]),
];
/// What the builders of modules and the makers of images say when the driver's modules
/// are not there: dkms(8), akmods(8), mkinitcpio(8), XBPS, nvidia-installer.
pub const NOT_BUILT: &[Saying] = &[
    says("dkms", kmod::DKMS_LOG),
    says("dkms", &["/var/lib/dkms/nvidia", "dkms.conf does not exist"]),
    says("dkms", kmod::DKMS_MAKE),
    says("dkms", kmod::DKMS_AUTOINSTALL),
    says("akmods", kmod::AKMODS),
    says("akmods", kmod::AKMODS_LATER),
    says("akmods", kmod::AKMODS_RPM),
    says("dkms", kmod::DKMS_NO_HEADERS),
    says("dkms", kmod::DKMS_NO_HEADERS_ARCH),
    says("dpkg", kmod::DPKG),
    says("nix", kmod::NIX_BUILDER),
    says("nix", kmod::NIX_BUILD),
    says("emerge", kmod::EMERGE),
    says("xbps", &["DKMS module", "nvidia-", "FAILED!"]),
    says("optimus-manager", &["Available modules: ['nouveau']"]),
    says("mkinitcpio", &["ERROR: module not found: ", "nvidia"]),
    says("nvidia-installer", &["Unable to build the NVIDIA kernel module"]),
    says("nvidia-installer", &[kmod::INSTALLER_SOURCES]),
    says("nvidia-installer", &[kmod::INSTALLER_DKMS]),
];
/// What shows that the owner wants the driver, and nothing of how it fares: packages, lines
/// of a configuration.nix, the installer, commands.
pub const WANTS: &[Saying] = &[
    says("configuration.nix", &["nvidia_x11"]),
    says("configuration.nix", &["hardware.nvidia"]),
    says("configuration.nix", &["videoDrivers", "nvidia"]),
    says("a package", &["akmod-nvidia"]),
    says("a package", &["kmod-nvidia"]),
    says("a package", &["nvidia-dkms"]),
    says("a package", &["nvidia-open-dkms"]),
    says("a package", &["nvidia-utils"]),
    says("a package", &["nvidia-driver-"]),
    says("a package", &["nvidia-kernel-dkms"]),
    says("a package", &["xorg-x11-drv-nvidia"]),
    says("a package", &["x11-drivers/nvidia-drivers"]),
    says("nvidia-installer", &["NVIDIA-Linux-x86_64-"]),
];
/// That the sender writes of NVIDIA at all, where a compositor names nobody's GPU.
pub const NAMED: Saying = says(SENDER, &[SENDER, NAMES_NVIDIA]);
/// Who speaks in prose, as the host tool hands such words over.
pub const SENDER: &str = "a report";
/// How its line goes on where it speaks of NVIDIA.
pub const NAMES_NVIDIA: &str = "names NVIDIA: ";
/// The same where lines were not understood; their number follows.
pub const HAS_MISSED: &str = "not understood: ";
/// That a reader met the driver's words in lines that it could not take.
pub const NOT_UNDERSTOOD: Saying = says(SENDER, &[SENDER, HAS_MISSED]);
/// Lists of modules in a generator's configuration, each behind its file's name.
pub const GENERATOR: &[Saying] = &[
    says("mkinitcpio", &["mkinitcpio.conf: MODULES="]),
    says("mkinitcpio", &["mkinitcpio.conf: HOOKS="]),
    says("dracut", &["dracut.conf: ", "_drivers"]),
    says("initramfs-tools", &["initramfs-tools/modules: MODULES="]),
    says("NixOS", &["configuration.nix: boot.", "ernelModules = ["]),
];
/// The kernel met a fault of its own or of a module's code.
pub const OOPS: &[Saying] = &[
    says("kernel", &[kernel::NULL_POINTER]),
    says("kernel", &[kernel::NO_PAGE]),
    says("kernel", &[kernel::PROTECTION]),
    says("kernel", &[kernel::BUG_AT]),
];
/// Where the processor stood then.
pub const POINTER: &[Saying] = &[says("kernel", kernel::RIP), says("kernel", kernel::IP_OLD)];
/// The driver's own thread waits or spins.
pub const HUNG_OWN: Saying =
    says("kernel", &["INFO: task nvidia-modeset", " blocked for more than "]);
/// The same of one that spins.
pub const STUCK_OWN: Saying = says("kernel", &["BUG: soft lockup - CPU", "[nvidia-modeset"]);
/// The kernel's line on a task that waits for too long (kernel/hung_task.c), and on who
/// holds what it waits for (from 6.16).
pub const HUNG: &[Saying] = &[
    HUNG_OWN,
    says("kernel", &["INFO: task ", " blocked for more than "]),
    says("kernel", &["INFO: task ", " blocked on a ", " by task nvidia-modeset"]),
];
/// A compositor took the firmware framebuffer's card for a GPU of its own (aquamarine
/// src/backend/drm).
pub const SIMPLEDRM_CARD: Saying =
    says("Hyprland", &["Starting backend for /dev/dri/", "with driver simpledrm"]);
/// nvidia-smi's heading, which it prints when the driver answered.
pub const SMI_TABLE: Saying = says("nvidia-smi", &["NVIDIA-SMI ", "Driver Version: "]);
/// The driver's units for sleep failed.
pub const SLEEP_UNIT_FAILED: &[Saying] = &[
    says("systemd", &["nvidia-suspend.service: ", systemd::FAILED]),
    says("systemd", &["nvidia-suspend.service: Main process exited", "status=1/FAILURE"]),
    says("systemd", &["nvidia-hibernate.service: ", systemd::FAILED]),
];
/// What programs say whose call of modprobe failed (`reading/attempts.rs` takes them apart).
const CALLS: &[Saying] = &[
    says("a switcher", kmod::PYTHON_MODPROBE),
    says("nvidia-installer", &[kmod::INSTALLER_LOAD]),
    says("nvidia-installer", kmod::INSTALLER_LOAD_NEW),
    says("modinfo", kmod::MODINFO_GONE),
    says("nvidia-docker", &[kmod::NO_UVM]),
];
/// Sentences that rules know by their own words: of greeters that do not get a screen,
/// and of modprobe that one of them called.
const OTHERS: &[Saying] = &[
    says("a compositor", display::NODE_BUSY),
    says("a compositor", &[display::NO_MASTER]),
    says("MESA-LOADER", display::NO_SIMPLEDRM),
    says("modprobe", kmod::ERROR_INSERT),
    says("modprobe", &[kmod::FATAL]),
];

/// Every group.
const ALL: [&[Saying]; 22] = [
    MISMATCH,
    UNREACHED,
    NO_DEVICE,
    GPU_IS_LOST,
    &[GSP_WATCHDOG, GSP_TIMEOUT, GSP_HEARTBEAT, GSP_CRASH, STUCK_OWN],
    &[X_NO_DRIVER, X_NO_MODES, X_NO_GPU, FABRIC_VERSION],
    &[SMI_TABLE, NVML_VERSION, SIMPLEDRM_CARD, NAMED, NOT_UNDERSTOOD, CONTAINER],
    X_NO_DISPLAY,
    FOUND_NO_GPU,
    INSTALLED,
    SECURE_BOOT,
    SLEEP_UNIT_FAILED,
    NOT_BUILT,
    HUNG,
    OOPS,
    POINTER,
    X_GAVE_UP,
    FABRIC_MISSING,
    CALLS,
    GENERATOR,
    OTHERS,
    WANTS,
];

/// The sentence that a line is, if it is one.
#[must_use]
pub fn of(text: &str) -> Option<&'static Saying> {
    ALL.iter().flat_map(|group| group.iter()).find(|saying| saying.is(text))
}

/// Whether a line tells only of the sender's wish, and nothing that can be judged.
#[must_use]
pub fn is_wish(text: &str) -> bool {
    of(text).is_some_and(|saying| {
        saying.parts == NAMED.parts || WANTS.iter().any(|wish| wish.parts == saying.parts)
    })
}

/// The first record that is one of these sentences.
#[must_use]
pub fn said<'a>(f: &'a Facts, sayings: &[Saying]) -> Option<&'a LogRecord> {
    f.records().iter().find(|record| sayings.iter().any(|saying| saying.is(&record.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_must_stand_there_in_its_order() {
        let text = "(EE) NVIDIA(GPU-0): Failed to initialize the NVIDIA GPU at PCI:82:0:0.  Please";
        assert!(X_NO_GPU.is(text));
        assert_eq!(of(text).map(|saying| saying.program), Some("Xorg"));
        assert!(!MATCHED.is("nvidia is one of the Kernel modules: "));
        assert!(of("my driver cannot be reached").is_none());
    }
}
