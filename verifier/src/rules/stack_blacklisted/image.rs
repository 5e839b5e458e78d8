//! NVP703 of an image: what its command line will keep out.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::blocks::{self, How};
use crate::reading::fate::next::{self, Effect};
use crate::reading::next_boot::brings;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let given_away = want.goals.has(Goal::Vfio) && !want.goals.wants_display();
    for block in blocks::of_stack(f).filter(|b| b.on_command_line) {
        let module = block.module;
        if !matches!(next::effect(f, want, &block), Effect::Keeps) {
            continue;
        }
        let severity = match blocks::severity(f, want, module) {
            Some(severity) => severity,
            None if given_away || brings(f, module).is_none() => continue,
            None => Severity::Warning,
        };
        let who = match block.how {
            How::Kernel => "the kernel will reject it",
            _ => "udev and systemd-modules-load will skip it",
        };
        let key = block.directive();
        let finding = out.add(format_args!("{module} will not be loaded: {key} names it, {who}"));
        finding.module(module).severity(severity);
        finding.at(&block.place);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    const WORD: &str = "proc/cmdline = quiet module_blacklist=nvidia\n";

    #[test]
    fn the_word_that_will_keep_a_module_out_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(WORD),
            "NVP703 warning kernel command line, word 2: nvidia will not be loaded: \
             module_blacklist= names it, the kernel will reject it",
        );
    }

    // NVP309 tells that udev loads nvidia_drm, which needs nvidia.
    #[test]
    fn a_word_that_a_dependency_passes_by_is_quiet() {
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet modprobe.blacklist=nvidia\n"));
        fires(
            &RULE,
            Case::image_with_stack("proc/cmdline = modprobe.blacklist=nvidia_drm\n"),
            "NVP703 warning kernel command line, word 1: nvidia_drm will not be loaded: \
             modprobe.blacklist= names it, udev and systemd-modules-load will skip it",
        );
    }

    #[test]
    fn a_gpu_that_is_given_away_and_an_image_without_the_stack_are_quiet() {
        quiet(&RULE, Case::image_with_stack(WORD).goal("vfio"));
        quiet(&RULE, Case::image(WORD));
    }
}
