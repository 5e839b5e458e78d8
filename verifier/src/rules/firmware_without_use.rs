//! NVP409: megabytes of firmware in the image that nothing there will ask for.

use crate::driver::gpu_names;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::facts::image::FirmwareFile;
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// GSP firmware in the image for another generation of GPUs than this
    /// machine's, for another driver version, or for nouveau where nouveau is not
    /// in it.
    ///
    /// ## Why
    /// The two GSP files of one driver take some 60 MB and those of nouveau
    /// another 100. An EFI system partition holds few such images, and a full one
    /// leaves the machine with the old image or none.
    ///
    /// ## Fix
    /// Leave the file out of the image.
    ///
    /// ## Sources
    /// common/inc/nv-firmware.h; olafkfreund/nixos_config#1954; omarchy#6790,
    /// #6791; pop#3593.
    409 firmware_without_use {
        title: "the image contains firmware that nothing uses",
        severity: Note,
        confidence: Likely,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [405],
        fix: "lsinitrd | grep firmware/nvidia    # then exclude the file in the initrd generator's configuration",
        nixos: "take nvidia out of boot.initrd.kernelModules where nothing needs it so early: its firmware comes with it",
    }
}

/// Less than this is not worth a word.
const WORTH: u64 = 16 << 20;

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let files = image.firmware.yes().map_or(&[][..], |files| files);
    let version = image.driver_version();
    let branch = f.driver_branch();
    let is_gsp = |file: &FirmwareFile| {
        file.name.rsplit('/').next().is_some_and(|name| name.starts_with("gsp_"))
    };
    for file in
        files.iter().filter(|file| is_gsp(file) && file.size.is_some_and(|size| size >= WORTH))
    {
        let mut parts = file.name.split('/').skip(1);
        let (of, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let mib = file.size.unwrap_or(0) >> 20;
        let gpu = f.nvidia_gpus().next();
        let used = |gpu: &crate::facts::PciFunction| gpu_names::takes(gpu.device, branch, name);
        if version.is_some_and(|version| version != of) {
            out.add(format_args!(
                "{} ({mib} MiB) belongs to another driver version than the image's modules",
                file.name
            ))
        } else if let Some(gpu) = gpu.filter(|_| !f.nvidia_gpus().any(used)) {
            out.add(format_args!(
                "{} ({mib} MiB) is not used by GPU {} (10de:{:04x})",
                file.name, gpu.bdf, gpu.device
            ))
            .gpu(gpu.address())
        } else {
            continue;
        }
        .path(&file.name);
    }
    // nouveau's lie below the chip's name: nvidia/ga102/gsp/gsp-570.144.bin.
    let of_nouveau = |file: &&FirmwareFile| {
        file.name
            .strip_prefix("nvidia/")
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    let bytes: u64 = files.iter().filter(of_nouveau).filter_map(|file| file.size).sum();
    if bytes >= WORTH && brings(f, "nouveau").is_none() && brings(f, "nova_core").is_none() {
        out.add(format_args!(
            "{} MiB of nouveau firmware in the image, but no nouveau module",
            bytes >> 20
        ))
        .path("lib/firmware/nvidia");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::firmware;
    use crate::testing::{Case, GPU, fires, quiet};

    #[test]
    fn the_file_of_the_other_generation_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(GPU),
            "NVP409 note nvidia/595.45.04/gsp_tu10x.bin: nvidia/595.45.04/gsp_tu10x.bin (30 MiB) \
             is not used by GPU 0000:01:00.0 (10de:2206)",
        );
    }

    #[test]
    fn the_files_of_525_are_each_for_other_gpus_than_those_of_530() {
        let of_525 = |device| {
            let tree = GPU.replace("0x2206", device);
            Case::image_with_stack(&tree).of_driver("525.147.05").holding(|image| {
                let files = ["gsp_tu10x.bin", "gsp_ad10x.bin"]
                    .map(|name| firmware(&std::format!("nvidia/525.147.05/{name}"), 30 << 20))
                    .to_vec();
                image.firmware = Seen::Yes(files);
            })
        };
        let unused = |name, id| {
            std::format!(
                "NVP409 note nvidia/525.147.05/{name}: nvidia/525.147.05/{name} (30 MiB) is not \
                 used by GPU 0000:01:00.0 (10de:{id})"
            )
        };
        fires(&RULE, of_525("0x2206"), &unused("gsp_ad10x.bin", "2206"));
        fires(&RULE, of_525("0x2684"), &unused("gsp_tu10x.bin", "2684"));
        quiet(&RULE, of_525("0x4000"));
    }

    #[test]
    fn firmware_of_another_driver_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("").holding(|image| {
                let files = image.firmware.yes_mut().unwrap();
                files.push(firmware("nvidia/590.48.01/gsp_ga10x.bin", 40 << 20));
                files.push(firmware("nvidia/ga102/gsp/gsp-570.144.bin", 20 << 20));
            }),
            "NVP409 note nvidia/590.48.01/gsp_ga10x.bin: nvidia/590.48.01/gsp_ga10x.bin (40 MiB) \
             belongs to another driver version than the image's modules\n\
             NVP409 note lib/firmware/nvidia: 20 MiB of nouveau firmware in the image, \
             but no nouveau module",
        );
    }

    #[test]
    fn what_is_needed_or_may_be_is_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        quiet(&RULE, Case::image(""));
    }

    #[test]
    fn what_is_worth_a_word_begins_at_its_size() {
        let case = |less: u64| {
            Case::image_with_stack("").holding(move |image| {
                image.firmware = Seen::Yes(std::vec::Vec::from([
                    firmware("nvidia/590.48.01/gsp_ga10x.bin", super::WORTH - less),
                    firmware("nvidia/ga102/gsp/gsp-570.144.bin", super::WORTH - less),
                ]));
            })
        };
        fires(
            &RULE,
            case(0),
            "NVP409 note nvidia/590.48.01/gsp_ga10x.bin: nvidia/590.48.01/gsp_ga10x.bin (16 MiB) \
             belongs to another driver version than the image's modules\n\
             NVP409 note lib/firmware/nvidia: 16 MiB of nouveau firmware in the image, \
             but no nouveau module",
        );
        quiet(&RULE, case(1));
    }
}
