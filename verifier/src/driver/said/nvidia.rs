//! What the driver's modules print. Their lines have no reliable priority (many come with
//! `KERN_CONT`): they are known by text alone.

use super::texts;

texts! {
    /// How nvidia.ko begins its lines (kernel-open/common/inc/nv.h; 515 to 595).
    NVRM = "NVRM: ";
    /// The same before a function's name (src/nvidia, `NV_PRINTF`; 515 and 520).
    NVRM_FUNCTION = "NVRM ";
    /// How nvidia-modeset.ko begins its lines
    /// (kernel-open/nvidia-modeset/nvidia-modeset-linux.c; 515 to 595).
    MODESET = "nvidia-modeset: ";
    /// How nvidia-uvm.ko begins its lines (kernel-open/nvidia-uvm/uvm_common.h; 515 to 595).
    UVM = "nvidia-uvm: ";
    /// How the NVLink core of nvidia.ko begins its lines
    /// (kernel-open/nvidia/nvlink_linux.c; 515 to 595).
    NVLINK = "nvidia-nvlink: ";
    /// How the NVSwitch driver in nvidia.ko begins its lines
    /// (kernel-open/nvidia/linux_nvswitch.c; 515 to 595).
    NVSWITCH = "nvidia-nvswitch: ";
    /// Fabric Manager is of another version than nvidia.ko; both follow
    /// (kernel-open/nvidia/linux_nvswitch.c, `nvswitch_ctl_check_version`; 515 to 595).
    SWITCH_VERSIONS = [NVSWITCH, "Version mismatch, kernel version ", " user version "];
    /// How nvidia-drm.ko begins a line that is no error
    /// (kernel-open/nvidia-drm/nvidia-drm-priv.h, `NV_DRM_LOG_INFO`; 515 to 595).
    DRM = "[drm] [nvidia-drm]";
    /// How the DRM core begins an error of nvidia-drm.ko: with the function
    /// (kernel-open/nvidia-drm/nvidia-drm-priv.h, `DRM_ERROR`; 515 to 595).
    DRM_FUNCTION = "[drm:nv_drm";
    /// nvidia-drm.ko's own mark, in errors too
    /// (kernel-open/nvidia-drm/nvidia-drm-priv.h; 515 to 595).
    DRM_MARK = "[nvidia-drm]";
    /// An error of nvidia-drm.ko (kernel-open/nvidia-drm/nvidia-drm-priv.h; 515 to 595).
    DRM_ERROR = "*ERROR* [nvidia-drm]";

    /// nvidia is loaded and has probed its GPUs; flavour and version follow
    /// (kernel-open/nvidia/nv.c, `nvidia_init_module`; 515 to 595).
    LOADING = "NVRM: loading ";
    /// The NVLink core begins, before nvidia's first line
    /// (kernel-open/nvidia/nvlink_linux.c; 515 to 595).
    NVLINK_BEGINS = "nvidia-nvlink: Nvlink Core is being init";
    /// nvidia_modeset is loaded; flavour and version follow
    /// (kernel-open/nvidia-modeset/nvidia-modeset-linux.c; 515 to 595).
    MODESET_LOADING = "nvidia-modeset: Loading ";
    /// nvidia_uvm is loaded (kernel-open/nvidia-uvm/uvm.c, `uvm_init`; 515 to 595).
    UVM_LOADED = "nvidia-uvm: Loaded the UVM driver";
    /// nvidia_drm begins with a GPU
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_register_drm_device`; 515 to 595).
    DRM_LOADING = [DRM, "Loading driver"];
    /// nvidia_drm leaves a GPU, or was refused it
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c; 515 to 595).
    DRM_UNLOADING = [DRM, "Unloading driver"];
    /// nvidia_drm has a DRM device; the GPU's address and the minor number follow
    /// (Linux drivers/gpu/drm/drm_drv.c, `drm_dev_register`; 6.1 to 6.12).
    CARD = "[drm] Initialized nvidia-drm";
    /// nvidia_drm has the console of its framebuffer
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `fbdev=1`; 545 to 595).
    CONSOLE = "nvidia-drmdrmfb frame buffer device";
    /// The name of that framebuffer (as above; 545 to 595).
    FBDEV = "nvidia-drmdrmfb";
    /// The open flavour's name in nvidia's first line and in /proc
    /// (kernel-open/nvidia/nv.c; 515 to 595).
    OPEN = "Open Kernel Module";
    /// What stands before the version in nvidia's first line
    /// (kernel-open/nvidia/nv.c; 515 to 595).
    BEFORE_VERSION = "Kernel Module ";
    /// The open flavour's name in nvidia_modeset's first line
    /// (kernel-open/nvidia-modeset/nvidia-modeset-linux.c; 515 to 595).
    OPEN_MODESET = "Open Kernel Mode Setting";

    /// No device that the driver knows is on the bus
    /// (kernel-open/nvidia/nv.c, `nvidia_init_module`; 515 to 595).
    NO_GPU = "NVRM: No NVIDIA GPU found";
    /// The same in older words (nvidia/nv.c; 300 branches and before).
    NO_ADAPTER = "NVRM: No NVIDIA graphics adapter found";
    /// Probes found GPUs and none was taken
    /// (kernel-open/nvidia/nv.c, `nvidia_init_module`; 515 to 595).
    NONE_INITIALISED = ["NVRM: None of the NVIDIA ", "were initialized"];
    /// The sentence itself, as it is since there are devices without a screen (as above; 515 to 595).
    NONE_OF_DEVICES = "None of the NVIDIA devices were initialized";
    /// A GPU was not offered to the driver, because another one has it
    /// (kernel-open/nvidia/nv.c; 515 to 595).
    NOT_PROBED = ["NVRM: ", PROBE_NOT_CALLED];
    /// The sentence itself (as above; 515 to 595).
    PROBE_NOT_CALLED = "The NVIDIA probe routine was not called";
    /// Probes ran and some failed (kernel-open/nvidia/nv.c; 515 to 595).
    PROBES_FAILED = "The NVIDIA probe routine failed";
    /// Which driver has a GPU; its name follows
    /// (kernel-open/nvidia/nv-pci.c, `nv_pci_count_devices`; 550 to 595).
    BOUND = "is already bound to";
    /// How a line of nvidia.ko names a GPU (kernel-open/nvidia; 515 to 595).
    GPU = "NVRM: GPU ";
    /// No interrupt for a GPU (kernel-open/nvidia/nv-pci.c, `nv_pci_probe`; 515 to 595).
    NO_INTERRUPT = "NVRM: Can't find an IRQ for your NVIDIA card";
    /// A GPU that only an older branch supports; model and branch are in the text
    /// (kernel-open/nvidia/nv-pci.c and the `nv-gpu-info` of older ones; 515 to 595).
    LEGACY = [A_GPU, LEGACY_BRANCH, "Legacy dri"];
    /// Before the model in that line and others (as above; 515 to 595).
    A_GPU = "NVRM: The NVIDIA ";
    /// The same in prose, which leaves the module's name and the breaks out (as above; 515 to 595).
    LEGACY_TOLD =
        ["The NVIDIA ", "installed in this system is supported through the NVID", " Legacy drivers"];
    /// Before the older branch in it, and what follows that (as above; 515 to 595).
    LEGACY_THROUGH = "through the NVID";
    /// Before the release that runs, in the same text (as above; 515 to 595).
    LEGACY_HERE = "information. The ";
    /// Before the older branch (as above; 515 to 595).
    LEGACY_BRANCH = "supported through the NVIDIA ";
    /// What stands between model and text in the same line (as above; 515 to 595).
    LEGACY_INSTALLED = " installed in this";
    /// A GPU that this release does not support
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 595).
    UNSUPPORTED = [A_GPU, UNSUPPORTED_BY];
    /// The same where `grep -i nvidia` left the first line and the last
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 595).
    UNSUPPORTED_CUT = [A_GPU, ") NVIDIA ", "driver release."];
    /// Before the release in that line (as above; 515 to 595).
    UNSUPPORTED_BY = "is not supported by the ";
    /// A GPU that is passed over, being too old
    /// (kernel-open/nvidia/nv-pci.c, `nv_pci_probe`; 515 to 595).
    LEGACY_SHORT = "NVRM: ignoring the legacy GPU ";
    /// An open module and a GPU without GSP; `grep -i nvidia` leaves this line of four
    /// (kernel-open/nvidia/nv-pci.c and osinit.c; 515 to 595).
    NO_GSP = "nvidia.ko because it does not include";
    /// A proprietary module and a GPU that only the open ones drive
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 570 to 595).
    OPEN_REQUIRED = "requires use of the NVIDIA open kernel modules";
    /// Open modules refuse desktop GPUs without an option
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 535).
    OPEN_NOT_READY = "Open nvidia.ko is only ready for use on Data Center GPUs";

    /// A GPU's initialisation failed
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c, `RmInitAdapter`; 515 to 595).
    INIT_FAILED = "RmInitAdapter failed!";
    /// The same; step, status and source line follow (as above; 515 to 595).
    INIT_STEP = "RmInitAdapter failed! (";
    /// The line behind it (kernel-open/nvidia/nv.c, `nv_start_device`; 515 to 595).
    ADAPTER_FAILED = "rm_init_adapter failed";
    /// The same; the number follows (as above; 515 to 595).
    ADAPTER_MINOR = "rm_init_adapter failed, device minor number ";
    /// The GSP did not start, however often it was tried
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 570 to 595).
    GSP_ATTEMPTS = "Max GSP-RM boot attempts exceeded";
    /// The GSP's firmware could not be started
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 595).
    GSP_NOT_STARTED = "Cannot initialize GSP firmware RM";
    /// The GSP's processor did not boot
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 515 to 595).
    GSP_NOT_BOOTED = "cannot bootstrap riscv/gsp";
    /// The GSP's firmware was not found
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c, `RmFetchGspRmImages`; 515 to 595).
    GSP_NOT_FOUND = "RmFetchGspRmImages: No firmware image found";
    /// The GSP's firmware shows no sign of life
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 595).
    GSP_RM_LIFELESS = [NVRM, "GSP RM heartbeat timed out"];
    /// The heading of a report on a GSP that does not answer
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to 595).
    GSP_TIMEOUT = [NVRM, "** GSP Timeout **"];
    /// A message to the GSP had no answer (src/nvidia/src/kernel/vgpu/rpc.c; 535 to 595).
    GSP_MUTE = [NVRM, "rpcSendMessage failed with status"];
    /// The GSP shows no sign of life; how long follows
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 570 to 595).
    GSP_LIFELESS = [NVRM, "Heartbeat timed out"];
    /// The GSP reports that the GPU's power controller stopped
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 595).
    PMU_HALTED = [NVRM, "signal from GSP that PMU has halted"];
    /// The GSP did not end its work when the machine was to sleep; the status follows
    /// (src/nvidia/src/kernel/gpu/gpu_suspend.c, `gpuPowerManagementEnter`; 525 to 595).
    GSP_NOT_UNLOADED = [NVRM, "GSP unload failed at suspend"];
    /// The state of the GSP's processor, after it stopped
    /// (src/nvidia/src/kernel/gpu/falcon/kernel_falcon.c; 570 to 595).
    GSP_DUMP = [NVRM, "kflcnCoreDump"];
    /// The GSP's boot loader did not run
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_booter_tu102.c; 525 to 595).
    BOOTER_FAILED = "failed to execute Booter";
    /// The GPU's own firmware did not run its part
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_frts_tu102.c; 525 to 595).
    FWSEC_FAILED = "failed to execute FWSEC";
    /// The security processor did not boot, in other words
    /// (src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c; 535 to 595).
    FSP_SECURE_BOOT = "FSP secure boot";
    /// The heading of a report on a GSP that crashed
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_tu102.c; 535 to 595).
    GSP_CRASH = [NVRM, "** GSP-CrashCat Report **"];
    /// A display was set up otherwise by the firmware; no error
    /// (src/nvidia-modeset/src/nvkms-rm.c; 515 to 595).
    HEADS_CORRECTED = [MODESET, "Correcting number of heads"];
    /// The GPU's own firmware did not come up in time
    /// (src/nvidia/src/kernel/gpu/arch/turing/kern_gpu_tu102.c,
    /// gsp/arch/turing/kernel_gsp_tu102.c; 525 to 595).
    GFW_WAIT = "failed to wait for GFW";
    /// An engine that the GSP needs is fused off
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 515.43.04 alone).
    NO_NVDEC0 = "missing NVDEC0 engine";
    /// The GPU's registers could not be mapped
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 595).
    CANNOT_ATTACH = "Cannot attach gpu";
    /// The GSP's boot firmware reported an error
    /// (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 535 to 595).
    FMC_ERROR = "GSP-FMC reported an error";
    /// The security processor did not boot
    /// (src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c; 520 to 595).
    FSP_FAILED = "FSP boot cmds failed";
    /// The GSP's software ended its start with an error: the text of `NV_ASSERT_OK_OR_RETURN`
    /// around that call (src/nvidia/inc/libraries/utils/nvassert.h,
    /// src/kernel/gpu/gsp/kernel_gsp.c; 515 to 595).
    RM_INIT_ENDED = "returned from kgspWaitForRmInitDone";
    /// The VBIOS could not be read: the proprietary driver alone
    /// (verifier/tests/trees/vfu-prop.tree; 470 to 580).
    VBIOS_COPY = "Failed to copy vbios";
    /// The kernel had no memory (several places of src/nvidia; 515 to 595).
    OUT_OF_MEMORY = "Out of memory";
    /// A window of the GPU has no size (kernel-open/nvidia/nv-pci.c; 515 to 595).
    BAR1_EMPTY = "BAR1 is 0M";
    /// The same where the probe prints the window itself; the GPU follows
    /// (kernel-open/nvidia/nv-pci.c, `nv_pci_validate_bars`; 340 to 595).
    BAR1_NOWHERE = "BAR1 is 0M @ 0x0";
    /// Protected memory of an earlier start is still there
    /// (src/nvidia/src/kernel/gpu/gsp; 515 to 595).
    WPR2_UP = ["NVRM: ", "unexpected WPR2 already up"];
    /// An error that the GPU reports; address and number follow
    /// (src/nvidia/src/kernel/rmapi/nv_gpu_ops.c, `nvErrorLog`; 515 to 595).
    XID = "NVRM: Xid (";
    /// The GPU answers no more (src/nvidia/src/kernel/gpu/gpu.c, also Xid 79; 515 to 595).
    OFF_THE_BUS = "fallen off the bus";
    /// The same at the driver's own look, after the kernel turned the device on
    /// (kernel-open/nvidia/nv-pci.c; 515 to 550).
    UNREACHABLE = "but it still appears unreachable";
    /// The PCI core cut the GPU off after a bus error
    /// (kernel-open/nvidia/nv.c, `nvidia_ioctl` and others; 515 to 550).
    CHANNEL_OFFLINE = "PCI channel for the device is offline";
    /// The same while the GSP starts
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c, `NV_ERR_GPU_IS_LOST`; 570 to 595).
    LOST_FROM_BUS = "GPU lost from the bus";
    /// The same as the probe says it
    /// (src/nvidia/arch/nvalloc/unix/src/osapi.c, `rm_is_supported_device`; 340 to 595).
    OFF_AND_MUTE = "fallen off the bus and is not responding to commands";
    /// A power connector is empty (src/nvidia, proprietary flavour too; 515 to 595).
    POWER_CABLES = ["NVRM: ", NO_POWER_CABLES];
    /// The part of it that people quote (as above; reports of 2022 to 2026).
    NO_POWER_CABLES = "not have the necessary power cables connected";
    /// A GPU goes while programs use it; before 515 "minor device"
    /// (kernel-open/nvidia/nv-pci.c, `nv_pci_remove`; 340 to 595).
    REMOVED_IN_USE = ["NVRM: Attempting to remove ", "non-zero usage count"];
    /// A program of another version was refused; both versions follow
    /// (kernel-open/nvidia/nv.c, `nvidia_ioctl` NV_ESC_CHECK_VERSION_STR; 515 to 595).
    API_MISMATCH = "NVRM: API mismatch: the client";
    /// The sentence without the driver's name (as above; 515 to 595).
    CLIENTS_VERSION = "API mismatch: the client has";
    /// Modules of two versions (kernel-open/nvidia-modeset/nvidia-modeset-linux.c; 515 to 595).
    MODULE_MISMATCH = ["Version mismatch: nvidia", ".ko("];
    /// Before both versions in that line (as above; 515 to 595).
    MISMATCHED = "Version mismatch: ";

    /// A BAR without an address (kernel-open/nvidia/nv-pci.c, `nv_pci_probe`; 515 to 595).
    BAR_INVALID = "NVRM: This PCI I/O region assigned to your NVIDIA device is invalid";
    /// A BAR that the machine maps too high (nvidia/nv-pci.c; 515 to 595).
    BAR_TOO_HIGH = "NVRM: This is a 64-bit BAR mapped above";
    /// A BAR that another driver claims (nvidia/nv-pci.c; 515 to 595).
    BAR_CLAIMED = "NVRM: request_mem_region failed for";
    /// No room for a BAR after it was resized (nvidia/nv-pci.c; 515 to 595).
    BAR_NO_ROOM = "NVRM: No address space to allocate resized BAR1";
    /// Resizing the BARs failed (nvidia/nv-pci.c; 515 to 595).
    BAR_RESIZE = "NVRM: Fatal Error while attempting to resize PCIe BARs";
    /// The same where it could not be given back either (nvidia/nv-pci.c; 535 to 595).
    BAR_NOT_BACK = "NVRM: FATAL: Failed to re-allocate BAR1";
    /// The BAR's place, in a line behind the first (nvidia/nv-pci.c; 515 to 595).
    BAR_RANGE = [NVRM, "BAR", " is ", "M @ 0x"];
    /// The same of one without size and address (as above; 340 to 595).
    BAR_EMPTY = [NVRM, "BAR", " is 0M @ 0x0"];

    /// A suspend or freeze handler; what it returned follows
    /// (Linux drivers/base/power/main.c, `nv_pmops_freeze` of nvidia/nv.c; 6.1 to 6.12).
    FREEZE = "nv_pmops_freeze";
    /// The same of a suspend (as above; 6.1 to 6.12).
    SUSPEND_REFUSED = ["nv_pmops_suspend", "returns -5"];
    /// The PCI core's last word on a suspend, or the way into one, that the driver refused
    /// (Linux drivers/base/power/main.c, `pm_dev_err`; 5.4 to 6.12).
    NOT_SUSPENDED = ["nvidia 0", "PM: failed to suspend", "error -5"];
    /// The same of a freeze (as above; 5.4 to 6.12).
    NOT_FROZEN = ["nvidia 0", "PM: failed to freeze", "error -5"];
    /// The same on the way back from an image (as above; 5.4 to 6.12).
    NOT_QUIESCED = ["nvidia 0", "PM: failed to quiesce", "error -5"];
    /// Video memory was to be kept, and nobody used the procfs interface
    /// (kernel-open/nvidia/nv.c, `nv_power_management`; 515 to 595).
    NO_PROCFS_SUSPEND = ["NVRM: ", NO_PROCFS];
    /// The part of it that prose quotes (as above; 515 to 595).
    NO_PROCFS = "System Power Management attempted without driver";
    /// How the same line ends (as above; 515 to 595).
    NO_PROCFS_END = "Power Management Support' section in the driver README";

    /// The display engine does not answer (nvidia-modeset; 515 to 595).
    ENGINE_IDLING = "Idling display engine timed out";
    /// Nor does it tell its state (nvidia-modeset; 515 to 595).
    ENGINE_STATE = "Failed to query display engine channel state";
    /// The driver waits for the GPU in a mode set
    /// (src/nvidia-modeset/src/nvkms-dma.c; 515 to 595).
    ENGINE_PROGRESS = "Error while waiting for GPU progress";
    /// Its main channel does not come to rest (src/nvidia-modeset/src/nvkms-evo3.c; 515 to 595).
    ENGINE_BUSY = "Timed out waiting for core channel idle";
    /// It answered late; the driver goes on (nvidia-modeset; 515 to 595).
    ENGINE_LATE = "Lost display notification";

    /// A page flip did not come to its end; a pager may have cut the line
    /// (kernel-open/nvidia-drm/nvidia-drm-modeset.c; 515 to 595).
    FLIP_TIMEOUT = [DRM_MARK, "Flip event timeou"];
    /// The same without its mark, as a report on it may quote it
    /// (kernel-open/nvidia-drm/nvidia-drm-modeset.c; 515 to 595).
    FLIP_TIMEOUT_TOLD = ["nv_drm_atomic_commit", "*ERROR*", "Flip event timeou"];
    /// A mode could not be set (kernel-open/nvidia-drm/nvidia-drm-modeset.c; 515 to 595).
    MODE_NOT_SET = [DRM_MARK, "Failed to apply atomic modeset"];
    /// A mode was given up for want of a fence, the display engine's or the GSP's
    /// (kernel-open/nvidia-drm/nvidia-drm-modeset.c; 570 to 610).
    NO_FENCE = [DRM_MARK, "Failed to initialize semaphore for plane fence"];
    /// nvidia_drm itself did not get the display when it began
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c; 550 to 595).
    NO_OWNERSHIP = [DRM_MARK, "Failed to grab NVKMS modeset ownership"];
    /// A client did not get the display
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_master_set`; 515 to 595).
    NO_CLIENT_OWNERSHIP = [DRM_MARK, "Failed to grab modeset ownership"];
    /// The display could not be taken back from a client
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c and nvidia-modeset; 515 to 595).
    NOT_REVOKED = ["nv", "Failed to revoke ", "modeset permission"];
    /// No device of the modeset interface for a GPU
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_dev_load`; 515 to 595).
    NO_NVKMS_DEVICE = [DRM_MARK, "Failed to allocate NvKmsKapiDevice"];
    /// The DRM core did not take the device
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c; 515 to 595).
    NOT_REGISTERED = [DRM_MARK, "Failed to register device"];
    /// What the modeset interface has for a GPU is not known
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_dev_load`; 515 to 595).
    NO_RESOURCES = [DRM_MARK, "Failed to query NvKmsKapiDevice resources"];
    /// The DRM device's properties could not be made (as above; 515 to 595).
    NO_PROPERTIES = [DRM_MARK, "Failed to create DRM properties"];
    /// Events of the modeset interface were refused (as above; 515 to 595).
    NO_EVENTS = [DRM_MARK, "Failed to register event mask"];
    /// The DRM core gave no device
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_register_drm_device`; 515 to 595).
    NO_DRM_DEVICE = [DRM_MARK, "] Failed to allocate device"];
    /// nvidia_modeset could not set a GPU's display up
    /// (src/nvidia-modeset/src/nvkms-rm.c; 515 to 595).
    NO_DISPLAY_SUBSYSTEM = [MODESET, "Failed to initialize the display subsystem"];
    /// Nor its display engine (src/nvidia-modeset/src/nvkms-evo.c; 515 to 595).
    NO_DISPLAY_ENGINE = [MODESET, "Failed to initialize display engine"];
    /// The board has no output that it could drive (src/nvidia-modeset/src/nvkms-rm.c; 515 to 595).
    NO_HEADS = [MODESET, "No heads found on board"];
    /// A channel of the display engine was not given
    /// (src/nvidia-modeset/src/nvkms-rm.c; 515 to 595).
    NO_DISPLAY_CHANNEL = [MODESET, "push buffer channel allocation failed"];
    /// nvidia_modeset could not open a GPU that nvidia has
    /// (src/nvidia-modeset/src/nvkms-rm.c; 515 to 595).
    NOT_OPENED = [MODESET, "Failed to open GPU"];
    /// nvidia_drm found no GPU that nvidia has
    /// (kernel-open/nvidia-drm/nvidia-drm-drv.c, `nv_drm_probe_devices`; 515 to 595).
    DRM_NO_GPU = [DRM_MARK, "NVIDIA GPUs"];
}

/// How each module of the stack begins the lines that it prints itself; error lines of
/// nvidia_drm name the function first.
pub const OWN_LINES: [(&str, &[&str]); 4] = [
    ("nvidia", &[NVRM, NVLINK]),
    ("nvidia_modeset", &[MODESET]),
    ("nvidia_uvm", &[UVM]),
    ("nvidia_drm", &[DRM, DRM_FUNCTION, CARD]),
];

/// What the driver's modules put before a line as a program puts its name: no program has
/// one of these. nvidia_drm has none.
pub const NAMES: [&str; 5] = [NVRM, MODESET, NVLINK, NVSWITCH, UVM];

/// Texts that begin a message of nvidia.ko of one or several lines, so that two messages
/// with one time (or none, in a log without stamps) stay two.
pub const HEADS: [&str; 10] = [
    A_GPU,
    API_MISMATCH,
    "NVRM: GPU",
    XID,
    "NVRM: This PCI I/O region",
    LOADING,
    "NVRM: No NVIDIA",
    "NVRM: None of",
    "NVRM: Rm",
    "NVRM: kgsp",
];

/// That somebody did not get the display, in the words of any version ([`NO_OWNERSHIP`],
/// [`NO_CLIENT_OWNERSHIP`]).
pub const NO_GRAB: super::Parts = &["Failed to grab", "modeset ownership"];

/// What follows the release that runs in the text on an older branch ([`LEGACY_HERE`]).
pub const LEGACY_HERE_ENDS: &str = " NVIDIA driver";
