//! Whom a file belongs to, as far as its path tells: what an image's size is made
//! of. Guesses nothing from contents.

use super::{behind, firmware_name};
use crate::base::print::Shown;
use std::fmt;

/// What a file is part of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Module files and their indexes.
    Modules,
    /// Files below lib/firmware.
    Firmware,
    /// CPU microcode, at the path that the kernel reads it from before it unpacks
    /// the image (Documentation/arch/x86/microcode.rst).
    Microcode,
    /// A package of the Nix store.
    Store,
    /// systemd and udev.
    Systemd,
    /// What the generator of the image brings along.
    Generator,
    /// Plymouth with its themes and fonts.
    Plymouth,
    /// Programs.
    Programs,
    /// Shared libraries.
    Libraries,
    /// Below etc.
    Configuration,
    /// This project's files.
    Preflight,
    /// Everything else.
    Other,
}

impl Group {
    /// The name for people and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Modules => "kernel modules",
            Self::Firmware => "firmware",
            Self::Microcode => "microcode",
            Self::Store => "nix store",
            Self::Systemd => "systemd",
            Self::Generator => "generator",
            Self::Plymouth => "plymouth",
            Self::Programs => "programs",
            Self::Libraries => "libraries",
            Self::Configuration => "configuration",
            Self::Preflight => "nvpreflight",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A group and the part of it: a driver, a subsystem, a package.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Owner {
    /// The group.
    pub group: Group,
    /// The part, printable; empty where groups have none.
    pub part: String,
}

impl Owner {
    /// Whom the file at this path belongs to.
    #[must_use]
    pub fn of(path: &[u8]) -> Self {
        let (group, part) = classify(path);
        Self { group, part: Shown(part).to_string() }
    }
}

fn classify(path: &[u8]) -> (Group, &[u8]) {
    if let Some(tree) = behind(path, b"lib/modules/") {
        return (Group::Modules, subsystem(tree));
    }
    if let Some(name) = firmware_name(path) {
        return (Group::Firmware, driver(name));
    }
    if let Some(name) = path.strip_prefix(b"kernel/x86/microcode/") {
        return (Group::Microcode, name.strip_suffix(b".bin").unwrap_or(name));
    }
    if path.windows(11).any(|part| part == b"nvpreflight") {
        return (Group::Preflight, b"");
    }
    if let Some(package) = path.strip_prefix(b"nix/store/") {
        return (Group::Store, store_name(package));
    }
    (place(path.strip_prefix(b"usr/").unwrap_or(path)), b"")
}

/// By the usual folders, `usr/` taken off.
fn place(path: &[u8]) -> Group {
    const PLACES: [(&[u8], Group); 19] = [
        (b"lib/systemd/", Group::Systemd),
        (b"lib/udev/", Group::Systemd),
        (b"etc/systemd/", Group::Systemd),
        (b"etc/udev/", Group::Systemd),
        (b"lib/dracut/", Group::Generator),
        (b"lib/dracut-", Group::Generator),
        (b"lib/initcpio/", Group::Generator),
        (b"var/lib/dracut/", Group::Generator),
        (b"scripts/", Group::Generator),
        (b"conf/", Group::Generator),
        (b"hooks/", Group::Generator),
        (b"share/plymouth/", Group::Plymouth),
        (b"share/fonts/", Group::Plymouth),
        (b"bin/", Group::Programs),
        (b"sbin/", Group::Programs),
        (b"libexec/", Group::Programs),
        (b"lib", Group::Libraries),
        (b"etc/", Group::Configuration),
        (b"init", Group::Generator),
    ];
    if path.windows(8).any(|part| part == b"plymouth") {
        return Group::Plymouth;
    }
    PLACES
        .iter()
        .find(|(start, _)| path.starts_with(start))
        .map_or(Group::Other, |(_, group)| *group)
}

/// `6.1.0/kernel/drivers/gpu/drm/x.ko` → `drivers/gpu`; the NVIDIA modules are a
/// part of their own wherever they lie.
fn subsystem(tree: &[u8]) -> &[u8] {
    let name = tree.rsplit(|b| *b == b'/').next().unwrap_or(tree);
    if name.starts_with(b"nvidia") {
        return b"nvidia";
    }
    let below = after(tree);
    let Some(below) = below.filter(|below| below.contains(&b'/')) else { return b"index" };
    let below = below.strip_prefix(b"kernel/").unwrap_or(below);
    let depth = if below.starts_with(b"drivers/") { 2 } else { 1 };
    let ends = below.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at);
    let end = ends.take(depth).last().unwrap_or(0);
    below.get(..end).unwrap_or(below)
}

/// `nvidia/595.45.04/gsp.bin` → `nvidia`; `iwlwifi-7260-17.ucode` → `iwlwifi`.
fn driver(name: &[u8]) -> &[u8] {
    let end = match name.iter().position(|b| *b == b'/') {
        Some(at) => Some(at),
        None => name.iter().position(|b| matches!(b, b'-' | b'_' | b'.')),
    };
    end.and_then(|end| name.get(..end)).filter(|name| !name.is_empty()).unwrap_or(name)
}

/// `HASH-systemd-259/lib/…` → `systemd-259` (Nix manual, store path).
fn store_name(path: &[u8]) -> &[u8] {
    let name = path.split(|b| *b == b'/').next().unwrap_or(path);
    match name.iter().position(|b| *b == b'-') {
        Some(32) => name.get(33..).unwrap_or(name),
        _ => name,
    }
}

fn after(path: &[u8]) -> Option<&[u8]> {
    path.iter().position(|b| *b == b'/').and_then(|at| path.get(at + 1..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_file_has_its_owner() {
        for (path, group, part) in [
            ("lib/modules/6.1/kernel/drivers/net/ethernet/x.ko", Group::Modules, "drivers/net"),
            ("lib/modules/6.1/kernel/fs/ext4/ext4.ko.xz", Group::Modules, "fs"),
            ("lib/modules/6.1/updates/dkms/nvidia-drm.ko", Group::Modules, "nvidia"),
            ("lib/modules/6.1/modules.dep", Group::Modules, "index"),
            ("nix/store/abc-modules/lib/modules/6.1/misc/x.ko", Group::Modules, "misc"),
            ("usr/lib/firmware/nvidia/595.1/gsp_ga10x.bin", Group::Firmware, "nvidia"),
            ("lib/firmware/iwlwifi-7260-17.ucode", Group::Firmware, "iwlwifi"),
            ("kernel/x86/microcode/AuthenticAMD.bin", Group::Microcode, "AuthenticAMD"),
            (
                "nix/store/0123456789abcdfghijklmnpqrsvwxyz-bash-5.2/bin/bash",
                Group::Store,
                "bash-5.2",
            ),
            ("usr/lib/systemd/systemd-udevd", Group::Systemd, ""),
            ("usr/lib/x86_64-linux-gnu/libc.so.6", Group::Libraries, ""),
            ("lib64/ld-linux-x86-64.so.2", Group::Libraries, ""),
            ("usr/bin/kmod", Group::Programs, ""),
            ("scripts/functions", Group::Generator, ""),
            ("etc/fstab", Group::Configuration, ""),
            ("etc/nvpreflight/expect.json", Group::Preflight, ""),
            ("var/x", Group::Other, ""),
        ] {
            let owner = Owner::of(path.as_bytes());
            assert_eq!((owner.group, owner.part.as_str()), (group, part), "{path}");
        }
    }
}
