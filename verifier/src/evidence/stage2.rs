//! Collector: what only the real root shows before the display manager starts.
//!
//! Units by their files and links, the user-space driver by its file names;
//! nothing is started and no library is opened.

use super::root_config;
use crate::facts::Facts;
use crate::parse::mounts;
use crate::seen::{Errno, Seen};
use crate::text::{Name, Text, Value};
use crate::tree::{Flow, Kind, Tree, TreeExt};

/// Where systemd looks for units of administrator and packages (man systemd.unit).
const UNIT_FOLDERS: [&str; 3] =
    ["etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];
/// Where distributions put the driver's libraries: NixOS, Fedora and openSUSE,
/// Arch, Debian by architecture with its alternatives' folder.
const LIBRARY_FOLDERS: [&str; 7] = [
    "run/opengl-driver/lib",
    "usr/lib64",
    "usr/lib/x86_64-linux-gnu/nvidia/current",
    "usr/lib/aarch64-linux-gnu/nvidia/current",
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib",
];

/// Looks at the real root.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    root_config::collect(tree, facts);
    let folder = snapshot_folder(facts);
    let stage2 = &mut facts.stage2;
    stage2.display_manager = display_manager(tree);
    stage2.userspace_version = userspace_version(tree);
    stage2.same_kernel_modules = same_kernel_modules(tree);
    stage2.newest_generation = newest_generation(tree);
    stage2.suspend_units = suspend_units(tree);
    stage2.snapshot_fs = file_system_of(tree, &folder);
    stage2.gdm_rules = gdm_rules(tree);
    stage2.fabric_manager = unit(tree, "nvidia-fabricmanager.service");
}

/// The alias's target. On NixOS the link's last component is the alias itself,
/// so GDM is told by the configuration file that only its module writes.
fn display_manager(tree: &dyn Tree) -> Seen<Name> {
    const ALIAS: &str = "etc/systemd/system/display-manager.service";
    if tree.stat(ALIAS).yes().is_some_and(|s| s.kind == Kind::File) {
        return Seen::Yes(Name::from("display-manager.service"));
    }
    let name = tree.link_name(ALIAS);
    if name.yes().is_some_and(|n: &Name| *n == "display-manager.service")
        && tree.exists("etc/gdm/custom.conf").yes() == Some(&true)
    {
        return Seen::Yes(Name::from("gdm.service"));
    }
    name
}

/// The version in the file name that libnvidia-ml.so.1 or libcuda.so.1 leads
/// to, or in a name beside it where both are links into a store.
fn userspace_version(tree: &dyn Tree) -> Seen<Value> {
    for folder in LIBRARY_FOLDERS {
        for library in ["libnvidia-ml.so.1", "libcuda.so.1"] {
            let path = Text::<128>::of(format_args!("{folder}/{library}"));
            let target: Seen<Text<128>> = tree.link_name(&path);
            if let Some(version) = target.yes().and_then(|t| version_in(t)) {
                return Seen::Yes(Value::from(version));
            }
        }
    }
    let mut found = Seen::Absent;
    let listed = tree.list("run/opengl-driver/lib", &mut |name| {
        let name = Text::<128>::from_bytes(name);
        if !found.is_yes() {
            if let Some(version) = version_in(&name) {
                found = Seen::Yes(Value::from(version));
            }
        }
    });
    // Without NixOS's folder nothing was found in the others: not installed.
    listed.and_then(|()| found)
}

/// "550.163.01" of "libnvidia-ml.so.550.163.01"; `None` for an interface
/// number such as "libnvidia-ml.so.1".
fn version_in(name: &str) -> Option<&str> {
    let version = name.strip_prefix("libnvidia-ml.so.").or(name.strip_prefix("libcuda.so."))?;
    let is_version =
        version.contains('.') && version.bytes().all(|b| b == b'.' || b.is_ascii_digit());
    is_version.then_some(version)
}

fn same_kernel_modules(tree: &dyn Tree) -> Seen<bool> {
    let target = |system: &str| {
        let mut buf = [0u8; 256];
        let path = Text::<64>::of(format_args!("run/{system}/kernel-modules"));
        tree.link(&path, &mut buf)
            .map(|got| Text::<256>::from_bytes(buf.get(..got.len).unwrap_or(&[])))
    };
    let booted = target("booted-system");
    target("current-system").and_then(|current| booted.map(|booted| booted == current))
}

