//! What the words of each program show that found no driver or no GPU. Judges nothing.

use crate::reading::sayings::{
    BUMBLEBEE, CANNOT_DRAW, CONTAINER, CUDA_FAILED, CUDA_OLD, DAEMON_FAILED, DAEMON_NO_USER,
    FOUND_NO_GPU, NO_ACCESS, NO_DEVICE, NO_DISPLAY_SERVER, NO_LIBRARY, NO_RUNTIME, REFUSES_NVIDIA,
    Saying, UNREACHED, VULKAN_FAILED, X_ERROR, X_GLX_ALONE, X_NO_DISPLAY, X_NO_DRIVER, X_NO_GLX,
    X_NO_GPU, X_NO_MODE, X_NO_NOUVEAU, X_NO_SCREEN, X_NO_SCREENS, X_NO_SYMBOL,
};

/// What a program's words show, and what to do.
type Shows = (&'static [Saying], &'static str, &'static str);

/// NVIDIA's part of GLX in an Xorg of another driver.
pub(super) const GLX_ALONE: Shows = (
    &[X_GLX_ALONE],
    "Xorg has NVIDIA's part of GLX and another driver: nvidia is not loaded, or Xorg was told to \
     take another one",
    "lsmod | grep nvidia    # nothing: the module is missing; else name nvidia as Driver in xorg.conf",
);

/// What a program's words show, and what to do where that is not to read the kernel log; the
/// closest first.
pub(super) const SHOWS: [Shows; 23] = [
    (
        UNREACHED,
        "a program found no NVIDIA driver in the kernel: the module is not loaded, and nothing here \
         tells why",
        "",
    ),
    (
        VULKAN_FAILED,
        "Vulkan could not start NVIDIA's driver: its module is not loaded, or has another version",
        "nvidia-smi    # it says which of the two",
    ),
    GLX_ALONE,
    (
        &[X_NO_GPU],
        "Xorg could not start a GPU that the driver has: the kernel log of that second tells why",
        "",
    ),
    (
        &[X_NO_SYMBOL],
        "NVIDIA's driver for Xorg does not fit this Xorg, which lacks a function that it needs: one of \
         them is older than the other",
        "install the driver release that your distribution has for this Xorg",
    ),
    (
        &[X_NO_DRIVER],
        "Xorg did not find NVIDIA's driver for it (nvidia_drv.so): that part of the driver is not \
         installed, or Xorg looks in another folder",
        "find /usr/lib* -name nvidia_drv.so    # not found: install the driver's Xorg package; else: its folder as ModulePath in xorg.conf",
    ),
    (
        NO_DEVICE,
        "the driver is loaded and has no GPU that works: its lines in the kernel log tell why",
        "",
    ),
    (
        NO_LIBRARY,
        "a program did not find the driver's libraries: they are not installed, or not where it looks",
        "ldconfig -p | grep -E 'libcuda|libnvidia-ml'    # in a container: start it with the host's libraries",
    ),
    (
        NO_ACCESS,
        "NVML found the driver and was refused its device nodes: their mode, or a container that lost \
         them when systemd was reloaded",
        "ls -l /dev/nvidia*    # a container: start it again, with the nodes named (--device)",
    ),
    (
        CUDA_OLD,
        "CUDA found a driver that is older than its program needs, or none",
        "nvidia-smi    # its \"CUDA Version\" must not be below the program's; no answer: the driver is not loaded",
    ),
    (
        X_NO_GLX,
        "Xorg has NVIDIA's driver without its part of GLX: it is not installed, or of another version",
        "find /usr/lib* -name 'libglxserver_nvidia.so*'    # must have the driver's version",
    ),
    (
        REFUSES_NVIDIA,
        "sway refuses to start while NVIDIA's modules are loaded, unless it is told to",
        "sway --unsupported-gpu    # and nvidia_drm with KMS on",
    ),
    (
        X_NO_DISPLAY,
        "Xorg has the GPU and found no display on it: its outputs are empty, or belong to another GPU",
        "use PRIME offload where the other GPU has the screens; else name an output (ConnectedMonitor) in xorg.conf",
    ),
    (
        &[CONTAINER],
        "a container's runtime could not start the driver: the host's kernel log of that second tells \
         why",
        "",
    ),
    (
        X_NO_SCREEN,
        "Xorg's NVIDIA driver gave its screen up: the lines before, or the kernel log of that second, \
         tell why",
        "",
    ),
    (
        NO_RUNTIME,
        "a container's engine has no runtime of NVIDIA's: the container toolkit is not installed, or \
         the engine was not told of it",
        "sudo nvidia-ctk runtime configure && sudo systemctl restart docker    # after nvidia-container-toolkit is installed",
    ),
    (
        BUMBLEBEE,
        "bumblebee did not get the GPU to work, and its line does not say why",
        "journalctl -b -u bumblebeed; journalctl -b -k    # the lines before it",
    ),
    (
        CUDA_FAILED,
        "CUDA could not start: most often nvidia_uvm or its device nodes are missing, or were lost in a \
         suspend",
        "sudo modprobe nvidia_uvm && nvidia-modprobe -u -c=0    # after a suspend: rmmod nvidia_uvm first",
    ),
    (
        &[DAEMON_NO_USER],
        "the driver's persistence daemon has no user to run as: a package's removal took it away",
        "sudo useradd --system --no-create-home --shell /usr/sbin/nologin nvidia-persistenced    # then restart the unit",
    ),
    (
        DAEMON_FAILED,
        "the driver's persistence daemon failed: most often there was no driver or no device node yet",
        "journalctl -b -u nvidia-persistenced    # its own lines tell why",
    ),
    (
        &[X_NO_NOUVEAU],
        "Xorg's driver for nouveau found no nouveau in the kernel: it did not load, or KMS is off \
         (nomodeset); nothing here tells which",
        "",
    ),
    (
        X_NO_MODE,
        "Xorg's NVIDIA driver could not set a mode: the lines around it, or the kernel log of that \
         second, tell more",
        "",
    ),
    (
        &[X_ERROR],
        "Xorg's NVIDIA driver reports an error; the lines around it, or the kernel log of that second, \
         tell more",
        "",
    ),
];

/// Those of them, at the beginning, that tell nothing where the driver is loaded: a browser's
/// sandbox keeps Vulkan off, too.
pub(super) const UNLOADED: usize = 3;

/// What a program without a GPU shows that may be anybody's.
pub(super) const ANYBODYS: [(&[Saying], &str); 4] = [
    (
        FOUND_NO_GPU,
        "a compositor found no GPU with KMS on: nvidia_drm is missing, its KMS is off, or it came later",
    ),
    (
        CANNOT_DRAW,
        "a compositor has a GPU and cannot draw on it: EGL or GBM of the driver is missing, of another \
         version, or KMS is off",
    ),
    (
        &[X_NO_SCREENS],
        "Xorg found no screen: no driver of its took the GPU, or its configuration names another one",
    ),
    (NO_DISPLAY_SERVER, "the display manager could not start a display server"),
];

/// What a compositor shows that got no seat.
pub(super) const NO_SEAT_SHOWS: &str = "a compositor got no seat from logind or seatd, and so looked for no GPU: it was \
                             started outside of a session, or another one holds the seat";

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_compositor_without_a_seat_looked_for_no_gpu() {
        let seat = "<30>[   55.1] sway[9]: [libseat] No backend was able to open a seat\n";
        let none =
            "<30>[   55.2] sway[9]: [backend/backend.c:217] Found 0 GPUs, cannot create backend\n";
        let log = [seat, none].concat().replace("] sway", "00000] sway");
        let tree = std::format!("dmesg <<EOF\n{log}EOF\nproc/modules ?\n");
        let case = Case::pre_display(&crate::testing::unbound_gpu()).and(&tree).of_log();
        let report = case.report(&[&RULE]);
        assert_eq!(report.findings[0].severity, crate::finding::Severity::Note);
    }

    #[test]
    fn a_driver_of_xorgs_that_gave_its_own_reason_was_found() {
        let loader = "<30>[   44.607000] Xorg[9]: (EE) Failed to load module \"nvidia\" (module-specific error, 0)";
        let gave_up = "<30>[   44.608000] Xorg[9]: (EE) No drivers available.";
        quiet(&RULE, Case::journal(&std::format!("{loader}\n{gave_up}")));
        let own = "<30>[   44.606000] Xorg[9]: (EE) NVIDIA: Failed to load the NVIDIA kernel module. Please check your";
        fires(
            &RULE,
            Case::journal(&std::format!("{own}\n{loader}\n{gave_up}")),
            "NVP527 error: a program found no NVIDIA driver in the kernel: the module is not loaded, \
             and nothing here tells why",
        );
    }
}
