//! NVP101: the display manager starts before the driver has a DRM device.

use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, ModuleState, PciFunction, in_stack};
use crate::finding::{Findings, Severity};
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the NVIDIA GPU that is to show the picture has its DRM device when the
    /// display manager is about to start, or may still get one. Where the phase held
    /// the display manager back until it came, there is nothing to find.
    ///
    /// ## Why
    /// The greeter takes what is there when it starts: without a DRM device it shows
    /// black, draws in software on the firmware framebuffer, or gives up. On the
    /// next boot the race may end the other way. A driver that failed is not late:
    /// that is NVP221 and what it names.
    ///
    /// ## Fix
    /// Load the driver in the initrd, or hold the display manager for it
    /// (`"on_error": "hold-display"` in the expectations).
    ///
    /// ## Sources
    /// sddm#1917, sddm#1531, bazzite#3994, nixos-hardware#1144; nvidia-drm-drv.c
    /// (`nv_drm_init` makes the device before it returns).
    101 driver_after_display_manager {
        title: "the display manager starts before the driver",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, PCI, DRM, DISPLAY_MANAGER],
        after: [KEPT_OUT, 701, 112, 405, 407, TAKEN, 503, BARRED, NO_FIT, UNUSABLE, 506, 514, 523, 114, 106, 216, 221],
        fix: "force_drivers+=\" nvidia_drm \"    # in /etc/dracut.conf.d/, then dracut -f",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(manager) = f.stage2.display_manager.yes() else { return };
    let wants_display = want.goals.wants_display();
    let aside = want.goals.has(Goal::Headless) || want.goals.has(Goal::Vfio);
    if !wants_display && (aside || !is_expected(f, want)) {
        return;
    }
    let drm = f.modules.get("nvidia_drm").map(|m| m.state);
    // Once its init has returned it makes no further device for a GPU that is there.
    let returned = matches!(drm, Some(ModuleState::Live | ModuleState::BuiltIn));
    if returned || f.nvidia_drm_devices().next().is_some() {
        return;
    }
    let shows = |gpu: &&PciFunction| wants_display || is_first_screen(f, gpu);
    let free = |gpu: &&PciFunction| !gpu.driver.is_yes() || gpu.driven_by("nvidia");
    let Some(gpu) = f.nvidia_gpus().filter(shows).find(free) else { return };
    let state = match (drm, f.modules.up("nvidia").is_some()) {
        (Some(ModuleState::Loading), _) => "nvidia_drm is still loading",
        (_, true) => "nvidia is loaded without nvidia_drm",
        (_, false) => "nvidia is not loaded",
    };
    let finding = out.add(format_args!(
        "{manager} is about to start, but {state}: no DRM device on GPU {}",
        gpu.bdf
    ));
    finding.gpu(gpu.address()).module("nvidia_drm").values("a DRM device", "none");
    if !wants_display {
        finding.severity(Severity::Warning);
    }
}

/// Somebody wants the stack here: the owner, a list of modules, or what is loaded.
fn is_expected(f: &Facts, want: &Expectations) -> bool {
    let requests = f.config.requests.yes().map_or(&[][..], |r| r.as_slice());
    let here = |m: &crate::facts::Module| m.state != ModuleState::Gone;
    want.before_display("nvidia_drm")
        || f.modules.get("nvidia").is_some_and(here)
        || requests.iter().any(|r| in_stack(&r.module))
}

