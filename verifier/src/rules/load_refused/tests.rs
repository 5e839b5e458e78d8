//! Cases of NVP525.

use super::RULE;
use crate::testing::{Case, fires, quiet};

#[test]
fn the_reason_is_passed_on() {
    fires(
        &RULE,
        Case::journal(
            "<27>[ 5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_drm': Invalid argument",
        ),
        "NVP525 error: nvidia_drm was refused: Invalid argument",
    );
    fires(
        &RULE,
        Case::journal("[    5.100000] failed to validate module [nvidia] BTF: -22"),
        "NVP525 error: nvidia was refused: its type data (BTF) is not this kernel's",
    );
    fires(
        &RULE,
        Case::journal(
            "<27>[ 5.100000] (udev-worker)[9]: nvidia: Process '/usr/bin/modprobe nvidia' failed with exit code 1.",
        ),
        "NVP525 error: modprobe nvidia failed; it did not say why",
    );
    fires(
        &RULE,
        Case::journal(
            "<27>[ 5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_peermem': Invalid argument",
        ),
        "NVP525 note: nvidia_peermem was refused: Invalid argument",
    );
}

#[test]
fn a_load_that_worked_after_all_and_other_modules_are_quiet() {
    let refused = "<27>[    5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia_drm': \
                   Invalid argument\n";
    quiet(
        &RULE,
        Case::journal(&std::format!("{refused}[    6.000000] NVRM: loading NVIDIA UNIX\n")),
    );
    quiet(&RULE, Case::journal(&refused.replace("nvidia_drm", "vboxdrv")));
}

fn refused(why: &str) -> Case {
    Case::journal(&std::format!(
        "[    5.100000] modprobe: ERROR: could not insert 'nvidia': {why}\n"
    ))
}

#[test]
fn reasons_with_a_rule_of_their_own_are_quiet() {
    quiet(&RULE, refused("Key was rejected by service"));
    // An excerpt may end within the word.
    quiet(&RULE, refused("Key was rejected by s"));
    quiet(&RULE, refused("Required key not available"));
    quiet(&RULE, refused("No such device"));
}

#[test]
fn the_fix_follows_the_reason() {
    let fix = |case: Case| case.report(&[&RULE]).findings[0].fix;
    let bus = |case: Case| {
        case.knowing(|facts| {
            let seen = Case::initrd(crate::testing::GPU).facts().pci;
            facts.pci = seen;
        })
    };
    assert!(fix(bus(refused("No such device"))).starts_with("no device"));
    assert!(fix(refused("Operation not permitted")).starts_with("mokutil"));
    assert!(fix(refused("Exec format error")).contains("built for another kernel"));
    assert_eq!(fix(refused("Invalid argument")), "");
}

#[test]
fn a_file_that_is_no_module_is_told_by_the_kernels_words() {
    for said in ["Invalid ELF header magic: != ELF", "nvidia: No module found in object"] {
        let log = std::format!(
            "[    5.000000] {said}\n\
             <27>[    5.100000] systemd-modules-load[9]: Failed to insert module 'nvidia': Exec format error"
        );
        fires(
            &RULE,
            Case::journal(&log),
            "NVP525 error: nvidia's file is no module that the kernel can read: stripped, packed or \
             damaged",
        );
        // Of another module it tells nothing of nvidia's.
        let other = log.replace("Exec format error", "Invalid argument");
        fires(&RULE, Case::journal(&other), "NVP525 error: nvidia was refused: Invalid argument");
    }
}

#[test]
fn a_module_in_use_is_told() {
    fires(
        &RULE,
        Case::journal("[  905.100000] modprobe: FATAL: Module nvidia_drm is in use.\n"),
        "NVP525 warning: nvidia_drm could not be unloaded: a program or another module uses it",
    );
    let installer = "<30>[  905.100000] nvidia-installer: ERROR: An NVIDIA kernel module 'nvidia' \
                     appears to already be loaded in your kernel\n";
    fires(
        &RULE,
        Case::journal(installer),
        "NVP525 note: NVIDIA's installer waits for the loaded modules to be unloaded",
    );
}
