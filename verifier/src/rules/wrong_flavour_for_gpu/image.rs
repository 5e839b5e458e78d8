//! NVP505 of an image: the GPU of this machine against the flavour in the image.

use super::{OPEN, OPEN_NIXOS};
use crate::driver::branches::install;
use crate::driver::gpu_names::Generation;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::next_boot;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(open) = next_boot::image(f).and_then(|image| image.open_flavour()) else { return };
    for gpu in f.nvidia_gpus() {
        let Some(generation) = Generation::of(gpu.device) else {
            out.not_looked("the generation of a GPU newer than this tool");
            continue;
        };
        let (bdf, id, nixos) = (&gpu.bdf, gpu.device, out.nixos());
        if open && !generation.has_gsp() {
            out.add(format_args!(
                "GPU {bdf} (10de:{id:04x}) has no GSP: the image's open modules cannot drive it"
            ))
            .gpu(gpu.address())
            .module("nvidia")
            .values("proprietary", "open")
            .fix(install(generation, f.driver_branch().unwrap_or(0), nixos));
        } else if !open && generation.needs_open() {
            out.add(format_args!(
                "GPU {bdf} (10de:{id:04x}) needs the open modules, but the \
                 image has the proprietary ones"
            ))
            .gpu(gpu.address())
            .module("nvidia")
            .values("open", "proprietary")
            .fix(if nixos { OPEN_NIXOS } else { OPEN });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU, fires, quiet, skips};

    fn closed(device: &str) -> Case {
        Case::image_with_stack(&GPU.replace("0x2206", device))
            .but("nvidia", |m| m.modinfo.yes_mut().unwrap().license = "NVIDIA".into())
    }

    #[test]
    fn a_gpu_without_a_gsp_and_open_modules_do_not_fit() {
        fires(
            &RULE,
            Case::image_with_stack(&GPU.replace("0x2206", "0x1b80")),
            "NVP505 error: GPU 0000:01:00.0 (10de:1b80) has no GSP: the image's open modules \
             cannot drive it",
        );
        fires(
            &RULE,
            closed("0x2b85"),
            "NVP505 error: GPU 0000:01:00.0 (10de:2b85) needs the open modules, but \
             the image has the proprietary ones",
        );
    }

    #[test]
    fn a_gpu_newer_than_the_table_is_not_judged() {
        let why = "the generation of a GPU newer than this tool was not checked";
        skips(&RULE, closed("0x4000"), why);
    }

    #[test]
    fn gpus_that_either_flavour_drives_are_quiet() {
        quiet(&RULE, Case::image_with_stack(GPU));
        quiet(&RULE, closed("0x1b80"));
        quiet(&RULE, Case::image(GPU));
    }
}
