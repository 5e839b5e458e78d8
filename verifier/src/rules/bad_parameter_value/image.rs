//! NVP317 of an image: a value that the kernel will refuse, by the rules of its own
//! parsers of booleans and integers.

use crate::driver::parameters::{self, Kind};
use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::{next_boot, options};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        for set in options::of(f, module) {
            let Some(kind) = parameters::kind(module, &set.name) else { continue };
            let (good, expected) = match kind {
                // A bare word is true; for an integer it is nothing.
                Kind::Boolean => {
                    (!set.has_value || options::boolean(&set.value).is_some(), "Y or N")
                }
                Kind::Integer => (set.has_value && options::is_integer(&set.value), "a number"),
            };
            if good {
                continue;
            }
            let finding = out.add(format_args!(
                "`{}` is not valid for {module}'s parameter {}: the module will not load",
                set.value, set.name
            ));
            finding.module(module).parameter(&set.name).at(set.place).line(&set.line.as_options());
            finding.values(expected, &set.value);
            if !next_boot::loads(f, want, module) {
                finding.severity(Severity::Warning);
            }
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
    fn a_value_that_is_no_number_is_told() {
        for bad in ["auto", "", "true", "2,", "0x", "08", "4294967295", "-+1"] {
            let line = std::format!(
                "etc/modprobe.d/a.conf = options nvidia NVreg_DynamicPowerManagement={bad}\n"
            );
            fires(
                &RULE,
                Case::image_with_stack(&line),
                &std::format!(
                    "NVP317 error etc/modprobe.d/a.conf:1: `{bad}` is not valid for nvidia's \
                     parameter NVreg_DynamicPowerManagement: the module will not load"
                ),
            );
        }
        fires(
            &RULE,
            Case::image_with_stack("etc/modprobe.d/a.conf = options nvidia NVreg_EnableMSI\n"),
            "NVP317 error etc/modprobe.d/a.conf:1: `` is not valid for nvidia's parameter \
             NVreg_EnableMSI: the module will not load",
        );
    }

    #[test]
    fn numbers_text_and_quoted_words_are_quiet() {
        quiet(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = options nvidia \"NVreg_DynamicPowerManagement=0x02\" \
                 NVreg_EnableMSI=-1 NVreg_DeviceFileMode=0660 NVreg_EnablePCIeGen3=+1 \
                 NVreg_RegistryDwords=\"RMIntrLockingMode=1;A=b\" NVreg_TemporaryFilePath=/var/tmp \
                 NVreg_NewerThanThisTool=auto\n",
            ),
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
