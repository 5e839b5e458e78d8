//! NVP516 in a log or a terminal's lines: a client of the driver was refused for its
//! version.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::sayings::{MISMATCH, NVML_HAS, NVML_VERSION, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(record) = said(f, MISMATCH) else { return };
    let library = said(f, &[NVML_VERSION])
        .and_then(|record| record.text.split_once(NVML_HAS))
        .map(|(_, version)| version.trim_end());
    let finding = match (f.driver_version(), library) {
        (Some(module), Some(library)) => out.add(format_args!(
            "the running nvidia module is {module}, the user-space driver is {library}"
        )),
        (Some(module), None) => out.add(format_args!(
            "the running nvidia module is {module}, the user-space driver has another version"
        )),
        _ => out.add(format_args!(
            "the running nvidia module and the user-space driver differ in version"
        )),
    };
    finding
        .module("nvidia")
        .fix(
            "reboot: the driver was updated while the old module was loaded; if it stays, rebuild \
              the initrd",
        )
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn what_nvml_says_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<30>[   55.100000] nvidia-smi[9]: Failed to initialize NVML: Driver/library version \
                 mismatch",
            ),
            "NVP516 error: the running nvidia module and the user-space driver differ in version",
        );
    }

    #[test]
    fn the_versions_are_named_where_they_were_seen() {
        fires(
            &RULE,
            Case::journal(
                "<30>[   55.100000] nvidia-smi: Failed to initialize NVML: Driver/library version \
                 mismatch\n<30>[   55.100000] nvidia-smi: NVML library version: 580.178",
            )
            .and("proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.173.02  x\n"),
            "NVP516 error: the running nvidia module is 580.173.02, the user-space driver is 580.178",
        );
    }

    #[test]
    fn another_failure_of_nvml_is_silent() {
        silent(
            &RULE,
            Case::journal(
                "<30>[   55.100000] nvidia-smi[9]: Failed to initialize NVML: Driver Not Loaded",
            ),
        );
    }

    #[test]
    fn the_modules_version_alone_is_named_too() {
        fires(
            &RULE,
            Case::journal(
                "<30>[   55.100000] nvidia-smi: Failed to initialize NVML: Driver/library version \
                 mismatch",
            )
            .and("proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.173.02  x\n"),
            "NVP516 error: the running nvidia module is 580.173.02, the user-space driver has \
             another version",
        );
    }
}
