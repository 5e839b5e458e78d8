//! What the driver's modules print on machines that work, although it reads like an error:
//! a program's wish that was refused, an assertion that does no harm. Judges nothing.

use super::texts;

texts! {
    /// An assertion of the driver's, printed by healthy machines of every version
    /// (src/nvidia/inc/libraries/utils/nvassert.h; 515 to 595).
    ASSERTION = ["NVRM", "Assertion failed"];
    /// A check that ended with an error which the caller takes
    /// (src/nvidia/inc/libraries/utils/nvassert.h, `NV_CHECK_OK`; 515 to 595).
    CHECK = ["NVRM", "Check failed"];
    /// The board's chipset is not in the driver's table
    /// (src/nvidia/src/kernel/platform/chipset/chipset_pcie.c; 515 to 595).
    CHIPSET = "Chipset Setup Function Error";
    /// The board's ACPI was asked before the driver knew what it offers
    /// (src/nvidia/src/kernel/platform/acpi_common.c; 470 to 595).
    ACPI_EARLY = "SupportedFuncCacheInit";
    /// The board's ACPI names a function, and does not answer it: the driver goes without
    /// (src/nvidia/src/kernel/platform/acpi_common.c; 525 to 595).
    ACPI_SUGGESTED = "SBIOS suggested ";
    /// A warning on a text console that another driver draws, whose first line tells what it
    /// is about (the proprietary driver alone; 300 to 470).
    VGA_CONSOLE = "corruption and stability problems";
    /// The board's ACPI does not name the GPU's port
    /// (src/nvidia/src/kernel/platform/chipset/chipset_pcie.c; 515 to 595).
    PORT_HANDLES = "Unable to get PCI port handles";
    /// The GSP's log cannot be decoded; the driver says that it is not fatal
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to 595).
    GSP_LOG = "no GSP-RM logs will be printed";
    /// A program ended with mappings that the driver takes back
    /// (src/nvidia/src/libraries/resserv/src/rs_client.c; 535 to 595).
    UNMAP = "Failed to auto-unmap";
    /// A program frees what is gone (src/nvidia/src/libraries/resserv/src/rs_server.c; 515 to
    /// 595).
    NO_OBJECT = ["NVRM", "not found for client"];
    /// A program asked the GSP for something that it does not have
    /// (src/nvidia/src/kernel/vgpu/rpc.c; 515 to 595).
    RM_CONTROL = "GspRmControl failed";
    /// The same of an object (src/nvidia/src/kernel/vgpu/rpc.c; 515 to 595).
    RM_ALLOC = "GspRmAlloc failed";
    /// A folder for suspend is missing, /tmp is used (kernel-open/nvidia/os-interface.c; 515 to
    /// 595).
    TEMPORARY = "NVreg_TemporaryFilePath";
    /// The board sends no events for this GPU (kernel-open/nvidia/nv-acpi.c; 535 to 595).
    ACPI_NOTIFIER = "nv_acpi_register_notifier: failed";
    /// A program maps what it may not (kernel-open/nvidia/nv-mmap.c; 515 to 595).
    VM = "NVRM: VM: ";
    /// A program sends what the driver does not take (kernel-open/nvidia/nv.c; 515 to 595).
    IOCTL = ["NVRM", " ioctl "];
    /// A monitor's limit could not be read (src/nvidia-modeset/src/nvkms-dpy.c; 515 to 595).
    PIXEL_CLOCK = "Failure reading maximum pixel clock value";
    /// An adapter tells nothing of itself (src/nvidia-modeset/src/nvkms-dpy.c; 515 to 595).
    DONGLE = "Failure reading DP dongle info";
    /// A monitor is in no list for variable rates (src/nvidia-modeset/src/nvkms-dpy.c; 535 to
    /// 595).
    ADAPTIVE_SYNC = "Failed to query default adaptivesync listing";
    /// A program asks nvidia_drm for an object that is gone (kernel-open/nvidia-drm/nvidia-drm-
    /// gem.c and nvidia-drm-fence.c; 515 to 595).
    GEM = ["[nvidia-drm]", "gem object"];
    /// A program asked nvidia_drm for memory that it did not get (kernel-open/nvidia-
    /// drm/nvidia-drm-gem-nvkms-memory.c; 515 to 595).
    GEM_MEMORY = ["[nvidia-drm]", " GEM o"];
    /// A program's fence was refused (kernel-open/nvidia-drm/nvidia-drm-fence.c; 515 to 595).
    FENCE = ["[nvidia-drm]", " fence"];
}
