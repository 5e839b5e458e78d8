//! NVP204 in a compositor's own words, where the kernel's are not there.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{FLIP_DONE, FLIP_TIMEOUT, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let kwin = said(f, &[FLIP_TIMEOUT]).map(|record| (record, "kwin"));
    let kernel = || said(f, &[FLIP_DONE]).map(|record| (record, "the DRM core"));
    let Some((record, who)) = kwin.or_else(kernel) else { return };
    out.add(format_args!("{who} waits for a page flip of nvidia_drm that does not come"))
        .module("nvidia_drm")
        .confidence(Confidence::Likely)
        .fix("journalctl -b -k | grep -iE 'nvrm|nvidia'    # the driver's lines of that second tell why")
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn kwins_words_on_nvidia_drm_are_told_and_those_on_another_driver_are_silent() {
        let kwin = |driver: &str| {
            Case::journal(&std::format!(
                "<30>[   55.100000] kwin_wayland[9]: Pageflip timed out! This is a bug in the \
                 {driver} kernel driver"
            ))
        };
        fires(
            &RULE,
            kwin("nvidia-drm"),
            "NVP204 warning: kwin waits for a page flip of nvidia_drm that does not come",
        );
        silent(&RULE, kwin("amdgpu"));
        let core = |driver: &str| {
            Case::journal(&std::format!(
                "[   55.100000] {driver} 0000:01:00.0: [drm] *ERROR* [CRTC:62:head-0] flip_done timed out"
            ))
        };
        fires(
            &RULE,
            core("nvidia"),
            "NVP204 warning: the DRM core waits for a page flip of nvidia_drm that does not come",
        );
        silent(&RULE, core("amdgpu"));
    }
}
