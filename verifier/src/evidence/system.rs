//! Collector: kernel, distribution, power and security state, device nodes.

use crate::facts::{DeviceNode, Facts, InitKind, NODE_MAX, System};
use crate::parse::proc_devices;
use crate::seen::{Errno, Seen};
use crate::text::{Name, Text, decimal, words};
use crate::tree::{Flow, Kind, Tree, TreeExt};
use heapless::Vec;

/// Looks at the machine around the stack. Everything here is one small file.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    let System { char_majors, .. } = &mut facts.system;
    let mut majors = Vec::new();
    let lost = &mut facts.lost;
    *char_majors = tree
        .lines("proc/devices", &mut |line| {
            if proc_devices::starts_block_devices(line) {
                return Flow::Enough;
            }
            if let Some((name, major)) = proc_devices::line(line) {
                if name.starts_with(b"nvidia") {
                    lost.keep(&mut majors, (Name::from_bytes(name), major), "device majors");
                }
            }
            Flow::More
        })
        .map(|_| majors);

    let mut nodes: Vec<DeviceNode, NODE_MAX> = Vec::new();
    let mut refused = None;
    let listed = tree.list("dev", &mut |name| {
        if name.starts_with(b"nvidia") {
            match node(tree, Name::from_bytes(name)) {
                Seen::Yes(node) => lost.keep(&mut nodes, node, "device nodes"),
                Seen::Unreadable(e) => refused = Some(e),
                Seen::Absent | Seen::NotLooked => {}
            }
        }
    });
    let listed = refused.map_or(listed, Seen::Unreadable);
    nodes.sort_unstable_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
    facts.nodes = listed.map(|()| nodes);

    let system = &mut facts.system;
    system.release = tree.text("proc/sys/kernel/osrelease");
    system.os_id = os_id(tree);
    system.init = tree.exists("run/systemd/system").map(|systemd| match systemd {
        true => InitKind::Systemd,
        false => InitKind::Script,
    });
    system.tainted = tree.text::<32>("proc/sys/kernel/tainted").and_then(|t| number(&t));
    system.modules_disabled = flag(tree, "proc/sys/kernel/modules_disabled");
    system.lockdown = tree.text("sys/kernel/security/lockdown");
    system.sig_enforce = flag(tree, "sys/module/module/parameters/sig_enforce");
    system.mem_sleep = tree.text("sys/power/mem_sleep");
    system.resume = tree.text("sys/power/resume");
    system.dgpu_disable = flag(tree, "sys/devices/platform/asus-nb-wmi/dgpu_disable");
    system.backlight = any_backlight(tree);
    system.uptime_us = tree.text::<64>("proc/uptime").and_then(|t| uptime(&t));
}

/// A character device below /dev; folders such as nvidia-caps are not kept.
fn node(tree: &dyn Tree, name: Name) -> Seen<DeviceNode> {
    tree.stat(&Text::<128>::of(format_args!("dev/{name}"))).and_then(|stat| {
        let (major, minor) = stat.device;
        let kept = stat.kind == Kind::CharDevice;
        if kept { Seen::Yes(DeviceNode { name, major, minor }) } else { Seen::Absent }
    })
}

/// `ID=` of os-release (man os-release): etc first, then usr/lib, then the
/// initrd's own file.
fn os_id(tree: &dyn Tree) -> Seen<Name> {
    let mut found = Seen::NotLooked;
    for path in ["etc/os-release", "usr/lib/os-release", "etc/initrd-release"] {
        let mut id = Seen::Absent;
        let read = tree.lines(path, &mut |line| match line.strip_prefix(b"ID=") {
            Some(value) => {
                let quote = |b: &u8| matches!(b, b'"' | b'\'');
                let inner = value.split(quote).find(|part| !part.is_empty());
                id = Seen::Yes(Name::from_bytes(inner.unwrap_or(b"")));
                Flow::Enough
            }
            None => Flow::More,
        });
        found = read.and_then(|_| id);
        if found.is_yes() {
            break;
        }
    }
    found
}

