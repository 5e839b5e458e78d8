//! Who makes a machine's initrd and who gives its kernel the command line, as its files
//! show. Reads a tree; decides nothing.

use super::draft::has;
use super::words::listed;
use crate::source::subject::entries::BOOT;
use crate::view::maker::Maker;
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
    /// /etc/sdboot-manage.conf, then `sdboot-manage gen` makes the entries again
    /// (systemd-boot-manager; CachyOS, Manjaro).
    SdbootManage,
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
    /// What makes the entries of kernel-install(8) again, where there is such a command.
    #[serde(skip)]
    pub entries: Option<&'static str>,
    /// The release of its distribution, VERSION_ID of os-release(5); empty where it is not
    /// told.
    #[serde(skip)]
    pub release: String,
}

impl Machine {
    /// Looks at the root of a machine.
    #[must_use]
    pub fn look(root: &dyn Tree, facts: &Facts) -> Self {
        // Debian's wrapper where there is one (update-grub(8)).
        let grub = match () {
            () if has(root, &["usr/sbin/update-grub", "sbin/update-grub"]) => "update-grub",
            () if has(root, &["boot/grub2"]) => "grub2-mkconfig -o /boot/grub2/grub.cfg",
            () => "grub-mkconfig -o /boot/grub/grub.cfg",
        };
        let maker = Maker::of(root, facts);
        let entries = entries(root, maker);
        let loader = loader(root, facts, entries.is_some());
        Self { maker, loader, grub, entries, release: release(root) }
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

/// EndeavourOS's script, which calls kernel-install for each kernel; systemd's own command
/// since 256 (kernel-install(8)); Debian's hook, which update-initramfs runs.
fn entries(root: &dyn Tree, maker: Maker) -> Option<&'static str> {
    let by_hook = || has(root, &["etc/initramfs/post-update.d/systemd-boot"]);
    match maker {
        _ if has(root, &["usr/bin/reinstall-kernels"]) => Some("reinstall-kernels"),
        Maker::Mkinitcpio if makes_uki(root) => Some("mkinitcpio -P"),
        Maker::Mkinitcpio if !of_kernel_install(root) => None,
        Maker::InitramfsTools if by_hook() => Some("update-initramfs -u -k all"),
        _ if systemd(root).is_some_and(|version| version >= 256) => Some("kernel-install add-all"),
        _ => None,
    }
}

/// Whether one of mkinitcpio's presets makes a unified image, which holds the command line
/// (mkinitcpio(8), "PRESETS").
fn makes_uki(root: &dyn Tree) -> bool {
    const FOLDER: &str = "etc/mkinitcpio.d";
    let mut uki = false;
    for preset in listed(root, FOLDER, ".preset") {
        // A preset that cannot be read makes nothing that is known.
        let _ = root.lines(&preset, &mut |line| {
            let line = line.trim_ascii_start();
            let name = line.split(|b| *b == b'=').next().unwrap_or_default();
            uki |= name.ends_with(b"_uki") && !line.starts_with(b"#");
            Flow::More
        });
    }
    uki
}

/// Whether entries of the boot loader are kernel-install's, which names them by the machine's
/// id: 32 digits (kernel-install(8), 90-loaderentry.install).
fn of_kernel_install(root: &dyn Tree) -> bool {
    let entries = |boot: &str| listed(root, &format!("{boot}/loader/entries"), ".conf");
    BOOT.iter().flat_map(|boot| entries(boot)).any(|path| {
        let name = path.rsplit('/').next().and_then(|name| name.split('-').next());
        name.is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
    })
}

/// systemd's version, which its library has in its name.
fn systemd(root: &dyn Tree) -> Option<u32> {
    let mut version = None;
    let folders = [
        "usr/lib/systemd",
        "usr/lib64/systemd",
        "lib/systemd",
        "usr/lib/x86_64-linux-gnu/systemd",
        "usr/lib/aarch64-linux-gnu/systemd",
    ];
    for folder in folders {
        // A folder that is not there, or may not be listed, shows nothing.
        let _ = root.list(folder, &mut |name| {
            let name = std::str::from_utf8(name).unwrap_or_default();
            let number = name.strip_prefix("libsystemd-shared-").map(|rest| {
                rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default().parse()
            });
            version = version.max(number.and_then(Result::ok));
        });
    }
    version
}

/// The surest first: a program that owns the command line, then the file that a
/// generator reads, then the entries themselves.
fn loader(root: &dyn Tree, facts: &Facts, makes_entries: bool) -> Loader {
    let has = |paths: &[&str]| has(root, paths);
    match () {
        () if facts.system.is_nixos() || has(&["etc/NIXOS"]) => Loader::NixOs,
        () if has(&["run/ostree-booted", "ostree/repo"]) => Loader::RpmOstree,
        () if has(&["usr/sbin/grubby", "usr/bin/grubby", "sbin/grubby"]) => Loader::Grubby,
        () if has(&["usr/bin/kernelstub"]) => Loader::Kernelstub,
        () if has(&["etc/default/grub"]) && has(&["boot/grub", "boot/grub2"]) => Loader::Grub,
        () if has(&["etc/default/limine"]) && has(&["usr/bin/limine-update"]) => Loader::Limine,
        () if has(&["etc/sdboot-manage.conf"]) && has(&["usr/bin/sdboot-manage"]) => {
            Loader::SdbootManage
        }
        // Where nothing reads it, it is left over.
        () if has(&["etc/kernel/cmdline"]) && makes_entries => Loader::KernelCmdline,
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
