//! NVP417: monitor data that is given by name is not in the image.

use crate::driver::OTHER_GPUS;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};
use crate::reading::options;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Files that `drm.edid_firmware=` names, in an image that brings a display
    /// driver.
    ///
    /// ## Why
    /// The driver asks for the file when it loads. If the initrd does not have
    /// it, the override is lost for the whole boot, although the real root has the file.
    ///
    /// ## Fix
    /// Put the file into the image.
    ///
    /// ## Sources
    /// Linux drivers/gpu/drm/drm_edid_load.c; nixos-hardware#513; nixpkgs#330379.
    417 edid_not_in_image {
        title: "an EDID file named on the command line is not in the image",
        severity: Note,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE_TREE],
        after: [],
        fix: "install_items+=\" /lib/firmware/edid/NAME.bin \"    # dracut; mkinitcpio: FILES=(…)",
        nixos: "boot.initrd.extraFirmwarePaths = [ \"edid/NAME.bin\" ];    # where nixpkgs has it (26.05); before, load the display driver on the real root",
        change: [Bring],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    // Those that set modes from an initrd.
    let mut drivers = ["nvidia_drm", "nouveau"].into_iter().chain(OTHER_GPUS);
    let Some(driver) = drivers.find(|d| brings(f, d).is_some()) else { return };
    for module in ["drm", "drm_kms_helper"] {
        for set in options::of(f, module).filter(|s| s.name == "edid_firmware") {
            for entry in set.value.split(',') {
                let file = entry.rsplit(':').next().unwrap_or(entry);
                if file.starts_with("edid/") && image.has_firmware(file).is_none() {
                    out.add(format_args!(
                        "{} names {file}, which is not in the image: {driver} will load without it",
                        set.place
                    ))
                    .module(driver)
                    .parameter(file)
                    .at(set.place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::seen::Seen;
    use crate::testing::image::firmware;
    use crate::testing::{Case, fires, quiet};
    use std::vec::Vec;

    const WORD: &str = "proc/cmdline = drm.edid_firmware=DP-1:edid/edid.bin\n";

    #[test]
    fn a_file_that_is_named_and_not_there_is_told() {
        fires(
            &RULE,
            Case::image_with_stack(WORD),
            "NVP417 note kernel command line, word 1: kernel command line, word 1 names \
             edid/edid.bin, which is not in the image: nvidia_drm will load without it",
        );
    }

    #[test]
    fn a_file_that_is_there_and_an_image_without_a_driver_are_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(WORD).holding(|image| {
                image.firmware = Seen::Yes(Vec::from([firmware("edid/edid.bin", 128)]));
            }),
        );
        quiet(&RULE, Case::image(WORD));
    }
}
