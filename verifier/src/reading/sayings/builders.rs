//! What the builders of modules, the makers of images and the tools that list a machine
//! say of the driver: dkms, akmods, modprobe, mkinitcpio, lspci, inxi. Nothing here judges.

use super::{Saying, says};
use crate::driver::said::{kmod, programs, systemd};

/// The module is installed for this kernel: modinfo found its file, dkms has built it.
pub const INSTALLED: &[Saying] =
    &[says(programs::MODINFO, &["filename:", "/nvidia", ".ko"]), BUILT, MATCHED];
/// lspci's line on the modules whose aliases name a function.
pub const MATCHED: Saying = says("lspci", &[LSPCI_MODULES, "nvidia"]);
/// How lspci begins it.
pub const LSPCI_MODULES: &str = "Kernel modules: ";
/// dkms knows the module and has built it for no kernel (dkms status).
pub const ADDED: &[Saying] = &[
    says(programs::DKMS, &["nvidia/", ": added"]),
    says(programs::DKMS, &["nvidia, ", ": added"]),
];
/// dkms has built it for the kernel that the line names (dkms status).
pub const BUILT: Saying = says(programs::DKMS, &["nvidia", "/", ", ", ": installed"]);
/// How mkinitcpio tells of a module that it was to put into an image (functions, `add_module`).
pub const NO_SUCH_MODULE: &str = "module not found: ";
/// The installer, of a signature that the kernel does not trust (nvidia-installer, kernel.c).
pub const SIGNATURE: &[Saying] = &[
    says("nvidia-installer", &["because the kernel does not trust any key"]),
    says("nvidia-installer", &["not signed by a key that is trusted by the kernel"]),
];
/// The installer met no GPU that its driver is for: there is none, or of another branch.
pub const INSTALLER_NO_GPU: Saying = says("nvidia-installer", &[kmod::INSTALLER_NO_GPU]);
/// depmod found a module of the stack that needs a symbol nobody has (kmod, tools/depmod.c).
pub const NEEDS_SYMBOL: Saying =
    says("depmod", &["depmod: WARNING: ", "/nvidia", ".ko", " needs unknown symbol "]);
