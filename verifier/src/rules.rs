//! The table of rules, in code order. A file that lists things lists only; the
//! tests below keep the table closed.

use crate::rule::Rule;

/// Room for every code a report can hold an outcome of.
pub const MAX: usize = 128;

macro_rules! table {
    ($($(#[$on:meta])* $name:ident),+ $(,)?) => {
        $($(#[$on])* pub mod $name;)+
        /// Every rule, in code order. Rules that judge images only come with the
        /// feature `image`, those of whole logs with `logs`, so that the static
        /// verifier does not carry them.
        pub const RULES: &[&Rule] = &[$($(#[$on])* &$name::RULE),+];
    };
}

table! {
    driver_after_display_manager,
    seat_graphical_by_simpledrm,
    uvm_not_loaded,
    uvm_before_nvidia,
    half_a_stack_loaded,
    softdep_inverted,
    softdep_without_effect,
    gpu_behind_thunderbolt_late,
    services_lost_the_race,
    load_not_finished,
    load_order_broken,
    expected_module_missing,
    loaded_after_switch_root,
    modeset_off,
    simpledrm_beside_nvidia,
    card_pinned_by_number,
    flip_timeouts,
    no_text_console,
    #[cfg(feature = "image")]
    prompt_without_driver,
    screen_on_other_gpu,
    #[cfg(feature = "logs")]
    plymouth_keeps_screen,
    #[cfg(feature = "logs")]
    splash_races_driver,
    #[cfg(feature = "logs")]
    several_mode_sets,
    revoke_modeset_permission,
    fbdev_not_in_this_build,
    modeset_ownership_refused,
    nvkms_device_failed,
    display_engine_stuck,
    gdm_hides_wayland,
    kms_not_up,
    option_not_in_initrd,
    options_conflict,
    unknown_parameter,
    parameter_on_wrong_module,
    missing_default,
    registry_dwords_partial,
    stack_blocked_by_leftovers,
    blacklist_without_effect,
    gsp_off_with_open_modules,
    option_not_in_force,
    bad_parameter_value,
    modprobe_line_ignored,
    api_mismatch,
    module_not_in_tree,
    vermagic_mismatch,
    dependency_symbol_missing,
    gsp_firmware_missing,
    #[cfg(feature = "image")]
    gsp_firmware_packed,
    firmware_load_interrupted,
    #[cfg(feature = "image")]
    nouveau_in_image,
    #[cfg(feature = "image")]
    firmware_without_use,
    #[cfg(feature = "image")]
    image_older_than_modules,
    #[cfg(feature = "image")]
    half_a_stack_in_image,
    mixed_versions,
    #[cfg(feature = "image")]
    module_damaged,
    #[cfg(feature = "image")]
    image_incomplete,
    #[cfg(feature = "image")]
    edid_not_in_image,
    #[cfg(feature = "image")]
    first_program_missing,
    other_driver_owns_gpu,
    vfio_owns_gpu,
    gpu_not_on_bus,
    gpu_dropped_by_branch,
    wrong_flavour_for_gpu,
    rm_init_failed,
    wpr2_already_up,
    gsp_timeout,
    fallen_off_the_bus,
    bar_invalid,
    iommu_fault,
    device_nodes_wrong,
    missing_endbr,
    no_module_for_this_kernel,
    userspace_version_differs,
    #[cfg(feature = "logs")]
    removed_while_in_use,
    audio_function_missing,
    backlight_missing,
    fabric_manager_missing,
    fewer_gpus_than_expected,
    power_cable_missing,
    probe_failed,
    #[cfg(feature = "logs")]
    xid_reported,
    #[cfg(feature = "logs")]
    load_refused,
    #[cfg(feature = "logs")]
    driver_silent,
    #[cfg(feature = "logs")]
    driver_not_reached,
    #[cfg(feature = "logs")]
    driver_oops,
    #[cfg(feature = "logs")]
    generator_list,
    preserve_without_suspend,
    #[cfg(feature = "image")]
    early_driver_breaks_resume,
    vram_snapshot_on_tmpfs,
    gpu_kept_awake,
    runtime_d3_trouble,
    s2idle_where_deep_exists,
    nomodeset_left_on,
    signature_refused,
    stack_blacklisted,
    modules_disabled_too_early,
    old_workarounds,
    wrong_entry_booted,
    evidence_lost,
    expectations_refused,
    initrd_report_missing,
    #[cfg(feature = "logs")]
    too_little_shown,
}

/// The rule of that code.
#[must_use]
pub fn by_code(code: u16) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code.0 == code).copied()
}

pub mod causes;
#[cfg(feature = "docs")]
pub mod elsewhere;

#[cfg(test)]
mod closure;
