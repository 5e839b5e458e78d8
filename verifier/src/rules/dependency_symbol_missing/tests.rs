//! Cases of NVP404: what it tells and what it leaves alone.

use super::RULE;
use crate::testing::{Case, fires, quiet};

const LOG: &str = "[   18.400000] nvidia_modeset: Unknown symbol acpi_video_register_backlight (err -2)\n\
                   [   18.400000] nvidia_modeset: Unknown symbol acpi_video_unregister (err -2)\n";

#[test]
fn the_oldest_words_and_a_quoted_line_are_told() {
    for line in [
        "nvidia_drm: Unknown symbol drm_atomic_helper_check (err 0)",
        "nvidia_drm: Unknown symbol drm_atomic_helper_check` | kernel 6.17 does not fit",
    ] {
        fires(
            &RULE,
            Case::logged(&std::format!("[    2.100000] {line}")),
            "NVP404 error: nvidia_drm was not loaded: symbol drm_atomic_helper_check of \
             drm_kms_helper is missing",
        );
    }
}

#[test]
fn the_first_symbol_names_the_missing_module() {
    fires(
        &RULE,
        Case::logged(LOG),
        "NVP404 error: nvidia_modeset was not loaded: symbol acpi_video_register_backlight \
         of video is missing",
    );
}

#[test]
fn the_fix_follows_where_and_why_it_failed() {
    let fix =
        |log: &str| Case::logged(log).report(&[&RULE]).findings.first().expect("a finding").fix;
    let late = "[    3.100000] systemd[1]: Switching root.\n\
                [  141.000000] nvidia_drm: Unknown symbol drm_client_setup (err -2)";
    assert!(fix(late).starts_with("sudo depmod -a"));
    assert_eq!(fix(LOG), "");
    assert_eq!(fix(&late.replace("141.000000", "3.100000")), "");
    let gpl = "[   10.800000] nvidia_uvm: Unknown symbol handle_mm_fault (err -2)";
    assert!(fix(gpl).contains("driver release"));
    fires(
        &RULE,
        Case::logged(late),
        "NVP404 error: nvidia_drm was not loaded: symbol drm_client_setup of drm_client_lib or \
         drm_kms_helper is missing",
    );
}

#[test]
fn a_symbol_for_gpl_modules_only_has_no_owner_to_load() {
    fires(
        &RULE,
        Case::logged("[   10.800000] nvidia_uvm: Unknown symbol handle_mm_fault (err -2)"),
        "NVP404 error: nvidia_uvm was not loaded: no module that it may use exports handle_mm_fault",
    );
}

#[test]
fn a_load_that_worked_later_and_other_drivers_are_quiet() {
    quiet(&RULE, Case::logged(LOG).and("proc/modules = nvidia_modeset 1 0 - Live 0x0 (OE)\n"));
    quiet(&RULE, Case::logged("[   49.600000] nouveau: Unknown symbol acpi_lid_open (err -2)"));
}

#[test]
fn a_version_that_did_not_fit_is_told_as_such() {
    quiet(
        &RULE,
        Case::logged("[    2.100000] nvidia_drm: Unknown symbol drm_client_setup (err -22)"),
    );
}

#[test]
fn a_module_that_spoke_later_found_its_symbols() {
    for (module, spoke) in [
        ("nvidia", "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01"),
        ("nvidia_modeset", "nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver"),
        ("nvidia_uvm", "nvidia-uvm: Loaded the UVM driver, major device number 511."),
        ("nvidia_drm", "[drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0"),
    ] {
        let case = |time: u8, spoke: &str| {
            Case::logged(&std::format!(
                "[    2.000000] {module}: Unknown symbol drm_open (err -2)\n\
                 [    {time}.000000] {spoke}\n"
            ))
        };
        let says = std::format!(
            "NVP404 error: {module} was not loaded: symbol drm_open of drm or drm_kms_helper is \
             missing"
        );
        quiet(&RULE, case(3, spoke));
        fires(&RULE, case(2, spoke), &says);
        fires(&RULE, case(1, spoke), &says);
        fires(&RULE, case(3, "nvidia-nvlink: Nvlink Core is being initialized"), &says);
    }
}
