//! What the kernel prints of itself, its framebuffers and consoles, the module loader,
//! firmware, the PCI bus, the IOMMU, sleep.

use super::texts;

texts! {
    /// The first line of a boot (init/version.c, `linux_banner`; 6.1 to 6.12).
    BANNER = "Linux version ";
    /// The command line, from the architecture (arch/x86/kernel/setup.c; 6.1 to 6.12).
    COMMAND_LINE = "Command line: ";
    /// The command line, from the kernel (init/main.c, `start_kernel`; 6.1 to 6.12).
    KERNEL_COMMAND_LINE = "Kernel command line: ";
    /// The initrd's first program starts (init/main.c, `run_init_process`; 6.1 to 6.12).
    RUN_INIT = "Run /init as init process";
    /// Words of the command line that nobody took
    /// (init/main.c, `print_unknown_bootoptions`; 5.14 to 6.12).
    UNKNOWN_WORDS = "Unknown kernel command line parameters";

    /// efifb has the firmware framebuffer (drivers/video/fbdev/efifb.c; 6.1 to 6.12).
    EFIFB = "efifb: framebuffer at";
    /// vesafb has it (drivers/video/fbdev/vesafb.c; 6.1 to 6.12).
    VESAFB = "vesafb: framebuffer at";
    /// simplefb has it (drivers/video/fbdev/simplefb.c; 6.1 to 6.12).
    SIMPLEFB = "simple-framebuffer: framebuffer at";
    /// How lines of DRM drivers begin where the function is named (drivers/gpu/drm/drm_print.c;
    /// 3.0 to 6.12).
    DRM_AT = "[drm:";
    /// A DRM device is ready; driver and device follow
    /// (drivers/gpu/drm/drm_drv.c, `drm_dev_register`; 6.1 to 6.12).
    DRM_READY = "[drm] Initialized ";
    /// simpledrm has the firmware framebuffer (drivers/gpu/drm/tiny/simpledrm.c; 5.14 to 6.12).
    SIMPLEDRM = "[drm] Initialized simpledrm";
    /// efidrm has it (drivers/gpu/drm/sysfb/efidrm.c; from 6.16).
    EFIDRM = "[drm] Initialized efidrm";
    /// vesadrm has it (drivers/gpu/drm/sysfb/vesadrm.c; from 6.16).
    VESADRM = "[drm] Initialized vesadrm";
    /// A console changed to another device
    /// (drivers/tty/vt/vt.c, `do_bind_con_driver`; 6.1 to 6.12).
    CONSOLE = "Console: switching to";
    /// A console lost its framebuffer (drivers/tty/vt/vt.c; 6.1 to 6.12).
    CONSOLE_DUMMY = "Console: switching to colour dummy device";
    /// A console has a framebuffer (drivers/tty/vt/vt.c; 6.1 to 6.12).
    CONSOLE_FB = "Console: switching to colour frame buffer device";
    /// How a line on any console begins (drivers/tty/vt/vt.c; 6.1 to 6.12).
    CONSOLES = "Console:";
    /// Before the new one in lines on consoles and framebuffers (as above; 6.1 to 6.12).
    SWITCHING = "switching to";
    /// One framebuffer goes for another (drivers/video/aperture.c and fbmem.c; 6.1 to 6.12).
    FB_SWITCH = ["fb", ": switching to ", " from "];
    /// fbcon has a DRM driver's framebuffer
    /// (drivers/gpu/drm/drm_fb_helper.c, `register_framebuffer`; 6.1 to 6.12).
    FB_DEVICE = "frame buffer device";
    /// nouveau takes a GPU (drivers/gpu/drm/nouveau/nvkm/engine/device/base.c; 6.1 to 6.12).
    NOUVEAU = ["nouveau ", ": NVIDIA "];
    /// nouveau has a GPU and tells of its parts
    /// (drivers/gpu/drm/nouveau/nouveau_drm.c, `NV_INFO`; 4.8 to 6.12).
    NOUVEAU_HAS = ["nouveau 0", ": DRM: "];
    /// Its memory, as it tells at its start (drivers/gpu/drm/nouveau/nouveau_ttm.c; 4.8 to 6.12).
    NOUVEAU_MEMORY = ["nouveau 0", ": DRM: VRAM"];
    /// nouveau does not know this chip; its number follows
    /// (drivers/gpu/drm/nouveau/nvkm/engine/device/base.c, `nvkm_device_ctor`; 4.3 to 6.12).
    NOUVEAU_CHIP = ["nouveau 0", ": unknown chipset"];
    /// A part of nouveau did not start; which stands before (as above; 5.12 to 6.12).
    NOUVEAU_PART = ["nouveau ", " ctor failed"];
    /// The same of one that was there (drivers/gpu/drm/nouveau/nvkm/core/subdev.c,
    /// `nvkm_subdev_init`, and engine/device/base.c, `nvkm_device_init`; 4.3 to 6.12).
    NOUVEAU_INIT = ["nouveau ", ": init failed"];
    /// nouveau's probe failed; the error follows (drivers/base/dd.c; 6.12).
    NOUVEAU_PROBE = ["nouveau ", "probe with driver nouveau failed with error"];
    /// The same in older words (drivers/base/dd.c; 4.3 to 6.1).
    NOUVEAU_PROBE_OLD = ["nouveau: probe of ", WITH_ERROR];
    /// nouveau waits for a GPU that does not come to rest
    /// (drivers/gpu/drm/nouveau/nouveau_chan.c, `nouveau_channel_idle`; 3.8 to 6.12).
    NOUVEAU_IDLE = ["nouveau ", "failed to idle channel "];
    /// The display engine did not answer a commit
    /// (drivers/gpu/drm/nouveau/dispnv50/disp.c, `nv50_disp_atomic_commit_core`; 4.20 to 6.12).
    NOUVEAU_NOTIFIER = ["nouveau ", "core notifier timeout"];
    /// The GPU's scheduler stopped at an error
    /// (drivers/gpu/drm/nouveau/nvkm/engine/fifo/gk104.c, `gk104_fifo_intr_sched`; 4.3 to 6.12).
    NOUVEAU_SCHEDULER = ["nouveau ", ": SCHED_ERROR "];
    /// The GPU found no memory at an address that a program gave it; the address follows
    /// (drivers/gpu/drm/nouveau/nvkm/engine/fifo/gf100.c and gv100.c; 4.3 to 6.12).
    NOUVEAU_FAULT = ["nouveau ", ": fifo: fault "];
    /// The same on GPUs before Fermi (drivers/gpu/drm/nouveau/nvkm/subdev/fb/nv50.c; 4.3 to 6.12).
    NOUVEAU_TRAP = ["nouveau ", ": fb: trapped "];
    /// The GPU's engine stopped in a program's work; the channel follows
    /// (drivers/gpu/drm/nouveau/nvkm/engine/gr/gf100.c, `gf100_gr_intr`; 4.3 to 6.12).
    NOUVEAU_ENGINE = ["nouveau ", ": gr: TRAP "];
    /// The same of GPUs before Fermi, whose units have traps of their own
    /// (drivers/gpu/drm/nouveau/nvkm/engine/gr/nv50.c, `nv50_gr_tp_trap`; 4.3 to 6.12).
    NOUVEAU_UNIT = ["nouveau ", ": gr: TRAP_"];
    /// The GPU did not take a program's command, or what was in it
    /// (drivers/gpu/drm/nouveau/nvkm/engine/gr/nv50.c and gf100.c; 4.3 to 6.12).
    NOUVEAU_DATA = ["nouveau ", ": gr: DATA_ERROR "];
    /// The firmware of the graphics engine is not there, for one of nouveau's GPUs; the error
    /// follows (drivers/base/firmware_loader/main.c; nvkm/engine/gr/gf100.c; 4.4 to 6.12).
    NOUVEAU_NO_FECS = ["nouveau ", NO_NVIDIA_FIRMWARE, "fecs", WITH_ERROR];
    /// The display engine refused what nouveau wrote to it; method and reason follow
    /// (drivers/gpu/drm/nouveau/nvkm/engine/disp/nv50.c, `nv50_disp_intr_error`; 4.4 to 6.12).
    NOUVEAU_DISPLAY = ["nouveau ", ": disp: chid ", " mthd "];
    /// nouveau stopped a program's channel
    /// (drivers/gpu/drm/nouveau/nouveau_chan.c, `nouveau_channel_killed`; 4.4 to 6.12),
    /// or the GPU's queue did (nvkm/engine/fifo/chan.c and gk104.c, "killed"; 4.3 to 6.12).
    NOUVEAU_KILLED = ["nouveau ", ": channel ", " killed"];
    /// nouveau drives the screen and has nothing to draw with
    /// (drivers/gpu/drm/nouveau/nouveau_drm.c, `nouveau_accel_gr_init`; 4.3 to 6.12).
    NOUVEAU_NO_CHANNEL = ["nouveau 0", "failed to create kernel channel"];
    /// What programs wait with for the GPU could not be set up; the error follows
    /// (drivers/gpu/drm/nouveau/nouveau_drm.c, `nouveau_accel_init`; 3.10 to 6.12).
    NOUVEAU_NO_SYNC = ["nouveau 0", "failed to initialise sync subsystem"];
    /// The same in the form before (drivers/gpu/drm/nouveau/nouveau_drm.c; 3.7 to 4.2).
    NOUVEAU_NO_CHANNEL_OLD = ["nouveau E[", "failed to create kernel channel"];
    /// The graphics engine's program was not found
    /// (drivers/gpu/drm/nouveau, `nvc0_graph_ctor_fw` and `gf100_gr_ctor_fw`; 3.7 to 4.2).
    NOUVEAU_NO_FUC = ["nouveau E[", "failed to load fuc4"];
    /// What clears the memory of a GPU since Pascal is not there: nothing can be drawn
    /// (drivers/base/firmware_loader/main.c; nvkm/subdev/fb/gp102.c asks for it; 4.18 to 6.12).
    NOUVEAU_NO_SCRUBBER = ["nouveau ", NO_NVIDIA_FIRMWARE, "nvdec/scrubber.bin", WITH_ERROR];
    /// The same in Debian's words (debian/patches of its kernel; 4.19 to 6.12).
    NOUVEAU_NO_SCRUBBER_DEBIAN = ["nouveau ", NO_FIRMWARE_DEBIAN, "nvdec/scrubber.bin"];
    /// nouveau's console gave up (drivers/gpu/drm/nouveau/nouveau_fbcon.c; 2.6.33 to 6.1).
    NOUVEAU_LOCKUP = ["nouveau ", "GPU lockup - switching to software fbcon"];
    /// The GPU's scheduler in the form before (drivers/gpu/drm/nouveau, Kepler's fifo; reports
    /// of 3.8 to 4.2).
    NOUVEAU_SCHEDULER_OLD = ["nouveau E[", "SCHED_ERROR "];
    /// The GPU did not take a program's commands (drivers/gpu/drm/nouveau, nouveau_irq.c and
    /// later nv04_fifo.c; 2.6.33 to 3.6).
    NOUVEAU_PUSHER = ["nouveau ", "PFIFO_DMA_PUSHER - "];
    /// The same later (drivers/gpu/drm/nouveau, its engine fifo/nv04.c; 3.7 to 4.2).
    NOUVEAU_PUSHER_OLD = ["nouveau E[", "DMA_PUSHER - "];
    /// A unit of the GPU stopped in a program's work (drivers/gpu/drm/nouveau, nouveau_irq.c and
    /// later nv50_graph.c; 2.6.33 to 3.6).
    NOUVEAU_TRAPPED = ["nouveau ", "PGRAPH - TRAP"];
    /// The same later (drivers/gpu/drm/nouveau, its engines graph and gr; 3.7 to 4.2).
    NOUVEAU_TRAPPED_OLD = ["nouveau E[", "PGRAPH]", "TRAP"];
    /// nouveau's first word on a GPU (drivers/gpu/drm/nouveau/nouveau_state.c,
    /// `nouveau_load`; 2.6.33 to 3.6).
    NOUVEAU_DETECTED = ["nouveau 0", "Detected an NV"];
    /// The same later (drivers/gpu/drm/nouveau, its device/base.c; 3.7 to 4.2).
    NOUVEAU_BOOT0 = ["nouveau  [", "DEVICE]", "BOOT0"];
    /// The Rust driver takes a GPU (drivers/gpu/nova-core; from 6.15).
    NOVA_CORE = "NovaCore";
    /// The same, its DRM part (drivers/gpu/drm/nova; from 6.16).
    NOVA_DRM = "[drm] Initialized nova";
    /// nvidiafb takes a GPU (drivers/video/fbdev/nvidia/nvidia.c; 6.1 to 6.12).
    NVIDIAFB = "nvidiafb: Device ID";
    /// vfio-pci has a display device (drivers/vfio/pci/vfio_pci_core.c with
    /// drivers/pci/vgaarb.c; 6.1 to 6.12).
    VFIO_VGA = ["vfio-pci ", "vgaarb"];

    /// A module names a symbol that nothing exports; symbol and error follow
    /// (kernel/module/main.c, `simplify_symbols`; 6.1 to 6.12).
    UNKNOWN_SYMBOL = ": Unknown symbol ";
    /// How the same line ends where the symbol is not there (as above; 6.1 to 6.12).
    NOT_EXPORTED = "(err -2)";
    /// The same in older words (kernel/module.c, `simplify_symbols`; before 4.8).
    NOT_EXPORTED_OLD = "(err 0)";
    /// A module of another kernel; both version magics follow
    /// (kernel/module/main.c, `check_modinfo`; 6.1 to 6.12).
    VERSION_MAGIC = "version magic ";
    /// What stands between the two (as above; 6.1 to 6.12).
    SHOULD_BE = "' should be '";
    /// A module's file is no object of this machine, or is cut short: what is wrong of it
    /// follows, no name (kernel/module/main.c, `elf_validity_cache_copy`; 5.12 to 6.12).
    NO_OBJECT = "Invalid ELF ";
    /// A module's file was stripped of what makes it a module
    /// (kernel/module/main.c, `setup_load_info`; 4.0 to 6.12).
    NO_MODULE = ": No module found in object";
    /// A symbol of another version (kernel/module/version.c, `check_version`; 6.1 to 6.12).
    SYMBOL_VERSION = "disagrees about version of symbol ";
    /// A module without a signature that the kernel trusts was loaded; no fault
    /// (kernel/module/main.c; 6.1 to 6.12).
    NOT_VERIFIED = "module verification failed";
    /// A module was refused for its signature
    /// (kernel/module/signing.c, `module_sig_check`; 5.4 to 6.12).
    SIGNATURE_REJECTED = ["Loading of ", "module", " is rejected"];
    /// The same where the key is named (kernel/module/signing.c; 5.4 to 6.12).
    UNSIGNED = "Loading of unsigned module";
    /// Lockdown refused a module (security/lockdown/lockdown.c; 5.4 to 6.12).
    LOCKDOWN = "Lockdown: ";
    /// What the kernel calls a module without a signature (kernel/module/signing.c and
    /// security/security.c; 5.4 to 6.12).
    UNSIGNED_MODULE = "unsigned module";
    /// What it refused, where that is an unsigned module (as above; 5.4 to 6.12).
    LOCKED_MODULE = ["Lockdown: ", "unsigned module loading is restricted"];
    /// strerror(3) of EKEYREJECTED, as programs print it (glibc; 2.36 to 2.41).
    KEY_REJECTED = "Key was rejected by";
    /// strerror(3) of ENOKEY (glibc; 2.36 to 2.41).
    NO_KEY = "Required key not available";
    /// A module was refused for type data of another kernel; its name and "BTF" follow
    /// (kernel/bpf/btf.c, `btf_module_notify`; 5.11 to 6.12).
    BTF_REFUSED = "failed to validate module [";
    /// `module_blacklist=` kept a module out (kernel/module/main.c, `blacklisted`; 6.1 to 6.12).
    BLACKLISTED = " is blacklisted";
    /// The same, from the module's name on: "Module nvidia is blacklisted"
    /// (kernel/module/main.c, `load_module`; 6.1 to 6.12).
    MODULE = "Module ";
    /// A parameter that a module does not have; its name and "ignored" follow
    /// (kernel/module/main.c, `unknown_module_param_cb`; 6.1 to 6.12).
    UNKNOWN_PARAMETER = ": unknown parameter '";
    /// The same of kernels that refuse the module for it; its name follows
    /// (kernel/params.c, `parse_args`; 2.6.12 to 3.10).
    UNKNOWN_REFUSED = ": Unknown parameter ";
    /// nvidia_drm was built without fbdev (as above; 6.1 to 6.12).
    NO_FBDEV = "nvidia_drm: unknown parameter 'fbdev' ignored";
    /// A value that a parameter does not take (kernel/params.c, `parse_args`; 6.1 to 6.12).
    INVALID_VALUE = "' invalid for parameter `";
    /// The same of a string that is too long (as above; 6.1 to 6.12).
    TOO_LARGE = "' too large for parameter `";
    /// A module is the first that is not of the kernel's own tree (kernel/module/main.c,
    /// `module_augment_kernel_taints`; 6.1 to 6.12).
    ANY_OUT_OF_TREE = "loading out-of-tree module";
    /// nvidia is the first module that is not of the kernel's own tree
    /// (kernel/module/main.c, `module_augment_kernel_taints`; 6.1 to 6.12).
    OUT_OF_TREE = "nvidia: loading out-of-tree module";
    /// The same of nvidia_modeset (as above; 6.1 to 6.12).
    OUT_OF_TREE_MODESET = "nvidia_modeset: loading out-of-tree module";
    /// An indirect jump to a place without ENDBR
    /// (arch/x86/kernel/cet.c, `exc_control_protection`; 5.18 to 6.12).
    ENDBR = "Missing ENDBR: ";
    /// An indirect call of a function of another type than the caller's; both, and the type
    /// follow (kernel/cfi.c, `report_cfi_failure`; 6.1 to 6.12).
    CFI = "CFI failure at ";

    /// Code of the kernel or a module used an address that is nobody's
    /// (arch/x86/mm/fault.c, `show_fault_oops`; 5.0 to 6.12).
    NULL_POINTER = "BUG: kernel NULL pointer dereference";
    /// The same of another address, and older words for both (as above; 3.0 to 6.12).
    NO_PAGE = "BUG: unable to handle ";
    /// The processor refused an access (arch/x86/kernel/traps.c; 3.0 to 6.12).
    PROTECTION = "general protection fault";
    /// The code itself says that it is broken (lib/bug.c, `report_bug`; 3.0 to 6.12).
    BUG_AT = "kernel BUG at ";
    /// The line behind either, with the number of faults so far
    /// (arch/x86/kernel/dumpstack.c, `__die_header`; 3.0 to 6.12).
    OOPS = ["Oops: ", " [#"];
    /// The same line of a fault that the processor itself told, such as "invalid opcode"
    /// (as above, `__die_header`; 3.0 to 6.12).
    DIED = ": 0000 [#";
    /// The same as the first on AArch64 (arch/arm64/mm/fault.c, `die_kernel_fault`; 4.10 to 6.12).
    NO_PAGE_ARM = ["Unable to handle kernel ", " at virtual address "];
    /// Where an AArch64 processor stood (arch/arm64/kernel/process.c, `__show_regs`; 4.10 to 6.12).
    PC = ["pc : ", "+0x"];
    /// Where the processor stood in the kernel: the code segment, 0010 or Xen's e030, and
    /// function and module (arch/x86/kernel/dumpstack.c, `show_ip`; 4.10 to 6.12).
    RIP = ["RIP: ", "+0x"];
    /// The same with the address, as a fault and a processor that is stuck have it: a warning
    /// of those kernels shows no registers (arch/x86/kernel/process_64.c, `__show_regs`;
    /// before 4.11).
    RIP_OLD = ["RIP: ", ":[<", ">] ", "+0x"];
    /// The same in older words (arch/x86/mm/fault.c; before 5.0).
    IP_OLD = ["IP: [<", ">] ", "+0x"];

    /// Where a processor stands, because somebody asked or one does not come back
    /// (lib/nmi_backtrace.c; 3.17 to 6.12).
    BACKTRACE = "NMI backtrace for cpu";
    /// How the kernel begins when it gives up (kernel/panic.c, `panic`; 2.6 to 6.12).
    PANIC = "Kernel panic - ";
    /// It gave up behind a fault (kernel/panic.c, `panic`; arch/x86/kernel/dumpstack.c,
    /// `oops_end`; 2.6 to 6.12).
    PANIC_FATAL = [PANIC, "Fatal exception"];
    /// The same where the fault ended the first process (kernel/exit.c; 2.6 to 6.12).
    PANIC_INIT = [PANIC, "Attempted to kill "];
    /// How the kernel ends a report on a fault (kernel/panic.c, `print_oops_end_marker`; 2.6.25
    /// to 6.12).
    TRACE_END = "---[ end trace";

    /// Firmware was not found; file and error follow
    /// (drivers/base/firmware_loader/main.c, `fw_get_filesystem_firmware`; 6.1 to 6.12).
    NO_FIRMWARE = "Direct firmware load for ";
    /// The same of a file of nvidia's (as above; 6.1 to 6.12).
    NO_NVIDIA_FIRMWARE = "Direct firmware load for nvidia/";
    /// A file of nvidia's was there and did not load; the error follows (as above; 5.4 to 6.12).
    NVIDIA_FIRMWARE_FAILED = "loading /lib/firmware/nvidia/";
    /// Debian's words for it (debian/patches of its kernel; 6.1 to 6.12).
    NO_FIRMWARE_DEBIAN = "firmware: failed to load";
    /// How a failure of firmware, or of a probe, ends (as above; 6.1 to 6.12).
    WITH_ERROR = "failed with error";
    /// A driver's probe failed; the error follows (drivers/base/dd.c; 6.12).
    PROBE_FAILED = "probe with driver nvidia failed with error";
    /// The same in older words (drivers/base/dd.c; 6.1).
    PROBE_FAILED_OLD = [PROBE_OF, WITH_ERROR];
    /// How that line begins; the device follows (drivers/base/dd.c; 6.1).
    PROBE_OF = "nvidia: probe of ";
    /// No room for a BAR (drivers/pci/setup-res.c; 6.1 to 6.12).
    BAR_NO_SPACE = [BAR, "no space"];
    /// How every line on a BAR goes on behind the device (as above; 6.1 to 6.12).
    BAR = "BAR ";
    /// A BAR got no address (drivers/pci/setup-res.c; 6.1 to 6.12).
    BAR_FAILED = [BAR, "failed to assign"];
    /// The same in older and newer words (drivers/pci/setup-res.c; before 6.1).
    BAR_CANNOT = [BAR, "can't assign"];
    /// A device is not enabled: nobody took the BAR (drivers/pci/setup-res.c,
    /// `pci_enable_resources`; 5.4 to 6.12).
    BAR_NOT_CLAIMED = [BAR, "not claimed"];
    /// A driver did not get a BAR, because another one has it
    /// (drivers/pci/pci.c, `__pci_request_region`; 5.4 to 6.12).
    BAR_RESERVED = [BAR, "can't reserve"];
    /// A BAR got its address (drivers/pci/setup-res.c; 6.1 to 6.12).
    BAR_ASSIGNED = [BAR, ": assigned"];
    /// A function of NVIDIA's is on the bus (drivers/pci/probe.c, `pci_setup_device`; 6.1 to 6.12).
    NVIDIA_FUNCTION = "[10de:";
    /// A device in D3 did not wake (drivers/pci/pci.c, `pci_power_up`; 6.1 to 6.12).
    D3_UNABLE = "Unable to change power state from D3";
    /// The same in older words (drivers/pci/pci.c; before 5.19).
    D3_CANNOT = "can't change power state from D3";
    /// The same in the oldest words (drivers/pci/pci.c; before 5.19).
    D3_REFUSED = "Refused to change power state, currently in D3";
    /// A driver refused to let its idle device sleep; who, and the error, follow
    /// (drivers/pci/pci-driver.c, `pci_pm_runtime_suspend`; 6.1 to 6.12).
    IDLE_REFUSED = "can't suspend (";
    /// A thread slept where it must not, here an interrupt's of nvidia.ko on a kernel for real
    /// time; its name is cut at 15 letters (kernel/sched/core.c, `__schedule_bug`; 5.4 to 6.12).
    SLEPT = ["BUG: scheduling while atomic: irq/", "nvidi"];
    /// bbswitch switches the GPU on (bbswitch.c, `bbswitch_on`; 0.4 to 0.8).
    BBSWITCH_ON = "bbswitch: enabling discrete graphics";
    /// It switches the GPU off (bbswitch.c, `bbswitch_off`; 0.4 to 0.8).
    BBSWITCH_OFF = "bbswitch: disabling discrete graphics";
    /// A Thunderbolt device came (drivers/thunderbolt/switch.c; 6.1 to 6.12).
    THUNDERBOLT = ["thunderbolt ", "new device found"];
    /// A fault of Intel's IOMMU; the device follows
    /// (drivers/iommu/intel/dmar.c, `dmar_fault_do_one`; 6.1 to 6.12).
    DMAR_FAULT = "DMAR: [DMA ";
    /// Before the device in the same line (as above; 6.1 to 6.12).
    DMAR_DEVICE = "Request device [";
    /// A fault of AMD's IOMMU (drivers/iommu/amd/iommu.c; 6.1 to 6.12).
    AMD_FAULT = "AMD-Vi: Event logged [IO_PAGE_FAULT ";
    /// The part of it that every form has (as above; 6.1 to 6.12).
    PAGE_FAULT = "IO_PAGE_FAULT";

    /// How lines on a hibernation image begin (kernel/power/hibernate.c; 6.1 to 6.12).
    IMAGE = "PM: Image ";
    /// How lines on hibernation begin (kernel/power/hibernate.c, `pr_fmt`; 6.1 to 6.12).
    HIBERNATION = "PM: hibernation: ";
    /// A device did not follow into sleep or out of it (drivers/base/power/main.c,
    /// `pm_dev_err`; 5.14 to 6.12).
    DEVICE_FAILED = "PM: failed to ";
    /// A hibernation image is being resumed (kernel/power/hibernate.c; 6.1 to 6.12).
    IMAGE_LOADED = "PM: Image successfully loaded";
    /// It did not resume (kernel/power/hibernate.c; 6.1 to 6.12).
    RESUME_FAILED = "PM: hibernation: resume failed";
    /// It could not be read (kernel/power/hibernate.c; 6.1 to 6.12).
    IMAGE_NOT_LOADED = "PM: hibernation: Failed to load image";
}

