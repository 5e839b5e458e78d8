//! NVP516 in a log or a terminal's lines: a client of the driver was refused for its
//! version.

use crate::driver::said::kmod;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;

/// NVML's words, as nvidia-smi and container runtimes pass them on.
const MISMATCH: &[&str] = &[kmod::NVML_MISMATCH];

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(record) = f.logged(MISMATCH) else { return };
    out.add(format_args!("the running nvidia module and the user-space driver differ in version"))
        .module("nvidia")
        .fix("reboot: the driver was updated while the old module was loaded; if it stays, rebuild \
              the initrd")
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
    fn another_failure_of_nvml_is_silent() {
        silent(
            &RULE,
            Case::journal("<30>[   55.100000] nvidia-smi[9]: Failed to initialize NVML: Driver Not Loaded"),
        );
    }
}
