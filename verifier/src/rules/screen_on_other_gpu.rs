//! NVP208: the screen hangs on the NVIDIA GPU, and only the other GPU's driver is in.

use crate::expect::{Expectations, Goal};
use crate::facts::{DrmDevice, DrmKind, Facts};
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// For a display goal: whether the firmware drew on the NVIDIA GPU, nvidia has no
    /// DRM card yet, the firmware framebuffer is gone, and every connector of the
    /// other cards is disconnected. Of an image, on known hardware: whether a prompt
    /// is meant for this screen and only the other GPU's driver is in it.
    ///
    /// ## Why
    /// With only the integrated GPU's driver in the initrd, splash and disk prompt
    /// appear where no screen is: the machine looks dead while it waits.
    ///
    /// ## Fix
    /// Put nvidia_drm into the initrd as well, or leave the other driver out.
    ///
    /// ## Sources
    /// Linux drivers/pci/vgaarb.c (`boot_vga`); negativo17/nvidia-driver#202,
    /// Nvidia-Fedora-Guide#5.
    208 screen_on_other_gpu {
        title: "the screen is on the NVIDIA GPU, but the other GPU draws",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [PCI, DRM],
        after: [106, 221, 216],
        fix: "echo 'force_drivers+=\" nvidia nvidia_modeset nvidia_drm \"' | sudo tee -a \
            /etc/dracut.conf.d/nvidia.conf    # then dracut -f",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
        image: { needs: [IMAGE_TREE, PCI], check: image::check },
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if !want.goals.wants_display() {
        return;
    }
    let Some(gpu) = f.nvidia_gpus().find(|gpu| gpu.boot_vga == Seen::Yes(true)) else { return };
    let cards = || f.drm_devices().iter().filter(|d| d.kind == DrmKind::Card);
    let shows = |card: &DrmDevice| {
        card.is_firmware_framebuffer()
            || card.driver.yes().is_some_and(|driver| *driver == "nvidia")
            || !card.connectors.iter().all(|c| c.status.yes().is_some_and(|s| *s == "disconnected"))
    };
    let Some(other) = cards().find(|card| !card.connectors.is_empty()) else { return };
    if cards().any(shows) {
        return;
    }
    let driver = other.driver.yes().map_or("another driver", |d| d.as_str());
    let finding = out.add(format_args!(
        "the firmware framebuffer is on GPU {}, which has no DRM card; {} ({driver}) has no screen \
            connected",
        gpu.bdf, other.name
    ));
    finding.gpu(gpu.address()).module("nvidia_drm");
    if want.goals.has(Goal::LuksPrompt) {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet};

    const IGPU: &str = "\
sys/bus/pci/devices/0000:00:02.0/driver -> ../../../../bus/pci/drivers/i915
sys/class/drm/card0/device -> ../../../bus/pci/devices/0000:00:02.0
sys/class/drm/card0-HDMI-A-2/status = disconnected
";

    #[test]
    fn a_prompt_on_dark_outputs_is_an_error() {
        let text = "the firmware framebuffer is on GPU 0000:01:00.0, which has no DRM card; card0 \
            (i915) has no screen connected";
        fires(
            &RULE,
            Case::initrd(GPU).and(IGPU).goal("luks-prompt"),
            &std::format!("NVP208 error: {text}"),
        );
        fires(
            &RULE,
            Case::initrd(GPU).and(IGPU).goal("wayland"),
            &std::format!(
                "NVP208 warning: \
            {text}"
            ),
        );
    }

    #[test]
    fn a_screen_on_either_card_or_the_firmware_framebuffer_is_enough() {
        quiet(&RULE, Case::initrd(GPU).and(IGPU).and(STACK).and(KMS).goal("luks-prompt"));
        quiet(
            &RULE,
            Case::initrd("sys/class/drm/card0-eDP-1/status = connected\n")
                .and(GPU)
                .and(IGPU)
                .goal("luks-prompt"),
        );
        quiet(
            &RULE,
            Case::initrd("sys/class/drm/card2/device -> ../../../simple-framebuffer.0\n")
                .and(GPU)
                .and(IGPU)
                .goal("luks-prompt"),
        );
    }

    #[test]
    fn without_a_display_goal_it_is_nobodys_fault() {
        quiet(&RULE, Case::initrd(GPU).and(IGPU));
    }
}
