//! NVP204 in a compositor's own words, where the kernel's are not there.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::{FLIP_DONE, FLIP_TIMEOUT, FLIP_TOLD, FLIP_UNNAMED, NAMED, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let kwin = said(f, &[FLIP_TIMEOUT]).map(|record| (record, "kwin"));
    let kernel = || said(f, &[FLIP_DONE]).map(|record| (record, "the DRM core"));
    let told = || said(f, &[FLIP_TOLD]).map(|record| (record, "a client"));
    let Some((record, who)) = kwin.or_else(kernel).or_else(told) else { return unnamed(f, out) };
    out.add(format_args!("{who} waits for a page flip of nvidia_drm that does not come"))
        .module("nvidia_drm")
        .confidence(Confidence::Likely)
        .fix("journalctl -b -k | grep -iE 'nvrm|nvidia'    # the driver's lines of that second tell why")
        .logged(record.us, &record.text);
}

/// kwin names no driver, and the sender speaks of NVIDIA.
fn unnamed(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, &[FLIP_UNNAMED]) else { return };
    // Newer ones go on with the driver's name.
    let another = record.text.contains("a bug in the");
    if another || said(f, &[NAMED]).is_none() {
        return;
    }
    out.add(format_args!(
        "kwin waits for a page flip that does not come; its line names no driver"
    ))
    .module("nvidia_drm")
    .confidence(Confidence::Likely)
    .severity(Severity::Note)
    .fix("journalctl -b -k | grep -iE 'nvrm|nvidia|drm'    # whose screen it is, and why")
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
        let short = "<30>[   55.100000] kwin_wayland[9]: kwin_wayland_drm: Pageflip timed out!\n";
        let named = "<30>[   55.200000] a report: names NVIDIA: RTX 4060";
        fires(
            &RULE,
            Case::journal(&[short, named].concat()),
            "NVP204 note: kwin waits for a page flip that does not come; its line names no driver",
        );
        silent(&RULE, Case::journal(short));
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

    #[test]
    fn the_drivers_words_without_its_mark_are_told() {
        fires(
            &RULE,
            Case::journal(
                "[   31.100000] [drm:nv_drm_atomic_commit] *ERROR* Flip event timeout on head 0",
            ),
            "NVP204 warning: a client waits for a page flip of nvidia_drm that does not come",
        );
    }
}
