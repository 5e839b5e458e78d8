//! NVP527 in WSL 2, whose kernel has no NVIDIA module to load: the GPU comes by /dev/dxg
//! from the driver of Windows (NVIDIA, "CUDA on WSL User Guide").

use crate::facts::Facts;

pub(super) const SHOWS: &str =
    "this is WSL 2: the GPU's driver is the one of Windows, and it did not answer";
pub(super) const FIX: &str = "update NVIDIA's driver in Windows, then there: wsl --update && wsl --shutdown    # install \
                              no NVIDIA driver for Linux in WSL: nvidia-smi comes with Windows";

/// Whether this kernel is the one that Windows brings along, by its release.
pub(super) fn is_here(f: &Facts) -> bool {
    f.system.release.yes().is_some_and(|release| release.contains("microsoft"))
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires};

    #[test]
    fn the_driver_is_the_one_of_windows() {
        let release = "proc/sys/kernel/osrelease = 5.15.153.1-microsoft-standard-WSL2\n";
        for text in [
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.",
            "Failed to initialize NVML: GPU access blocked by the operating system",
        ] {
            let log = std::format!("<30>[   55.100000] nvidia-smi[9]: {text}");
            fires(
                &RULE,
                Case::journal(&log).and(release),
                "NVP527 error: this is WSL 2: the GPU's driver is the one of Windows, and it did not \
                 answer",
            );
        }
    }
}
