//! NVP316: a parameter was set, but another value is in force.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::options::{self, Setting};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Every parameter of the stack that configuration sets, against the value in
    /// force and the value the owner wants.
    ///
    /// ## Why
    /// A module takes its options when it loads through kmod. insmod passes none,
    /// a module that is already in takes no more, and of several settings the
    /// last wins. The value in force is the one that counts.
    ///
    /// ## Fix
    /// Correct the line that is named; where it says the right thing, build the
    /// initrd again and reboot.
    ///
    /// ## Sources
    /// kernel/params.c `parse_args`; libkmod-module.c `kmod_module_get_options`;
    /// measured with kmod 30 and 34.
    316 option_not_in_force {
        title: "a parameter was set, but another value is in force",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [CONFIG, MODULES],
        after: [301],
        fix: "fix the named line, rebuild the initrd and reboot",
        nixos: "nixos-rebuild boot    # after correcting boot.kernelParams, boot.extraModprobeConfig or (26.05) hardware.nvidia.moduleParams, then reboot",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        for set in options::of(f, module) {
            if !options::is_last(&f.config, &set) || has_its_own_rule(f, module, &set) {
                continue;
            }
            let Some(value) = options::in_force(f, module, set.name) else { continue };
            if set.cut {
                out.could_not(options::CUT);
                continue;
            }
            let configured = set.said().unwrap_or("Y");
            let wanted = want.wanted(module, set.name);
            let (name, place) = (&set.name, set.place);
            if let Some(wanted) = wanted.filter(|w| !options::same_value(w, value)) {
                let because = if options::same_value(configured, value) { "by" } else { "despite" };
                out.add(format_args!(
                    "{module}.{name} is {value}, not {wanted}, {because} {place}"
                ))
                .module(module)
                .parameter(name)
                .at(place)
                .values(wanted, value)
                .severity(Severity::Error);
            } else if !options::same_value(configured, value) && !was_early(f, module) {
                out.add(format_args!(
                    "{module}.{name} is {value}, although {place} sets it to {configured}: the \
                     module was loaded without that line"
                ))
                .module(module)
                .parameter(name)
                .at(place)
                .values(configured, value);
            }
        }
    }
}

/// Mode setting that is off is NVP201's, the registry's list NVP307's.
fn has_its_own_rule(f: &Facts, module: &str, set: &Setting<'_>) -> bool {
    let off = f.modules.flag(module, set.name) == Some(false);
    let modeset = module == "nvidia_drm" && same_name(set.name, "modeset");
    modeset && off || same_name(set.name, "NVreg_RegistryDwords")
}

/// True when the initrd's report shows the module: then NVP301 judges.
fn was_early(f: &Facts, module: &str) -> bool {
    f.initrd.yes().is_some_and(|r| r.modules.iter().any(|m| same_name(m, module)))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::expect::WantedOption;
    use crate::testing::{Case, fires, quiet};

    const UP: &str = "proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n\
        sys/module/nvidia_drm/parameters/modeset = Y\n\
        sys/module/nvidia_drm/parameters/fbdev = N\n";

    fn wanting_fbdev(case: Case) -> Case {
        case.wanting(|want| {
            let (module, name) = ("nvidia_drm".into(), "fbdev".into());
            want.options.push(WantedOption { module, name, value: "1".into() }).unwrap();
        })
    }

    #[test]
    fn a_line_the_module_did_not_get_is_named() {
        fires(
            &RULE,
            Case::initrd(UP).and("etc/modprobe.d/a.conf = options nvidia-drm modeset=1 fbdev=1\n"),
            "NVP316 warning etc/modprobe.d/a.conf:1: nvidia_drm.fbdev is N, although \
             etc/modprobe.d/a.conf:1 sets it to 1: the module was loaded without that line",
        );
    }

    #[test]
    fn the_line_that_overrides_the_owners_wish_is_an_error() {
        fires(
            &RULE,
            wanting_fbdev(Case::initrd(UP).and("proc/cmdline = nvidia_drm.fbdev=0\n")),
            "NVP316 error kernel command line, word 1: nvidia_drm.fbdev is N, not 1, by kernel \
             command line, word 1",
        );
    }

    #[test]
    fn values_that_mean_the_same_and_superseded_lines_are_quiet() {
        quiet(
            &RULE,
            Case::initrd(UP).and(
                "etc/modprobe.d/a.conf = options nvidia-drm modeset=on fbdev=1\n\
                 etc/modprobe.d/b.conf = options nvidia_drm fbdev=off\n\
                 etc/modprobe.d/c.conf = options nvidia NVreg_DeviceFileMode=0666\n\
                 proc/driver/nvidia/params = DeviceFileMode: 438\n",
            ),
        );
    }

    #[test]
    fn what_a_rule_of_its_own_tells_is_quiet() {
        let off = UP.replace("modeset = Y", "modeset = N");
        quiet(
            &RULE,
            Case::initrd(&off).and("etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n"),
        );
        quiet(
            &RULE,
            Case::initrd("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n").and(
                "etc/modprobe.d/a.conf = options nvidia NVreg_RegistryDwords=RMA=1\n\
                 proc/driver/nvidia/params = RegistryDwords: \"\"\n",
            ),
        );
        let early = Case::initrd(UP).and("etc/modprobe.d/a.conf = options nvidia-drm fbdev=1\n");
        quiet(
            &RULE,
            early.knowing(|facts| {
                let modules = ["nvidia_drm".into()].into_iter().collect();
                let report = crate::facts::InitrdReport { modules, ..Default::default() };
                facts.initrd = crate::seen::Seen::Yes(report);
            }),
        );
    }
}
