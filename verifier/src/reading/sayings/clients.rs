//! What clients of the driver say: nvidia-smi and NVML, CUDA, containers, Xorg, compositors
//! and display managers, Fabric Manager. Nothing here judges.

use super::{SENDER, Saying, TELLS_OF_XID, says};
use crate::driver::said::{display, kmod, nvidia, programs, systemd};

/// NVML and the driver's libraries met a module of another version (nvml.h,
/// `NVML_ERROR_LIB_RM_VERSION_MISMATCH`; libnvidia-container passes it on).
pub const MISMATCH: &[Saying] = &[
    says(programs::NVIDIA_SMI, &[kmod::NVML_MISMATCH]),
    says("nvidia-container-cli", &["driver/library version mismatch"]),
    // "has version", before 2010 "has the version" and "is version".
    says("a client", &["API mismatch: the NVIDIA kernel module "]),
    says("Xorg", &["API mismatch: The NVIDIA kernel module "]),
    // cuda.h, `CUDA_ERROR_SYSTEM_DRIVER_MISMATCH` and `…_COMPAT_NOT_SUPPORTED_ON_DEVICE`.
    says("a program with NVML", &["NVMLError_LibRmVersionMismatch"]),
    says("a CUDA program", &["kernel version ", " does not match DSO version "]),
    says("a CUDA program", &["unsupported display driver / cuda driver combination"]),
    says("a CUDA program", &["forward compatibility was attempted on non supported HW"]),
];
/// The version that NVML has, which nvidia-smi prints below a mismatch (from 530).
pub const NVML_VERSION: Saying = says(programs::NVIDIA_SMI, &[NVML_HAS]);
/// How that line begins; the version follows.
pub const NVML_HAS: &str = "NVML library version: ";
/// A client of the driver found no driver in the kernel.
pub const UNREACHED: &[Saying] = &[
    says(programs::NVIDIA_SMI, &[kmod::SMI_FAILED, "couldn't communicate with"]),
    says(programs::NVIDIA_SMI, &["couldn't communicate with the NVIDIA driver"]),
    says("a CUDA program", &["Found no NVIDIA driver on your system"]),
    says("a program with NVML", &["ERROR_DRIVER_NOT_LOADED"]),
    says("a program with NVML", &["NVMLError_DriverNotLoaded"]),
    says("a program", &["nable to communicate with the NVIDIA driver"]),
    says("a CUDA program", &["kernel driver does not appear to be running on this host"]),
    says(programs::NVIDIA_SMI, &[kmod::NVML_FAILED, "Driver Not Loaded"]),
    says("nvidia-container-cli", &["nvml error: driver not loaded"]),
    // The greeting of NVIDIA's own images.
    says("a container", &["The NVIDIA Driver was not detected"]),
    says("Xorg", &["(EE) NVIDIA", "Failed to initialize the NVIDIA kernel module"]),
    says("Xorg", &["(EE) NVIDIA", "Failed to load the NVIDIA kernel module"]),
    // As people tell it.
    says("Xorg", &["Xorg Failed to initialize the NVIDIA kernel module"]),
    says(programs::PERSISTENCED, &["Failed to query NVIDIA devices"]),
    SETTINGS_FAILED,
    says("nvidia-xconfig", &["ERROR: Unable to query GPU information"]),
    says("nvidia-container-cli", &["failed to detect NVIDIA devices"]),
    says("bumblebeed", &["Cannot access secondary GPU", "Could not load GPU driver"]),
    says("bumblebeed", &["[ERROR]", "Could not load GPU driver"]),
];
/// nvidia-smi reached the driver, and the driver has no GPU.
pub const NO_DEVICE: &[Saying] = &[
    says(programs::NVIDIA_SMI, &["No devices were found"]),
    says(programs::NVIDIA_SMI, &["nvidia-smi ", "no devices were found"]),
    says(programs::NVIDIA_SMI, &["nvidia-smi ", "o devices found"]),
    says(programs::NVIDIA_SMI, &["No supported GPUs were found"]),
    says(programs::NVIDIA_SMI, &["Unable to determine the device handle for"]),
    says("a CUDA program", &["no CUDA-capable device is detected"]),
    says("a CUDA program", &["no cuda-capable device is detected"]),
];
/// What clients and monitors say of a GPU that no longer answers.
pub const GPU_IS_LOST: &[Saying] = &[
    says(programs::NVIDIA_SMI, &["Unable to determine the device handle for GPU", "GPU is lost"]),
    says("a monitor", &["XID 79", nvidia::OFF_THE_BUS]),
    says("a monitor", &["ERROR_GPU_IS_LOST"]),
    says("a program with NVML", &["NVMLError_GpuIsLost"]),
    says(SENDER, &[SENDER, TELLS_OF_XID, "79"]),
    says("a program with NVML", &["NVML", "GPU is lost"]),
    // Miners, with the number (nvml.h, `NVML_ERROR_GPU_IS_LOST`).
    says("a program with NVML", &["GPU is lost (15)"]),
    says("a program with NVML", &["NVML: can't get GPU #", "error code 15"]),
    // A bus error of the GPU that nobody handled (Linux drivers/pci/pcie/err.c).
    says(programs::KERNEL, &["nvidia ", "AER: can't recover"]),
    says(programs::KERNEL, &["nvidia ", "severity=Uncorrect", "(Fatal)"]),
    says("a monitor", &["Xid (PCI:", "): 79,"]),
    says("a monitor", &["GPU has ", nvidia::OFF_THE_BUS]),
];
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
/// Xorg did not find NVIDIA's own driver for it; or where [`X_OWN_REASON`] follows, it did.
pub const X_NO_DRIVER: Saying = says("Xorg", &["(EE) Failed to load module \"nvidia\""]);
/// The driver was there and would not work: its own lines tell why (hw/xfree86/loader,
/// `LDR_MODSPECIFIC`).
pub const X_OWN_REASON: &str = "(module-specific error";
/// NVIDIA's driver for Xorg needs a function that this Xorg does not have; the dynamic linker
/// begins the word with a small letter, Xorg's own with a large one.
pub const X_NO_SYMBOL: Saying =
    says("Xorg", &["(EE) Failed to load ", "nvidia_drv.so", "ndefined symbol"]);
