//! NVP406: the GSP firmware is compressed in a way that the kernel does not read.

use crate::driver::version::compare;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::facts::image::Packing;
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};
use crate::rule::rule;
use crate::text::Line;
use core::cmp::Ordering;

rule! {
    /// ## What it checks
    /// The compression of the GSP firmware files that the image's nvidia.ko names,
    /// against what the kernel of the image can unpack.
    ///
    /// ## Why
    /// The kernel reads compressed firmware only since 5.3 (xz) and 5.19 (zstd),
    /// and drivers of 515 crashed on it. A file that is there and cannot be read
    /// is as good as missing.
    ///
    /// ## Fix
    /// Put the plain file into the image.
    ///
    /// ## Sources
    /// Linux drivers/base/firmware_loader/Kconfig (`FW_LOADER_COMPRESS_XZ`,
    /// `FW_LOADER_COMPRESS_ZSTD`); ogkm#331, #120; nixpkgs#283005.
    406 gsp_firmware_packed {
        title: "the kernel cannot decompress the GSP firmware",
        severity: Error,
        confidence: Likely,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [],
        fix: "unxz or unzstd the files in lib/firmware/nvidia, then rebuild the initrd",
        nixos: "hardware.firmwareCompression = \"none\";    # not in 24.05, where the driver's firmware is never compressed",
        change: [Unpack],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let Some(info) = brings(f, "nvidia").and_then(|m| m.modinfo.yes()) else { return };
    let release = image.tree.yes().map_or("", |tree| tree.release.as_str());
    let numbers = release.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or("");
    let before = |version| compare(numbers, version) == Ordering::Less;
    for name in &info.firmware {
        let Some(file) = image.has_firmware(name) else { continue };
        let (form, since) = match file.packing {
            Packing::Xz => ("xz", "5.3"),
            Packing::Zstd => ("zstd", "5.19"),
            _ => continue,
        };
        let finding = if before(since) {
            out.add(format_args!(
                "{name} is compressed with {form}, which needs kernel {since} or newer"
            ))
        } else if info.version.starts_with("515.") {
            out.add(format_args!(
                "{name} is compressed with {form}, which crashes driver {}",
                info.version
            ))
        } else {
            continue;
        };
        finding.module("nvidia").path(&Line::of(format_args!("lib/firmware/{name}")));
        finding.values("plain", form);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::facts::image::Packing;
    use crate::testing::{Case, fires, quiet};

    fn packed(release: &'static str) -> Case {
        Case::image_with_stack("").holding(move |image| {
            image.tree.yes_mut().unwrap().release = release.into();
            image.firmware.yes_mut().unwrap()[1].packing = Packing::Zstd;
        })
    }

    #[test]
    fn a_packing_that_is_newer_than_the_kernel_is_told() {
        fires(
            &RULE,
            packed("5.15.0-91-generic"),
            "NVP406 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: \
             nvidia/595.45.04/gsp_ga10x.bin is compressed with zstd, which needs kernel 5.19 or newer",
        );
    }

    #[test]
    fn what_the_kernel_reads_is_quiet() {
        quiet(&RULE, packed("6.12.1"));
        quiet(&RULE, Case::image_with_stack(""));
    }

    #[test]
    fn each_packing_has_the_first_kernel_that_reads_it() {
        quiet(&RULE, packed("5.19.0-50-generic"));
        let xz = |release| {
            packed(release).holding(|image| {
                image.firmware.yes_mut().unwrap()[1].packing = Packing::Xz;
            })
        };
        fires(
            &RULE,
            xz("4.19.0-27-amd64"),
            "NVP406 error lib/firmware/nvidia/595.45.04/gsp_ga10x.bin: \
             nvidia/595.45.04/gsp_ga10x.bin is compressed with xz, which needs kernel 5.3 or newer",
        );
        quiet(&RULE, xz("5.15.0-91-generic"));
    }
}
