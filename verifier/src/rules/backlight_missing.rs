//! NVP519: a laptop panel is driven by nvidia and has no backlight control.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// Whether a backlight device exists when an internal panel (eDP, LVDS) is
    /// connected to a card of the nvidia driver.
    ///
    /// ## Why
    /// Brightness keys do nothing. The ACPI video driver was told to stand back, or
    /// the firmware expects the native one, which needs nvidia-modeset's handler.
    ///
    /// ## Fix
    /// Remove `acpi_backlight=` and `acpi=off` from the command line, then try
    /// `acpi_backlight=nvidia_wmi_ec` or `=native`.
    ///
    /// ## Sources
    /// Linux drivers/acpi/video_detect.c; nvidia-modeset/nvidia-modeset-linux.c
    /// (`nvkms_register_backlight`); open-gpu-kernel-modules#409, nixpkgs#139627.
    519 backlight_missing {
        title: "the internal panel has no backlight control",
        severity: Note,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [DRM, BACKLIGHT],
        after: [],
        fix: "boot with acpi_backlight=native or acpi_backlight=nvidia_wmi_ec",
        nixos: "boot.kernelParams = [ \"acpi_backlight=native\" ];",
        change: [AddWord("acpi_backlight=native")],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.system.backlight == Seen::Yes(true) {
        return;
    }
    for card in f.nvidia_drm_devices() {
        if let Some(panel) = card.connectors.iter().find(|c| c.is_panel()) {
            out.add(format_args!(
                "the panel {} on {} has no backlight device",
                panel.name, card.name
            ))
            .path("sys/class/backlight");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, fires, quiet};

    const PANEL: &str = "sys/class/drm/card1-eDP-1/status = connected\n";

    #[test]
    fn a_panel_without_backlight_is_a_note() {
        fires(
            &RULE,
            Case::pre_display(GPU).and(KMS).and(PANEL).and("sys/class/backlight/ ino=3\n"),
            "NVP519 note sys/class/backlight: the panel eDP-1 on card1 has no backlight device",
        );
    }

    #[test]
    fn an_external_screen_and_a_panel_with_control_are_quiet() {
        quiet(&RULE, Case::pre_display(GPU).and(KMS).and("sys/class/backlight/ ino=3\n"));
        quiet(
            &RULE,
            Case::pre_display(GPU)
                .and(KMS)
                .and(PANEL)
                .and("sys/class/backlight/nvidia_0/brightness = 50\n"),
        );
    }
}
