//! Where kmod looks. Names places, opens none.

/// Directories of modprobe.d in kmod's order, in which an earlier one's file hides a
/// later one's of the same name (libkmod.c `default_config_paths`; DISTCONFDIR is
/// /usr/lib since kmod 31).
pub const MODPROBE_D: [&str; 5] = [
    "etc/modprobe.d",
    "run/modprobe.d",
    "usr/local/lib/modprobe.d",
    "usr/lib/modprobe.d",
    "lib/modprobe.d",
];

/// Whether kmod takes a file of these folders for configuration by its name
/// (libkmod-config.c `conf_files_filter_out`).
#[must_use]
pub fn is_conf(name: &[u8]) -> bool {
    !name.starts_with(b".") && name.len() > ".conf".len() && name.ends_with(b".conf")
}

/// Folders of module folders, the first one that has the release being the one:
/// NixOS's kmod looks below the booted and the current system before lib/modules,
/// which only its initrd has (nixpkgs pkgs/os-specific/linux/kmod/module-dir.patch).
pub const MODULE_DIRS: [&str; 4] = [
    "run/booted-system/kernel-modules/lib/modules",
    "run/current-system/kernel-modules/lib/modules",
    "lib/modules",
    "usr/lib/modules",
];
