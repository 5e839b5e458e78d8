//! NVP202: the firmware framebuffer stays next to nvidia_drm.

use crate::expect::{Expectations, Goal};
use crate::facts::{DrmKind, Facts, PciFunction};
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the firmware framebuffer's DRM card is still there although
    /// nvidia_drm does KMS on the GPU that the firmware drew on.
    ///
    /// ## Why
    /// nvidia_drm evicts the firmware framebuffer only with modeset and fbdev on
    /// (545.23.06 and later). Otherwise two cards drive one screen: compositors
    /// see a ghost "Unknown" display, open the slow card, or abort.
    ///
    /// ## Fix
    /// `options nvidia_drm fbdev=1`, or a driver of 570 or later, where it is the
    /// default. Do not blacklist simpledrm where a disk passphrase is needed.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`drm_aperture_remove_conflicting_pci_framebuffers`
    /// under `nv_drm_fbdev_module_param`); nixpkgs#302059, cosmic-comp#641,
    /// Hyprland#7970.
    202 simpledrm_beside_nvidia {
        title: "the firmware framebuffer stays next to nvidia_drm",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES, PCI, DRM],
        after: [214, 301, 316],
        fix: "echo 'options nvidia_drm modeset=1 fbdev=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "hardware.nvidia.modesetting.enable = true;    # sets fbdev=1 for drivers from 545 \
            on",
        change: [Set { module: "nvidia_drm", name: "modeset", value: "1" }, Set { module: "nvidia_drm", name: "fbdev", value: "1" }],
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if want.goals.has(Goal::Headless) || f.modules.flag("nvidia_drm", "modeset") != Some(true) {
        return;
    }
    let Some(firmware) = f.drm_devices().iter().find(|d| d.is_firmware_framebuffer()) else {
        return;
    };
    let cards = f.nvidia_drm_devices().filter(|d| d.kind == DrmKind::Card);
    for card in cards.filter(|card| !card.connectors.is_empty()) {
        let its = |gpu: &&PciFunction| card.parent.yes().is_some_and(|parent| *parent == gpu.bdf);
        let Some(gpu) = f.nvidia_gpus().find(its).filter(|gpu| has_firmware_screen(f, gpu)) else {
            continue;
        };
        let fbdev = match f.modules.flag("nvidia_drm", "fbdev") {
            Some(true) => "Y",
            Some(false) => "N",
            None => "not available",
        };
        let finding = out.add(format_args!(
            "{} (firmware framebuffer) and {} (nvidia) drive the same GPU {}; fbdev is {fbdev}",
            firmware.name, card.name, gpu.bdf
        ));
        finding.gpu(gpu.address()).module("nvidia_drm").parameter("fbdev").values("fbdev=Y", fbdev);
        if let Some(set) = options::last(f, "nvidia_drm", "fbdev") {
            finding.at(set.place);
        }
    }
}

/// The firmware drew on this GPU: it says so, or there is no other.
fn has_firmware_screen(f: &Facts, gpu: &PciFunction) -> bool {
    let others = f.pci_functions().iter().any(|p| p.is_display() && p.bdf != gpu.bdf);
    gpu.boot_vga == Seen::Yes(true) || !others
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet};

    const SIMPLEDRM: &str = "sys/class/drm/card0/device -> ../../../simple-framebuffer.0\n\
                             sys/class/drm/card0-Unknown-1/status = connected\n";
    const OFF: &str = "sys/module/nvidia_drm/parameters/fbdev = N\n";

    #[test]
    fn two_cards_on_one_gpu_are_named() {
        fires(
            &RULE,
            Case::initrd(OFF)
                .and(STACK)
                .and(GPU)
                .and(KMS)
                .and(SIMPLEDRM)
                .and("etc/modprobe.d/gpu.conf = options nvidia-drm modeset=1 fbdev=0\n"),
            "NVP202 warning etc/modprobe.d/gpu.conf:1: card0 (firmware framebuffer) and card1 \
                (nvidia) \
             drive the same GPU 0000:01:00.0; fbdev is N",
        );
    }

    #[test]
    fn card1_without_card0_is_the_healthy_hand_over() {
        quiet(&RULE, Case::initrd(STACK).and(GPU).and(KMS));
    }

    #[test]
    fn a_framebuffer_of_the_integrated_graphics_is_not_ours() {
        quiet(
            &RULE,
            Case::initrd("sys/bus/pci/devices/0000:01:00.0/boot_vga = 0\n")
                .and(OFF)
                .and(STACK)
                .and(GPU)
                .and(KMS)
                .and(SIMPLEDRM)
                .and("sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n")
                .and("sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n")
                .and("sys/bus/pci/devices/0000:00:02.0/device = 0x9a60\n")
                .and("sys/bus/pci/devices/0000:00:02.0/boot_vga = 1\n"),
        );
    }

    #[test]
    fn a_headless_machine_may_keep_it() {
        quiet(
            &RULE,
            Case::initrd(OFF).and(STACK).and(GPU).and(KMS).and(SIMPLEDRM).goal("headless"),
        );
    }

    #[test]
    fn the_only_gpu_has_the_firmwares_screen() {
        fires(
            &RULE,
            Case::initrd("sys/bus/pci/devices/0000:01:00.0/boot_vga = 0\n")
                .and(STACK)
                .and(GPU)
                .and(KMS)
                .and(SIMPLEDRM),
            "NVP202 warning: card0 (firmware framebuffer) and card1 (nvidia) drive the same GPU \
             0000:01:00.0; fbdev is Y",
        );
    }
}
