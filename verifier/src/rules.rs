//! The table of rules, in code order. A file that lists things lists only; the
//! tests below keep the table closed.

use crate::rule::Rule;

pub use crate::rule::{MAX, is_code};

pub mod api_mismatch;
pub mod audio_function_missing;
pub mod backlight_missing;
pub mod bad_parameter_value;
pub mod bar_invalid;
pub mod blacklist_without_effect;
pub mod card_pinned_by_number;
pub mod dependency_symbol_missing;
pub mod device_nodes_wrong;
pub mod display_engine_stuck;
pub mod driver_after_display_manager;
#[cfg(feature = "logs")]
pub mod driver_not_reached;
#[cfg(feature = "logs")]
pub mod driver_oops;
#[cfg(feature = "logs")]
pub mod driver_silent;
#[cfg(feature = "image")]
pub mod early_driver_breaks_resume;
#[cfg(feature = "image")]
pub mod edid_not_in_image;
pub mod evidence_lost;
pub mod expectations_refused;
pub mod expected_module_missing;
pub mod fabric_manager_missing;
pub mod fallen_off_the_bus;
pub mod fbdev_not_in_this_build;
pub mod fewer_gpus_than_expected;
pub mod firmware_load_interrupted;
#[cfg(feature = "image")]
pub mod firmware_without_use;
#[cfg(feature = "image")]
pub mod first_program_missing;
pub mod flip_timeouts;
pub mod gdm_hides_wayland;
#[cfg(feature = "logs")]
pub mod generator_list;
pub mod gpu_behind_thunderbolt_late;
pub mod gpu_dropped_by_branch;
pub mod gpu_kept_awake;
pub mod gpu_not_on_bus;
pub mod gsp_firmware_missing;
#[cfg(feature = "image")]
pub mod gsp_firmware_packed;
pub mod gsp_off_with_open_modules;
pub mod gsp_timeout;
#[cfg(feature = "image")]
pub mod half_a_stack_in_image;
pub mod half_a_stack_loaded;
#[cfg(feature = "image")]
pub mod image_incomplete;
#[cfg(feature = "image")]
pub mod image_older_than_modules;
pub mod initrd_report_missing;
pub mod iommu_fault;
pub mod kms_not_up;
pub mod load_not_finished;
pub mod load_order_broken;
#[cfg(feature = "logs")]
pub mod load_refused;
pub mod loaded_after_switch_root;
pub mod missing_default;
pub mod missing_endbr;
pub mod mixed_versions;
pub mod modeset_off;
pub mod modeset_ownership_refused;
pub mod modprobe_line_ignored;
#[cfg(feature = "image")]
pub mod module_damaged;
pub mod module_not_in_tree;
pub mod modules_disabled_too_early;
pub mod no_module_for_this_kernel;
pub mod no_text_console;
pub mod nomodeset_left_on;
#[cfg(feature = "logs")]
pub mod nouveau_failed;
#[cfg(feature = "image")]
pub mod nouveau_in_image;
pub mod nvkms_device_failed;
pub mod old_workarounds;
pub mod option_not_in_force;
pub mod option_not_in_initrd;
pub mod options_conflict;
pub mod other_driver_owns_gpu;
pub mod parameter_on_wrong_module;
#[cfg(feature = "logs")]
pub mod plymouth_keeps_screen;
pub mod power_cable_missing;
pub mod preserve_without_suspend;
pub mod probe_failed;
#[cfg(feature = "image")]
pub mod prompt_without_driver;
pub mod registry_dwords_partial;
#[cfg(feature = "logs")]
pub mod removed_while_in_use;
pub mod revoke_modeset_permission;
pub mod rm_init_failed;
pub mod runtime_d3_trouble;
pub mod s2idle_where_deep_exists;
pub mod screen_on_other_gpu;
pub mod seat_graphical_by_simpledrm;
pub mod services_lost_the_race;
#[cfg(feature = "logs")]
pub mod several_mode_sets;
pub mod signature_refused;
pub mod simpledrm_beside_nvidia;
pub mod softdep_inverted;
pub mod softdep_without_effect;
#[cfg(feature = "logs")]
pub mod splash_races_driver;
pub mod stack_blacklisted;
pub mod stack_blocked_by_leftovers;
#[cfg(feature = "logs")]
pub mod too_little_shown;
#[cfg(feature = "logs")]
pub mod unknown_error;
pub mod unknown_parameter;
pub mod userspace_version_differs;
pub mod uvm_before_nvidia;
pub mod uvm_not_loaded;
pub mod vermagic_mismatch;
pub mod vfio_owns_gpu;
pub mod vram_snapshot_on_tmpfs;
pub mod wpr2_already_up;
pub mod wrong_entry_booted;
pub mod wrong_flavour_for_gpu;
#[cfg(feature = "logs")]
pub mod xid_reported;

