//! Cases of what programs say of loading a module: the wordings, and whether it came up.

use super::*;

#[test]
fn every_wording_gives_module_and_end() {
    for (text, name, end) in [
        (
            "modprobe[9]: FATAL: Module nvidia not found in directory /lib/modules/6.8.0-40-generic",
            "nvidia",
            End::NotFound(Some("/lib/modules/6.8.0-40-generic")),
        ),
        ("modprobe: FATAL: Module nvidia not found.", "nvidia", End::NotFound(None)),
        (
            "it says modprobe: FATAL: Module nvidia not found. Games fail since then",
            "nvidia",
            End::NotFound(None),
        ),
        (
            "modinfo: ERROR: could not get modinfo from 'nvidia': No such file or directory",
            "nvidia",
            End::NotFound(None),
        ),
        (
            "Command 'modprobe nvidia NVreg_UsePageAttributeTable=1' returned non-zero exit \
             status 1.",
            "nvidia",
            End::Failed,
        ),
        ("ERROR: Unable to load the kernel module 'nvidia.ko'.", "nvidia", End::Failed),
        ("nvidia-docker | Error: Could not load UVM kernel module", "nvidia_uvm", End::Failed),
        ("ERROR: Unable to load the 'nvidia-drm' kernel module.", "nvidia-drm", End::Failed),
        (
            "modprobe: ERROR: ../libkmod/libkmod-module.c:838 kmod_module_insert_module() could \
          not find module by name='nvidia_current'",
            "nvidia_current",
            End::NotFound(None),
        ),
        (
            "FATAL: Error inserting nvidia (/lib/modules/3.0.0/nvidia.ko): No such device",
            "nvidia",
            End::Refused("No such device"),
        ),
        (
            "it says 'FATAL: Error inserting nvidia_current ...: No such device.' on a netbook",
            "nvidia_current",
            End::Refused("No such device"),
        ),
        (
            "systemd-modules-load[289]: Failed to find module 'nvidia'",
            "nvidia",
            End::NotFound(None),
        ),
        (
            "modprobe: ERROR: could not insert 'nvidia': Key was rejected by service",
            "nvidia",
            End::Refused("Key was rejected by service"),
        ),
        (
            "insmod: ERROR: could not insert module ./nvidia.ko: Unknown symbol in module",
            "nvidia",
            End::Refused("Unknown symbol in module"),
        ),
        (
            "systemd-modules-load[1]: Failed to insert module 'nvidia_drm': No such device",
            "nvidia_drm",
            End::Refused("No such device"),
        ),
        (
            "systemd-modules-load[1]: Failed to insert 'nvidia_uvm': No such device",
            "nvidia_uvm",
            End::Refused("No such device"),
        ),
        (
            "(udev-worker)[300]: nvidia: Process '/usr/bin/modprobe nvidia' failed with exit code 1.",
            "nvidia",
            End::Failed,
        ),
    ] {
        assert_eq!(parse(text), Some((name, end)), "{text}");
    }
    for other in ["NVRM: loading", "Module nvidia is blacklisted", "modprobe nvidia works", ""] {
        assert_eq!(parse(other), None, "{other}");
    }
}

#[test]
fn a_distributions_names_stand_for_the_stack_and_others_for_nothing() {
    let plain = |name| stack_name(name).map(|name| std::string::String::from(name.as_str()));
    for (name, is) in [
        ("nvidia-current", "nvidia"),
        ("nvidia-current-drm", "nvidia_drm"),
        ("nvidia-340", "nvidia"),
        ("nvidia-legacy-390xx-modeset", "nvidia_modeset"),
        ("nvidia-drm", "nvidia_drm"),
        ("nvidia_peermem", "nvidia_peermem"),
    ] {
        assert_eq!(plain(name).as_deref(), Some(is), "{name}");
    }
    for other in ["nvidia_fs", "nvidia-wmi-ec-backlight", "nouveau", "gdrdrv", "off"] {
        assert_eq!(plain(other), None, "{other}");
    }
}

#[test]
fn an_attempt_was_one_of_several_where_the_module_came_up_no_earlier() {
    let up = |module: &str, rest: &str| {
        let line = std::format!("systemd-modules-load[9]: Failed to insert module '{module}': x");
        let log = rest.replace("TRIED", &line);
        let facts = crate::testing::Case::logged(&log).facts();
        came_up(&facts, &failed(&facts).next().unwrap())
    };
    let nvidia = "[    5.000000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01\n";
    let drm = "[    5.000000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n";
    for (module, line) in [("nvidia", nvidia), ("nvidia_drm", drm)] {
        assert!(up(module, &std::format!("[    4.000000] TRIED\n{line}")), "{module}");
        assert!(up(module, &std::format!("[    5.000000] TRIED\n{line}")), "{module}");
        assert!(!up(module, &std::format!("{line}[    6.000000] TRIED\n")), "{module}");
        assert!(up(module, &std::format!("TRIED\n{line}")), "{module} without times");
    }
    assert!(!up("nvidia_uvm", &std::format!("[    4.000000] TRIED\n{nvidia}{drm}")));
}