/// Xorg, or what starts one, gave up after that.
pub const X_GAVE_UP: &[Saying] = &[
    says("Xorg", &["no screens found"]),
    says("Xorg", &["(EE) No drivers available"]),
    says("bumblebeed", &["[XORG] (EE)"]),
    // Its forks and predecessors (ironhide, bumblebee 1).
    says("a starter of Xorg", &["erver failed to start. Please check /var/log/Xorg"]),
];
/// A CUDA program waits for Fabric Manager (cuda.h, `CUDA_ERROR_SYSTEM_NOT_READY`, 802).
pub const FABRIC_MISSING: &[Saying] = &[
    says("a CUDA program", &["system not yet initialized"]),
    says("a CUDA program", &["CUDA_ERROR_SYSTEM_NOT_READY"]),
];
/// Before Fabric Manager's own version.
pub const FABRIC_ITS: &str = "driver interface version ";
/// Before that of the driver in the same line.
pub const FABRIC_DRIVERS: &str = " don't match with driver version ";
/// Fabric Manager is of another version than the driver.
pub const FABRIC_VERSION: Saying =
    says(programs::FABRIC_MANAGER, &["fabric manager", FABRIC_ITS, FABRIC_DRIVERS]);
/// What greeters and compositors print when they find no GPU: KWin, Qt's platform plugin,
/// wlroots and aquamarine, mutter.
pub const FOUND_NO_GPU: &[Saying] = &[
    says("kwin_wayland", &[display::KWIN]),
    says("a compositor", &[display::QT]),
    says("a compositor", &[display::WLROOTS]),
    says("a compositor", &["Waiting for a DRM card device"]),
    says("kwin_wayland", &["failed to open drm device at "]),
    says("Hyprland", &["m_pAqBackend couldn't start"]),
    says("Hyprland", &["Found no gpus to use, cannot continue"]),
    says("Hyprland", &["m_sWLRBackend was NULL"]),
    says("Hyprland", &["CBackend::create() failed"]),
    says("Hyprland", &["wlr_backend_autocreate() failed"]),
    says("gnome-shell", &[display::MUTTER]),
    says("gnome-shell", &["No GPUs with outputs found"]),
    says("Xorg", &["(EE) No devices detected"]),
    says("weston", &["no drm device found"]),
    says("a compositor", &["Failed to open any DRM device"]),
    says("gnome-shell", &["Failed to open gpu '/dev/dri/"]),
    says("gnome-shell", &["Failed to setup: No GPUs"]),
];
/// What compositors print that have a GPU and no way to draw on it: wlroots render/egl.c
/// and render/allocator/gbm.c, aquamarine, kwin src/backends/drm, cosmic-comp.
pub const CANNOT_DRAW: &[Saying] = &[
    says("a compositor", &["[wlr] [render/", "nitialize EGL"]),
    says("a compositor", &["[wlr] ", "Could not initialize renderer"]),
    says("a compositor", &["gbm_create_device failed"]),
    says("a compositor", &["Failed to create GBM allocator"]),
    says("Hyprland", &["Cannot open backend: no allocator available"]),
    says("a compositor", &["eglQueryDevicesEXT", "Failed to allocate device list"]),
    says("a compositor", &["[EGL] ", "eglInitialize"]),
    says("niri", &["error adding device: Failed to initialize EGL"]),
    says("kwin_wayland", &["Could not initialize egl"]),
    says("kwin_wayland", &["Failed to create gbm device for "]),
    says("cosmic-comp", &["Failed to open GBM device"]),
    says("Xorg", &["(EE) modeset(0): Failed to initialize glamor"]),
];
/// nvidia_drm's own words on it without its mark, as a report on them may quote them.
pub const FLIP_TOLD: Saying = says(programs::KERNEL, nvidia::FLIP_TIMEOUT_TOLD);
/// kwin waits for a page flip of nvidia_drm (kwin, src/backends/drm/drm_commit_thread.cpp).
pub const FLIP_TIMEOUT: Saying = says("kwin_wayland", &["Pageflip timed out!", "nvidia-drm"]);
/// The same where the line names no driver, as older ones and who quotes them do.
pub const FLIP_UNNAMED: Saying = says("kwin_wayland", &["Pageflip timed out!"]);
/// The DRM core waited for a page flip of an NVIDIA GPU in vain
/// (drivers/gpu/drm/drm_atomic_helper.c, `drm_atomic_helper_wait_for_flip_done`).
pub const FLIP_DONE: Saying =
    says(programs::KERNEL, &["nvidia 0", "[drm] *ERROR* ", "flip_done timed out"]);
