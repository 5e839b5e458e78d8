//! NVP205: KMS is up on the console's GPU and there is no framebuffer console.

use crate::expect::{Expectations, Goal};
use crate::facts::{DrmKind, Facts, PciFunction};
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// Whether a framebuffer device exists when nvidia_drm does KMS on the GPU that
    /// the firmware drew on and a screen is connected to it.
    ///
    /// ## Why
    /// The kernel stops the firmware framebuffer when the native driver binds;
    /// nvidia_drm gives the console a new one only with fbdev on (545.23.06 and
    /// later, default from 570). Until the greeter comes the screen is frozen or
    /// black, and there is no console to repair from.
    ///
    /// ## Fix
    /// `options nvidia_drm fbdev=1`, or a driver of 570 or later.
    ///
    /// ## Sources
    /// Linux drivers/firmware/sysfb.c (`sysfb_disable`); nvidia-drm/nvidia-drm-drv.c;
    /// open-gpu-kernel-modules#341, negativo17/nvidia-driver#129, nixpkgs#195994.
    205 no_text_console {
        title: "no text console on the GPU",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES, PCI, DRM, FB],
        after: [214],
        fix: "echo 'options nvidia_drm modeset=1 fbdev=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "boot.extraModprobeConfig = \"options nvidia-drm fbdev=1\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia-drm.fbdev = 1;",
        change: [Set { module: "nvidia_drm", name: "modeset", value: "1" }, Set { module: "nvidia_drm", name: "fbdev", value: "1" }],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Without the class the kernel has no framebuffer console to lose.
    let Some(framebuffers) = f.framebuffers.yes() else { return };
    if want.goals.has(Goal::Headless) || !framebuffers.is_empty() {
        return;
    }
    let lit = |bdf: &str| {
        f.nvidia_drm_devices().any(|card| {
            card.kind == DrmKind::Card
                && card.parent.yes().is_some_and(|parent| *parent == *bdf)
                && card.connectors.iter().any(|c| c.status.yes().is_some_and(|s| *s == "connected"))
        })
    };
    let first = |gpu: &&PciFunction| gpu.boot_vga == Seen::Yes(true) && lit(&gpu.bdf);
    let Some(gpu) = f.nvidia_gpus().find(first) else { return };
    let fbdev = match f.modules.param("nvidia_drm", "fbdev") {
        Seen::Yes(value) => value,
        _ => "not available",
    };
    let finding = out.add(format_args!(
        "GPU {} has no framebuffer console although a screen is connected; fbdev is {fbdev}",
        gpu.bdf
    ));
    finding.gpu(gpu.address()).module("nvidia_drm").parameter("fbdev").values("Y", fbdev);
    if let Some(set) = options::last(f, "nvidia_drm", "fbdev") {
        finding.at(set.place);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet};

    /// KMS up with a connected screen, without the framebuffer.
    fn bare() -> Case {
        let kms: std::string::String = KMS
            .lines()
            .filter(|l| !l.contains("fb0") && !l.contains("fbdev"))
            .map(|l| std::format!("{l}\n"))
            .collect();
        Case::initrd("sys/class/graphics/fbcon/ ino=7\n").and(STACK).and(GPU).and(&kms)
    }

    #[test]
    fn a_lit_screen_without_console_is_told() {
        fires(
            &RULE,
            bare()
                .and("sys/module/nvidia_drm/parameters/fbdev = N\n")
                .and("proc/cmdline = nvidia-drm.fbdev=0\n"),
            "NVP205 warning kernel command line, word 1: GPU 0000:01:00.0 has no \
                framebuffer \
             console although a screen is connected; fbdev is N",
        );
    }

    #[test]
    fn a_console_of_either_kind_is_quiet() {
        quiet(&RULE, bare().and("sys/class/graphics/fb0/name = simpledrmdrmfb\n"));
        quiet(&RULE, Case::initrd(STACK).and(GPU).and(KMS));
    }

    #[test]
    fn without_a_screen_and_on_headless_machines_nothing_is_missing() {
        quiet(
            &RULE,
            Case::initrd(
                "sys/class/drm/card1-HDMI-A-1/status = disconnected\n\
            sys/class/graphics/fbcon/ ino=7\nsys/class/graphics/fb0 ! EACCES\n",
            )
            .and(STACK)
            .and(GPU)
            .and(KMS),
        );
        quiet(&RULE, bare().goal("headless"));
    }

    #[test]
    fn a_screen_on_another_gpu_is_not_the_consoles() {
        let second = GPU.replace("01:00.0", "02:00.0").replace("boot_vga = 1", "boot_vga = 0");
        let kms: std::string::String = KMS
            .lines()
            .filter(|l| !l.contains("fb0") && !l.contains("fbdev"))
            .map(|l| std::format!("{}\n", l.replace("01:00.0", "02:00.0")))
            .collect();
        let dark = "sys/class/drm/card0/device -> ../../../bus/pci/devices/0000:01:00.0\n\
                    sys/class/drm/card0-DP-1/status = disconnected\n\
                    sys/class/graphics/fbcon/ ino=7\n";
        quiet(&RULE, Case::initrd(dark).and(STACK).and(GPU).and(&second).and(&kms));
    }
}
