//! NVP201 in a log: the command line turned mode setting off, and nvidia_drm came.

use crate::driver::said::nvidia;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Look, Origin, STACK};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::fate;
use crate::reading::options::{self, Setting};
use crate::reading::sayings::{FOUND_NO_GPU, said};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Where the module was seen its own parameter tells.
    if f.modules.sysfs.is_yes() {
        return;
    }
    let Some(set) = options::last(f, "nvidia_drm", "modeset") else { return };
    if options::boolean(set.value) != Some(false) {
        return;
    }
    let took = f.logged(nvidia::DRM_LOADING).is_some();
    if set.origin != Origin::Cmdline || !took {
        return sent(f, want, &set, out);
    }
    let finding = out.add(format_args!(
        "nvidia_drm took its GPU with KMS off: {}.{}={} on the kernel command line",
        set.module, set.name, set.value
    ));
    finding
        .module("nvidia_drm")
        .parameter("modeset")
        .at(set.place)
        .values("Y", "N")
        .fix("remove nvidia_drm.modeset from the kernel command line")
        .confidence(Confidence::Likely);
    if !want.goals.has(Goal::Wayland) {
        finding.severity(Severity::Warning);
    }
}

/// A setting that somebody sent, without the boot it was for: a fault for who wants
/// Wayland or a compositor that found no GPU, for X alone a choice. Where the kernel took
/// no module there was nothing to set: that comes first.
fn sent(f: &Facts, want: &Expectations, set: &Setting<'_>, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    let refused = STACK.iter().any(|module| fate::complaint(f, module).is_some());
    let wanted = want.goals.has(Goal::Wayland) || said(f, FOUND_NO_GPU).is_some();
    out.add(format_args!("KMS is off: {} is set to {} for {}", set.name, set.value, set.module))
        .module("nvidia_drm")
        .parameter("modeset")
        .at(set.place)
        .values("Y", "N")
        .confidence(Confidence::Likely)
        .severity(if wanted && !refused { Severity::Error } else { Severity::Note });
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    fn boot(cmdline: &str) -> Case {
        let loading =
            "dmesg = [    4.300000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver\n";
        Case::pre_display(&std::format!("proc/cmdline = {cmdline}\n{loading}"))
            .and("proc/modules ?\nsys/module ?\n")
    }

    #[test]
    fn the_command_line_of_the_boot_is_enough() {
        fires(
            &RULE,
            boot("quiet nvidia-drm.modeset=0"),
            "NVP201 warning kernel command line, word 2: nvidia_drm took its GPU \
             with KMS off: nvidia-drm.modeset=0 on the kernel command line",
        );
    }

    #[test]
    fn a_line_that_somebody_sent_is_a_note_and_with_a_blind_compositor_an_error() {
        let conf = "etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n";
        fires(
            &RULE,
            Case::journal("[    3.100000] x").and(conf),
            "NVP201 note etc/modprobe.d/a.conf:1: KMS is off: modeset is set to 0 for nvidia-drm",
        );
        fires(
            &RULE,
            Case::journal(
                "<30>[    9.1] x\n<30>[    9.900000] sway[9]: Found 0 GPUs, cannot create backend",
            )
            .and(conf),
            "NVP201 error etc/modprobe.d/a.conf:1: KMS is off: modeset is set to 0 for nvidia-drm",
        );
    }

    #[test]
    fn where_the_kernel_refused_the_module_it_is_a_note() {
        let said = "<30>[    9.100000] x\n\
            <4>[    3.200000] nvidia: disagrees about version of symbol module_layout\n\
            <30>[    9.900000] sway[9]: Found 0 GPUs, cannot create backend";
        fires(
            &RULE,
            Case::journal(said).and("etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n"),
            "NVP201 note etc/modprobe.d/a.conf:1: KMS is off: modeset is set to 0 for nvidia-drm",
        );
    }

    #[test]
    fn a_command_line_that_turns_it_on_or_says_nothing_is_silent() {
        silent(&RULE, boot("nvidia-drm.modeset=0 nvidia_drm.modeset=1"));
        silent(&RULE, boot("quiet"));
    }

    #[test]
    fn a_word_without_the_boot_it_was_for_and_a_file_beside_a_boot_are_notes() {
        let says = "KMS is off: modeset is set to 0 for nvidia-drm";
        let word = "proc/cmdline = nvidia-drm.modeset=0\ndmesg = [    3.100000] x\n\
                    proc/modules ?\nsys/module ?\n";
        fires(
            &RULE,
            Case::pre_display(word).of_log(),
            &std::format!("NVP201 note kernel command line, word 1: {says}"),
        );
        fires(
            &RULE,
            boot("quiet").and("etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n").of_log(),
            &std::format!("NVP201 note etc/modprobe.d/a.conf:1: {says}"),
        );
    }
}