/// The system profile is a link to "system-42-link", which is one to the store;
/// a booted specialisation is a link below it (nixpkgs, switch-to-configuration).
fn newest_generation(tree: &dyn Tree) -> Seen<bool> {
    const PROFILES: &str = "nix/var/nix/profiles";
    let booted: Seen<Name> = tree.link_name("run/booted-system");
    let booted = match &booted {
        Seen::Yes(booted) => booted,
        // Something else of that name is no NixOS system.
        Seen::Unreadable(Errno::EINVAL) => return Seen::Absent,
        other => return other.status().map(|()| false),
    };
    let generation: Seen<Name> = tree.link_name(&Text::<64>::of(format_args!("{PROFILES}/system")));
    generation.and_then(|generation| {
        let path = |leaf: &str| Text::<160>::of(format_args!("{PROFILES}/{generation}{leaf}"));
        tree.link_name::<64>(&path("")).map(|newest| {
            let mut same = newest == *booted;
            // Without specialisations the folder is not there.
            let _ = tree.list(&path("/specialisation"), &mut |name| {
                let name = Name::from_bytes(name);
                let link = Text::<192>::of(format_args!("{}/{name}", path("/specialisation")));
                same |= tree.link_name::<64>(&link).yes() == Some(booted);
            });
            same
        })
    })
}

/// Enabled when systemd-suspend.service wants or requires it, by link or by
/// package (the driver's own units are WantedBy=, NixOS uses requiredBy).
fn suspend_units(tree: &dyn Tree) -> Seen<bool> {
    let pulled = |pull: &str| {
        let name =
            Text::<96>::of(format_args!("systemd-suspend.service.{pull}/nvidia-suspend.service"));
        unit(tree, &name)
    };
    either(pulled("requires"), pulled("wants"))
}

/// True where one of the unit folders has the name.
fn unit(tree: &dyn Tree, name: &str) -> Seen<bool> {
    UNIT_FOLDERS
        .iter()
        .map(|folder| tree.exists(&Text::<128>::of(format_args!("{folder}/{name}"))))
        .fold(Seen::Yes(false), either)
}

/// True when one is; false only when both could be looked at.
fn either(a: Seen<bool>, b: Seen<bool>) -> Seen<bool> {
    match (a, b) {
        (Seen::Yes(true), _) | (_, Seen::Yes(false)) => a,
        _ => b,
    }
}

/// The folder of VRAM snapshots: NVreg_TemporaryFilePath, by default /tmp
/// (nvidia/nv-reg.h).
fn snapshot_folder(facts: &Facts) -> Value {
    match facts.modules.param("nvidia", "NVreg_TemporaryFilePath") {
        Seen::Yes(path) if path.starts_with('/') => Value::from(path),
        _ => Value::from("/tmp"),
    }
}

/// The type of the file system that holds `path`: of the longest mount point,
/// and the last of equal ones, which lies on top.
fn file_system_of(tree: &dyn Tree, path: &str) -> Seen<Name> {
    let mut best = (0, Seen::Absent);
    tree.lines("proc/mounts", &mut |line| {
        if let Some((point, fs)) = mounts::line(line) {
            if mounts::holds(point, path.as_bytes()) && point.len() >= best.0 {
                best = (point.len(), Seen::Yes(Name::from_bytes(fs)));
            }
        }
        Flow::More
    })
    .and_then(|_| best.1)
}

