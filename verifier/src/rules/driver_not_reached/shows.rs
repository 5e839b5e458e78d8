//! What the words of each program show that found no driver or no GPU. Judges nothing.

use crate::reading::sayings::{
    CONTAINER, NO_DEVICE, Saying, UNREACHED, X_NO_DISPLAY, X_NO_DRIVER, X_NO_GPU,
};

/// What a program's words show, and what to do where that is not to read the kernel log; the
/// closest first. The first is about a driver that is not loaded.
pub(super) const SHOWS: [(&[Saying], &str, &str); 6] = [
    (
        UNREACHED,
        "a program found no NVIDIA driver in the kernel: the module is not loaded, and nothing here \
         tells why",
        "",
    ),
    (
        &[X_NO_GPU],
        "Xorg could not start a GPU that the driver has: the kernel log of that second tells why",
        "",
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
];
