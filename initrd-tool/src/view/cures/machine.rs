//! Who makes a machine's initrd and who gives its kernel the command line, as its files
//! show. Reads a tree; decides nothing.

use super::draft::has;
use crate::source::subject::entries::BOOT;
use crate::view::goals::{Maker, maker};
use nvpreflight::facts::Facts;
use nvpreflight::tree::{Flow, Tree};
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
    /// The release of its distribution, VERSION_ID of os-release(5); empty where it is not
    /// told.
    #[serde(skip)]
    pub release: String,
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
        Self { maker: maker(root, facts), loader, grub, release: release(root) }
    }

    /// A rule's line for NixOS as this release takes it: of "OLD    # from 26.05 on: NEW" one
    /// of the two; both where the release is not known.
    #[must_use]
    pub fn of_release(&self, line: String) -> String {
        let both = || {
            let (old, rest) = line.split_once("    # from ")?;
            let (since, new) = rest.split_once(" on: ")?;
            Some((old, since, new))
        };
        // Releases are named by year and month: 25.11.
        let number = |text: &str| {
            let (year, month) = text.split_once('.')?;
            Some((year.parse::<u8>().ok()?, month.get(..2)?.parse::<u8>().ok()?))
        };
        match (both(), number(&self.release)) {
            (Some((old, since, new)), Some(own)) => match number(since) {
                Some(since) if own >= since => new.to_owned(),
                Some(_) => old.to_owned(),
                None => line,
            },
            _ => line,
        }
    }
}

fn release(root: &dyn Tree) -> String {
    let mut release = String::new();
    for path in ["etc/os-release", "usr/lib/os-release"] {
        // A root without either is of no known release.
        let _ = root.lines(path, &mut |line| {
            let value = line.strip_prefix(b"VERSION_ID=").map(|value| value.trim_ascii());
            let Some(value) = value.and_then(|value| std::str::from_utf8(value).ok()) else {
                return Flow::More;
            };
            release = value.trim_matches(['"', '\'']).to_owned();
            Flow::Enough
        });
        if !release.is_empty() {
            break;
        }
    }
    release
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

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::capture::Capture;
    use nvpreflight::facts::Phase;

    #[test]
    fn a_nixos_line_is_the_one_of_the_release() {
        let line = "a = 1;    # from 26.05 on: b = 2;";
        for (release, now) in
            [("25.11", "a = 1;"), ("26.05", "b = 2;"), ("26.11pre1", "b = 2;"), ("", line)]
        {
            let text = format!("etc/os-release <<EOF\nID=nixos\nVERSION_ID=\"{release}\"\nEOF\n");
            let facts = Box::new(Facts::new(Phase::PreDisplay));
            let machine = Machine::look(&Capture::new(text.as_bytes()), &facts);
            assert_eq!(machine.of_release(line.to_owned()), now, "{release}");
            assert_eq!(machine.of_release("a = 1;".to_owned()), "a = 1;");
        }
    }
}
