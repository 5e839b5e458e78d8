//! NVP602: the driver in the initrd keeps the machine from resuming from disk.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::next_boot::{self, brings};
use crate::rule::rule;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the initrd will load nvidia and also resume from disk; of a log,
    /// whether the driver made a resume fail.
    ///
    /// ## Why
    /// Before the old image of memory is put back the kernel freezes every device.
    /// The driver knows the notification for going to sleep and not the one for
    /// restoring, refuses, and the resume is given up: a cold boot, the session
    /// lost. Drivers up to 610.57 at least do so.
    ///
    /// ## Fix
    /// Leave nvidia out of the image on a machine that hibernates.
    ///
    /// ## Sources
    /// kernel-open/nvidia/nv.c (`nv_pm_notifier`, no PM_RESTORE_PREPARE in
    /// 595.45.04); ogkm#1343, #1335; omarchy#8352, #10039.
    602 early_driver_breaks_resume {
        title: "nvidia in the initrd breaks resume from hibernation",
        severity: Error,
        confidence: Likely,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [],
        fix: "leave nvidia, nvidia_modeset, nvidia_uvm and nvidia_drm out of the initrd (mkinitcpio.conf MODULES, dracut force_drivers, initramfs-tools modules), then rebuild it",
        nixos: "take nvidia, nvidia_modeset, nvidia_uvm and nvidia_drm out of boot.initrd.kernelModules where they are set, or give up hibernation",
        change: [LoadLate],
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let goal = want.goals.has(Goal::Hibernate);
    if !(goal || image.programs.resume) || !next_boot::loads(f, want, "nvidia") {
        return;
    }
    let finding = if goal {
        out.add(format_args!(
            "goal hibernate: the image loads nvidia before the resume, and the driver \
             then refuses to freeze"
        ))
    } else {
        out.add(format_args!(
            "the image has a resume device and loads nvidia before the resume: resume \
             from hibernation fails"
        ))
    };
    finding.module("nvidia");
    if let Some(module) = brings(f, "nvidia") {
        finding.path(&module.path);
    }
    if !goal {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn an_early_driver_and_hibernation_do_not_go_together() {
        fires(
            &RULE,
            Case::image_with_stack("").goal("hibernate"),
            "NVP602 error lib/modules/6.12.1/updates/nvidia.ko: goal hibernate: the image \
             loads nvidia before the resume, and the driver then refuses to freeze",
        );
        fires(
            &RULE,
            Case::image_with_stack("").holding(|image| image.programs.resume = true),
            "NVP602 warning lib/modules/6.12.1/updates/nvidia.ko: the image has a resume \
             device and loads nvidia before the resume: resume from hibernation fails",
        );
    }

    #[test]
    fn an_image_without_the_driver_or_without_resuming_is_quiet() {
        quiet(&RULE, Case::image("").goal("hibernate"));
        quiet(&RULE, Case::image_with_stack(""));
    }
}
