//! NVP508 in a part of a log: the GSP's own watchdog.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{
    GSP_CRASH, GSP_DUMP, GSP_HEARTBEAT, GSP_MUTE, GSP_NOT_UNLOADED, GSP_TIMEOUT, GSP_TOLD,
    GSP_WATCHDOG, PMU_HALTED, said,
};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let all = [
        (GSP_WATCHDOG, "the GSP of a GPU stopped: its own watchdog ran out"),
        (GSP_TIMEOUT, "the GSP of a GPU does not answer: the driver reported a timeout"),
        (GSP_HEARTBEAT, "the GSP of a GPU does not answer: the driver misses its signs of life"),
        (GSP_DUMP, "the GSP of a GPU stopped: the driver printed the state of its processor"),
        (PMU_HALTED, "the GPU's power controller stopped, as its GSP reports"),
        (GSP_NOT_UNLOADED, "the GSP of a GPU did not end its work for the suspend, which failed"),
        (GSP_CRASH, "the GSP of a GPU stopped at an error: the driver printed its report"),
    ];
    let told = all.iter().find_map(|(saying, says)| Some((said(f, &[*saying])?, says)));
    let mute =
        || Some((said(f, GSP_MUTE)?, &"the GSP of a GPU does not answer: messages to it fail"));
    let by_number =
        || Some((said(f, GSP_TOLD)?, &"the GSP of a GPU does not answer: the report tells of it"));
    let told = told.or_else(mute).or_else(by_number);
    let Some((record, says)) = told else { return };
    out.add(format_args!("{says}"))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn the_watchdogs_line_is_enough() {
        fires(
            &RULE,
            Case::journal(
                "[  812.100000] GSP task watchdog timeout @ pc:0x1250c5c, partition:2#0, task:3",
            ),
            "NVP508 error: the GSP of a GPU stopped: its own watchdog ran out",
        );
        fires(
            &RULE,
            Case::journal(
                "[   66.100000] NVRM: GPU0 _kgspRpcGspEventPmuHalted: Received signal from GSP that PMU \
                 has halted.",
            ),
            "NVP508 error: the GPU's power controller stopped, as its GSP reports",
        );
        fires(
            &RULE,
            Case::journal("[   66.100000] NVRM: _kgspLogXid119: ********* GSP Timeout **********"),
            "NVP508 error: the GSP of a GPU does not answer: the driver reported a timeout",
        );
        fires(
            &RULE,
            Case::journal("[   66.100000] NVRM: _kgspRpcRecvPoll: GSP RM heartbeat timed out"),
            "NVP508 error: the GSP of a GPU does not answer: the driver misses its signs of life",
        );
        fires(
            &RULE,
            Case::journal("[   66.100000] NVRM: ********* GSP-CrashCat Report *********"),
            "NVP508 error: the GSP of a GPU stopped at an error: the driver printed its report",
        );
        fires(
            &RULE,
            Case::journal(
                "[   66.100000] NVRM: gpuPowerManagementEnter: GSP unload failed at suspend (bootMode \
                 0x1, newLevel 0x3): 0x62",
            ),
            "NVP508 error: the GSP of a GPU did not end its work for the suspend, which failed",
        );
        silent(&RULE, Case::journal("[    3.100000] watchdog: softdog: registered"));
    }
}
