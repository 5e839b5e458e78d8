//! NVP504 of an image: the GPU of this machine against the branch in the image.

use crate::driver::branches::install;
use crate::driver::gpu_names::{Generation, first_branch};
use crate::expect::Expectations;
use crate::facts::{Facts, PciFunction};
use crate::finding::{Findings, Severity};
use crate::reading::next_boot;
use crate::text::Line;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(version) = next_boot::image(f).and_then(|image| image.driver_version()) else {
        return;
    };
    let branch = version.split('.').next().and_then(|b| crate::text::decimal(b.as_bytes()));
    let Some(branch) = branch else { return };
    let last = |gpu: &PciFunction| {
        Generation::of(gpu.device).and_then(Generation::last_branch).filter(|last| branch > *last)
    };
    let first = |gpu: &PciFunction| first_branch(gpu.device).filter(|first| branch < *first);
    // A second card that is ignored leaves the first one working.
    let works = f.nvidia_gpus().any(|gpu| last(gpu).is_none() && first(gpu).is_none());
    for gpu in f.nvidia_gpus() {
        let why = match (last(gpu), first(gpu)) {
            (Some(last), _) => Line::of(format_args!("its last branch is {last}")),
            (None, Some(first)) => Line::of(format_args!("it needs branch {first} or later")),
            (None, None) => continue,
        };
        let nixos = out.nixos();
        let finding = out.add(format_args!(
            "GPU {} (10de:{:04x}) is not supported by the image's driver {version}: {why}",
            gpu.bdf, gpu.device
        ));
        finding.gpu(gpu.address()).module("nvidia");
        if let Some(generation) = Generation::of(gpu.device) {
            finding.fix(install(generation, branch, nixos));
        }
        if works {
            finding.severity(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU, fires, quiet, skips};

    fn pascal() -> std::string::String {
        GPU.replace("0x2206", "0x1b80")
    }

    #[test]
    fn a_gpu_that_the_images_branch_dropped_is_named() {
        fires(
            &RULE,
            Case::image_with_stack(&pascal()),
            "NVP504 error: GPU 0000:01:00.0 (10de:1b80) is not supported by the image's \
             driver 595.45.04: its last branch is 580",
        );
    }

    #[test]
    fn a_gpu_that_came_after_the_images_branch_is_named() {
        let blackwell = GPU.replace("0x2206", "0x2b85");
        fires(
            &RULE,
            Case::image_with_stack(&blackwell).of_driver("550.163.01"),
            "NVP504 error: GPU 0000:01:00.0 (10de:2b85) is not supported by the image's \
             driver 550.163.01: it needs branch 570 or later",
        );
        quiet(&RULE, Case::image_with_stack(&blackwell).of_driver("570.86.15"));
    }

    #[test]
    fn its_last_branch_and_a_newer_gpu_are_quiet() {
        quiet(&RULE, Case::image_with_stack(&pascal()).of_driver("580.95.05"));
        quiet(&RULE, Case::image_with_stack(GPU));
        quiet(&RULE, Case::image(&pascal()));
    }

    #[test]
    fn without_the_hardware_nothing_is_said() {
        skips(&RULE, Case::image_with_stack(""), "/sys/bus/pci/devices was not checked");
    }
}
