//! Who makes a machine's initrd and who gives its kernel the command line, as its files
//! show. Reads a tree; decides nothing.

use super::draft::has;
use crate::source::subject::entries::BOOT;
use crate::view::goals::{Maker, maker};
use nvpreflight::facts::Facts;
use nvpreflight::tree::Tree;
use serde::Serialize;

/// Who keeps the kernel command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loader {
    /// `boot.kernelParams`; files below /etc are made from the configuration.
    NixOs,
    /// `rpm-ostree kargs` (rpm-ostree(1)).
    RpmOstree,
    /// `grubby --update-kernel` (grubby(8); Fedora, RHEL).
    Grubby,
    /// `kernelstub` (Pop!_OS).
    Kernelstub,
    /// /etc/default/grub, then grub.cfg is made again.
    Grub,
    /// /etc/default/limine, then `limine-update` makes the entries again
    /// (limine-entry-tool; CachyOS, Omarchy).
    Limine,
    /// /etc/kernel/cmdline (kernel-install(8), and mkinitcpio's unified images).
    KernelCmdline,
    /// /boot/refind_linux.conf.
    Refind,
    /// `options` lines of loader/entries on /boot or the ESP (Boot Loader Specification).
    Entries,
    /// Not known.
    Unknown,
}

/// A machine, as far as cures need it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Machine {
    /// Who makes its initrd.
    pub maker: Maker,
    /// Who keeps its kernel command line.
    pub loader: Loader,
    /// How grub.cfg is made, where the loader is GRUB.
    pub grub: &'static str,
}

impl Machine {
    /// Looks at the root of a machine.
    #[must_use]
    pub fn look(root: &dyn Tree, facts: &Facts) -> Self {
        let loader = loader(root, facts);
        // Debian's wrapper where there is one (update-grub(8)).
        let grub = match () {
            () if has(root, &["usr/sbin/update-grub", "sbin/update-grub"]) => "update-grub",
            () if has(root, &["boot/grub2"]) => "grub2-mkconfig -o /boot/grub2/grub.cfg",
            () => "grub-mkconfig -o /boot/grub/grub.cfg",
        };
        Self { maker: maker(root, facts), loader, grub }
    }
}

/// The surest first: a program that owns the command line, then the file that a
/// generator reads, then the entries themselves.
fn loader(root: &dyn Tree, facts: &Facts) -> Loader {
    let has = |paths: &[&str]| has(root, paths);
    match () {
        () if facts.system.is_nixos() || has(&["etc/NIXOS"]) => Loader::NixOs,
        () if has(&["run/ostree-booted", "ostree/repo"]) => Loader::RpmOstree,
        () if has(&["usr/sbin/grubby", "usr/bin/grubby", "sbin/grubby"]) => Loader::Grubby,
        () if has(&["usr/bin/kernelstub"]) => Loader::Kernelstub,
        () if has(&["etc/default/grub"]) && has(&["boot/grub", "boot/grub2"]) => Loader::Grub,
        () if has(&["etc/default/limine"]) && has(&["usr/bin/limine-update"]) => Loader::Limine,
        () if has(&["etc/kernel/cmdline"]) => Loader::KernelCmdline,
        () if has(&["boot/refind_linux.conf"]) => Loader::Refind,
        () if BOOT.iter().any(|boot| has(&[&format!("{boot}/loader/entries")])) => Loader::Entries,
        () => Loader::Unknown,
    }
}
