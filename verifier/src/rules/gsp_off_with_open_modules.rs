//! NVP314: GSP firmware is turned off under the open kernel modules.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// `NVreg_EnableGpuFirmware` in force, with the open modules. Of an image: the
    /// setting beside open modules.
    ///
    /// ## Why
    /// The open modules drive a GPU through its GSP firmware or not at all: they
    /// request it regardless of the parameter. With the proprietary modules the
    /// setting is a known workaround, and it stays behind when the flavour
    /// changes.
    ///
    /// ## Fix
    /// Remove the setting.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c `rm_set_rm_firmware_requested`;
    /// open-gpu-kernel-modules#543, #446.
    314 gsp_off_with_open_modules {
        title: "GSP firmware is turned off, but the modules are open",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [NV_PROC, NV_PARAMS],
        after: [],
        fix: "remove NVreg_EnableGpuFirmware=0 where it is set, then rebuild the initrd; the proprietary modules obey it (not for Blackwell)",
        nixos: "drop NVreg_EnableGpuFirmware=0 where it is set; hardware.nvidia.open = false; serves up to Ada only",
        change: [Unset { module: "nvidia", name: "NVreg_EnableGpuFirmware" }],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

const NAME: &str = "NVreg_EnableGpuFirmware";

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(value) = options::in_force(f, "nvidia", NAME) else { return };
    if f.open_flavour() == Some(true) && options::number(value) == Some(0) {
        let finding = out.add(format_args!(
            "NVreg_EnableGpuFirmware=0 is in force, but the open modules ignore it: \
             they always use GSP firmware"
        ));
        finding.module("nvidia").parameter(NAME).values("18", value);
        if let Some(set) = options::last(f, "nvidia", NAME) {
            finding.at(set.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const OFF: &str = "etc/modprobe.d/a.conf = options nvidia NVreg_EnableGpuFirmware=0\n\
        proc/driver/nvidia/params = EnableGpuFirmware: 0\n";

    fn driver(kind: &str) -> std::string::String {
        std::format!(
            "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX {kind}  580.95.05  x\n"
        )
    }

    #[test]
    fn the_open_modules_ignore_it() {
        fires(
            &RULE,
            Case::initrd(OFF).and(&driver("Open Kernel Module for x86_64")),
            "NVP314 warning etc/modprobe.d/a.conf:1: NVreg_EnableGpuFirmware=0 is in force, \
             but the open modules ignore it: they always use GSP firmware",
        );
    }

    #[test]
    fn the_proprietary_modules_obey_it() {
        quiet(&RULE, Case::initrd(OFF).and(&driver("x86_64 Kernel Module")));
    }

    #[test]
    fn the_default_is_quiet() {
        quiet(
            &RULE,
            Case::initrd("proc/driver/nvidia/params = EnableGpuFirmware: 18\n")
                .and(&driver("Open Kernel Module for x86_64")),
        );
    }
}
