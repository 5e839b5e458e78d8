//! What modprobe, insmod and the builders of modules write.

use super::texts;

texts! {
    /// A module was not loaded; its name and the reason follow
    /// (kmod, tools/modprobe.c; 30 to 34).
    NOT_INSERTED = "could not insert ";
    /// The same of insmod; a path follows (kmod, tools/insmod.c; 30 to 34).
    NOT_INSERTED_FILE = "could not insert module ";
    /// There is no such module; its name follows (kmod, tools/modprobe.c; 30 to 34).
    FATAL_MODULE = "FATAL: Module ";
    /// The folder where it was looked for follows (kmod, tools/modprobe.c; 30 to 34).
    NOT_IN_FOLDER = " not found in directory ";
    /// The same in older words (kmod and module-init-tools; before 13).
    NOT_FOUND = " not found";
    /// A module of kmod's index that has no file; its name follows
    /// (kmod, libkmod/libkmod-module.c; before 30).
    NO_FILE = "could not find module by name=";
    /// modprobe fails, as programs that call it show
    /// (kmod, shared/util.c with tools/log.c; 30 to 34).
    ERROR = "modprobe: ERROR: ";
    /// modprobe did not load a module, as programs that call it show (as above; 30 to 34).
    ERROR_INSERT = [ERROR, NOT_INSERTED];
    /// modprobe gives up (kmod, tools/log.c; 30 to 34).
    FATAL = "modprobe: FATAL: ";
    /// modprobe warns (kmod, tools/log.c; 30 to 34).
    WARNING = "modprobe: WARNING: ";
    /// insmod fails (kmod, tools/insmod.c; 30 to 34).
    INSMOD = "insmod: ";
    /// rmmod fails (kmod, tools/rmmod.c; 30 to 34).
    RMMOD = "rmmod: ERROR: ";

    /// A build of the modules failed; its log is named (dkms, dkms.in; reports of 2022 to 2025).
    DKMS_LOG = [DKMS_CONSULT, "make.log"];
    /// How the line begins (as above; reports of 2022 to 2025).
    DKMS_CONSULT = "Consult /var/lib/dkms/nvidia";
    /// The heading of such a log, and make's last line (dkms, dkms.in; reports of 2022 to 2025).
    DKMS_MAKE = ["DKMS make.log for nvidia", MAKE_ERROR, "Error"];
    /// The heading of any module's log (as above; reports of 2022 to 2025).
    DKMS_HEADING = "DKMS make.log for ";
    /// Within the line with which make gives up (GNU make, src/output.c; 3.81 to 4.4).
    MAKE_ERROR = ": *** ";
    /// A build for a new kernel failed (dkms, dkms_autoinstaller; reports of 2022 to 2025).
    DKMS_AUTOINSTALL = [DKMS_AUTO, " failed for ", "nvidia"];
    /// How the line begins (as above; reports of 2022 to 2025).
    DKMS_AUTO = "dkms autoinstall on ";
    /// akmods built nothing (akmods, akmods.in; reports of 2022 to 2025).
    AKMODS = ["Building and installing nvidia-kmod", "[FAILED]"];
    /// The same, its last line (akmods, akmods.in; reports of 2022 to 2025).
    AKMODS_LATER = ["nvidia-kmod", "could not be built"];
    /// nvidia-smi, or a program with NVML, has another version than the module
    /// (NVML; 515 to 595).
    NVML_MISMATCH = "Driver/library version mismatch";
    /// nvidia-smi did not reach the driver (nvidia-smi; 515 to 595).
    SMI_FAILED = "NVIDIA-SMI has failed";
    /// NVML did not start (NVML; 515 to 595).
    NVML_FAILED = "Failed to initialize NVML";
}
