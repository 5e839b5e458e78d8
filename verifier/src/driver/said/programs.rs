//! Whose line it is: programs by the names under which the kernel log and the journal have
//! them, each once, and the groups in which they are asked for. Judges nothing.

#[cfg(feature = "logs")]
use super::systemd;

/// The kernel itself, as syslog and the journal name it (systemd.journal-fields(7)).
pub const KERNEL: &str = "kernel";
/// systemd, as manager of the system or of a session.
pub const SYSTEMD: &str = "systemd";
/// This project's own programs, whose lines show nothing (verifier, `sink::kmsg`).
pub const OWN: &str = "nvpreflight";
/// kmod's programs (kmod, tools/kmod.c).
pub const MODPROBE: &str = "modprobe";
/// As above.
pub const INSMOD: &str = "insmod";
/// As above.
pub const RMMOD: &str = "rmmod";
/// As above.
pub const MODINFO: &str = "modinfo";
/// As above.
pub const KMOD: &str = "kmod";
/// Builds modules for each kernel (dkms.8).
pub const DKMS: &str = "dkms";
/// The same on Fedora (akmods.1).
pub const AKMODS: &str = "akmods";
/// Makes initrds, and runs in those it made.
pub const DRACUT: &str = "dracut";
/// The driver's tool.
pub const NVIDIA_SMI: &str = "nvidia-smi";
/// What the driver's units for sleep run.
pub const NVIDIA_SLEEP: &str = "nvidia-sleep.sh";
/// The driver's daemon.
pub const PERSISTENCED: &str = "nvidia-persistenced";
/// The daemon of machines with NVSwitch.
pub const FABRIC_MANAGER: &str = "nv-fabricmanager";

/// Programs that write to the kernel log while the initrd runs, and are heard there. Any
/// other line that was written to /dev/kmsg is no evidence. systemd's children begin
/// with its name.
pub const EARLY: [&str; 5] = [SYSTEMD, "(udev-worker)", "udevd", MODPROBE, DRACUT];

/// Programs that load modules, build them, put the machine to sleep or are clients of
/// the driver: what they say of the stack is evidence in a log.
#[cfg(feature = "logs")]
pub const OF_DRIVER: [&str; 9] =
    [INSMOD, MODINFO, KMOD, DKMS, AKMODS, NVIDIA_SMI, NVIDIA_SLEEP, PERSISTENCED, FABRIC_MANAGER];

/// Those whose lines tell how units and modules came: the timeline's.
#[cfg(feature = "logs")]
pub const OF_UNITS: [&str; 2] = [SYSTEMD, systemd::LOADER];

/// A list of modules of a generator's configuration, as the host tool hands it on: the file
/// and what the line sets (mkinitcpio.conf(5)).
#[cfg(feature = "logs")]
pub const MKINITCPIO_MODULES: &[&str] = &["mkinitcpio.conf: MODULES="];
/// Its list of hooks (mkinitcpio.conf(5)).
#[cfg(feature = "logs")]
pub const MKINITCPIO_HOOKS: &[&str] = &["mkinitcpio.conf: HOOKS="];
/// dracut's lists (dracut.conf(5): `add_drivers`, `force_drivers`, `omit_drivers`).
#[cfg(feature = "logs")]
pub const DRACUT_DRIVERS: &[&str] = &["dracut.conf: ", "_drivers"];
/// initramfs-tools' list (initramfs-tools(7), "modules").
#[cfg(feature = "logs")]
pub const INITRAMFS_MODULES: &[&str] = &["initramfs-tools/modules: MODULES="];
/// NixOS's lists (nixpkgs nixos/modules/system/boot/kernel.nix).
#[cfg(feature = "logs")]
pub const NIXOS_MODULES: &[&str] = &["configuration.nix: boot.", "ernelModules = ["];
/// All of them.
#[cfg(feature = "logs")]
pub const LISTS: [&[&str]; 5] =
    [MKINITCPIO_MODULES, MKINITCPIO_HOOKS, DRACUT_DRIVERS, INITRAMFS_MODULES, NIXOS_MODULES];
