//! NVP302: one parameter is set to two values.

use crate::expect::Expectations;
use crate::facts::{Facts, Origin, STACK};
use crate::finding::Findings;
use crate::reading::options::{self, Setting};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Parameters of the stack that modprobe.d, or the command line, sets to
    /// different values.
    ///
    /// ## Why
    /// kmod passes every setting on, in the order of file names and lines, then
    /// the command line's words; the kernel keeps the last, without a message. Equal
    /// values, dash against underscore, and a command line that overrides
    /// modprobe.d as it is meant to are no conflict.
    ///
    /// ## Fix
    /// Keep one of the lines.
    ///
    /// ## Sources
    /// libkmod-module.c `kmod_module_get_options`; kernel/params.c `parse_args`;
    /// measured with kmod 30 and 34; nix-cachyos-kernel#13.
    302 options_conflict {
        title: "a parameter is set twice, to different values",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [CONFIG],
        after: [],
        fix: "grep -r nvidia /etc/modprobe.d /usr/lib/modprobe.d    # keep one line of the two",
        nixos: "grep nvidia /etc/modprobe.d/nixos.conf    # set it once, in hardware.nvidia",
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        for last in options::of(f, module) {
            // The registry's list has a rule of its own (NVP307).
            if same_name(&last.name, "NVreg_RegistryDwords") {
                continue;
            }
            let same_kind = |s: &Setting<'_>| {
                same_name(&s.name, &last.name) && (s.origin == Origin::Cmdline) == on_line(&last)
            };
            let newest = options::of(f, module).filter(same_kind).last();
            if newest.is_none_or(|n| !is_same(&n, &last)) {
                continue;
            }
            let other = options::of(f, module)
                .filter(same_kind)
                .find(|s| !options::same_setting(module, &last.name, s.said(), last.said()));
            if let Some(other) = other {
                let finding = out.add(format_args!(
                    "{module}.{} is set to {} by {} and to {} by {}; the last one wins",
                    last.name,
                    shown(&other),
                    other.place,
                    shown(&last),
                    last.place
                ));
                finding.module(module).parameter(&last.name).at(other.place);
                if let Some(value) = options::in_force(f, module, &last.name) {
                    finding.values(shown(&last), value);
                }
            }
        }
    }
}

fn on_line(setting: &Setting<'_>) -> bool {
    setting.origin == Origin::Cmdline
}

/// A bare name means true to a boolean parameter.
fn shown<'a>(setting: &'a Setting<'_>) -> &'a str {
    if setting.has_value { &setting.value } else { "Y" }
}

fn is_same(a: &Setting<'_>, b: &Setting<'_>) -> bool {
    a.place == b.place && a.name == b.name && a.value == b.value
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn two_files_that_disagree_are_both_named() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n\
                 etc/modprobe.d/nvidia.conf = options nvidia_drm modeset=1 fbdev=1\n",
            ),
            "NVP302 warning etc/modprobe.d/a.conf:1: nvidia_drm.modeset is set to 0 by \
             etc/modprobe.d/a.conf:1 and to 1 by etc/modprobe.d/nvidia.conf:1; the last one wins",
        );
    }

    #[test]
    fn two_words_of_the_command_line_disagree() {
        fires(
            &RULE,
            Case::initrd("proc/cmdline = nvidia-drm.fbdev=1 quiet nvidia_drm.fbdev=0\n"),
            "NVP302 warning kernel command line, word 1: nvidia_drm.fbdev is set to 1 by kernel \
             command line, word 1 and to 0 by kernel command line, word 3; the last one wins",
        );
    }

    #[test]
    fn equal_values_and_an_override_on_the_command_line_are_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n\
                 etc/modprobe.d/b.conf = options nvidia_drm modeset=Y\n\
                 etc/modprobe.d/c.conf = options nvidia_drm modeset\n\
                 proc/cmdline = nvidia_drm.modeset=0\n",
            ),
        );
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_is_judged_by_the_same_lines() {
        fires(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf <<EOF\noptions nvidia_drm modeset=1\noptions nvidia_drm modeset=0\nEOF\n",
            ),
            "NVP302 warning etc/modprobe.d/a.conf:1: nvidia_drm.modeset is set to 1 by \
             etc/modprobe.d/a.conf:1 and to 0 by etc/modprobe.d/a.conf:2; the last one wins",
        );
        quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
    }

    #[test]
    fn a_value_that_comes_twice_is_told_once_by_its_last_line() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia_drm modeset=0\n\
                 etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n\
                 etc/modprobe.d/c.conf = options nvidia_drm modeset=0\n",
            ),
            "NVP302 warning etc/modprobe.d/b.conf:1: nvidia_drm.modeset is set to 1 by \
             etc/modprobe.d/b.conf:1 and to 0 by etc/modprobe.d/c.conf:1; the last one wins",
        );
    }
}
