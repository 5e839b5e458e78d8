//! NVP317 of an image: a value that the kernel will refuse, by the rules of its own
//! parsers of booleans and integers.

use crate::expect::Expectations;
use crate::facts::{Facts, STACK};
use crate::finding::{Findings, Severity};
use crate::reading::{next_boot, options};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let image = next_boot::image(f);
    let release = image.and_then(|image| match image.kernel.yes() {
        Some(kernel) => Some(kernel.as_str()),
        None => image.tree.yes().map(|tree| tree.release.as_str()),
    });
    for module in STACK {
        for set in options::of(f, module) {
            let Some(finding) = super::refused(out, module, &set, release) else { continue };
            if !next_boot::loads(f, want, module) {
                finding.severity(Severity::Warning);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet, skips};

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
    fn what_only_newer_kernels_take_is_judged_by_the_images_release() {
        let of = |release: &'static str| {
            let line = "etc/modprobe.d/a.conf = options nvidia_drm modeset=disable\n";
            Case::image_with_stack(line).holding(move |image| match image.tree.yes_mut() {
                Some(tree) if !release.is_empty() => tree.release = release.into(),
                _ => image.tree = Seen::Absent,
            })
        };
        fires(
            &RULE,
            of("6.15.11"),
            "NVP317 error etc/modprobe.d/a.conf:1: `disable` is not valid for nvidia_drm's \
             parameter modeset: the module will not load",
        );
        fires(
            &RULE,
            of(""),
            "NVP317 warning etc/modprobe.d/a.conf:1: `disable` is valid for nvidia_drm's \
             parameter modeset only from Linux 6.16 on: with an older kernel, the module will \
             not load",
        );
        quiet(&RULE, of("6.16.0"));
    }

    #[test]
    fn a_bare_word_gives_a_text_nothing() {
        fires(
            &RULE,
            Case::image_with_stack(
                "etc/modprobe.d/a.conf = options nvidia NVreg_TemporaryFilePath\n",
            ),
            "NVP317 error etc/modprobe.d/a.conf:1: `` is not valid for nvidia's parameter \
             NVreg_TemporaryFilePath: the module will not load",
        );
    }

    #[test]
    fn a_value_whose_end_was_not_kept_is_not_judged() {
        let line = std::format!(
            "etc/modprobe.d/a.conf = options nvidia NVreg_RegistryDwords=\"{}\" \
             NVreg_EnableMSI=123\n",
            "A".repeat(400)
        );
        skips(&RULE, Case::image_with_stack(&line), crate::reading::options::CUT);
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
