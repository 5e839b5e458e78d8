//! NVP602 in a log: the driver refused to be frozen, and the resume was given up.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::NOT_TOLD_TO_SLEEP;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // "pci_pm_freeze(): nv_pmops_freeze [nvidia] returns -5" (drivers/base/power/main.c);
    // older kernels print the function's address range in between.
    let freeze = || f.logged(&[nvidia::FREEZE, "returns -"]);
    // What `grep` or a summary leaves: the device alone. This word is of the way back only.
    let quiesced = f.logged(nvidia::NOT_QUIESCED);
    // nvidia.ko's own words, which the sleep's end cuts off, behind the image's.
    let untold = || {
        let mut behind = f.records().iter().skip_while(|r| !r.text.contains(kernel::IMAGE_LOADED));
        behind.find(|r| NOT_TOLD_TO_SLEEP.iter().any(|saying| saying.is(&r.text)))
    };
    let Some(refused) = freeze().or(quiesced).or_else(untold) else { return };
    // The same callback refuses when the machine goes to sleep, which is NVP601's.
    let resuming = quiesced.is_some()
        || f.logged(&[kernel::IMAGE_LOADED]).is_some()
        || f.logged(&[kernel::RESUME_FAILED]).is_some()
        // Printed on the way back only (kernel/power/hibernate.c `software_resume`).
        || f.logged(&[kernel::IMAGE_NOT_LOADED]).is_some();
    if resuming {
        out.add(format_args!(
            "resume failed: nvidia was already loaded and \
             refused to freeze; the session is lost"
        ))
        .module("nvidia")
        .confidence(Confidence::Certain)
        .logged(refused.us, &refused.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const FROZEN: &str = "[   23.500000] nvidia 0000:64:00.0: PM: pci_pm_freeze(): \
                          nv_pmops_freeze [nvidia] returns -5\n";

    #[test]
    fn an_image_that_could_not_be_loaded_after_the_refusal_is_told() {
        fires(
            &RULE,
            Case::journal(&std::format!(
                "{FROZEN}\n[   23.600000] PM: hibernation: Failed to load image, recovering.\n"
            )),
            "NVP602 error: resume failed: nvidia was already \
             loaded and refused to freeze; the session is lost",
        );
    }

    #[test]
    fn the_drivers_refusal_behind_a_loaded_image_is_enough() {
        let refused = "[   23.500000] NVRM: GPU 0000:01:00.0: PreserveVideoMemoryAllocations module \
                       parameter is set. System Power Management attempted without driver procfs \
                       suspend interface.\n";
        let image = "[   23.400000] PM: Image successfully loaded\n";
        let told = "NVP602 error: resume failed: nvidia was already loaded and refused to freeze; the \
                    session is lost";
        fires(&RULE, Case::journal(&[image, refused].concat()), told);
        silent(&RULE, Case::journal(refused));
    }

    #[test]
    fn the_devices_own_line_is_enough() {
        fires(
            &RULE,
            Case::journal(
                "[   12.026776] nvidia 0000:01:00.0: PM: failed to quiesce async: error -5",
            ),
            "NVP602 error: resume failed: nvidia was already \
             loaded and refused to freeze; the session is lost",
        );
    }

    #[test]
    fn a_resume_that_the_driver_stopped_is_told() {
        fires(
            &RULE,
            Case::journal(&std::format!(
                "[   23.400000] PM: Image successfully loaded\n{FROZEN}\
                 [   23.600000] PM: hibernation: resume failed (-5)\n"
            )),
            "NVP602 error: resume failed: nvidia was already \
             loaded and refused to freeze; the session is lost",
        );
    }

    #[test]
    fn a_hibernation_that_does_not_begin_is_another_fault() {
        silent(&RULE, Case::journal(FROZEN));
        silent(&RULE, Case::journal("[   23.400000] PM: Image successfully loaded\n"));
    }
}
