//! NVP308 of an image: lines in it that will keep a module of the stack out.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::blocks;
use crate::reading::fate::next::{self, Effect};
use crate::reading::next_boot::brings;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for block in blocks::of_stack(f).filter(|b| !b.on_command_line) {
        let module = block.module;
        if !matches!(next::effect(f, want, &block), Effect::Keeps) {
            continue;
        }
        let severity = match blocks::severity(f, want, module) {
            Some(severity) => severity,
            // An image does not bring the modules to keep them out, unless a
            // passthrough goal wants the GPU free.
            None if brings(f, module).is_some() && !want.goals.has(Goal::Vfio) => Severity::Warning,
            None => continue,
        };
        out.add(format_args!(
            "{module} will not be loaded in the initrd: {} {} in {} blocks it",
            block.directive(),
            block.name,
            block.place
        ))
        .module(module)
        .at(&block.place)
        .line(block.rest)
        .severity(severity);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    const LINE: &str = "usr/lib/modprobe.d/optimus-manager.conf = blacklist nvidia_drm\n";

    #[test]
    fn a_leftover_in_the_image_is_named() {
        let said = "usr/lib/modprobe.d/optimus-manager.conf:1: nvidia_drm will not be loaded in \
                    the initrd: blacklist nvidia_drm in usr/lib/modprobe.d/optimus-manager.conf:1 \
                    blocks it";
        fires(&RULE, Case::image_with_stack(LINE), &std::format!("NVP308 warning {said}"));
        fires(
            &RULE,
            Case::image_with_stack(LINE).goal("wayland"),
            &std::format!("NVP308 warning {said}"),
        );
        fires(
            &RULE,
            Case::image_with_stack(LINE).goal("luks-prompt"),
            &std::format!("NVP308 error {said}"),
        );
    }

    #[test]
    fn an_image_that_leaves_the_driver_to_the_root_is_quiet() {
        quiet(&RULE, Case::image(LINE));
        quiet(&RULE, Case::image_with_stack(LINE).goal("vfio"));
        quiet(&RULE, Case::image_with_stack(""));
    }
}
