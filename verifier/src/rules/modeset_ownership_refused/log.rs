//! NVP215 in Xorg's words: its driver was refused the right to set modes.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::sayings::{X_NO_MODES, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(record) = said(f, &[X_NO_MODES]) else { return };
    out.add(format_args!("Xorg was denied modeset ownership: another client owns the display"))
        .module("nvidia_drm")
        .severity(Severity::Error)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn a_server_that_may_not_set_modes_is_told() {
        let said = |text: &str| Case::journal(&std::format!("<30>[   20.200000] Xorg[9]: {text}"));
        fires(
            &RULE,
            said("(EE) NVIDIA(GPU-0): Failed to acquire modesetting permission."),
            "NVP215 error: Xorg was denied modeset ownership: another client owns the display",
        );
        silent(&RULE, said("(II) NVIDIA(GPU-0): Found DRM driver nvidia-drm"));
    }
}
