//! NVP601 in a log: the driver refused to suspend.

use crate::driver::said::{kernel, nvidia, systemd};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::message::{address, gpu, holding};
use crate::reading::sayings::{
    GSP_NOT_UNLOADED, HIBERNATE_UNIT, NOT_FROZEN, NOT_TOLD_TO_SLEEP, SLEEP_UNIT_FAILED,
    SUSPEND_UNIT, said,
};

/// What nvidia.ko says when it is asked to sleep and nobody told it before
/// (kernel-open/nvidia/nv.c, `nv_power_management`).
const REFUSED: &[&str] = nvidia::NO_PROCFS_SUSPEND;

/// systemd's words for a program of the driver's sleep units that could not be started.
const NOT_STARTED: [&[&str]; 2] =
    [&[SUSPEND_UNIT, systemd::NO_PROGRAM], &[HIBERNATE_UNIT, systemd::NO_PROGRAM]];

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if let Some(record) = NOT_STARTED.iter().find_map(|words| f.logged(words)) {
        out.add(format_args!(
            "the driver's suspend unit could not start its program: suspend fails or the screen \
             is lost"
        ))
        .severity(Severity::Error)
        .logged(record.us, &record.text);
        return;
    }
    if let Some(record) = said(f, SLEEP_UNIT_FAILED) {
        out.add(format_args!(
            "the driver's unit for sleep failed: suspend fails or the screen is lost"
        ))
        .severity(Severity::Error)
        .logged(record.us, &record.text);
        return;
    }
    let waits = |record: &&LogRecord| {
        record.text.contains("task:nvidia-sleep")
            || record.text.contains("nv_set_system_power_state")
    };
    if let Some(record) = said(f, &[NOT_FROZEN]).filter(|_| f.records().iter().any(|r| waits(&r))) {
        out.add(format_args!("the system did not suspend: a thread waits in the driver"))
            .severity(Severity::Error)
            .logged(record.us, &record.text);
        return;
    }
    // The same words come when a resume from disk freezes the driver (NVP602).
    let down = f.logged(nvidia::NOT_SUSPENDED).or_else(|| f.logged(nvidia::NOT_FROZEN));
    let resumes = f.logged(&[nvidia::FREEZE]).is_some() && down.is_none();
    // The driver was told, and its GSP failed (NVP508).
    let gsp = said(f, &[GSP_NOT_UNLOADED]).is_some();
    if resumes || f.logged(&[kernel::IMAGE_LOADED]).is_some() {
        return;
    }
    let refused = || holding(f, nvidia::SUSPEND_REFUSED).next().filter(|_| !gsp);
    if let Some(said) = holding(f, REFUSED).next().or_else(refused) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!(
            "{gpu} refused to suspend: video memory should be preserved, but nothing told \
             the driver to save it"
        ))
        .module("nvidia")
        .severity(Severity::Error)
        .gpu(address(&said.text))
        .logged(said.record.us, &said.text);
    } else if let Some(record) = down.filter(|_| !gsp).or_else(|| said(f, NOT_TOLD_TO_SLEEP)) {
        let gpu = gpu(f, &record.text);
        out.add(format_args!(
            "{gpu} refused to suspend; most often nothing told the driver to save its video memory"
        ))
        .module("nvidia")
        .severity(Severity::Error)
        .confidence(Confidence::Likely)
        .gpu(address(&record.text))
        .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const REFUSED: &str = "\
        [  812.100000] NVRM: GPU 0000:01:00.0: PreserveVideoMemoryAllocations module parameter is set.\n\
        [  812.100000] NVRM: System Power Management attempted without driver procfs suspend interface.\n\
        [  812.100000] NVRM: Please refer to the 'Configuring Power Management Support' section\n";

    #[test]
    fn the_devices_own_line_is_enough() {
        for word in ["suspend", "freeze"] {
            fires(
                &RULE,
                Case::journal(&std::format!(
                    "[  812.100000] nvidia 0000:01:00.0: PM: failed to {word} async: error -5"
                )),
                "NVP601 error: GPU 0000:01:00.0 refused to suspend; most often nothing told the \
                 driver to save its video memory",
            );
        }
    }

    #[test]
    fn a_suspend_that_was_refused_is_told() {
        fires(
            &RULE,
            Case::journal(&std::format!(
                "{REFUSED}[  812.200000] nvidia 0000:01:00.0: PM: pci_pm_suspend(): \
                 nv_pmops_suspend [nvidia] returns -5\n"
            )),
            "NVP601 error: GPU 0000:01:00.0 refused to suspend: video memory should be \
             preserved, but nothing told the driver to save it",
        );
    }

    #[test]
    fn a_gsp_that_failed_is_another_cause() {
        let gsp = "[  812.100000] NVRM: gpuPowerManagementEnter: GSP unload failed at suspend \
                   (bootMode 0x1, newLevel 0x3): 0x62\n";
        let refused = "[  812.200000] nvidia 0000:01:00.0: PM: pci_pm_suspend(): nv_pmops_suspend \
                       [nvidia] returns -5\n";
        silent(&RULE, Case::journal(&[gsp, refused].concat()));
        // What the driver itself says of a later suspend stands.
        let later = Case::journal(&[gsp, REFUSED].concat());
        assert_eq!(later.report(&[&RULE]).findings.len(), 1);
    }

    #[test]
    fn a_unit_without_its_program_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<27>[  812.100000] systemd[1]: nvidia-suspend.service: Failed at step EXEC spawning \
                 /usr/bin/nvidia-sleep.sh: No such file or directory",
            ),
            "NVP601 error: the driver's suspend unit could not start its program: suspend fails \
             or the screen is lost",
        );
    }

    #[test]
    fn a_unit_that_failed_is_told() {
        fires(
            &RULE,
            Case::journal(
                "<27>[  812.100000] systemd[1]: nvidia-suspend.service: Failed with result 'exit-code'.",
            ),
            "NVP601 error: the driver's unit for sleep failed: suspend fails or the screen is lost",
        );
    }

    #[test]
    fn a_resume_from_disk_that_failed_has_another_cause() {
        silent(
            &RULE,
            Case::journal(&std::format!("[   23.400000] PM: Image successfully loaded\n{REFUSED}")),
        );
    }

    #[test]
    fn a_thread_that_waits_in_the_driver_keeps_the_system_awake() {
        let frozen = "[  812.100000] Freezing of tasks failed after 20.006 seconds (1 tasks refusing to \
                      freeze, wq_busy=0):\n";
        let says = "NVP601 error: the system did not suspend: a thread waits in the driver";
        for waits in [
            "task:nvidia-sleep.sh state:D stack:0 pid:4120",
            " nv_set_system_power_state+0x3c/0x4d0 [nvidia]",
        ] {
            fires(&RULE, Case::journal(&[frozen, "[  812.200000] ", waits, "\n"].concat()), says);
        }
        silent(&RULE, Case::journal(frozen));
    }
}
