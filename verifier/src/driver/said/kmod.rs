//! What modprobe, insmod and the builders of modules write.

use super::texts;

texts! {
    /// A module was not loaded; its name and the reason follow
    /// (kmod, tools/modprobe.c; 30 to 34).
    NOT_INSERTED = "could not insert ";
    /// The same of insmod; a path follows (kmod, tools/insmod.c; 30 to 34).
    NOT_INSERTED_FILE = "could not insert module ";
    /// A module was not loaded; its name, its file in brackets and the reason follow
    /// (module-init-tools, modprobe.c; 3.0 to 3.16).
    ERROR_INSERTING = "FATAL: Error inserting ";
    /// There is no such module; its name follows (kmod, tools/modprobe.c; 30 to 34).
    FATAL_MODULE = "FATAL: Module ";
    /// The folder where it was looked for follows (kmod, tools/modprobe.c; 30 to 34).
    NOT_IN_FOLDER = " not found in directory ";
    /// The same in older words (kmod and module-init-tools; before 13).
    NOT_FOUND = " not found";
    /// A module of kmod's index that has no file; its name follows
    /// (kmod, libkmod/libkmod-module.c; before 30).
    NO_FILE = "could not find module by name";
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
    DKMS_MAKE = ["DKMS make.log for nvidia", MAKE_ERROR];
    /// dkms gives up, and its log is named in the next line
    /// (dkms, dkms.in, `do_build`; reports of 2009 to 2026).
    DKMS_BAD_STATUS = "Error! Bad return status for module build on kernel";
    /// The same below the heading of such a log, put together (as above; reports of 2009 to 2026).
    DKMS_GAVE_UP = ["DKMS make.log for nvidia", DKMS_BAD_STATUS];
    /// The heading of any module's log (as above; reports of 2022 to 2025).
    DKMS_HEADING = "DKMS make.log for ";
    /// Where the driver is built, as make names it when it enters or leaves the folder
    /// (dkms, dkms.in; reports of 2022 to 2026).
    DKMS_FOLDER = "directory '/var/lib/dkms/nvidia";
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
    /// A log of akmods' build in which rpmbuild ends with an error, put together
    /// (akmods, akmods.in; reports of 2020 to 2025).
    AKMODS_RPM = ["nvidia-kmod", RPM_GAVE_UP];
    /// The words between its heading and the error (as above; reports of 2020 to 2025).
    RPM_GAVE_UP = "rpmbuild gave up";
    /// How the heading of a build by akmods begins (akmods, akmods.in; reports of 2020 to 2025).
    AKMODS_HEADING = "akmods: Building RPM using the command";
    /// What stands in every line of such a log (akmods, akmodsbuild; reports of 2020 to 2025).
    AKMODS_BUILD = "akmodsbuild: ";
    /// dkms has no headers of a kernel, and builds none of its modules for it; the
    /// kernel stands between (dkms, dkms.in; 2.2 to 3.2).
    DKMS_NO_HEADERS = ["Your kernel headers for kernel ", " cannot be found"];
    /// The same of Arch's hook; the kernel and the module stand around it
    /// (dkms, pacman hook of Arch; reports of 2020 to 2025).
    DKMS_NO_HEADERS_ARCH = ["Missing ", " kernel headers for module nvidia"];
    /// A program in Python called modprobe, which failed; the module stands between
    /// (python, Lib/subprocess.py, `CalledProcessError`; 3.5 to 3.13).
    PYTHON_MODPROBE = [CALLED_MODPROBE, RETURNED];
    /// How that line goes on behind "Command" (as above; 3.5 to 3.13).
    CALLED_MODPROBE = "'modprobe ";
    /// How it ends, before the status (as above; 3.5 to 3.13).
    RETURNED = "returned non-zero exit status";
    /// The installer could not load what it built; its own log tells why
    /// (nvidia-installer, kernel.c; reports of 2008 to 2025).
    INSTALLER_LOAD = "Unable to load the kernel module '";
    /// The same in newer words (nvidia-installer, kernel.c; from 440).
    INSTALLER_LOAD_NEW = ["Unable to load the '", "' kernel module"];
    /// The installer met no GPU of those that it has a driver for
    /// (nvidia-installer, misc.c; reports of 2008 to 2025).
    INSTALLER_NO_GPU = "You do not appear to have an NVIDIA GPU supported by the";
    /// A program in Go called insmod, which failed; the module's file stands between
    /// (cos-gpu-installer, and os/exec's `ExitError`; reports of 2019 to 2025).
    GO_INSMOD = [CALLED_INSMOD, "/nvidia", EXIT_STATUS];
    /// How that line begins (as above; reports of 2019 to 2025).
    CALLED_INSMOD = "failed to run command `insmod ";
    /// How it ends, before the status (as above; reports of 2019 to 2025).
    EXIT_STATUS = "exit status ";
    /// modinfo knows a module by depmod's list, and its file is gone; the module stands
    /// between (kmod, tools/modinfo.c; 13 to 34).
    MODINFO_GONE = [MODINFO, ": No such file or directory"];
    /// How that line begins (as above; 13 to 34).
    MODINFO = "modinfo: ERROR: could not get modinfo from '";
    /// A container's runtime could not have nvidia_uvm loaded
    /// (nvidia-docker 1, src/nvidia; reports of 2016 to 2018).
    NO_UVM = "Could not load UVM kernel module";
    /// dkms builds all modules for a kernel (dkms, dkms_autoinstaller; 2.2 to 3.2).
    DKMS_SERVICE = "running auto installation service for kernel";
    /// A package of modules could not be set up
    /// (dpkg, src/main/errors.c; reports of 2020 to 2025).
    DPKG = ["error processing package nvidia-", "--configure"];
    /// A build of Nix failed (nix, src/libstore; 2.3 to 2.28).
    NIX_BUILDER = ["builder for '/nix/store/", "-nvidia-", "failed with exit code"];
    /// The same in newer words (nix, src/libstore; from 2.30).
    NIX_BUILD = ["Cannot build '/nix/store/", "-nvidia-"];
    /// A build of Portage failed (portage, bin/isolated-functions.sh; reports of 2020 to 2025).
    EMERGE = ["ERROR: x11-drivers/nvidia-drivers-", "failed ("];
    /// The installer finds no sources of the kernel
    /// (nvidia-installer, kernel.c; reports of 2014 to 2025).
    INSTALLER_SOURCES = "ERROR: Unable to find the kernel source tree";
    /// The installer's call of dkms failed (nvidia-installer, kernel.c; reports of 2014 to 2025).
    INSTALLER_DKMS = "ERROR: Failed to install the kernel module through DKMS";
    /// nvidia-smi, or a program with NVML, has another version than the module
    /// (NVML; 515 to 595).
    NVML_MISMATCH = "Driver/library version mismatch";
    /// nvidia-smi did not reach the driver (nvidia-smi; 515 to 595).
    SMI_FAILED = "NVIDIA-SMI has failed";
    /// NVML did not start (NVML; 515 to 595).
    NVML_FAILED = "Failed to initialize NVML";
    /// A file is not the caller's to open (glibc, strerror(3) of EACCES; 2.0 to 2.41).
    NO_PERMISSION = "Permission denied";
}
