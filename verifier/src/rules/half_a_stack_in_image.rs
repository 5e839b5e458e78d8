//! NVP412: the image brings a part of the stack that is of no use alone.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::next_boot::{self, brings};
use crate::reading::wanted;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// An image that brings nvidia and not nvidia_drm, or that asks for
    /// nvidia_peermem and does not bring it.
    ///
    /// ## Why
    /// nvidia alone takes the GPU early and shows nothing: no prompt, no splash,
    /// and the real root can no longer choose its options. A requested module
    /// that is missing is an error in every boot's log.
    ///
    /// ## Fix
    /// Name nvidia_drm for the image, which brings the others, or none of them.
    ///
    /// ## Sources
    /// `modinfo -F depends nvidia-drm`; openSUSE/nvidia-driver-G06#98.
    412 half_a_stack_in_image {
        title: "the image contains only part of the stack",
        severity: Warning,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE_TREE, REQUESTS],
        after: [402, 410, 602],
        fix: "echo 'force_drivers+=\" nvidia_drm \"' | sudo tee -a /etc/dracut.conf.d/nvidia.conf    # then dracut -f; mkinitcpio: MODULES=(nvidia_drm), mkinitcpio -P",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let alone = next_boot::loads(f, want, "nvidia") && brings(f, "nvidia_drm").is_none();
    if let Some(module) = brings(f, "nvidia").filter(|_| alone && !wanted::computes_only(f, want)) {
        let finding = out.add(format_args!(
            "the image has nvidia but not nvidia_drm: nvidia takes the GPU early, but the screen stays dark"
        ));
        finding.module("nvidia_drm").path(&module.path);
        if want.goals.wants_display() {
            finding.severity(Severity::Error);
        }
    }
    if let Some(request) = f.config.requests("nvidia_peermem") {
        if brings(f, "nvidia_peermem").is_none() {
            out.add(format_args!("nvidia_peermem is requested here, but is not in the image"))
                .module("nvidia_peermem")
                .at(&request.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn nvidia_alone_is_told() {
        let alone = || Case::image_with_stack("").lacking("nvidia_drm");
        let said = "lib/modules/6.12.1/updates/nvidia.ko: the image has nvidia but not \
                    nvidia_drm: nvidia takes the GPU early, but the screen stays dark";
        fires(&RULE, alone(), &std::format!("NVP412 warning {said}"));
        fires(&RULE, alone().goal("luks-prompt"), &std::format!("NVP412 error {said}"));
    }

    #[test]
    fn a_name_that_is_gone_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modules-load.d/a.conf = nvidia_peermem\n"),
            "NVP412 warning etc/modules-load.d/a.conf:1: nvidia_peermem is requested \
             here, but is not in the image",
        );
    }

    #[test]
    fn a_whole_stack_none_and_a_compute_machine_are_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        quiet(&RULE, Case::image(""));
        quiet(&RULE, Case::image_with_stack("").lacking("nvidia_drm").goal("headless"));
    }
}
