//! NVP317 of an image: a value that the kernel will refuse, by the rules of its own
//! boolean parser.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::{next_boot, options};

/// Boolean parameters of nvidia_drm (nvidia-drm-os-interface.c,
/// `module_param_named(…, bool, …)`).
const BOOLEANS: [&str; 2] = ["modeset", "fbdev"];

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for set in options::of(f, "nvidia_drm") {
        let boolean = BOOLEANS.iter().any(|b| crate::text::same_name(b, &set.name));
        if !boolean || !set.has_value || options::boolean(&set.value).is_some() {
            continue;
        }
        let finding = out.add(format_args!(
            "`{}` is not valid for nvidia_drm's parameter {}: the module will not load",
            set.value, set.name
        ));
        finding.module("nvidia_drm").at(set.place).line(&set.line.as_options());
        finding.values("Y or N", &set.value);
        if !next_boot::loads(f, want, "nvidia_drm") {
            finding.severity(Severity::Warning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_value_that_is_no_boolean_is_told() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia_drm modeset=2\n"),
            "NVP317 error etc/modprobe.d/a.conf:1: `2` is not valid for nvidia_drm's \
             parameter modeset: the module will not load",
        );
        fires(
            &RULE,
            Case::image("proc/cmdline = nvidia_drm.fbdev=\n"),
            "NVP317 warning kernel command line, word 1: `` is not valid for nvidia_drm's \
             parameter fbdev: the module will not load",
        );
    }

    #[test]
    fn every_spelling_of_yes_and_no_is_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = options nvidia_drm modeset=on fbdev=N modeset=Y modeset\n",
            ),
        );
    }
}