/// Xorg found no screen, whoever's the GPU is.
pub const X_NO_SCREENS: Saying = says("Xorg", &[display::XORG]);
/// sway and its kin refuse to start beside NVIDIA's modules (sway, sway/main.c and server.c).
pub const REFUSES_NVIDIA: &[Saying] = &[
    says("sway", &["Proprietary", "drivers are NOT supported"]),
    says("sway", &["To launch ", "anyway, launch with --"]),
];
/// The display manager's X server or greeter did not start (sddm src/daemon/XorgDisplayServer.cpp,
/// lightdm src/seat.c, gdm daemon/gdm-display.c); why, each leaves to another log.
pub const NO_DISPLAY_SERVER: &[Saying] = &[
    says("sddm", &["Failed to read display number from pipe"]),
    says("sddm", &["Could not start Display server on vt"]),
    says("sddm", &["Display server failed to start"]),
    says("lightdm", &["Stopping; failed to start a greeter"]),
    says("gdm", &["Session never registered, failing"]),
    says("gdm", &["Unable to run X server"]),
    says("sddm", &["HELPER_DISPLAYSERVER_ERROR"]),
    says("lightdm", &["greeter display server failed to start"]),
    says("lightdm", &["failed to start a display server"]),
];
/// The driver's libraries are not where a client looks for them.
pub const NO_LIBRARY: &[Saying] = &[
    says(programs::NVIDIA_SMI, &["couldn't find libnvidia-ml.so"]),
    says("a program with NVML", &["could not load NVML library"]),
    says("a program with NVML", &[kmod::NVML_FAILED, "ERROR_LIBRARY_NOT_FOUND"]),
    says("nvidia-container-cli", &["load library failed: libnvidia-ml.so"]),
    says("nvidia-container-cli", &["nvidia-container-cli: ldcache error"]),
    says(
        "nvidia-container-cli",
        &["nvidia-container-cli: mount error", "libcuda.so", "o such file"],
    ),
    says("a program with NVML", &["NVMLError_LibraryNotFound"]),
    says("a CUDA program", &["Could not find cuda drivers on your machine"]),
    says("a CUDA program", &["libcuda.so.1: cannot open shared object file"]),
];
/// The nodes of the driver refuse a client, or are not there for it (nvml.h).
pub const NO_ACCESS: &[Saying] = &[
    says("NVIDIA's GLX", &["could not open the device file /dev/nvidia", kmod::NO_PERMISSION]),
    says(programs::NVIDIA_SMI, &[kmod::NVML_FAILED, "Insufficient Permissions"]),
    says(programs::NVIDIA_SMI, &[kmod::NVML_FAILED, "Unknown Error"]),
    // The same of a program that is written in Go (gpu-monitoring-tools, bindings/go/nvml).
    says("a program with NVML", &["nvml: Unknown Error"]),
    says(programs::NVIDIA_SMI, &[kmod::NVML_FAILED, "GPU access blocked by the operating system"]),
];
/// CUDA did not start, and does not know why (cuda.h, `CUDA_ERROR_UNKNOWN`,
/// `CUDA_ERROR_INSUFFICIENT_DRIVER`).
pub const CUDA_FAILED: &[Saying] = &[
    says("a CUDA program", &["CUDA unknown error - this may be due to"]),
    says("a CUDA program", &["cuda driver library init failure: 999"]),
    says("a CUDA program", &["CUDA_ERROR_UNKNOWN"]),
    says("a CUDA program", &["cudart init failure: 999"]),
    says("a CUDA program", &["cudaSetDevice err: 999"]),
];
/// The same of a driver that is too old for the program, or is none.
pub const CUDA_OLD: &[Saying] = &[
    says("a CUDA program", &["CUDA driver version is insufficient for CUDA runtime version"]),
    says("nvidia-container-cli", &["unsatisfied condition: cuda>="]),
];
/// A container's engine has no runtime of NVIDIA's (docker, containerd).
pub const NO_RUNTIME: &[Saying] = &[
    says("docker", &["could not select device driver", "[[gpu"]),
    says("docker", &["nknown runtime specified nvidia"]),
    says("docker", &["nknown or invalid runtime name: nvidia"]),
];
/// Vulkan's loader did not get NVIDIA's driver to start (Vulkan-Loader, loader.c).
pub const VULKAN_FAILED: &[Saying] = &[
    says("Vulkan", &["Could not get 'vkCreateInstance'", "libGLX_nvidia.so"]),
    says("Vulkan", &["ICD ", "libGLX_nvidia.so", "VK_ERROR_INCOMPATIBLE_DRIVER"]),
];
/// Xorg's driver gave a screen up, whatever the reason.
pub const X_NO_SCREEN: &[Saying] = &[
    says("Xorg", &["(EE) NVIDIA", "does not appear to"]),
    says("Xorg", &["(EE) NVIDIA", "Failing initialization of X screen"]),
    says("Xorg", &["(EE) NVIDIA", "Failed to select a display subsystem"]),
];
/// bumblebeed or primus gave up, whatever the reason.
pub const BUMBLEBEE: &[Saying] = &[
    says("bumblebeed", &["Cannot access secondary GPU"]),
    says("primus", &["Bumblebee daemon reported: error:"]),
];
/// The driver's daemon does not find the user that it is to run as, which a package's removal
/// took away (nvidia-persistenced, nvidia-persistenced.c).
pub const DAEMON_NO_USER: Saying =
    says(programs::PERSISTENCED, &["Failed to find user ID of user"]);
