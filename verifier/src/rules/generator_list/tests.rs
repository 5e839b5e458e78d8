//! NVP529 over lists as a reader hands them over.

use super::RULE;
use crate::testing::{Case, fires, quiet};

fn file(lines: &[&str]) -> Case {
    let log: std::string::String =
        lines.iter().map(|line| std::format!("<30>[    0.000000] {line}\n")).collect();
    Case::journal(&log)
}

#[test]
fn each_wrong_list_is_told() {
    for (lines, says) in [
        (
            &["mkinitcpio.conf: MODULES=(nvidia nvidia_modeset)"][..],
            "warning: mkinitcpio.conf: MODULES names nvidia without nvidia_drm, which drives the screen",
        ),
        (
            &["mkinitcpio.conf: MODULES=(nvidia nvidia_modset nvidia_drm)"],
            "error: mkinitcpio.conf: MODULES names nvidia_modset, and there is no such module",
        ),
        (
            &["mkinitcpio.conf: MODULES=(nouveau nvidia nvidia_drm)"],
            "error: mkinitcpio.conf: MODULES names nouveau beside nvidia: the first to load takes the GPU",
        ),
        (
            &[
                "mkinitcpio.conf: MODULES=(nvidia_drm nvidia)",
                "mkinitcpio.conf: HOOKS=(base udev kms)",
            ],
            "note: mkinitcpio.conf: the hook kms adds nouveau to the initrd that loads nvidia",
        ),
        (
            &["dracut.conf: add_drivers+=\" nvidia nvidia_drm \""],
            "warning: dracut.conf: add_drivers copies the stack into the initrd, and nothing loads it \
             there: force_drivers does",
        ),
        (
            &["dracut.conf: force_drivers+=\"nvidia nvidia_drm\""],
            "warning: dracut.conf: force_drivers lacks a blank at an end of its value: dracut glues \
             it to the next file's",
        ),
        (
            &["configuration.nix: boot.initrd.kernelModules = [ \"nvidia\" ];"],
            "warning: configuration.nix: boot.initrd.kernelModules names nvidia without nvidia_drm, \
             which drives the screen",
        ),
    ] {
        fires(&RULE, file(lines), &std::format!("NVP529 {says}"));
    }
}

#[test]
fn beside_a_boot_a_wrong_list_is_a_warning() {
    let list = "mkinitcpio.conf: MODULES=(nvidia nvidia_modset nvidia_drm)";
    let says = "mkinitcpio.conf: MODULES names nvidia_modset, and there is no such module";
    let boot = "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service";
    fires(&RULE, file(&[list, boot]), &std::format!("NVP529 warning: {says}"));
    let prose = "a report: names NVIDIA: no picture";
    fires(&RULE, file(&[list, prose]), &std::format!("NVP529 error: {says}"));
}

#[test]
fn whole_lists_and_other_modules_are_quiet() {
    for lines in [
        &["mkinitcpio.conf: MODULES=(nvidia nvidia_modeset nvidia_uvm nvidia_drm)"][..],
        &["mkinitcpio.conf: MODULES=(btrfs)", "mkinitcpio.conf: HOOKS=(base udev kms)"],
        &[
            "dracut.conf: force_drivers+=\" nvidia nvidia-drm \"",
            "dracut.conf: add_drivers+=\" nvidia_drm \"",
        ],
        &["dracut.conf: omit_drivers+=\" nvidia nvidia_drm \""],
        &["initramfs-tools/modules: MODULES=(nvidia-current nvidia-current-drm)"],
    ] {
        quiet(&RULE, file(lines));
    }
}

#[test]
fn what_is_left_out_does_not_load_and_one_blank_is_too_few() {
    let omits = "dracut.conf: omit_drivers+=\" nouveau \"";
    quiet(&RULE, file(&[omits, "mkinitcpio.conf: MODULES=(nvidia nvidia_drm)"]));
    fires(
        &RULE,
        file(&["dracut.conf: force_drivers+=\" nvidia nvidia_drm\""]),
        "NVP529 warning: dracut.conf: force_drivers lacks a blank at an end of its value: dracut \
         glues it to the next file's",
    );
}

#[test]
fn a_list_that_only_copies_and_hooks_without_kms_are_quiet() {
    let hooks = "mkinitcpio.conf: HOOKS=(base udev autodetect)";
    quiet(&RULE, file(&["mkinitcpio.conf: MODULES=(nvidia_drm nvidia)", hooks]));
    quiet(&RULE, file(&["dracut.conf: add_drivers+=\" nvidia \""]));
}

#[test]
fn the_line_to_write_is_the_one_of_the_file_at_fault() {
    for (line, starts) in [
        ("mkinitcpio.conf: MODULES=(nvidia nvidia_modeset)", "MODULES=("),
        ("dracut.conf: add_drivers+=\" nvidia nvidia_drm \"", "force_drivers+="),
    ] {
        let report = file(&[line]).report(&[&RULE]);
        assert!(report.findings[0].fix.starts_with(starts), "{}", report.findings[0].fix);
    }
}
