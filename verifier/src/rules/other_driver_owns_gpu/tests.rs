//! Cases of NVP501.

use super::RULE;
use crate::finding::Severity;
use crate::testing::{Case, GPU, STACK, fires, quiet, unbound_gpu};
use crate::text::Name;

const NOUVEAU: &str =
    "sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nouveau\n";
const REFUSED: &str = "dmesg = [   12.600000] NVRM: GPU 0000:01:00.0 is already bound to \
    nouveau.\n";

const SAID: &str = "NVP501 error: GPU 0000:01:00.0 is driven by nouveau, not by nvidia";

#[test]
fn the_owner_is_named_when_nvidia_was_refused() {
    fires(&RULE, Case::initrd(NOUVEAU).and(GPU).and(REFUSED), SAID);
    fires(&RULE, Case::initrd(NOUVEAU).and(GPU).goal("cuda"), SAID);
}

#[test]
fn registers_that_are_claimed_are_another_drivers() {
    let claimed = "[   12.900000] NVRM: request_mem_region failed for 16M @ 0xfd000000. This can";
    let case = || Case::logged(claimed);
    fires(
        &RULE,
        case(),
        "NVP501 error: another driver holds the GPU's registers, 16M @ 0xfd000000: nvidia cannot \
         claim them",
    );
    let fix = case().report(&[&RULE]).findings.first().map(|found| found.fix);
    assert!(fix.is_some_and(|fix| fix.contains("/proc/iomem")));
    quiet(&RULE, case().and(STACK));
    quiet(&RULE, case().and(GPU));
    // A log that does not say that the driver gave up shows only a first attempt.
    let lone = Case::journal(claimed);
    let severity = lone.report(&[&RULE]).findings.first().map(|found| found.severity);
    assert_eq!(severity, Some(Severity::Warning));
}

#[test]
fn the_drivers_own_words_count_where_the_bus_was_not_captured() {
    fires(
        &RULE,
        Case::initrd("sys/bus/pci/devices ?\n")
            .and("dmesg = [   12.600000] NVRM: GPU 0000:00:01.0 is already bound to qxl.\n"),
        "NVP501 error: GPU 0000:00:01.0 is driven by qxl, not by nvidia",
    );
    quiet(&RULE, Case::initrd("sys/bus/pci/devices ?\n").and(REFUSED).and(STACK));
    let unbound = Case::initrd("proc/modules ?\n").and(&unbound_gpu());
    fires(&RULE, unbound.and(REFUSED), SAID);
    fires(
        &RULE,
        Case::initrd("sys/bus/pci/devices ?\n").and(
            "dmesg = [    6.101000] NVRM: The NVIDIA probe routine was not called for 1 \
             device(s).\n",
        ),
        "NVP501 error: another driver owns the GPU: nvidia was not probed",
    );
}

#[test]
fn a_machine_that_runs_nouveau_on_purpose_is_left_alone() {
    quiet(&RULE, Case::initrd(NOUVEAU).and(GPU));
}

#[test]
fn a_forbidden_driver_is_told_even_so() {
    let case = Case::initrd(NOUVEAU).and(GPU);
    fires(&RULE, case.wanting(|w| w.forbidden_drivers.push(Name::from("nouveau")).unwrap()), SAID);
}

#[test]
fn nvidia_and_an_unbound_gpu_are_no_other_owner() {
    quiet(&RULE, Case::initrd(GPU).and(STACK).goal("wayland"));
    quiet(&RULE, Case::initrd(&unbound_gpu()).goal("cuda"));
}

#[test]
fn what_the_bus_shows_is_not_told_again_by_the_log_and_an_old_line_not_at_all() {
    let old = "dmesg = [   12.600000] NVRM: The NVIDIA probe routine was not called for 1 GPU\n";
    let nouveau = GPU.replace("drivers/nvidia", "drivers/nouveau");
    let case = |tree: &str| Case::initrd(tree).goal("cuda");
    fires(&RULE, case(&nouveau).and(old).and("proc/modules ?\n"), SAID);
    quiet(&RULE, case(&unbound_gpu()).and(REFUSED));
}
