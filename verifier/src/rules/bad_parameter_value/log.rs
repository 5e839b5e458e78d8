//! NVP317 of lines that somebody sent: a value that the kernel's boolean parser refuses.

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
        if !boolean || !set.has_value || options::boolean(&set.value).is_some() {
            continue;
        }
        out.add(format_args!(
            "`{}` is not valid for nvidia_drm's parameter {}: the module will not load",
            set.value, set.name
        ))
        .module("nvidia_drm")
        .parameter(&set.name)
        .confidence(Confidence::Likely)
        .at(set.place)
        .line(&set.line.as_options())
        .values("Y or N", &set.value);
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
    fn a_bare_word_and_a_parameter_of_another_kind_are_silent() {
        for words in ["nvidia-drm.modeset", "nvidia-drm.vblank_ms=banana"] {
            let case = Case::pre_display(&std::format!("proc/cmdline = {words}\n"))
                .and("dmesg = [    3.100000] x\nproc/modules ?\nsys/module ?\n");
            silent(&RULE, case.of_log());
        }
    }
}