fn any_backlight(tree: &dyn Tree) -> Seen<bool> {
    let mut any = false;
    tree.list("sys/class/backlight", &mut |_| any = true).map(|()| any)
}

/// A boolean attribute: `Y`, `N`, `1` or `0`.
fn flag(tree: &dyn Tree, path: &str) -> Seen<bool> {
    tree.text::<8>(path).and_then(|text| match text.as_str() {
        "Y" | "1" => Seen::Yes(true),
        "N" | "0" => Seen::Yes(false),
        _ => Seen::Unreadable(Errno::EINVAL),
    })
}

fn number(text: &str) -> Seen<u64> {
    decimal(text.as_bytes()).map_or(Seen::Unreadable(Errno::EINVAL), Seen::Yes)
}

/// `SECONDS.HUNDREDTHS IDLE` (fs/proc/uptime.c) in microseconds.
fn uptime(text: &str) -> Seen<u64> {
    let parsed = words(text.as_bytes()).next().and_then(|word| {
        let dot = word.iter().position(|b| *b == b'.')?;
        let (seconds, rest) = word.split_at_checked(dot)?;
        let hundredths = decimal(rest.get(1..3)?)?;
        decimal(seconds)?.checked_mul(1_000_000)?.checked_add(hundredths * 10_000)
    });
    parsed.map_or(Seen::Unreadable(Errno::EINVAL), Seen::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    const MACHINE: &str = "\
proc/sys/kernel/osrelease = 6.12.107+deb13-amd64
proc/sys/kernel/tainted = 12288
proc/sys/kernel/modules_disabled = 0
proc/uptime = 4.25 3.10
sys/kernel/security/lockdown = none [integrity] confidentiality
sys/module/module/parameters/sig_enforce = N
run/systemd/system/ ino=5
dev/nvidia0 @ 195:0
dev/nvidiactl @ 195:255
dev/nvidia-caps/nvidia-cap1 @ 238:1
proc/devices <<EOF
Character devices:
  4 /dev/vc/0
195 nvidia
195 nvidiactl
236 nvidia-uvm

Block devices:
195 nvidia-not-a-char-device
EOF
etc/os-release <<EOF
NAME=NixOS
VERSION_ID=\"26.05\"
ID=\"nixos\"
EOF
";

    #[test]
    fn the_machine_is_described() {
        let facts = Case::initrd(MACHINE).facts();
        let system = &facts.system;
        assert_eq!(system.release.yes().unwrap().as_str(), "6.12.107+deb13-amd64");
        assert!(system.is_nixos());
        assert_eq!(system.init, Seen::Yes(InitKind::Systemd));
        assert_eq!(system.tainted, Seen::Yes(12288));
        assert_eq!(system.modules_disabled, Seen::Yes(false));
        assert_eq!(system.sig_enforce, Seen::Yes(false));
        assert_eq!(system.uptime_us, Seen::Yes(4_250_000));
        assert_eq!(system.backlight, Seen::Absent);
        assert_eq!(system.char_majors.yes().unwrap().len(), 3);
    }

    #[test]
    fn device_nodes_carry_their_numbers() {
        let facts = Case::initrd(MACHINE).facts();
        let nodes = facts.nodes.yes().unwrap();
        let shown: std::vec::Vec<_> = nodes.iter().map(|n| (n.name.as_str(), n.minor)).collect();
        assert_eq!(shown, [("nvidia0", 0), ("nvidiactl", 255)]);
    }

    #[test]
    fn garbage_is_unreadable_and_not_a_value() {
        let facts = Case::initrd("proc/uptime = soon\nproc/sys/kernel/tainted = x\n").facts();
        assert_eq!(facts.system.uptime_us, Seen::Unreadable(Errno::EINVAL));
        assert_eq!(facts.system.tainted, Seen::Unreadable(Errno::EINVAL));
    }
}
