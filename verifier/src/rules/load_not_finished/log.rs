//! NVP112 in a log: systemd gave up waiting for the loading of modules.

use crate::driver::said::{kernel, nvidia, systemd};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::sayings::{HUNG, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let starts = |text: &str| {
        text.contains(kernel::IN_NVIDIA)
            && ["nvidia_init_module", "nv_pci_probe"].iter().any(|frame| text.contains(frame))
    };
    let waits = f.records().iter().any(|record| starts(&record.text));
    if let Some(record) = said(f, HUNG).filter(|_| waits) {
        out.add(format_args!("a thread that loads the driver hangs in its start"))
            .module("nvidia")
            .logged(record.us, &record.text);
        return;
    }
    // Without the stack in it the log tells of some other module.
    if f.logged(&[nvidia::NVRM]).is_none() {
        return;
    }
    let gave_up = f.records().iter().find(|r| {
        r.text.starts_with(systemd::SPEAKS)
            && r.text.contains(systemd::LOADER_UNIT)
            && (r.text.contains(systemd::TIMED_OUT) || r.text.contains("'timeout'"))
    });
    if let Some(record) = gave_up {
        out.add(format_args!("systemd timed out while loading modules"))
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const GAVE_UP: &str = "[   92.100000] systemd[1]: systemd-modules-load.service: start operation \
                           timed out. Terminating.\n";
    const NVIDIA: &str = "[    2.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  510.54\n";

    #[test]
    fn a_loading_that_took_too_long_is_told() {
        fires(
            &RULE,
            Case::journal(&[NVIDIA, GAVE_UP].concat()),
            "NVP112 warning: systemd timed out while loading modules",
        );
    }

    #[test]
    fn other_units_and_other_modules_are_not_ours() {
        silent(&RULE, Case::journal(GAVE_UP));
        silent(&RULE, Case::journal(&[NVIDIA, &GAVE_UP.replace("modules-load", "udevd")].concat()));
    }

    const HUNG: &str =
        "[  122.100000] INFO: task (udev-worker):312 blocked for more than 122 seconds.\n";

    #[test]
    fn a_thread_that_hangs_in_the_drivers_start_is_told_and_one_elsewhere_not() {
        let log = |frame: &str| Case::journal(&[HUNG, "[  122.100001]  ", frame, "\n"].concat());
        fires(
            &RULE,
            log("nv_pci_probe+0x1a2/0x8d0 [nvidia]"),
            "NVP112 warning: a thread that loads the driver hangs in its start",
        );
        silent(&RULE, log("nvkms_ioctl_common+0x5c/0x90 [nvidia_modeset]"));
    }
}