/// The unit of the driver's daemon failed.
pub const DAEMON_FAILED: &[Saying] =
    &[says(programs::SYSTEMD, &["nvidia-persistenced.service: ", systemd::FAILED])];
/// The driver's daemon serves its clients (nvidia-persistenced, nvidia-persistenced.c).
pub const DAEMON_READY: Saying =
    says(programs::PERSISTENCED, &["Local RPC service", "initialized"]);
/// Xorg lacks NVIDIA's part of GLX, or has another version of it.
pub const X_NO_GLX: &[Saying] = &[
    says("Xorg", &["(EE) NVIDIA(", "Failed to initialize the GLX module"]),
    says("Xorg", &["(EE) Failed to load module \"glxserver_nvidia\""]),
    says("Xorg", &["(EE) NVIDIA: Failed to load module \"glxserver_nvidia\""]),
];
/// A compositor got no seat, and so asked for no GPU (seatd, libseat/libseat.c; wlroots
/// backend/session/session.c).
pub const NO_SEAT: &[Saying] = &[
    says("a compositor", &["No backend was able to open a seat"]),
    says("a compositor", &["Unable to create seat: "]),
];
/// NVIDIA's part of GLX is loaded into an Xorg that has another driver.
pub const X_GLX_ALONE: Saying = says(
    "Xorg",
    &["(EE) Failed to initialize GLX extension (", "ompatible NVIDIA X driver not found)"],
);
/// Xorg's driver for nouveau met no nouveau in the kernel (xf86-video-nouveau, nv_driver.c).
pub const X_NO_NOUVEAU: Saying = says("Xorg", &["(EE) [drm] KMS not enabled"]);
/// Xorg's driver could not switch to a mode: where it goes on, there was no screen to set
/// one for.
pub const X_NO_MODE: &[Saying] = &[
    says("Xorg", &["(EE) NVIDIA", "Failed to initiate mode change"]),
    says("Xorg", &["(EE) NVIDIA", "Failed to complete mode change"]),
];
/// Xorg's driver has set up a screen.
pub const X_SCREEN_UP: Saying = says("Xorg", &[X_DRIVER, "DPMS enabled"]);
/// How Xorg's log begins (hw/xfree86/common/xf86Init.c, `xf86PrintBanner`): it is one, whatever
/// it tells of.
pub const X_LOG: Saying = says("Xorg", &["X.Org X Server "]);
/// Any other error of Xorg's driver; it marks its warnings in another way.
pub const X_ERROR: Saying = says("Xorg", &["(EE) NVIDIA"]);
/// A program wanted to take a module of the stack out of the kernel, and something uses it.
pub const IN_USE: &[Saying] = &[
    says(programs::MODPROBE, &[kmod::FATAL_MODULE, "nvidia", "is in use"]),
    says(programs::RMMOD, &["ERROR: Module nvidia", "is in use"]),
];
/// The installer wants to replace the module that is loaded.
pub const TO_REPLACE: Saying =
    says("nvidia-installer", &["An NVIDIA kernel module '", "appears to already be loaded"]);