/// Every rule, in code order. Rules that judge images only come with the feature `image`,
/// those of whole logs with `logs`, so that the static verifier does not carry them.
pub const RULES: &[&Rule] = &[
    &driver_after_display_manager::RULE,
    &seat_graphical_by_simpledrm::RULE,
    &uvm_not_loaded::RULE,
    &uvm_before_nvidia::RULE,
    &half_a_stack_loaded::RULE,
    &softdep_inverted::RULE,
    &softdep_without_effect::RULE,
    &gpu_behind_thunderbolt_late::RULE,
    &services_lost_the_race::RULE,
    &load_not_finished::RULE,
    &load_order_broken::RULE,
    &expected_module_missing::RULE,
    &loaded_after_switch_root::RULE,
    &modeset_off::RULE,
    &simpledrm_beside_nvidia::RULE,
    &card_pinned_by_number::RULE,
    &flip_timeouts::RULE,
    &no_text_console::RULE,
    #[cfg(feature = "image")]
    &prompt_without_driver::RULE,
    &screen_on_other_gpu::RULE,
    #[cfg(feature = "logs")]
    &plymouth_keeps_screen::RULE,
    #[cfg(feature = "logs")]
    &splash_races_driver::RULE,
    #[cfg(feature = "logs")]
    &several_mode_sets::RULE,
    &revoke_modeset_permission::RULE,
    &fbdev_not_in_this_build::RULE,
    &modeset_ownership_refused::RULE,
    &nvkms_device_failed::RULE,
    &display_engine_stuck::RULE,
    &gdm_hides_wayland::RULE,
    &kms_not_up::RULE,
    &option_not_in_initrd::RULE,
    &options_conflict::RULE,
    &unknown_parameter::RULE,
    &parameter_on_wrong_module::RULE,
    &missing_default::RULE,
    &registry_dwords_partial::RULE,
    &stack_blocked_by_leftovers::RULE,
    &blacklist_without_effect::RULE,
    &gsp_off_with_open_modules::RULE,
    &option_not_in_force::RULE,
    &bad_parameter_value::RULE,
    &modprobe_line_ignored::RULE,
    &api_mismatch::RULE,
    &module_not_in_tree::RULE,
    &vermagic_mismatch::RULE,
    &dependency_symbol_missing::RULE,
    &gsp_firmware_missing::RULE,
    #[cfg(feature = "image")]
    &gsp_firmware_packed::RULE,
    &firmware_load_interrupted::RULE,
    #[cfg(feature = "image")]
    &nouveau_in_image::RULE,
    #[cfg(feature = "image")]
    &firmware_without_use::RULE,
    #[cfg(feature = "image")]
    &image_older_than_modules::RULE,
    #[cfg(feature = "image")]
    &half_a_stack_in_image::RULE,
    &mixed_versions::RULE,
    #[cfg(feature = "image")]
    &module_damaged::RULE,
    #[cfg(feature = "image")]
    &image_incomplete::RULE,
    #[cfg(feature = "image")]
    &edid_not_in_image::RULE,
    #[cfg(feature = "image")]
    &first_program_missing::RULE,
    &other_driver_owns_gpu::RULE,
    &vfio_owns_gpu::RULE,
    &gpu_not_on_bus::RULE,
    &gpu_dropped_by_branch::RULE,
    &wrong_flavour_for_gpu::RULE,
    &rm_init_failed::RULE,
    &wpr2_already_up::RULE,
    &gsp_timeout::RULE,
    &fallen_off_the_bus::RULE,
    &bar_invalid::RULE,
    &iommu_fault::RULE,
    &device_nodes_wrong::RULE,
    &missing_endbr::RULE,
    &no_module_for_this_kernel::RULE,
    &userspace_version_differs::RULE,
    #[cfg(feature = "logs")]
    &removed_while_in_use::RULE,
    &audio_function_missing::RULE,
    &backlight_missing::RULE,
    &fabric_manager_missing::RULE,
    &fewer_gpus_than_expected::RULE,
    &power_cable_missing::RULE,
    &probe_failed::RULE,
    #[cfg(feature = "logs")]
    &xid_reported::RULE,
    #[cfg(feature = "logs")]
    &load_refused::RULE,
    #[cfg(feature = "logs")]
    &driver_silent::RULE,
    #[cfg(feature = "logs")]
    &driver_not_reached::RULE,
    #[cfg(feature = "logs")]
    &driver_oops::RULE,
    #[cfg(feature = "logs")]
    &generator_list::RULE,
    #[cfg(feature = "logs")]
    &nouveau_failed::RULE,
    &preserve_without_suspend::RULE,
    #[cfg(feature = "image")]
    &early_driver_breaks_resume::RULE,
    &vram_snapshot_on_tmpfs::RULE,
    &gpu_kept_awake::RULE,
    &runtime_d3_trouble::RULE,
    &s2idle_where_deep_exists::RULE,
    &nomodeset_left_on::RULE,
    &signature_refused::RULE,
    &stack_blacklisted::RULE,
    &modules_disabled_too_early::RULE,
    &old_workarounds::RULE,
    &wrong_entry_booted::RULE,
    &evidence_lost::RULE,
    &expectations_refused::RULE,
    &initrd_report_missing::RULE,
    #[cfg(feature = "logs")]
    &too_little_shown::RULE,
    #[cfg(feature = "logs")]
    &unknown_error::RULE,
];

/// The rule of that code.
#[must_use]
pub fn by_code(code: u16) -> Option<&'static Rule> {
    RULES.iter().find(|r| r.code.0 == code).copied()
}

#[cfg(feature = "docs")]
pub mod elsewhere;

#[cfg(test)]
mod closure;
