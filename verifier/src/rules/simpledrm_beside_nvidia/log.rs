//! NVP202 in a log: a compositor stumbled over the firmware framebuffer's card.

use crate::driver::said::{display, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{SIMPLEDRM_CARD, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let nvidia = f.logged(&[nvidia::CARD]).is_some();
    // Mesa's loader says so on every card that it has no driver for (src/loader).
    let loader = f.logged(display::NO_SIMPLEDRM).filter(|_| nvidia);
    // Every other native driver removes that card when it takes the GPU
    // (drivers/video/aperture.c): beside a primary card only nvidia leaves it.
    let second = || said(f, &[SIMPLEDRM_CARD]).filter(|r| r.text.contains(" with primary "));
    if let Some(said) = loader.or_else(second) {
        out.add(format_args!(
            "a compositor found the firmware framebuffer's card next to nvidia_drm's"
        ))
        .module("nvidia_drm")
        .confidence(Confidence::Likely)
        .logged(said.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const NVIDIA: &str =
        "[    4.900000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 1\n";
    const MESA: &str = "[    9.900000] cosmic-comp[900]: MESA-LOADER: failed to open simpledrm: \
                        driver not built\n";

    #[test]
    fn a_compositor_that_met_the_ghost_is_told() {
        fires(
            &RULE,
            Case::journal(&[NVIDIA, MESA].concat()),
            "NVP202 warning: a compositor found the firmware framebuffer's card \
             next to nvidia_drm's",
        );
        fires(
            &RULE,
            Case::journal(
                "<30>[    9.900000] Hyprland[9]: drm: Starting backend for /dev/dri/card0, with driver \
                 simpledrm with primary /dev/dri/card1",
            ),
            "NVP202 warning: a compositor found the firmware framebuffer's card \
             next to nvidia_drm's",
        );
    }

    #[test]
    fn a_machine_that_has_no_other_driver_is_silent() {
        silent(&RULE, Case::journal(MESA));
        silent(&RULE, Case::journal(NVIDIA));
    }
}
