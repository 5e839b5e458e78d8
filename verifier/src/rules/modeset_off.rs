//! NVP201: KMS is off.

use crate::driver::MODESET_ON_SINCE;
use crate::driver::version::compare;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Origin};
use crate::finding::{Findings, Severity};
use crate::reading::options;
use crate::reading::wanted;
use crate::rule::causes::{BARRED, KEPT_OUT};
use crate::rule::rule;
use crate::seen::Seen;
use crate::text::Line;
use core::cmp::Ordering;

#[cfg(feature = "image")]
mod image;
#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The value of nvidia_drm's `modeset`, in force or, of an image, to come.
    ///
    /// ## Why
    /// Without it nvidia_drm registers a DRM device that has no connectors: no
    /// Wayland session, no console on the GPU. The driver's own default is off
    /// up to 590.48.01 and on from 595.44.02; distributions set it themselves.
    ///
    /// ## Fix
    /// Set `options nvidia_drm modeset=1` in modprobe.d, and in the initrd's
    /// copy of it when the module is loaded there. The command line wins over
    /// both.
    ///
    /// ## Sources
    /// kernel-open/nvidia-drm/nvidia-drm-os-interface.c (default by tag);
    /// nvidia-drm-drv.c `nv_drm_dev_load`; nixpkgs#326369; Hyprland#2572;
    /// nvidia-tweaks#8.
    201 modeset_off {
        title: "KMS is off",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [BARRED, KEPT_OUT, 301, 316],
        fix: "echo 'options nvidia_drm modeset=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "hardware.nvidia.modesetting.enable = true;",
        change: [Set { module: "nvidia_drm", name: "modeset", value: "1" }],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia_drm").is_none() {
        return;
    }
    match f.modules.flag("nvidia_drm", "modeset") {
        Some(true) => {}
        Some(false) => {
            // Off on purpose is no fault of a machine that shows nothing.
            let purpose = wanted::computes_only(f, want) && !f.has_panel()
                || want.wanted("nvidia_drm", "modeset").and_then(options::boolean) == Some(false);
            if purpose {
                return;
            }
            let last = options::last(f, "nvidia_drm", "modeset");
            let on_by_default = f
                .driver_version()
                .is_some_and(|version| compare(version, MODESET_ON_SINCE) != Ordering::Less);
            let by = match &last {
                Some(set) if set.origin == Origin::Cmdline => Line::of(format_args!(
                    ": {}.{}={} on the kernel command line",
                    set.module, set.name, set.value
                )),
                Some(set) => Line::of(format_args!(": set to {} by {}", set.value, set.place)),
                None if !f.config.lines.is_yes() => Line::new(),
                None if on_by_default => {
                    Line::from(", although no known line sets it and this driver's default is on")
                }
                None => Line::from(": nothing sets it, and the driver's default is off"),
            };
            let finding = out.add(format_args!("modeset=N in force{by}"));
            finding.module("nvidia_drm").parameter("modeset").values("Y", "N");
            if let Some(set) = &last {
                finding.at(set.place);
                match set.origin {
                    Origin::Cmdline => {
                        finding.fix("remove nvidia_drm.modeset from the kernel command line")
                    }
                    _ => finding.line(&set.line.as_options()),
                };
            }
            if !want.goals.has(Goal::Wayland) && want.wanted("nvidia_drm", "modeset").is_none() {
                finding.severity(Severity::Warning);
            }
        }
        None => out.could_not(match f.modules.param("nvidia_drm", "modeset") {
            Seen::Unreadable(_) => "cannot read nvidia_drm's modeset: only root can read it",
            _ => "nvidia_drm is loaded, but its modeset is unknown",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::expect::WantedOption;
    use crate::seen::Seen;
    use crate::testing::{Case, GPU, STACK, fires, quiet, skips};

    const DRM: &str = "proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n";

    const BY_DEFAULT: &str = "modeset=N in force: nothing sets it, and the driver's default is off";

    fn off() -> Case {
        Case::initrd(DRM).and("sys/module/nvidia_drm/parameters/modeset = N\n")
    }

    #[test]
    fn the_line_or_the_word_that_turned_it_off_is_named() {
        let on = || off().and("etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n");
        fires(
            &RULE,
            on().and("etc/modprobe.d/b.conf = options nvidia-drm modeset=0\n"),
            "NVP201 warning etc/modprobe.d/b.conf:1: modeset=N in force: set to 0 by \
                etc/modprobe.d/b.conf:1",
        );
        fires(
            &RULE,
            on().and("proc/cmdline = quiet nvidia-drm.modeset=0\n"),
            "NVP201 warning kernel command line, word 2: modeset=N in force: \
                nvidia-drm.modeset=0 on the kernel command line",
        );
    }

    #[test]
    fn a_wayland_machine_makes_it_an_error() {
        fires(&RULE, off().goal("wayland"), &std::format!("NVP201 error: {BY_DEFAULT}"));
    }

    #[test]
    fn a_driver_whose_default_is_on_was_told_by_somebody() {
        fires(
            &RULE,
            Case::initrd(STACK)
                .and("sys/module/nvidia_drm/parameters/modeset = N\n")
                .and("sys/module/nvidia/version = 595.45.04\n"),
            "NVP201 warning: modeset=N in force, although no known line sets it and \
                this driver's default is on",
        );
    }

    #[test]
    fn on_and_off_on_purpose_are_quiet() {
        quiet(&RULE, Case::initrd(DRM).and("sys/module/nvidia_drm/parameters/modeset = Y\n"));
        quiet(&RULE, off().goal("headless"));
        let compute = GPU.replace("0x030000", "0x030200");
        quiet(&RULE, off().and(&compute));
        let panel =
            "sys/class/drm/card0/device -> x\nsys/class/drm/card0-eDP-1/status = connected\n";
        let told = std::format!("NVP201 warning: {BY_DEFAULT}");
        fires(&RULE, off().and(&compute).and(panel), &told);
        quiet(
            &RULE,
            off().wanting(|want| {
                let name = "modeset".into();
                let option = WantedOption { module: "nvidia-drm".into(), name, value: "N".into() };
                assert!(want.options.push(option).is_ok());
            }),
        );
    }

    #[test]
    fn a_parameter_for_root_only_is_not_off() {
        skips(
            &RULE,
            Case::initrd(DRM).and("sys/module/nvidia_drm/parameters/modeset ! EACCES\n"),
            "cannot read nvidia_drm's modeset: only root can read it",
        );
    }

    #[test]
    fn where_no_lines_were_seen_none_is_denied_and_a_word_is_to_be_removed() {
        fires(
            &RULE,
            off().knowing(|facts| facts.config.lines = Seen::NotLooked).and(""),
            "NVP201 warning: modeset=N in force",
        );
        let word = off().and("proc/cmdline = nvidia-drm.modeset=0\n").report(&[&RULE]);
        assert!(word.findings[0].fix.starts_with("remove nvidia_drm.modeset"));
    }
}
