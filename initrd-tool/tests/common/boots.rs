//! Saved facts of a machine whose display came up and of the same machine after an
//! update, a folder of remembered boots, and two NixOS generations.

use super::{Image, base, firmware, stack};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// What does not change: one GPU with a screen, all four modules, root on a disk.
const MACHINE: &str = "\
proc/devices =
proc/sys/kernel/osrelease = 6.12.74-amd64
sys/module/ ino=1
sys/bus/pci/devices/0000:01:00.0/class = 0x030000
sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de
sys/bus/pci/devices/0000:01:00.0/device = 0x2206
sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nvidia
sys/class/drm/card1/device -> ../../../bus/pci/devices/0000:01:00.0
sys/class/drm/renderD128/device -> ../../../bus/pci/devices/0000:01:00.0
proc/modules <<EOF
nvidia_drm 118784 0 - Live 0x0 (OE)
nvidia_uvm 4096000 0 - Live 0x0 (OE)
nvidia_modeset 1605632 1 nvidia_drm, Live 0x0 (OE)
nvidia 60620800 2 nvidia_uvm,nvidia_modeset, Live 0x0 (OE)
EOF
sys/module/nvidia_drm/parameters/fbdev = Y
etc/nvpreflight/expect.json = {\"version\": 1, \"goals\": [\"wayland\"]}
dev/kmsg <<EOF
6,0,3100000,-;nvidia: loading out-of-tree module taints kernel.
EOF
";

const GOOD: &str = "\
proc/cmdline = root=/dev/nvme0n1p2 quiet
etc/modprobe.d/nvidia.conf = options nvidia_drm modeset=1
sys/module/nvidia/version = 590.48.01
sys/module/nvidia_drm/parameters/modeset = Y
sys/class/drm/card1-HDMI-A-1/status = connected
sys/class/drm/card1-HDMI-A-1/enabled = enabled
";

const BAD: &str = "\
proc/cmdline = root=/dev/nvme0n1p2
etc/modprobe.d/nvidia.conf = options nvidia_drm modeset=1
etc/modprobe.d/zz-forum.conf = options nvidia-drm modeset=0
sys/module/nvidia/version = 595.45.04
sys/module/nvidia_drm/parameters/modeset = N
";

fn facts(tree: &str) -> serde_json::Value {
    json!({
        "format": "nvpreflight-facts", "version": 1, "tool": "0.1.0",
        "subject": { "name": "/", "kind": "running system" },
        "phase": "pre-display", "kernel": "6.12.74-amd64", "tree": format!("{MACHINE}{tree}"),
    })
}

/// Puts `good.facts`, `bad.facts`, `pre-display.json`, `boots/`, `profiles/` into a
/// folder.
pub fn add(folder: &Path) {
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect(name);
    let named = |name: &str, tree: &str| {
        let mut facts = facts(tree);
        *facts.pointer_mut("/subject/name").expect("a subject") = name.into();
        write(name, facts.to_string());
    };
    named("good.facts", GOOD);
    named("bad.facts", BAD);
    let report = json!({
        "format": "nvpreflight-report", "version": 1, "verdict": "findings",
        "summary": "pre-display: 1 error: NVP201",
        "findings": [{ "code": "NVP201", "severity": "error", "cause": "" }],
    });
    write("pre-display.json", report.to_string());
    fs::create_dir(folder.join("boots")).expect("boots");
    let mut good = facts(GOOD);
    let boot = json!({
        "id": "5f3a01bc9d2e4f60a1b2c3d4e5f60718", "remembered": 1_763_633_500,
        "verdict": "ok", "codes": [], "generation": 41,
    });
    good.as_object_mut().expect("facts").insert("boot".into(), boot);
    write("boots/1763633500-good-5f3a01bc.facts", good.to_string());
    generation(folder, 41, "590.48.01", "options nvidia_drm modeset=1\n");
    generation(folder, 42, "595.45.04", "options nvidia_drm modeset=0\n");
}

/// A system generation as nixpkgs lays it out, with links into a store.
fn generation(folder: &Path, number: u32, driver: &str, options: &str) {
    let store = folder.join("store");
    let system = store.join(format!("{number}-nixos-system"));
    let etc = store.join(format!("{number}-etc/etc"));
    fs::create_dir_all(system.join("kernel-modules/lib/modules/6.12.74-amd64")).expect("a system");
    fs::create_dir_all(etc.join("modprobe.d")).expect("etc");
    fs::write(etc.join("modprobe.d/nixos.conf"), options).expect("options");
    symlink(&etc, system.join("etc")).expect("a link");
    let mut initrd: Image = base();
    initrd.file("etc/modprobe.d/nixos.conf", options);
    stack(&mut initrd, &["nvidia", "nvidia_modeset", "nvidia_uvm", "nvidia_drm"], driver);
    firmware(&mut initrd, driver);
    fs::write(system.join("initrd"), initrd.cpio()).expect("an initrd");
    fs::write(system.join("kernel-params"), "loglevel=4").expect("kernel-params");
    fs::write(system.join("nixos-version"), format!("26.05.{number}")).expect("nixos-version");
    let profiles = folder.join("profiles");
    fs::create_dir_all(&profiles).expect("profiles");
    symlink(&system, profiles.join(format!("system-{number}-link"))).expect("a link");
}
