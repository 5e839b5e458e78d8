//! NVP201 of an image: what `modeset` will be, from its lines and the default of
//! the very driver in it.

use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Origin};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::next_boot::{self, Value};
use crate::reading::{options, wanted};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if !next_boot::loads(f, want, "nvidia_drm") {
        return;
    }
    match next_boot::modeset(f) {
        Some(false) => {}
        Some(true) => return,
        None if want.goals.has(Goal::Wayland) => {
            return out.could_not("nothing sets modeset, and this driver's default is unknown");
        }
        None => return out.not_looked("the default of modeset in this driver"),
    }
    let meant = want.wanted("nvidia_drm", "modeset").and_then(options::boolean) == Some(false);
    if meant || wanted::computes_only(f, want) {
        return;
    }
    let version = next_boot::image(f).and_then(|i| i.driver_version()).unwrap_or("this driver");
    let finding = match next_boot::value(f, "nvidia_drm", "modeset") {
        Value::Set(set) => {
            let finding =
                out.add(format_args!("modeset will be off: set to {} by {}", set.value, set.place));
            finding.at(set.place);
            if set.origin == Origin::Cmdline {
                finding.fix("remove nvidia_drm.modeset from the kernel command line");
            } else {
                finding.line(&set.line.as_options());
            }
            finding
        }
        _ if next_boot::knows_command_line(f) => out.add(format_args!(
            "modeset will be off: nothing sets it; this is the default of {version}"
        )),
        _ => {
            let finding = out.add(format_args!(
                "modeset will be off unless the kernel command line sets it: the \
                 image does not, and off is the default of {version}"
            ));
            finding.confidence(Confidence::Likely)
        }
    };
    finding.module("nvidia_drm").parameter("modeset").values("Y", "N");
    let declared = want.goals.has(Goal::Wayland) || want.wanted("nvidia_drm", "modeset").is_some();
    if !declared {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, quiet, skips};

    fn old(tree: &str) -> Case {
        Case::image_with_stack(tree).of_driver("550.163.01")
    }

    #[test]
    fn a_line_of_the_image_that_turns_it_off_is_named() {
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n")
                .goal("wayland"),
            "NVP201 error etc/modprobe.d/a.conf:1: modeset will be off: set to 0 by \
             etc/modprobe.d/a.conf:1",
        );
    }

    #[test]
    fn the_default_of_the_images_own_driver_counts() {
        fires(
            &RULE,
            old("proc/cmdline = quiet\n"),
            "NVP201 warning: modeset will be off: nothing sets it; this is the default of \
             550.163.01",
        );
        fires(
            &RULE,
            old(""),
            "NVP201 warning: modeset will be off unless the kernel command line sets \
             it: the image does not, and off is the default of 550.163.01",
        );
    }

    #[test]
    fn a_driver_newer_than_the_table_of_defaults_is_not_judged() {
        let new = |tree| Case::image_with_stack(tree).of_driver("999.10");
        skips(&RULE, new(""), "the default of modeset in this driver was not checked");
        let why = "nothing sets modeset, and this driver's default is unknown";
        skips(&RULE, new("").goal("wayland"), why);
        quiet(&RULE, new("etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n"));
    }

    #[test]
    fn an_image_that_sets_it_or_does_not_load_the_module_is_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        quiet(&RULE, old("etc/modprobe.d/a.conf = options nvidia_drm modeset=1\n"));
        quiet(&RULE, old("proc/cmdline = nvidia-drm.modeset=1\n"));
        quiet(&RULE, old("").lacking("nvidia_drm"));
        quiet(&RULE, old("").goal("headless"));
        quiet(&RULE, Case::image(""));
    }

    #[test]
    fn a_word_of_the_command_line_is_to_be_removed_there() {
        let finding = |tree: &str| old(tree).report(&[&RULE]).findings[0].clone();
        assert!(finding("proc/cmdline = nvidia-drm.modeset=0\n").fix.starts_with("remove"));
        let line = finding("etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n");
        assert_eq!(line.evidence.as_str(), "options nvidia-drm modeset=0");
    }
}
