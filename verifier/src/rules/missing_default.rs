//! NVP305: a wanted value rests on a default that this driver does not have.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;
use crate::seen::Seen;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Option values of the expectations that no line sets, against the values in
    /// force. Of an image: against the default of the driver in it.
    ///
    /// ## Why
    /// Defaults change with the driver: nvidia_drm's modeset is on from 595.44.02,
    /// its fbdev exists since 545.23.06 and is on from 570.86.15, and video memory
    /// is preserved by default from 595.44.02. Advice for one version, or a
    /// distribution that sets the value itself, does not carry over.
    ///
    /// ## Fix
    /// Set the value instead of leaving it to the driver.
    ///
    /// ## Sources
    /// kernel-open nvidia-drm/nvidia-drm-os-interface.c and nvidia/nv-reg.h by
    /// tag; CachyOS-Settings#150, #239; nvidia-tweaks#8.
    305 missing_default {
        title: "an expected value is neither set nor this driver's default",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES, CONFIG],
        after: [],
        fix: "echo 'options nvidia_drm modeset=1 fbdev=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "boot.extraModprobeConfig = \"options nvidia-drm fbdev=1\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia-drm.fbdev = 1;",
        change: [SetExpected],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for wanted in &want.options {
        let (module, name) = (&wanted.module, &wanted.name);
        let Some(kernel) = STACK.into_iter().find(|m| same_name(m, module)) else { continue };
        if f.modules.up(kernel).is_none() || options::last(f, module, name).is_some() {
            continue;
        }
        let version = f.driver_version().unwrap_or("this version");
        match f.modules.param(module, name) {
            Seen::Yes(value) if options::same_value(value, &wanted.value) => {}
            // Mode setting that is off has a rule of its own (NVP201).
            Seen::Yes(value)
                if same_name(name, "modeset") && options::boolean(value) == Some(false) => {}
            Seen::Yes(value) => {
                out.add(format_args!(
                    "{kernel}.{name} is {value}, not {}: nothing sets it; this is \
                     the default of {version}",
                    wanted.value
                ))
                .module(kernel)
                .parameter(name)
                .values(&wanted.value, value);
            }
            Seen::Absent if f.modules.sysfs.is_yes() => {
                out.add(format_args!(
                    "{kernel} has no parameter {name} in {version}: it cannot be {}",
                    wanted.value
                ))
                .module(kernel)
                .parameter(name)
                .values(&wanted.value, "");
            }
            Seen::Unreadable(_) => out.could_not("only root can read an expected value"),
            Seen::Absent | Seen::NotLooked => {
                out.could_not("the driver does not show the value of an expected parameter");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::expect::WantedOption;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet, skips};

    fn wanting(tree: &str, name: &str, value: &str) -> Case {
        Case::initrd("proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n").and(tree).wanting(|want| {
            let option = WantedOption {
                module: "nvidia-drm".into(),
                name: name.into(),
                value: value.into(),
            };
            want.options.push(option).unwrap();
        })
    }

    #[test]
    fn a_default_of_later_drivers_is_missed() {
        let tree = "sys/module/nvidia_drm/parameters/fbdev = N\n\
                    sys/module/nvidia_drm/version = 550.163.01\n\
                    proc/driver/nvidia/version = NVRM version: NVIDIA UNIX Open Kernel Module for \
                    x86_64  550.163.01  Release Build\n";
        fires(
            &RULE,
            wanting(tree, "fbdev", "1"),
            "NVP305 error: nvidia_drm.fbdev is N, not 1: nothing sets it; this is \
             the default of 550.163.01",
        );
    }

    #[test]
    fn a_parameter_that_is_not_there_is_told() {
        fires(
            &RULE,
            wanting("", "fbdev", "1"),
            "NVP305 error: nvidia_drm has no parameter fbdev in this version: it cannot be 1",
        );
    }

    #[test]
    fn a_default_that_fits_and_a_value_that_is_set_are_quiet() {
        quiet(&RULE, wanting("sys/module/nvidia_drm/parameters/fbdev = Y\n", "fbdev", "1"));
        let set = "sys/module/nvidia_drm/parameters/fbdev = N\n\
                   etc/modprobe.d/a.conf = options nvidia_drm fbdev=0\n";
        quiet(&RULE, wanting(set, "fbdev", "1"));
    }

    #[test]
    fn a_value_for_root_only_could_not_be_checked() {
        let tree = "sys/module/nvidia_drm/parameters/fbdev ! EACCES\n";
        skips(&RULE, wanting(tree, "fbdev", "1"), "only root can read an expected value");
    }

    #[test]
    fn mode_setting_that_is_off_is_another_rules_matter_and_one_that_is_on_is_not() {
        let tree =
            |value: &str| std::format!("sys/module/nvidia_drm/parameters/modeset = {value}\n");
        quiet(&RULE, wanting(&tree("N"), "modeset", "1"));
        fires(
            &RULE,
            wanting(&tree("Y"), "modeset", "0"),
            "NVP305 error: nvidia_drm.modeset is Y, not 0: nothing sets it; this is the default of \
             this version",
        );
    }

    #[test]
    fn a_parameter_that_sysfs_does_not_hold_is_not_called_missing() {
        let why = "the driver does not show the value of an expected parameter";
        skips(&RULE, wanting("", "NVreg_EnableMSI", "1"), why);
        let blind = wanting("", "fbdev", "1").knowing(|f| f.modules.sysfs = Seen::Absent);
        skips(&RULE, blind, why);
    }
}
