//! NVP215: nvidia_drm did not get the screen.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::message::holding;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm was refused the ownership of mode setting, at its own
    /// start (framebuffer console) or when a client became master.
    ///
    /// ## Why
    /// Something else holds it: an X server without DRM, the proprietary mode
    /// setting path, a splash that has not ended. A display server then finds a card that it
    /// cannot light. Under X the same line comes for clients that only ask what
    /// the card can do, and means nothing.
    ///
    /// ## Fix
    /// End what holds the screen before the display manager starts, as a test
    /// without a boot splash.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`nv_drm_dev_load`, from 545; `__nv_drm_master_set`);
    /// system76-driver#246; harmless under X: nvidia-vaapi-driver#41.
    215 modeset_ownership_refused {
        title: "nvidia_drm was denied modeset ownership",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "boot without `splash`, and start one display server only",
        nixos: "boot.plymouth.enable = false;    # as a test",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let holding = |text: &'static str| holding(f, &["[nvidia-drm]", text]).next();
    if let Some(said) = holding("Failed to grab NVKMS modeset ownership") {
        out.add(format_args!(
            "nvidia_drm was denied modeset ownership when it loaded: another client owns the display"
        ))
        .module("nvidia_drm")
        .severity(Severity::Error)
        .logged(said.record.us, &said.text);
    } else if let Some(said) = holding("Failed to grab modeset ownership") {
        let finding = out
            .add(format_args!("nvidia_drm denied a client modeset ownership: another client owns the display"));
        finding.module("nvidia_drm").logged(said.record.us, &said.text);
        if want.goals.has(Goal::Wayland) {
            finding.severity(Severity::Error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_client_that_is_refused_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   17.500000] [drm:nv_drm_master_set [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] \
             Failed to grab modeset ownership",
            ),
            "NVP215 warning: nvidia_drm denied a client modeset ownership: another client owns the display",
        );
    }

    #[test]
    fn the_console_that_is_refused_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   12.100000] [drm:nv_drm_dev_load [nvidia_drm]] *ERROR* [nvidia-drm] [GPU ID 0x00000100] \
             Failed to grab NVKMS modeset ownership",
            ),
            "NVP215 error: nvidia_drm was denied modeset ownership when it loaded: another client owns the display",
        );
    }

    #[test]
    fn a_driver_that_loads_is_quiet() {
        quiet(
            &RULE,
            Case::logged("[   12.100000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver"),
        );
    }
}
