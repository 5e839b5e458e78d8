//! NVP503 in a log: a program was refused the driver for want of a device.

use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{INSTALLER_NO_GPU, said};
use crate::reading::wanted;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // The bus tells whether there is one; what the driver says then is its own matter.
    // nouveau tells it too, which has the GPU (NVP501).
    let taken = f.logged(kernel::NOUVEAU).or_else(|| f.logged(kernel::NOUVEAU_HAS)).is_some();
    if f.nvidia_gpus().next().is_some() || taken || wanted::nouveau_is_chosen(f, want) {
        return;
    }
    // A module beside the stack (nvidia_peermem) may lack another device than a GPU.
    let refused = attempts::failed(f).find(|attempt| {
        matches!(attempt.end, End::Refused("No such device"))
            && in_stack(&attempt.module)
            && !attempts::came_up(f, attempt)
    });
    let Some(attempt) = refused else {
        let Some(record) = said(f, &[INSTALLER_NO_GPU]) else { return };
        out.add(format_args!(
            "the installer met no GPU that its driver is for: there is none, or it needs another branch"
        ))
        .module("nvidia")
        .severity(Severity::Error)
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
        return;
    };
    out.add(format_args!(
        "{} was refused: the kernel has no device that this driver can drive",
        attempt.module
    ))
    .module("nvidia")
    .severity(Severity::Error)
    .confidence(Confidence::Likely)
    .logged(attempt.record.us, &attempt.record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU, fires, silent};

    const REFUSED: &str = "<27>[    5.100000] systemd-modules-load[289]: Failed to insert module \
        'nvidia_drm': No such device";

    #[test]
    fn a_refusal_for_want_of_a_device_is_told() {
        fires(
            &RULE,
            Case::journal(REFUSED),
            "NVP503 error: nvidia_drm was refused: the kernel has no device that this driver can \
             drive",
        );
    }

    #[test]
    fn a_gpu_on_the_bus_and_another_reason_are_silent() {
        silent(&RULE, Case::logged(REFUSED).and(GPU));
        silent(&RULE, Case::journal(&REFUSED.replace("No such device", "Invalid argument")));
    }

    #[test]
    fn a_module_that_is_not_of_the_stack_and_a_gpu_that_nouveau_has_are_silent() {
        for other in ["kvm_intel", "nvidia_peermem", "nvidia_fs"] {
            silent(&RULE, Case::journal(&REFUSED.replace("nvidia_drm", other)));
        }
        let nouveau = "[    3.100000] nouveau 0000:01:00.0: DRM: VRAM: 4096 MiB\n";
        silent(&RULE, Case::journal(&[nouveau, REFUSED].concat()));
    }
}
