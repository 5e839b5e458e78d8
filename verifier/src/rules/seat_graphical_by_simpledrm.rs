//! NVP102: the firmware framebuffer alone makes the seat graphical.

use crate::expect::{Expectations, Goal};
use crate::facts::{DrmKind, Facts};
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the firmware framebuffer's card is the only DRM device of a machine
    /// with an NVIDIA GPU when the display manager is about to start.
    ///
    /// ## Why
    /// udev marks every DRM card as master of the seat, the firmware framebuffer's
    /// (simpledrm) too. logind then calls the seat graphical, and a display manager
    /// that waits for just that starts without a GPU: software rendering at the
    /// firmware's resolution, or a session that breaks when the card goes away.
    ///
    /// ## Fix
    /// Load the driver in the initrd, or let the display manager wait for the render
    /// node rather than for the seat.
    ///
    /// ## Sources
    /// systemd rules.d/71-seat.rules.in (`master-of-seat`), sd_seat_can_graphical(3);
    /// systemd#10435, systemd#32509; mutter#2909.
    102 seat_graphical_by_simpledrm {
        title: "the seat is graphical only because of the firmware framebuffer",
        severity: Warning,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [PCI, DRM, DISPLAY_MANAGER],
        after: [101, 221, 106, 114, 501],
        fix: "force_drivers+=\" nvidia_drm \"    # in /etc/dracut.conf.d/, then dracut -f",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let aside = want.goals.has(Goal::Headless) || want.goals.has(Goal::Vfio);
    let Some(manager) = f.stage2.display_manager.yes() else { return };
    if aside && !want.goals.wants_display() || f.nvidia_gpus().next().is_none() {
        return;
    }
    let mut devices = f.drm_devices().iter();
    let (Some(only), None) = (devices.next(), devices.next()) else { return };
    if only.kind == DrmKind::Card && only.is_firmware_framebuffer() {
        out.add(format_args!(
            "{} (firmware framebuffer) is the only DRM device, and {manager} is about to start",
            only.name
        ))
        .values("an NVIDIA render node", "simpledrm only");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, fires, quiet};

    const GDM: &str =
        "etc/systemd/system/display-manager.service -> /usr/lib/systemd/system/gdm.service\n";
    const SIMPLEDRM: &str = "sys/class/drm/card0/device -> ../../../simple-framebuffer.0\n\
                             sys/class/drm/card0-Unknown-1/status = connected\n";

    #[test]
    fn a_lone_simpledrm_card_is_no_seat_for_a_session() {
        fires(
            &RULE,
            Case::pre_display(GDM).and(GPU).and(SIMPLEDRM),
            "NVP102 warning: card0 (firmware framebuffer) is the only DRM device, \
             and gdm.service is about to start",
        );
    }

    #[test]
    fn beside_a_gpus_card_it_is_quiet() {
        quiet(&RULE, Case::pre_display(GDM).and(GPU).and(SIMPLEDRM).and(KMS));
    }

    #[test]
    fn without_an_nvidia_gpu_or_a_session_it_is_quiet() {
        quiet(&RULE, Case::pre_display(GDM).and(SIMPLEDRM));
        quiet(&RULE, Case::pre_display(GPU).and(SIMPLEDRM));
        quiet(&RULE, Case::pre_display(GDM).and(GPU).and(SIMPLEDRM).goal("vfio"));
    }

    #[test]
    fn a_lone_card_of_another_gpu_is_a_seat() {
        let other = SIMPLEDRM.replace("simple-framebuffer.0", "0000:00:02.0");
        quiet(&RULE, Case::pre_display(GDM).and(GPU).and(&other));
    }
}
