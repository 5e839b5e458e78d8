//! NVP317 of lines that somebody sent: a value that the kernel's parsers refuse.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::{Confidence, Findings};
use crate::reading::options;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    let release = f.system.release.yes().map(|release| release.as_str());
    let mut judge = |module: &str| {
        for set in options::of(f, module) {
            if let Some(finding) = super::refused(out, module, &set, release) {
                finding.confidence(Confidence::Likely);
            }
        }
    };
    judge("nvidia_drm");
    // A driver that loaded had other values: the lines are a trial of another time.
    if f.modules.up("nvidia").is_none() && f.logged(&[nvidia::LOADING]).is_none() {
        judge("nvidia");
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn a_value_that_is_no_boolean_is_told_of_a_command_line_too() {
        let line = |words: &str| {
            Case::pre_display(&std::format!("proc/cmdline = {words}\n"))
                .and("dmesg = [    3.100000] x\nproc/modules ?\nsys/module ?\n")
                .of_log()
        };
        fires(
            &RULE,
            line("quiet nvidia-drm.modeset=banana"),
            "NVP317 error kernel command line, word 2: `banana` is not valid for nvidia_drm's \
             parameter modeset: the module will not load",
        );
        silent(&RULE, line("quiet nvidia-drm.modeset=on"));
    }

    #[test]
    fn an_integer_that_is_none_is_told_unless_the_driver_loaded() {
        let line = "etc/modprobe.d/a.conf = options nvidia NVreg_DynamicPowerManagement=auto\n";
        let log = |text: &str| Case::journal(&std::format!("[    6.300000] {text}\n")).and(line);
        fires(
            &RULE,
            log("nvidia-nvlink: Nvlink Core is being initialized, major device number 240"),
            "NVP317 error etc/modprobe.d/a.conf:1: `auto` is not valid for nvidia's parameter \
             NVreg_DynamicPowerManagement: the module will not load",
        );
        silent(&RULE, log("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.78"));
    }

    #[test]
    fn a_bare_word_and_a_parameter_of_another_kind_are_silent() {
        for words in ["nvidia-drm.modeset", "nvidia-drm.vblank_ms=banana"] {
            let case = Case::pre_display(&std::format!("proc/cmdline = {words}\n"))
                .and("dmesg = [    3.100000] x\nproc/modules ?\nsys/module ?\n");
            silent(&RULE, case.of_log());
        }
    }
}
