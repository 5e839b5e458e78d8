//! NVP215: nvidia_drm did not get the screen.

use crate::driver::said::{display, nvidia};
use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::message::holding;
use crate::rule::rule;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm was refused the ownership of mode setting, at its own
    /// start (framebuffer console) or when a client became master.
    ///
    /// ## Why
    /// Something else holds it: an X server without DRM, the proprietary mode
    /// setting path, a splash that has not ended. A display server then finds a card that it
    /// cannot light. Under X the same line comes for clients that only ask what
    /// the card can do, and means nothing: without a Wayland goal, and without a screen
    /// that failed, it is a note.
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
        log: log::check,
    }
}

/// What shows that somebody missed the screen: nvidia_drm's own failures to set a mode
/// and compositors that found no card.
const FAILED: [&[&str]; 5] = [
    nvidia::MODE_NOT_SET,
    nvidia::FLIP_TIMEOUT,
    &[display::NO_MASTER],
    &[display::KWIN],
    &[display::WLROOTS],
];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let first = |text| holding(f, text).next();
    if let Some(said) = first(nvidia::NO_OWNERSHIP) {
        out.add(format_args!(
            "nvidia_drm was denied modeset ownership when it loaded: another client owns the display"
        ))
        .module("nvidia_drm")
        .severity(Severity::Error)
        .logged(said.record.us, &said.text);
    } else if let Some(said) = first(nvidia::NO_CLIENT_OWNERSHIP) {
        let wayland = want.goals.has(Goal::Wayland);
        let failed = FAILED.iter().any(|words| f.logged(words).is_some());
        let alone = !wayland && !failed;
        let but = if alone { "; under X this is harmless" } else { "" };
        let finding = out.add(format_args!(
            "nvidia_drm denied a client modeset ownership: another client owns the display{but}"
        ));
        finding.module("nvidia_drm").logged(said.record.us, &said.text);
        if alone {
            finding.severity(Severity::Note).fix(
                "none under X: a program asked what the card can do; under Wayland start one \
                 display server only",
            );
        } else if wayland {
            finding.severity(Severity::Error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const DENIED: &str = "[   17.500000] [drm:nv_drm_master_set [nvidia_drm]] *ERROR* [nvidia-drm] \
        [GPU ID 0x00000100] Failed to grab modeset ownership\n";

    #[test]
    fn a_client_that_is_refused_is_told() {
        let text = "nvidia_drm denied a client modeset ownership: another client owns the display";
        let failed = "[   17.600000] [drm:nv_drm_atomic_commit [nvidia_drm]] *ERROR* [nvidia-drm] \
                      [GPU ID 0x00000100] Flip event timeout on head 0";
        fires(
            &RULE,
            Case::logged(&std::format!("{DENIED}{failed}")),
            &std::format!("NVP215 warning: {text}"),
        );
        fires(&RULE, Case::logged(DENIED).goal("wayland"), &std::format!("NVP215 error: {text}"));
    }

    #[test]
    fn a_program_that_only_asks_under_x_is_a_note() {
        let said = "NVP215 note: nvidia_drm denied a client modeset ownership: another client owns \
                    the display; under X this is harmless";
        fires(&RULE, Case::logged(DENIED), said);
        fires(&RULE, Case::logged(DENIED).goal("x11"), said);
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
