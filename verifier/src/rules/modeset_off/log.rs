//! NVP201 in a log: the command line turned mode setting off, and nvidia_drm came.

use crate::driver::said::nvidia;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Origin};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::options;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Where the module was seen its own parameter tells.
    if f.modules.sysfs.is_yes() || f.logged(nvidia::DRM_LOADING).is_none() {
        return;
    }
    let Some(set) = options::last(f, "nvidia_drm", "modeset") else { return };
    if set.origin != Origin::Cmdline || options::boolean(&set.value) != Some(false) {
        return;
    }
    let finding = out.add(format_args!(
        "nvidia_drm took its GPU with KMS off: {}.{}={} on the kernel command line",
        set.module, set.name, set.value
    ));
    finding
        .module("nvidia_drm")
        .at(set.place)
        .values("Y", "N")
        .fix("remove nvidia_drm.modeset from the kernel command line")
        .confidence(Confidence::Likely);
    if !want.goals.has(Goal::Wayland) {
        finding.severity(Severity::Warning);
    }
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
    fn a_command_line_that_turns_it_on_or_says_nothing_is_silent() {
        silent(&RULE, boot("nvidia-drm.modeset=0 nvidia_drm.modeset=1"));
        silent(&RULE, boot("quiet"));
    }
}
