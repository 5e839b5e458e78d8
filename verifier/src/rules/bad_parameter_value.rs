//! NVP317: a value was refused, and with it the whole module.

use crate::driver::parameters;
#[cfg(any(feature = "image", feature = "logs"))]
use crate::driver::parameters::Kind;
use crate::expect::Expectations;
use crate::facts::Facts;
#[cfg(any(feature = "image", feature = "logs"))]
use crate::finding::{Confidence, Finding};
use crate::finding::{Findings, Severity};
use crate::reading::options;
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The kernel's message that a value of a module of the stack is invalid. Of an
    /// image: values of booleans and integers of the stack that are none.
    ///
    /// ## Why
    /// One value that cannot be parsed fails the load with EINVAL, even when a
    /// later setting of the same name is good. Booleans take 1, 0, y, n, on, off, and
    /// from Linux 6.16 on enable and disable; 2 is none of them, and neither is nothing.
    /// Integers take decimal, 0x and
    /// octal numbers of 32 bits with a sign, and nothing behind them: `auto`, `true`,
    /// a comma and 4294967295 are refused. All NVreg parameters but the few that take
    /// text are integers.
    ///
    /// ## Fix
    /// Correct the value.
    ///
    /// ## Sources
    /// kernel/params.c `parse_args`, `param_set_bool`, `param_set_int`; lib/kstrtox.c
    /// `kstrtobool`, `kstrtoint`; common/inc/nv-linux.h (`NV_MODULE_PARAMETER`);
    /// measured with `modeset=2`, `modeset=banana` and `modeset=`.
    317 bad_parameter_value {
        title: "invalid parameter value: the module did not load",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "correct the value where it is set: 1, 0, y or n for a boolean, a number for NVreg_…; then rebuild the initrd",
        nixos: "correct the value where it is set (boot.extraModprobeConfig, boot.kernelParams, hardware.nvidia.moduleParams): 1, 0, y or n for a boolean, a number for NVreg_…",
        change: [Rewrite(Rewrite::Value)],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
        log: log::check,
    }
}

/// A finding about a setting that a kernel of that release refuses, or that only some
/// kernels take where the release is not known.
#[cfg(any(feature = "image", feature = "logs"))]
fn refused<'o>(
    out: &'o mut Findings<'_>,
    module: &str,
    set: &options::Setting<'_>,
    release: Option<&str>,
) -> Option<&'o mut Finding> {
    let kind = parameters::kind(module, set.name);
    if set.cut {
        out.could_not(options::CUT);
        return None;
    }
    let (takes, expected) = match kind? {
        // A bare word is true to a boolean, and nothing to the others.
        Kind::Boolean if !set.has_value => return None,
        Kind::Boolean => (options::takes_boolean(set.value, release), "Y or N"),
        Kind::Integer => (Some(set.has_value && options::is_integer(set.value)), "a number"),
        Kind::Text => (Some(set.has_value), "a text"),
    };
    let (value, name) = (set.value, set.name);
    let finding = match takes {
        Some(true) => return None,
        Some(false) => out.add(format_args!(
            "`{value}` is not valid for {module}'s parameter {name}: the module will not load"
        )),
        None => {
            let (major, minor) = options::ENABLE_SINCE;
            out.add(format_args!(
                "`{value}` is valid for {module}'s parameter {name} only from Linux \
                 {major}.{minor} on: with an older kernel, the module will not load"
            ))
            .severity(Severity::Warning)
            .confidence(Confidence::Likely)
        }
    };
    finding.module(module).parameter(name).at(set.place).line(&set.line.as_options());
    Some(finding.values(expected, value))
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    for record in f.records() {
        let Some((module, value, name)) = parameters::refused(&record.text) else { continue };
        let up = f.modules.up(module).is_some();
        let end = match (up, f.modules.proc.is_yes()) {
            (true, _) => "the module loaded on a later attempt",
            (false, true) => "the module did not load",
            (false, false) => "that load failed",
        };
        let finding =
            out.add(format_args!("`{value}` is not valid for {module}'s parameter {name}: {end}"));
        finding.module(module).parameter(name).logged(record.us, &record.text);
        finding.found = crate::text::Value::from(value);
        let said = options::of(f, module)
            .find(|s| crate::text::same_name(s.name, name) && s.value == value);
        if let Some(said) = said {
            finding.at(said.place);
        }
        if up {
            finding.severity(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_line_with_the_bad_value_is_named() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia-drm modeset=banana\n\
                 etc/modprobe.d/b.conf = options nvidia-drm modeset=1\n\
                 dev/kmsg = 3,9,27502916,-;nvidia_drm: `banana' invalid for parameter `modeset'\n",
            ),
            "NVP317 error etc/modprobe.d/a.conf:1: `banana` is not valid for nvidia_drm's \
             parameter modeset: the module did not load",
        );
    }

    #[test]
    fn a_later_load_makes_it_a_warning() {
        fires(
            &RULE,
            Case::initrd(
                "proc/modules = nvidia_drm 1 0 - Live 0x0 (OE)\n\
                 dev/kmsg = 3,9,1,-;nvidia_drm: `' invalid for parameter `modeset'\n",
            ),
            "NVP317 warning: `` is not valid for nvidia_drm's parameter modeset: the module \
             loaded on a later attempt",
        );
    }

    #[test]
    fn other_modules_values_are_quiet() {
        quiet(
            &RULE,
            Case::initrd("dev/kmsg = 3,9,1,-;i915: `x' invalid for parameter `modeset'\n"),
        );
    }

    #[test]
    fn an_earlier_line_with_a_good_value_is_not_blamed() {
        fires(
            &RULE,
            Case::initrd(
                "etc/modprobe.d/a.conf = options nvidia-drm modeset=1 fbdev=banana\n\
                 etc/modprobe.d/b.conf = options nvidia-drm modeset=banana\n\
                 dev/kmsg = 3,9,27502916,-;nvidia_drm: `banana' invalid for parameter `modeset'\n",
            ),
            "NVP317 error etc/modprobe.d/b.conf:1: `banana` is not valid for nvidia_drm's \
             parameter modeset: the module did not load",
        );
    }
}
