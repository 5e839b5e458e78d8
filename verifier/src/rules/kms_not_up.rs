//! NVP221: nvidia_drm is loaded with KMS on, and KMS did not come up.

use crate::expect::{Expectations, Goal};
use crate::facts::{DrmDevice, DrmKind, Facts, PciFunction};
use crate::finding::{Findings, Severity};
use crate::rule::causes::{GPU_DEAD, TAKEN};
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// That every GPU driven by nvidia has a DRM card when nvidia_drm is loaded
    /// with modeset=Y, and that the card has connectors where the GPU is a VGA
    /// controller and a picture on it is a goal.
    ///
    /// ## Why
    /// A Live nvidia_drm proves nothing: its init returns 0 also when the GPU
    /// could not be initialised. That is so where firmware is missing or the video
    /// BIOS cannot be read, and a second modprobe does nothing. Only the card and
    /// its connectors show
    /// that kernel mode setting works. 3D controllers (class 0302) have no
    /// outputs, so a card without connectors is right for them.
    ///
    /// ## Fix
    /// Remove the cause, which stands in the kernel log before the lines of
    /// nvidia-drm; then `rmmod nvidia_drm && modprobe nvidia_drm`, or reboot.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-drv.c (`nv_drm_init`, `nv_drm_dev_load`); measured
    /// with 550.163.01 and 595.45.04 on a GPU without firmware.
    221 kms_not_up {
        title: "KMS is on, but the GPU has no working DRM device",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES, PCI, DRM],
        after: [701, 113, GPU_DEAD, 504, 510, TAKEN, 413, 404, 506, 216, 523],
        fix: "journalctl -k -b -g 'NVRM|nvidia'    # the first error is the cause",
        nixos: "",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia_drm").is_none() {
        return;
    }
    for gpu in f.nvidia_gpus().filter(|gpu| gpu.driven_by("nvidia")) {
        let card = card_of(f, gpu);
        let is_vga = gpu.class >> 8 == 0x0300;
        let dark =
            |card: &DrmDevice| card.connectors.is_empty() && is_vga && want.goals.wants_display();
        if !card.is_none_or(dark) {
            continue;
        }
        match f.modules.flag("nvidia_drm", "modeset") {
            Some(true) => {}
            Some(false) => return,
            None => return out.could_not("modeset is unknown: only root can read it"),
        }
        if f.drm_devices().iter().any(|d| refused(&d.parent) || refused(&d.driver)) {
            return out.could_not("cannot read the GPU or driver of a DRM device");
        }
        let finding = match card {
            Some(card) => out.add(format_args!(
                "{} on GPU {} has no connectors although modeset=Y: no display output",
                card.name, gpu.bdf
            )),
            None => out.add(format_args!(
                "KMS not working: nvidia_drm is loaded with modeset=Y, but GPU {} has no DRM card",
                gpu.bdf
            )),
        };
        let what = if card.is_some() { "connectors" } else { "a DRM card" };
        finding.gpu(gpu.address()).module("nvidia_drm").values(what, "none");
        if want.goals.has(Goal::Headless) {
            finding.severity(Severity::Warning);
        }
    }
}

const fn refused<T>(seen: &Seen<T>) -> bool {
    matches!(seen, Seen::Unreadable(_))
}

fn card_of<'a>(f: &'a Facts, gpu: &PciFunction) -> Option<&'a DrmDevice> {
    let its = |d: &&DrmDevice| d.parent.yes().is_some_and(|parent| *parent == gpu.bdf);
    f.nvidia_drm_devices().filter(|d| d.kind == DrmKind::Card).find(its)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet, skips};

    /// The measured state after the firmware was missing: all four modules Live,
    /// modeset=Y, a DRM class without a card.
    fn firmware_missing() -> Case {
        Case::initrd(STACK).and(GPU).and(
            "sys/module/nvidia_drm/parameters/modeset = Y\n\
             sys/class/drm/version = drm 1.1.0 20060810\n",
        )
    }

    #[test]
    fn a_live_module_without_a_card_is_not_up() {
        let text = "KMS not working: nvidia_drm is loaded with modeset=Y, but GPU \
            0000:01:00.0 has no DRM card";
        fires(&RULE, firmware_missing(), &std::format!("NVP221 error: {text}"));
        fires(&RULE, firmware_missing().goal("headless"), &std::format!("NVP221 warning: {text}"));
    }

    #[test]
    fn a_card_of_another_gpu_does_not_count() {
        let other = "sys/class/drm/card0/device -> ../../../0000:00:02.0\n\
                     sys/class/drm/card0-HDMI-A-1/status = connected\n";
        fires(
            &RULE,
            firmware_missing().and(other),
            "NVP221 error: KMS not working: nvidia_drm is loaded with modeset=Y, but \
             GPU 0000:01:00.0 has no DRM card",
        );
    }

    #[test]
    fn a_vga_card_without_connectors_is_a_fault_for_a_display_goal_only() {
        let card = "sys/class/drm/card0/device -> ../../../bus/pci/devices/0000:01:00.0\n\
                    sys/module/nvidia_drm/parameters/modeset = Y\n";
        let case = |first: &str| Case::initrd(first).and(card).and(STACK).and(GPU);
        quiet(&RULE, case(""));
        fires(
            &RULE,
            case("").goal("wayland"),
            "NVP221 error: card0 on GPU 0000:01:00.0 has no connectors although modeset=Y: \
             no display output",
        );
        let compute = "sys/bus/pci/devices/0000:01:00.0/class = 0x030200\n";
        quiet(&RULE, case(compute).goal("wayland"));
    }

    #[test]
    fn connectors_prove_kms_without_the_parameter() {
        let unread = "sys/module/nvidia_drm/parameters/modeset ! EACCES\n";
        quiet(&RULE, Case::initrd(unread).and(STACK).and(GPU).and(KMS).goal("wayland"));
    }

    #[test]
    fn kms_that_works_and_kms_that_is_off_are_quiet() {
        quiet(&RULE, Case::initrd(STACK).and(GPU).and(KMS).goal("wayland"));
        let off = "sys/module/nvidia_drm/parameters/modeset = N\n";
        quiet(&RULE, Case::initrd(off).and(STACK).and(GPU));
    }

    #[test]
    fn without_the_parameter_nothing_is_claimed() {
        let why = "modeset is unknown: only root can read it";
        skips(&RULE, Case::initrd(STACK).and(GPU), why);
    }

    #[test]
    fn a_device_whose_gpu_or_driver_was_refused_may_be_the_card() {
        use crate::facts::{DrmDevice, DrmKind};
        use crate::seen::{Errno, Seen};
        let refused = Seen::Unreadable(Errno::EIO);
        for (parent, driver) in [(refused, Seen::NotLooked), (Seen::NotLooked, refused)] {
            let case = firmware_missing().knowing(move |facts| {
                let device = DrmDevice {
                    name: "card0".into(),
                    kind: DrmKind::Card,
                    parent: parent.map(|()| "".into()),
                    driver: driver.map(|()| "".into()),
                    connectors: heapless::Vec::new(),
                };
                facts.drm = Seen::Yes([device].into_iter().collect());
            });
            skips(&RULE, case, "cannot read the GPU or driver of a DRM device");
        }
    }
}
