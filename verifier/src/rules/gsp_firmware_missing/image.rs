//! NVP405 of an image: firmware that the image's own nvidia.ko names and the image
//! does not bring.

use crate::driver::gpu_names::{self, Generation};
use crate::expect::Expectations;
use crate::facts::image::Image;
use crate::facts::{Facts, PciFunction};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::next_boot::{self, brings};
use crate::text::Line;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let Some(info) = brings(f, "nvidia").and_then(|m| m.modinfo.yes()) else { return };
    // Without nvidia_drm, or with its mode setting off, no GPU is initialised
    // before the first client, and that one finds the real root's firmware.
    if !next_boot::loads(f, want, "nvidia_drm") || next_boot::modeset(f) == Some(false) {
        return;
    }
    let is_gsp = |name: &&Line| name.rsplit('/').next().is_some_and(|file| file.starts_with("gsp"));
    let named = || info.firmware.iter().filter(is_gsp);
    // An empty file is what a full disk leaves of a copy.
    let lacks = |name: &&Line| image.has_firmware(name).is_none_or(|file| file.size == Some(0));
    let any_there = named().any(|name| !lacks(&name));
    for name in named().filter(lacks) {
        if !is_needed(f, name, any_there) {
            continue;
        }
        let gpu = f.nvidia_gpus().find(|gpu| takes(f, gpu, name));
        let lack = match image.has_firmware(name) {
            Some(_) => "is an empty file in the image",
            None => "is not in the image",
        };
        let finding = match (gpu, other_version(image, name)) {
            (Some(gpu), _) => out.add(format_args!("GPU {}: firmware {name} {lack}", gpu.bdf)),
            (None, Some(other)) => out.add(format_args!(
                "nvidia {} requests {name}, but the image has {other}",
                info.version
            )),
            (None, None) => {
                out.add(format_args!("nvidia {} asks for {name}, which {lack}", info.version))
            }
        };
        finding
            .gpu(gpu.and_then(PciFunction::address))
            .module("nvidia")
            .path(&Line::of(format_args!("lib/firmware/{name}")));
        // The closed modules can do without on most cards.
        if image.open_flavour() != Some(true) {
            finding.severity(Severity::Warning).confidence(Confidence::Likely);
        }
    }
}

/// Whether a missing file will be asked for. Builders leave out the file of the
/// other generation, so where one of the two is there and no GPU is known the
/// other one is taken for unneeded.
fn is_needed(f: &Facts, name: &str, any_there: bool) -> bool {
    let known = |gpu: &&PciFunction| Generation::of(gpu.device).is_some();
    match f.nvidia_gpus().find(known) {
        Some(_) => f.nvidia_gpus().any(|gpu| takes(f, gpu, name)),
        None => !any_there,
    }
}

fn takes(f: &Facts, gpu: &PciFunction, name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    gpu_names::takes(gpu.device, f.driver_branch(), file)
}

/// The same file of another driver version.
fn other_version<'a>(image: &'a Image, name: &str) -> Option<&'a Line> {
    let file = name.rsplit('/').next()?;
    let firmware = image.firmware.yes()?;
    firmware.iter().map(|f| &f.name).find(|n| {
        n.starts_with("nvidia/") && n.rsplit('/').next() == Some(file) && n.as_str() != name
    })
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::firmware;
    use crate::testing::{Case, GPU, fires, quiet};
    use std::vec::Vec;

    fn only(name: &'static str) -> Case {
        Case::image_with_stack("")
            .holding(|image| image.firmware = Seen::Yes(Vec::from([firmware(name, 1)])))
    }

    fn none() -> Case {
        Case::image_with_stack("").holding(|image| image.firmware = Seen::Absent)
    }

    #[test]
    fn an_empty_file_is_no_firmware() {
        let name = "nvidia/595.45.04/gsp_ga10x.bin";
        let empty = |size| {
            Case::image_with_stack("").and(GPU).holding(move |image| {
                image.firmware = Seen::Yes(Vec::from([firmware(name, size)]));
            })
        };
        quiet(&RULE, empty(1));
        fires(
            &RULE,
            empty(0),
            "NVP405 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: GPU 0000:01:00.0: firmware \
             nvidia/595.45.04/gsp_ga10x.bin is an empty file in the image",
        );
    }

    #[test]
    fn firmware_that_the_module_names_and_the_image_lacks_is_told() {
        fires(
            &RULE,
            none(),
            "NVP405 error lib/firmware/nvidia/595.45.04/gsp_tu10x.bin: nvidia 595.45.04 asks for \
             nvidia/595.45.04/gsp_tu10x.bin, which is not in the image\n\
             NVP405 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: nvidia 595.45.04 asks for \
             nvidia/595.45.04/gsp_ga10x.bin, which is not in the image",
        );
        fires(
            &RULE,
            none().and(GPU),
            "NVP405 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: GPU 0000:01:00.0: firmware \
             nvidia/595.45.04/gsp_ga10x.bin is not in the image",
        );
    }

    #[test]
    fn firmware_of_another_version_does_not_serve() {
        let said = "NVP405 error lib/firmware/nvidia/595.45.04/gsp_tu10x.bin: nvidia 595.45.04 \
             asks for nvidia/595.45.04/gsp_tu10x.bin, which is not in the image\n\
             NVP405 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: nvidia 595.45.04 requests \
             nvidia/595.45.04/gsp_ga10x.bin, but the image has \
             nvidia/590.48.01/gsp_ga10x.bin";
        fires(&RULE, only("nvidia/590.48.01/gsp_ga10x.bin"), said);
    }

    #[test]
    fn the_file_of_the_other_generation_is_not_missed() {
        let ga10x = || only("nvidia/595.45.04/gsp_ga10x.bin");
        quiet(&RULE, ga10x());
        quiet(&RULE, ga10x().and(GPU));
    }

    #[test]
    fn the_files_of_525_serve_other_gpus() {
        let of_525 = |device: &str, has: &'static str| {
            Case::image_with_stack(&GPU.replace("0x2206", device))
                .and("etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n")
                .of_driver("525.147.05")
                .but("nvidia", |m| {
                    m.modinfo.yes_mut().unwrap().firmware = ["gsp_tu10x.bin", "gsp_ad10x.bin"]
                        .map(|file| std::format!("nvidia/525.147.05/{file}").as_str().into())
                        .to_vec();
                })
                .holding(move |image| {
                    image.firmware = Seen::Yes(Vec::from([firmware(has, 1)]));
                })
        };
        quiet(&RULE, of_525("0x2206", "nvidia/525.147.05/gsp_tu10x.bin"));
        quiet(&RULE, of_525("0x2684", "nvidia/525.147.05/gsp_ad10x.bin"));
        fires(
            &RULE,
            of_525("0x2206", "nvidia/525.147.05/gsp_ad10x.bin"),
            "NVP405 error lib/firmware/nvidia/525.147.05/gsp_tu10x.bin: GPU 0000:01:00.0: firmware \
             nvidia/525.147.05/gsp_tu10x.bin is not in the image",
        );
    }

    #[test]
    fn an_image_that_initialises_no_gpu_needs_no_firmware() {
        quiet(&RULE, none().lacking("nvidia_drm"));
        quiet(&RULE, none().and("etc/modprobe.d/a.conf = options nvidia_drm modeset=0\n"));
        quiet(&RULE, Case::image(""));
    }
}
