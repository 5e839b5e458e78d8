//! NVP405 in a log whose lines lost the device's name: the kernel's line alone.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::message::between;
use crate::reading::sayings::{NO_FIRMWARE_IN_IMAGE, said};
use crate::text::Line;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // A driver that came up had it from elsewhere, or did without.
    if f.logged(&[nvidia::CARD]).is_some() {
        return;
    }
    // The release of the driver begins the path; nouveau's begins with the chip's name.
    let lost = f.records().iter().find(|record| {
        record.text.starts_with(kernel::NO_NVIDIA_FIRMWARE)
            && record.text.contains("/gsp_")
            && !record.text.contains("/gsp_log_")
            && record.text.ends_with("error -2")
    });
    let Some(record) = lost else {
        let Some(record) = said(f, NO_FIRMWARE_IN_IMAGE) else { return };
        out.add(format_args!("an image was made without the driver's firmware: it was not found"))
            .module("nvidia")
            .confidence(Confidence::Likely)
            .logged(record.us, &record.text);
        return;
    };
    let file = between(&record.text, kernel::NO_FIRMWARE, " ").unwrap_or("the GSP firmware");
    out.add(format_args!("a GPU: firmware {file} not found"))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .path(&Line::of(format_args!("lib/firmware/{file}")))
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const BARE: &str = "[    9.600000] Direct firmware load for nvidia/580.95.05/gsp_ga10x.bin \
        failed with error -2\n";

    #[test]
    fn the_kernels_line_without_a_device_is_enough() {
        fires(
            &RULE,
            Case::journal(BARE),
            "NVP405 error lib/firmware/nvidia/580.95.05/gsp_ga10x.bin: a GPU: firmware \
             nvidia/580.95.05/gsp_ga10x.bin not found",
        );
    }

    #[test]
    fn a_driver_that_came_up_is_silent() {
        let up = "[    9.900000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n";
        silent(&RULE, Case::journal(&std::format!("{BARE}{up}")));
    }

    #[test]
    fn nouveaus_firmware_is_not_the_drivers() {
        let nouveau = BARE.replace("580.95.05/gsp_ga10x.bin", "gm206/gr/sw_nonctx.bin");
        silent(&RULE, Case::journal(&nouveau));
    }
}