/// How the loader's lines on a module of the stack begin: its name (kernel/module/main.c,
/// "%s: "; 6.1 to 6.12). A text of our own may begin so too.
pub const OF_NVIDIA: &str = "nvidia: ";
/// The same of nvidia_modeset.
pub const OF_MODESET: &str = "nvidia_modeset: ";
/// The same of nvidia_uvm.
pub const OF_UVM: &str = "nvidia_uvm: ";
/// The same of nvidia_drm.
pub const OF_DRM: &str = "nvidia_drm: ";
/// The same of nvidia_peermem.
pub const OF_PEERMEM: &str = "nvidia_peermem: ";

/// How lines of DRM's core and of its drivers begin (drivers/gpu/drm/drm_print.c; 4.9 to
/// 6.12), and some of other programs.
pub const DRM: &str = "[drm] ";
/// A warning of the kernel's own, with a trace (kernel/panic.c, `__warn`; 3.0 to 6.12), and
/// of many a program.
pub const WARNING: &str = "WARNING: ";
/// `module_blacklist=` kept a module of NVIDIA's out ([`BLACKLISTED`]).
pub const NVIDIA_BLACKLISTED: super::Parts = &["odule nvidia", BLACKLISTED];

/// Behind a place in a trace the module that it lies in, begun: of nvidia's
/// (kernel/kallsyms.c, `__sprint_symbol`; 3.0 to 6.12).
pub const IN_NVIDIA: &str = "[nvidia";

/// The PCI core's lines on a BAR that got no address.
pub const NO_ROOM: [super::Parts; 4] = [BAR_NO_SPACE, BAR_FAILED, BAR_CANNOT, BAR_NOT_CLAIMED];
