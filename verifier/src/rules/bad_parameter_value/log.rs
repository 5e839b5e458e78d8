//! NVP317 of lines that somebody sent: a value that the kernel's parsers refuse.

use crate::driver::parameters::{self, Kind};
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::{Confidence, Findings};
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    for set in options::of(f, "nvidia_drm") {
        let boolean = super::BOOLEANS.iter().any(|name| same_name(name, &set.name));
        if boolean && set.has_value && options::boolean(&set.value).is_none() {
            refused(out, "nvidia_drm", &set, "Y or N");
        }
    }
    // A driver that loaded had other values: the lines are a trial of another time.
    if f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some() {
        return;
    }
    for set in options::of(f, "nvidia") {
        let number = parameters::kind("nvidia", &set.name) == Some(Kind::Integer);
        if number && !(set.has_value && options::is_integer(&set.value)) {
            refused(out, "nvidia", &set, "a number");
        }
    }
}

fn refused(out: &mut Findings<'_>, module: &str, set: &options::Setting<'_>, expected: &str) {
    out.add(format_args!(
        "`{}` is not valid for {module}'s parameter {}: the module will not load",
        set.value, set.name
    ))
    .module(module)
    .parameter(&set.name)
    .confidence(Confidence::Likely)
    .at(set.place)
    .line(&set.line.as_options())
    .values(expected, &set.value);
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
