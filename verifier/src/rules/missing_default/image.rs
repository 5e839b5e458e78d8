//! NVP305 of an image: a wanted value that no line sets, against the default of
//! the very driver in the image.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Confidence, Findings};
use crate::reading::next_boot::{self, Value, brings};
use crate::reading::options;
use crate::text::same_name;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for wanted in &want.options {
        let Some(module) = STACK.into_iter().find(|m| same_name(m, &wanted.module)) else {
            continue;
        };
        let Some(info) = brings(f, module).and_then(|m| m.modinfo.yes()) else { continue };
        let (name, version) = (wanted.name.as_str(), &info.version);
        let lacks = !info.parms.is_empty() && !info.parms.iter().any(|p| same_name(p, name));
        let finding = match next_boot::value(f, module, name) {
            // Set to something else: that line is the fault of another rule, or the
            // mode setting of NVP201.
            Value::Set(_) => continue,
            Value::Default(default) if options::same_value(default, &wanted.value) => continue,
            Value::Default(_) if same_name(name, "modeset") => continue,
            Value::Default(default) => {
                let finding = out.add(format_args!(
                    "{module}.{name} will be {default}, not {}: no line in the image \
                     sets it; this is the default of {version}",
                    wanted.value
                ));
                finding.values(&wanted.value, default)
            }
            Value::None | Value::Unknown if lacks => {
                let finding = out.add(format_args!(
                    "{module} {version} of the image has no parameter {name}: it cannot be {}",
                    wanted.value
                ));
                finding.values(&wanted.value, "")
            }
            Value::None | Value::Unknown => {
                out.could_not("the driver's default of an expected parameter is unknown");
                continue;
            }
        };
        finding.module(module).parameter(name);
        if !next_boot::knows_command_line(f) {
            finding.confidence(Confidence::Likely);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::expect::WantedOption;
    use crate::testing::{Case, fires, quiet, skips};

    fn wanting(case: Case, name: &'static str, value: &'static str) -> Case {
        case.wanting(move |want| {
            let module = if name.starts_with("NVreg_") { "nvidia" } else { "nvidia-drm" };
            let option =
                WantedOption { module: module.into(), name: name.into(), value: value.into() };
            assert!(want.options.push(option).is_ok());
        })
    }

    #[test]
    fn a_default_that_is_not_the_wanted_value_is_told() {
        fires(
            &RULE,
            wanting(Case::image_with_stack("").of_driver("550.163.01"), "fbdev", "1"),
            "NVP305 error: nvidia_drm.fbdev will be N, not 1: no line in the image sets \
             it; this is the default of 550.163.01",
        );
    }

    #[test]
    fn a_parameter_that_the_module_lacks_is_told() {
        let case = Case::image_with_stack("").but("nvidia_drm", |m| {
            m.modinfo.yes_mut().unwrap().parms.truncate(1);
        });
        fires(
            &RULE,
            wanting(case.of_driver("535.288.01"), "fbdev", "1"),
            "NVP305 error: nvidia_drm 535.288.01 of the image has no parameter fbdev: it cannot \
             be 1",
        );
    }

    #[test]
    fn a_set_value_and_a_fitting_default_are_quiet() {
        quiet(&RULE, wanting(Case::image_with_stack(""), "fbdev", "1"));
        let set = "etc/modprobe.d/a.conf = options nvidia_drm fbdev=1\n";
        quiet(&RULE, wanting(Case::image_with_stack(set).of_driver("550.163.01"), "fbdev", "1"));
        quiet(&RULE, wanting(Case::image(""), "fbdev", "1"));
    }

    #[test]
    fn a_default_that_nobody_knows_is_no_pass() {
        let why = "the driver's default of an expected parameter is unknown";
        let odd = wanting(Case::image_with_stack(""), "NVreg_EnableGpuFirmware", "1");
        skips(&RULE, odd, why);
        let new = wanting(Case::image_with_stack("").of_driver("999.10"), "fbdev", "1");
        skips(&RULE, new, why);
    }

    #[test]
    fn mode_setting_is_another_rules_matter() {
        quiet(&RULE, wanting(Case::image_with_stack("").of_driver("550.163.01"), "modeset", "1"));
    }

    #[test]
    fn without_the_command_line_it_is_only_likely() {
        let confidence = |tree: &str| {
            let case = Case::image_with_stack(tree).of_driver("550.163.01");
            wanting(case, "fbdev", "1").report(&[&RULE]).findings[0].confidence
        };
        assert_eq!(confidence(""), crate::finding::Confidence::Likely);
        assert_eq!(confidence("proc/cmdline = quiet\n"), crate::finding::Confidence::Certain);
    }
}