/// The firmware drew on this GPU, or there is no other that could show a picture.
fn is_first_screen(f: &Facts, gpu: &PciFunction) -> bool {
    let other = f.pci_functions().iter().any(|p| p.is_display() && p.bdf != gpu.bdf);
    gpu.class >> 8 == 0x0300 && (gpu.boot_vga == Seen::Yes(true) || !other)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, KMS, STACK, fires, quiet, unbound_gpu};

    const GDM: &str = "\
        etc/systemd/system/display-manager.service -> /usr/lib/systemd/system/gdm.service\n\
        etc/modules-load.d/nvidia.conf = nvidia_drm\n\
        sys/class/drm/version = drm 1.1.0 20060810\n";
    const FOUND: &str = "gdm.service is about to start, but nvidia is not \
                         loaded: no DRM device on GPU 0000:01:00.0";

    #[test]
    fn a_driver_that_is_not_there_yet_is_late() {
        let case = || Case::pre_display(GDM).and(&unbound_gpu());
        fires(&RULE, case(), &std::format!("NVP101 warning: {FOUND}"));
        fires(&RULE, case().goal("wayland"), &std::format!("NVP101 error: {FOUND}"));
        quiet(&RULE, case().goal("headless"));
    }

    #[test]
    fn a_driver_in_the_middle_of_its_init_is_late_too() {
        let loading =
            "proc/modules <<EOF\nnvidia_drm 1 0 - Loading 0x0\nnvidia 1 0 - Live 0x0\nEOF\n";
        fires(
            &RULE,
            Case::pre_display(loading).and(GDM).and(GPU),
            "NVP101 warning: gdm.service is about to start, but nvidia_drm is still \
             loading: no DRM device on GPU 0000:01:00.0",
        );
    }

    #[test]
    fn a_driver_that_is_ready_and_one_that_failed_are_not_late() {
        quiet(&RULE, Case::pre_display(GDM).and(GPU).and(STACK).and(KMS).goal("wayland"));
        quiet(&RULE, Case::pre_display(GDM).and(GPU).and(STACK).goal("wayland"));
    }

    #[test]
    fn a_machine_without_a_display_manager_has_no_race() {
        quiet(&RULE, Case::pre_display(&unbound_gpu()).goal("wayland"));
    }

    #[test]
    fn a_second_gpu_may_come_later_unless_it_is_to_show_the_picture() {
        let first = "sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n\
                     sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n\
                     sys/bus/pci/devices/0000:00:02.0/device = 0x9a60\n";
        let second = unbound_gpu().replace("boot_vga = 1", "boot_vga = 0");
        let case = || Case::pre_display(GDM).and(&second).and(first);
        quiet(&RULE, case());
        fires(&RULE, case().goal("x11"), &std::format!("NVP101 error: {FOUND}"));
    }

    #[test]
    fn a_gpu_under_another_driver_is_another_rules_matter() {
        let nouveau = GPU.replace("drivers/nvidia", "drivers/nouveau");
        quiet(&RULE, Case::pre_display(GDM).and(&nouveau).goal("wayland"));
    }

    #[test]
    fn a_stack_that_is_loaded_is_expected_and_one_that_went_away_is_not() {
        let gdm = GDM.replace("etc/modules-load.d/nvidia.conf = nvidia_drm\n", "");
        let case = |tree: &str| Case::pre_display(tree).and(&gdm).and(&unbound_gpu());
        fires(
            &RULE,
            case("proc/modules = nvidia 1 0 - Live 0x0\n"),
            "NVP101 warning: gdm.service is about to start, but nvidia is loaded without nvidia_drm: \
             no DRM device on GPU 0000:01:00.0",
        );
        quiet(&RULE, case(""));
        quiet(
            &RULE,
            case(
                "sys/kernel/tracing/trace <<EOF\n\
                 modprobe-1 [001] ..... 3.800000: module_load: nvidia OE\n\
                 modprobe-1 [001] ..... 4.000000: module_free: nvidia\nEOF\n",
            ),
        );
    }

    #[test]
    fn the_only_gpu_shows_the_picture_whatever_the_firmware_says() {
        let only = unbound_gpu().replace("boot_vga = 1", "boot_vga = 0");
        let case = Case::pre_display(GDM).and(&only);
        fires(&RULE, case, &std::format!("NVP101 warning: {FOUND}"));
    }
}
