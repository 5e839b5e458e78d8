//! NVP208 of an image: it brings a driver for another GPU than the one that the
//! firmware's screen is on.

use crate::driver::OTHER_GPUS;
use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::next_boot::brings;
use crate::seen::Seen;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if !want.goals.has(Goal::LuksPrompt) || brings(f, "nvidia_drm").is_some() {
        return;
    }
    let Some(gpu) = f.nvidia_gpus().find(|gpu| gpu.boot_vga == Seen::Yes(true)) else { return };
    // The other GPU must be in the machine for its driver to take the picture.
    let two = f.pci_functions().iter().any(|p| p.is_display() && !p.is_nvidia_gpu());
    let Some(other) = OTHER_GPUS.into_iter().find(|o| two && brings(f, o).is_some()) else {
        return;
    };
    out.add(format_args!(
        "the firmware framebuffer is on GPU {}, but the image has {other} and no nvidia_drm: \
         the prompt goes to the other GPU",
        gpu.bdf
    ))
    .gpu(gpu.address())
    .module("nvidia_drm")
    .severity(Severity::Error);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::image::module;
    use crate::testing::{Case, GPU, fires, quiet};

    const IGPU: &str = "sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n\
                        sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n\
                        sys/bus/pci/devices/0000:00:02.0/device = 0x3e9b\n";

    fn with_i915(case: Case) -> Case {
        case.and(GPU).and(IGPU).goal("luks-prompt").holding(|image| {
            image.tree.yes_mut().unwrap().modules.push(module("i915", "", &[]));
        })
    }

    #[test]
    fn a_driver_for_the_dark_gpu_only_is_told() {
        fires(
            &RULE,
            with_i915(Case::image("")),
            "NVP208 error: the firmware framebuffer is on GPU 0000:01:00.0, but the image \
             has i915 and no nvidia_drm: the prompt goes to the other GPU",
        );
    }

    #[test]
    fn both_drivers_and_a_screen_on_the_other_gpu_are_quiet() {
        quiet(&RULE, with_i915(Case::image_with_stack("")));
        let swapped = GPU.replace("boot_vga = 1", "boot_vga = 0");
        quiet(&RULE, with_i915(Case::image(&swapped)));
        quiet(&RULE, Case::image(GPU).goal("luks-prompt"));
    }

    #[test]
    fn a_driver_of_a_gpu_that_the_machine_lacks_takes_no_picture() {
        quiet(&RULE, with_i915(Case::image("sys/bus/pci/devices/0000:00:02.0/class = 0x020000\n")));
        let second = GPU.replace("01:00.0", "02:00.0").replace("boot_vga = 1", "boot_vga = 0");
        let case = Case::image(&second).and(GPU).goal("luks-prompt");
        quiet(
            &RULE,
            case.holding(|image| {
                image.tree.yes_mut().unwrap().modules.push(module("i915", "", &[]));
            }),
        );
        quiet(&RULE, Case::image(IGPU).and(GPU).goal("luks-prompt"));
    }
}
