//! NVP405: the GSP firmware was not there when the driver asked for it.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{Wrapped, address, between, gpu, holding};
use crate::rule::rule;
use crate::text::Line;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the kernel found the GSP firmware that nvidia requested. Of an image:
    /// whether the files that its nvidia.ko names are in it, when that initialises
    /// the GPU.
    ///
    /// ## Why
    /// The driver requests the firmware when the GPU is first initialised: while
    /// nvidia_drm loads with mode setting, otherwise at the first client. When
    /// nvidia_drm is in the initrd and the firmware is not, there is no DRM device
    /// for the whole boot, although every module is Live and modprobe returned 0.
    ///
    /// ## Fix
    /// Put nvidia/VERSION/gsp_*.bin of this very version into the initrd, or load
    /// nvidia_drm only after the switch-root.
    ///
    /// ## Sources
    /// nvidia/nv.c (`nv_get_firmware`), src/nvidia/arch/nvalloc/unix/src/osinit.c
    /// (`RmFetchGspRmImages`), common/inc/nv-firmware.h; Linux
    /// drivers/base/firmware_loader/main.c; ogkm#639; nixpkgs#454772.
    405 gsp_firmware_missing {
        title: "GSP firmware missing where the driver loads",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [401],
        fix: "install_items+=\" /lib/firmware/nvidia/VERSION/gsp_*.bin \"    # dracut; VERSION is the driver's",
        nixos: "hardware.firmware = [ config.hardware.nvidia.package.firmware ];    # from 24.11 on: hardware.nvidia.gsp.enable = true;",
        change: [Bring],
        image: { needs: [IMAGE_TREE], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let mut asked = false;
    for said in holding(f, &[kernel::NO_NVIDIA_FIRMWARE, "gsp", kernel::WITH_ERROR]) {
        // nouveau asks for GSP firmware too, under names of its own; the files for
        // decoding the GSP's log are optional.
        if !said.text.starts_with("nvidia ") || said.text.contains("/gsp_log_") {
            continue;
        }
        asked = true;
        let file = between(&said.text, kernel::NO_FIRMWARE, " ").unwrap_or("gsp firmware");
        let gpu = gpu(f, &said.text);
        // An interrupted load (-4) is no missing file: NVP407.
        match said.text.rsplit("error ").next().unwrap_or("") {
            "-4" => continue,
            "-2" => out.add(format_args!("{gpu}: firmware {file} not found")),
            error => out.add(format_args!("{gpu}: firmware {file} failed to load (error {error})")),
        }
        .module("nvidia")
        .path(&Line::of(format_args!("lib/firmware/{file}")))
        .gpu(address(&said.text))
        .logged(said.record.us, &said.text);
    }
    // The driver finds no file after a load that was interrupted either.
    let interrupted = |said: Wrapped<'_>| said.text.ends_with("-4");
    asked |= holding(f, &["nvidia/", "gsp", kernel::WITH_ERROR]).any(interrupted);
    // Where the kernel's own line is lost, the driver's tells that there was no
    // file, but not which.
    if !asked {
        if let Some(said) = holding(f, &[nvidia::GSP_NOT_FOUND]).next() {
            out.add(format_args!("the driver found no GSP firmware for the GPU"))
                .module("nvidia")
                .gpu(address(&said.text))
                .logged(said.record.us, &said.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const LOST: &str = "[    9.600000] nvidia 0000:00:01.0: Direct firmware load for \
                        nvidia/550.163.01/gsp_ga10x.bin failed with error -2\n\
                        [    9.700000] NVRM: RmFetchGspRmImages: No firmware image found\n";

    #[test]
    fn the_file_that_is_missing_is_named_once() {
        fires(
            &RULE,
            Case::logged(LOST),
            "NVP405 error lib/firmware/nvidia/550.163.01/gsp_ga10x.bin: GPU 0000:00:01.0: firmware \
             nvidia/550.163.01/gsp_ga10x.bin not found",
        );
    }

    #[test]
    fn the_drivers_line_alone_is_enough() {
        fires(
            &RULE,
            Case::logged("[    9.700000] NVRM: RmFetchGspRmImages: No firmware image found"),
            "NVP405 error: the driver found no GSP firmware for the GPU",
        );
    }

    #[test]
    fn nouveaus_firmware_and_an_interrupted_load_are_other_matters() {
        quiet(
            &RULE,
            Case::logged(
                "[    6.100000] nouveau 0000:00:01.0: Direct firmware load for \
             nvidia/ga102/gsp/gsp-535.113.01.bin failed with error -2\n\
             [    9.600000] nvidia 0000:00:01.0: Direct firmware load for \
             nvidia/550.163.01/gsp_ga10x.bin failed with error -4\n\
             [    9.600000] nvidia 0000:00:01.0: Direct firmware load for \
             nvidia/550.163.01/gsp_log_ga10x.bin failed with error -2\n\
             [    9.700000] NVRM: RmFetchGspRmImages: No firmware image found",
            ),
        );
    }
}
