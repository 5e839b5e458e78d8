//! NVP905: the driver reported an error that no rule knows.

use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::Findings;
use crate::reading::message::{address, gpu};
use crate::reading::reported::unknown_errors;
use crate::rule::causes::{BARRED, GPU_DEAD, HANGS, KEPT_OUT, NO_FIT, TAKEN, UNUSABLE};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log: lines in which a module of the driver reports an error, and which no
    /// other rule judges. Lines that machines print which work are left out.
    ///
    /// ## Why
    /// A log with such a line is not called clean: the line may be the fault, or follow from
    /// it, or do no harm. Which of them, nobody here knows, so the line is quoted. Where
    /// nothing else was found, the verdict is "could not check".
    ///
    /// ## Fix
    /// Search for the quoted text without its numbers. Send the whole kernel log, or the
    /// archive of `nvidia-bug-report.sh`, with what does not work.
    ///
    /// ## Sources
    /// kernel-open/nvidia/nv.c and src/nvidia (`nv_printf(NV_DBG_ERRORS)`,
    /// `NV_PRINTF(LEVEL_ERROR)`), kernel-open/nvidia-drm/nvidia-drm-priv.h,
    /// src/nvidia-modeset/src/nvkms-utils.c (`nvEvoLogDev`): 3,533 texts of 515 to 595 were read.
    905 unknown_error {
        title: "the driver reported an error that no rule knows",
        severity: Note,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [BARRED, KEPT_OUT, NO_FIT, UNUSABLE, TAKEN, GPU_DEAD, HANGS, 204, 215, 216, 217, 401, 503,
                506, 510, 511, 514, 516, 523, 524, 525, 528, 601, 602, 606],
        fix: "nvidia-bug-report.sh    # as root: send its archive with what does not work",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.look != Look::Log {
        return;
    }
    let mut errors = unknown_errors(f);
    let Some(first) = errors.next() else { return };
    let gpu = gpu(f, &first.text);
    let finding = match errors.count() {
        0 => out.add(format_args!("the driver reports an error of {gpu} that no rule knows")),
        more => out.add(format_args!(
            "the driver reports {} errors that no rule knows, the first of {gpu}",
            more + 1
        )),
    };
    finding.module("nvidia").gpu(address(&first.text)).logged(first.us, &first.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::driver::said::nvidia;
    use crate::testing::{Case, fires, quiet};

    /// An error that stands in no catalogue.
    fn error(number: u8) -> std::string::String {
        std::format!("[    9.{number}00000] {}ERROR: GPU:0: Failure {number}\n", nvidia::MODESET)
    }

    #[test]
    fn an_error_that_no_rule_knows_is_quoted_and_counted() {
        fires(
            &RULE,
            Case::journal(&error(1)),
            "NVP905 note: the driver reports an error of a GPU that no rule knows",
        );
        fires(
            &RULE,
            Case::journal(&[error(1), error(2)].concat()),
            "NVP905 note: the driver reports 2 errors that no rule knows, the first of a GPU",
        );
    }

    #[test]
    fn what_a_working_machine_prints_is_quiet() {
        quiet(
            &RULE,
            Case::journal(
                "[    2.100000] NVRM: loading NVIDIA UNIX Open Kernel Module\n\
                 [    3.100000] nvidia-modeset: WARNING: GPU:0: Unable to read EDID for display device DP-0\n\
                 [    3.100000] NVRM: objClInitPcieChipset: *** Unable to get PCI port handles",
            ),
        );
    }
}