/// An image is made without the driver's firmware (initramfs-tools, hook-functions).
pub const NO_FIRMWARE_IN_IMAGE: &[Saying] = &[
    says("update-initramfs", &["Possible missing firmware ", "gsp_", "for module nvidia"]),
    says("mkinitcpio", &["Possibly missing firmware for module: ", "nvidia"]),
];
/// A line of modprobe.d that runs a program which does nothing, in place of the module
/// (kmod, libkmod/libkmod-module.c, `command_do`).
pub const INSTALLS_NOTHING: &[Saying] = &[
    says(programs::MODPROBE, &["Error running install command ", "bin/false", "for module nvidia"]),
    says(programs::MODPROBE, &["Error running install command ", "bin/true", "for module nvidia"]),
];
/// Ubuntu's gpu-manager found a line that blacklists the driver (ubuntu-drivers-common,
/// share/hybrid/gpu-manager.c; its log has this line at every boot).
pub const BLACKLIST_FOUND: Saying = says("gpu-manager", &["Is nvidia blacklisted? yes"]);
/// A card of NVIDIA's among those that it lists.
pub const CARD_FOUND: Saying = says("gpu-manager", &["Vendor/Device Id: 10de:"]);
/// Its word on a module of the driver, and on nouveau.
pub const NVIDIA_LOADED: Saying = says("gpu-manager", &["Is nvidia ", "loaded? yes"]);
/// The same on nouveau.
pub const NOUVEAU_LOADED: Saying = says("gpu-manager", &["Is nouveau loaded? yes"]);
/// inxi's line on an NVIDIA GPU, with the driver that it has (inxi -G, in one line).
pub const INXI_NONE: Saying = says("inxi", &["NVIDIA", " driver: N/A", "alternate: ", "nvidia"]);
/// The same with nouveau.
pub const INXI_NOUVEAU: Saying = says("inxi", &["NVIDIA", " driver: nouveau"]);
/// The same with NVIDIA's own.
pub const INXI_NVIDIA: Saying = says("inxi", &["NVIDIA", " driver: nvidia"]);
/// lspci reads nothing but ones from a GPU: it is off, or gone.
pub const LSPCI_GONE: Saying = says("lspci", &["NVIDIA ", "(rev ff)"]);
/// A row of lsmod without its heading, as `lsmod | grep nouveau` leaves it.
pub const LSMOD_NOUVEAU: Saying = says("lsmod", &["lsmod: nouveau "]);
/// Secure Boot is on (mokutil, bootctl, and as people write it in a report).
pub const SECURE_BOOT: &[Saying] = &[
    says("mokutil", &["SecureBoot enabled"]),
    says("bootctl", &["Secure Boot: enabled"]),
    says("a report", &["Secure Boot: Enabled"]),
];
/// What the builders of modules and the makers of images say when the driver's modules
/// are not there: dkms(8), akmods(8), mkinitcpio(8), XBPS, nvidia-installer.
pub const NOT_BUILT: &[Saying] = &[
    says(programs::DKMS, kmod::DKMS_LOG),
    says(programs::DKMS, &["/var/lib/dkms/nvidia", "dkms.conf does not exist"]),
    says(programs::DKMS, kmod::DKMS_MAKE),
    says(programs::DKMS, kmod::DKMS_GAVE_UP),
    says(programs::DKMS, kmod::DKMS_AUTOINSTALL),
    says(programs::AKMODS, kmod::AKMODS),
    says(programs::AKMODS, kmod::AKMODS_LATER),
    says(programs::AKMODS, kmod::AKMODS_RPM),
    says(programs::DKMS, kmod::DKMS_NO_HEADERS),
    says(programs::DKMS, kmod::DKMS_NO_HEADERS_ARCH),
    says("dpkg", kmod::DPKG),
    says("nix", kmod::NIX_BUILDER),
    says("nix", kmod::NIX_BUILD),
    says("emerge", kmod::EMERGE),
    says("xbps", &["DKMS module", "nvidia-", "FAILED!"]),
    says("optimus-manager", &["Available modules: ['nouveau']"]),
    says("mkinitcpio", &[NO_SUCH_MODULE, "nvidia"]),
    says("nvidia-installer", &["Unable to build the NVIDIA kernel module"]),
    says("nvidia-installer", &[kmod::INSTALLER_SOURCES]),
    says("nvidia-installer", &[kmod::INSTALLER_DKMS]),
    says("nvidia-installer", &["An error occurred while performing the step: \"Building kernel"]),
    says("nvidia-installer", &["ERROR: The kernel header file ", " does not exist"]),
    says("nvidia-installer", &["ERROR: Unable to find the development tool"]),
    says(programs::DKMS, &["dkms install", "nvidia/", "' exited "]),
    says(programs::DKMS, &["Missing ", " kernel modules tree for module nvidia/"]),
    says(programs::AKMODS, &["Building rpms failed; see /var/cache/akmods/nvidia"]),
    says(programs::DRACUT, &["dracut-install: ", systemd::NOT_FOUND, "nvidia"]),
    says("modpost", &["GPL-incompatible module nvidia", "uses GPL-only symbol"]),
    // A compiler's error in the driver's sources.
    says("gcc", &["/dkms/nvidia", "error: "]),
    says("gcc", &["NVIDIA-Linux-", "/kernel", "error: "]),
    says("gcc", &["nvidia/nv", "error: "]),
    says("gcc", &["nvidia-drm/nvidia-", "error: "]),
    says("gcc", &["nvidia-uvm/uvm", "error: "]),
    says("gcc", &["nvidia-modeset/nvidia-", "error: "]),
    says("ld", &["ld: cannot find ", "nvidia/nv-", ".o"]),
    // What the driver's own headers stop a compiler with (kernel-open/common/inc/nv-linux.h).
    says("gcc", &["This driver requires the ability to change memory types"]),
    says("gcc", &["This driver does not support kernels older than"]),
    // Its last word is the language's of the sender: "Error 2", "Fehler 2".
    says("make", &["make[", kmod::MAKE_ERROR, "nvidia", "] "]),
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
    says("a command", &["sudo modprobe nvidia"]),
    says("a command", &["# modprobe nvidia"]),
    says("a command", &["$ modprobe nvidia"]),
];
/// Lists of modules in a generator's configuration, each behind its file's name.
pub const GENERATOR: &[Saying] = &[
    says("mkinitcpio", programs::MKINITCPIO_MODULES),
    says("mkinitcpio", programs::MKINITCPIO_HOOKS),
    says(programs::DRACUT, programs::DRACUT_DRIVERS),
    says("initramfs-tools", programs::INITRAMFS_MODULES),
    says("NixOS", programs::NIXOS_MODULES),
];
/// What programs say whose call of modprobe failed (`reading/attempts.rs` takes them apart).
pub(super) const CALLS: &[Saying] = &[
    says("a switcher", kmod::PYTHON_MODPROBE),
    says("nvidia-installer", &[kmod::INSTALLER_LOAD]),
    says("nvidia-installer", kmod::INSTALLER_LOAD_NEW),
    says("a node's installer", kmod::GO_INSMOD),
    says(programs::MODINFO, kmod::MODINFO_GONE),
    says("nvidia-docker", &[kmod::NO_UVM]),
];