/// The first folder that has the file decides; a link to /dev/null masks it.
fn gdm_rules(tree: &dyn Tree) -> Seen<bool> {
    for folder in root_config::UDEV_FOLDERS {
        let path = Text::<128>::of(format_args!("{folder}/61-gdm.rules"));
        match tree.stat(&path) {
            Seen::Yes(stat) if stat.kind == Kind::Link => {
                return tree.link_name::<64>(&path).map(|target| target != *"null");
            }
            Seen::Yes(_) => return Seen::Yes(true),
            Seen::Absent => {}
            other => return other.map(|_| false),
        }
    }
    Seen::Yes(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    fn seen(tree: &str) -> std::boxed::Box<Facts> {
        Case::pre_display(tree).facts()
    }

    #[test]
    fn the_display_manager_is_the_alias_target() {
        let facts = seen(
            "etc/systemd/system/display-manager.service -> /usr/lib/systemd/system/sddm.service\n",
        );
        assert_eq!(facts.stage2.display_manager.yes().unwrap().as_str(), "sddm.service");
        let file = seen("etc/systemd/system/display-manager.service = [Service]\n");
        assert_eq!(file.stage2.display_manager.yes().unwrap().as_str(), "display-manager.service");
        assert_eq!(seen("").stage2.display_manager, Seen::Absent);
    }

    #[test]
    fn the_user_space_version_stands_in_file_names() {
        let debian = "usr/lib/aarch64-linux-gnu/nvidia/current/libnvidia-ml.so.1 -> \
            libnvidia-ml.so.550.163.01\n";
        assert_eq!(seen(debian).stage2.userspace_version.yes().unwrap().as_str(), "550.163.01");
        let nixos = "run/opengl-driver/lib/libcuda.so.1 -> /nix/store/x/lib/libcuda.so.1\n\
                     run/opengl-driver/lib/libcuda.so.595.45.04 -> \
                     /nix/store/x/lib/libcuda.so.595.45.04\n";
        assert_eq!(seen(nixos).stage2.userspace_version.yes().unwrap().as_str(), "595.45.04");
        assert_eq!(seen("").stage2.userspace_version, Seen::Absent);
        assert_eq!(version_in("libnvidia-ml.so.1"), None);
    }

    #[test]
    fn nixos_systems_are_compared_by_their_links() {
        let two = "run/booted-system/kernel-modules -> \
            /nix/store/a\nrun/current-system/kernel-modules -> /nix/store/b\n";
        assert_eq!(seen(two).stage2.same_kernel_modules, Seen::Yes(false));
        assert_eq!(seen("").stage2.same_kernel_modules, Seen::Absent);
    }

    #[test]
    fn an_older_generation_is_told_from_a_specialisation() {
        let profile = "nix/var/nix/profiles/system -> system-42-link\n\
                       nix/var/nix/profiles/system-42-link -> /nix/store/new\n\
                       nix/store/new/specialisation/vfio -> /nix/store/special\n";
        let booted =
            |what: &str| seen(&std::format!("{profile}run/booted-system -> /nix/store/{what}\n"));
        assert_eq!(booted("new").stage2.newest_generation, Seen::Yes(true));
        assert_eq!(booted("special").stage2.newest_generation, Seen::Yes(true));
        assert_eq!(booted("old").stage2.newest_generation, Seen::Yes(false));
        assert_eq!(seen(profile).stage2.newest_generation, Seen::Absent);
        let folder = std::format!("{profile}run/booted-system/kernel-modules -> /nix/store/k\n");
        assert_eq!(seen(&folder).stage2.newest_generation, Seen::Absent);
    }

    #[test]
    fn units_count_wherever_they_are_pulled_in() {
        let nixos =
            "etc/systemd/system/systemd-suspend.service.requires/nvidia-suspend.service -> ../x\n";
        assert_eq!(seen(nixos).stage2.suspend_units, Seen::Yes(true));
        assert_eq!(seen("etc/hostname = x\n").stage2.suspend_units, Seen::Yes(false));
        let refused = "etc/systemd/system/systemd-suspend.service.requires ! EIO\n";
        assert_eq!(seen(refused).stage2.suspend_units, Seen::Unreadable(Errno::EIO));
    }

    #[test]
    fn the_longest_mount_point_holds_the_snapshots() {
        let mounts = "proc/mounts <<EOF\n/dev/sda2 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nEOF\n";
        assert_eq!(seen(mounts).stage2.snapshot_fs.yes().unwrap().as_str(), "tmpfs");
        let root = "proc/mounts = /dev/sda2 / btrfs rw 0 0\n";
        assert_eq!(seen(root).stage2.snapshot_fs.yes().unwrap().as_str(), "btrfs");
    }

    #[test]
    fn masked_gdm_rules_are_no_rules() {
        let masked = "etc/udev/rules.d/61-gdm.rules -> \
            /dev/null\nusr/lib/udev/rules.d/61-gdm.rules = LABEL=\"gdm_end\"\n";
        assert_eq!(seen(masked).stage2.gdm_rules, Seen::Yes(false));
        assert_eq!(seen("lib/udev/rules.d/61-gdm.rules = x\n").stage2.gdm_rules, Seen::Yes(true));
    }
}