/// Fabric Manager found no switch to manage (nv-fabricmanager).
pub const FABRIC_WITHOUT_USE: &[Saying] = &[
    says(programs::FABRIC_MANAGER, &["NV_WARN_NOTHING_TO_DO"]),
    says(programs::FABRIC_MANAGER, &["NVSwitch driver ", "WARNING Nothing to do"]),
];
/// Fabric Manager did not start.
pub const FABRIC_FAILED: &[Saying] = &[
    says(programs::SYSTEMD, &["nvidia-fabricmanager.service: ", systemd::FAILED]),
    says(programs::SYSTEMD, &[systemd::NOT_STARTED, "NVIDIA fabric manager service"]),
];
/// A compositor took the firmware framebuffer's card for a GPU of its own (aquamarine
/// src/backend/drm).
pub const SIMPLEDRM_CARD: Saying =
    says("Hyprland", &["Starting backend for /dev/dri/", "with driver simpledrm"]);
/// nvidia-smi's heading, which it prints when the driver answered.
pub const SMI_TABLE: Saying = says(programs::NVIDIA_SMI, &["NVIDIA-SMI ", "Driver Version: "]);
/// What `nvidia-smi -q` prints in its place.
pub const SMI_LOG: Saying = says(programs::NVIDIA_SMI, &["Driver Version          ", "  : "]);
/// How Xorg's driver marks its lines; its screen or GPU follows.
pub const X_DRIVER: &str = "NVIDIA(";
/// Xorg's driver met a GPU without power (versions before 2014; reports of 2009 to 2013).
pub const X_NO_POWER: Saying =
    says("Xorg", &[X_DRIVER, "does not have the necessary", "power cables attached"]);
/// Both: nvidia-smi got its answer.
pub const SMI_ANSWERS: &[Saying] = &[SMI_TABLE, SMI_LOG];
/// A client of NVIDIA's X driver, which a server that draws by another GPU does not have.
pub const SETTINGS_FAILED: Saying =
    says("nvidia-settings", &["Unable to load info from any available system"]);
/// Sentences that rules know by their own words: of greeters that do not get a screen,
/// and of modprobe that one of them called.
pub(super) const OTHERS: &[Saying] = &[
    says("a compositor", display::NODE_BUSY),
    says("a compositor", &[display::NO_MASTER]),
    says("MESA-LOADER", display::NO_SIMPLEDRM),
    says(programs::MODPROBE, kmod::ERROR_INSERT),
    says(programs::MODPROBE, &[kmod::FATAL]),
    says(programs::MODPROBE, &[kmod::ERROR_INSERTING, "nvidia"]),
    // As people keep it, without the program's name.
    says(programs::MODPROBE, &[kmod::NOT_INSERTED, "nvidia"]),
    says(systemd::LOADER, &[systemd::NOT_INSERTED, "nvidia"]),
    says(systemd::LOADER, &[systemd::NOT_INSERTED_OLD, "'nvidia"]),
    says(systemd::LOADER, &[systemd::NOT_FOUND, "nvidia"]),
];
