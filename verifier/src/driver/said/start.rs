//! What nvidia.ko prints where a GPU does not start, beside the failure itself: its own
//! start, the GSP's, that of the security processors. Judges nothing.
//!
//! All of them are printed by release builds (`nv_printf(NV_DBG_ERRORS)`,
//! `NV_PRINTF(LEVEL_ERROR)`); the texts were compared in 515, 525, 535, 550, 570, 580, 595.

use super::texts;

texts! {
    /// The driver's objects of a GPU were not set up: "*** Cannot initialize the device"
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c, `RmInitNvDevice`; 515 to 595).
    DEVICE = ["NVRM", " Cannot ", " the device"];
    /// A step of the start failed; its name stands before
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c, `RmInitAdapter`; 515 to 595).
    BAILING = "bailing out of RmInitAdapter";
    /// The machine itself does not suit (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515 to
    /// 595).
    SYSTEM = "SystemEnvironment failed, bailing";
    /// The GPU's registers could not be mapped (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515
    /// to 595).
    REGISTERS = "Failed to map regs registers";
    /// The same at the probe (src/nvidia/arch/nvalloc/unix/src/osinit.c, `RmInitPrivateState`;
    /// 515 to 595).
    PRIVATE_REGISTERS = "failed to map GPU registers";
    /// The GPU's reach into memory could not be set (src/nvidia/arch/nvalloc/unix/src/osinit.c;
    /// 515 to 595).
    DMA = "Cannot configure the device for DMA";
    /// A GPU has no interrupt of any kind (kernel-open/nvidia/nv.c, `nv_start_device`; 515 to
    /// 595).
    NO_INTERRUPTS = "No interrupts of any type are available";
    /// Another driver has the GPU's interrupt (kernel-open/nvidia/nv.c, `nv_start_device`; 515
    /// to 595).
    INTERRUPT_TAKEN = ["NVRM", "Tried to get IRQ"];
    /// The kernel refused the interrupt (kernel-open/nvidia/nv.c, `nv_start_device`; 515 to
    /// 595).
    INTERRUPT_REFUSED = ["NVRM", "request_irq() failed"];
    /// The PCI device could not be enabled (kernel-open/nvidia/nv-pci.c, `nv_pci_probe`; 515 to
    /// 595).
    NOT_ENABLED = "NVRM: pci_enable_device failed";
    /// The module's own start failed (kernel-open/nvidia/nv.c, `nvidia_init_module`; 515 to
    /// 595).
    MODULE = "NVRM: failed to initialize module";
    /// The same in the words of its old frontend, whatever the reason
    /// (nvidia/nv-frontend.c, `nvidia_frontend_init_module`; before 515).
    FRONTEND = "NVRM: NVIDIA init module failed";
    /// The same, its core (kernel-open/nvidia/nv.c, `nv_module_init`; 515 to 595).
    RM = "NVRM: rm_init_rm() failed";
    /// Its device number is taken, often by the module in another version (kernel-
    /// open/nvidia/nv.c; 515 to 535).
    CHARACTER_DEVICE = "NVRM: failed to register character device";
    /// The same in newer words (kernel-open/nvidia/nv.c; 550 to 595).
    CHARACTER_REGION = "NVRM: register_chrdev_region() failed";
    /// The GSP's firmware file is not that of the module
    /// (src/nvidia/arch/nvalloc/unix/src/osinit.c; 515).
    FIRMWARE_HASH = "GSP firmware validation failed";
    /// The same; both versions follow (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to 595).
    FIRMWARE_VERSION = ["NVRM", " version mismatch: got version"];
    /// The GSP's start was not accepted (src/nvidia/arch/nvalloc/unix/src/osinit.c; 580 to
    /// 595).
    PROXY_COMMAND = "GSP-RM proxy boot command failed";
    /// The VBIOS could not be read (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to 595).
    VBIOS_IMAGE = "failed to extract VBIOS image from ROM";
    /// A part of the VBIOS that the start needs could not be read
    /// (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 515 to 595).
    VBIOS_FWSEC = "failed to parse FWSEC ucode";
    /// The same of its table (src/nvidia/src/kernel/gpu/gsp/kernel_gsp_fwsec.c; 515 to 595).
    VBIOS_HEADER = "failed to find BIT header in VBIOS image";
    /// The VBIOS has no valid beginning
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_vbios_tu102.c; 515 to 595).
    VBIOS_SIGNATURE = "did not find valid ROM signature";
    /// The GSP's boot loader was not prepared (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535
    /// to 595).
    BOOTER_CODE = "failed to allocate Booter";
    /// The GSP's boot loader ended with an error
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_booter_tu102.c; 515 to 595).
    BOOTER_ERROR = "Booter failed with non-zero error code";
    /// The GSP's boot image was not prepared (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535
    /// to 595).
    BOOT_IMAGE = "Error preparing boot binary image";
    /// The same of its software (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to 595).
    RM_IMAGE = "Error preparing GSP-RM image";
    /// The GPU's memory was not cleared
    /// (src/nvidia/src/kernel/gpu/gsp/arch/ada/kernel_gsp_ad102.c; 525 to 595).
    SCRUBBER = "failed to execute Scrubber";
    /// The way to the GSP was not set up (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to
    /// 595).
    RPC = "RPC infrastructure failed";
    /// The GSP did not tell of the GPU (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535 to
    /// 595).
    STATIC_INFO = "GET_GSP_STATIC_INFO failed";
    /// The GSP did not take the machine's data (src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c; 535
    /// to 595).
    GUEST_INFO = "SET_GUEST_SYSTEM_INFO failed";
    /// The GSP did not begin (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 525
    /// to 595).
    TARGET_MASK = "Timeout waiting for GSP target mask release";
    /// The GSP did not come out of its lockdown
    /// (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 525 to 595).
    LOCKDOWN = "Timeout waiting for lockdown release";
    /// The GSP's processor could not be reset
    /// (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 525 to 595).
    GSP_RESET = "Timed out waiting for GSP falcon reset";
    /// The GSP's processor was not started
    /// (src/nvidia/src/kernel/gpu/gsp/arch/turing/kernel_gsp_tu102.c; 515 to 595).
    GSP_BOOT = "Failed to boot GSP";
    /// The GSP's processor did not come to its end
    /// (src/nvidia/src/kernel/gpu/arch/turing/kern_gpu_tu102.c; 550 to 595).
    GSP_HALT = "GSP failed to halt";
    /// The GSP's boot firmware reported an error, in newer words
    /// (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 595).
    FMC_FATAL = "Fatal GSP-FMC Error";
    /// The security processor refused the start (src/nvidia/arch/nvalloc/unix/src/osinit.c; 525
    /// to 570).
    FSP_COMMAND = "FSP boot command failed";
    /// It does not answer (src/nvidia/src/kernel/gpu/fsp/kern_fsp.c; 525 to 595).
    FSP_TIMEOUT = "FSP command timed out";
    /// Its fuses do not fit (src/nvidia/src/kernel/gpu/fsp/arch/blackwell/kern_fsp_gb100.c; 570
    /// to 595).
    FSP_FUSES = "FSP fuse error check has failed";
    /// It is not there (src/nvidia/src/kernel/gpu/fsp/arch/hopper/kern_fsp_gh100.c; 525 to
    /// 595).
    FSP_MISSING = "RM cannot boot with FSP missing";
    /// The same of the processor that does its work on other GPUs
    /// (src/nvidia/src/kernel/gpu/sec2/arch/blackwell/kernel_sec2_gb20b.c; 580).
    SEC2_COMMAND = "SEC2 boot cmds failed";
    /// The same of the GPU's own firmware
    /// (src/nvidia/src/kernel/gpu/sec2/arch/blackwell/kernel_sec2_gb20b.c; 595).
    FWSEC_COMMAND = "FWSEC failed to process boot command";
    /// The GPU shut itself for a breach of its own rules
    /// (src/nvidia/src/kernel/gpu/arch/blackwell/kern_gpu_gb100.c; 570 to 595).
    LOCKED = "SEC_FAULT lockdown detected";
    /// No trusted session with the GPU
    /// (src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c; 550 to 595).
    SPDM = "SPDM Responder";
}
