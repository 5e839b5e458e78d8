//! Records as files of the tree: the kernel's log in its own form, and what its
//! lines tell of the machine: command line, release, PCI functions.

use super::boots::{BANNER, Boot};
use super::evidence::Evidence;
use super::line;
use super::record::{Clock, Record};
use nvpreflight::driver::said::{kernel, nvidia};
use nvpreflight::facts::PciAddress;
use nvpreflight::reading::message::pci_address;
use nvpreflight::tree::{Flow, Tree};
use std::borrow::Cow;
use std::fmt::Write;

/// The kernel's log in the tree.
pub const KMSG: &str = "dev/kmsg";
/// The command line in the tree.
pub const CMDLINE: &str = "proc/cmdline";
/// PCI functions in the tree.
pub const PCI: &str = "sys/bus/pci/devices";
/// Longest text that the kernel prints in one record, with its prefix
/// (`PRINTK_MESSAGE_MAX`, kernel/printk/internal.h): a command line that comes
/// close to it was cut there.
const RECORD_MAX: usize = 960;

/// Adds what a boot's records show.
pub fn add(boot: &Boot, evidence: &mut Evidence) {
    evidence.put(KMSG, kmsg(&boot.records));
    let kernel = || boot.records.iter().filter(|record| record.kernel);
    if let Some(banner) = kernel().find(|record| record.text.starts_with(BANNER)) {
        let release = banner.text.get(BANNER.len()..).and_then(|rest| rest.split(' ').next());
        evidence.put("proc/sys/kernel/osrelease", release.unwrap_or("").to_owned());
    }
    if let Some(line) = cmdline(&boot.records) {
        evidence.put(CMDLINE, line);
    }
    // NixOS's stage 1 is told where stage 2 is by a store path, as nothing else is.
    let nixos = evidence.text(CMDLINE).is_some_and(|line| line.contains("init=/nix/store/"));
    if nixos {
        evidence.put("etc/os-release", "ID=nixos\n");
    }
    let found: Vec<_> = kernel().filter_map(|record| pci(&record.text)).collect();
    if begins_at_the_beginning(boot) && !evidence.whole.contains(PCI) && is_whole(&found, boot) {
        evidence.whole.insert(PCI.to_owned());
        for (bdf, [vendor, device, class]) in found {
            evidence.put(&format!("{PCI}/{bdf}/vendor"), format!("0x{vendor}"));
            evidence.put(&format!("{PCI}/{bdf}/device"), format!("0x{device}"));
            evidence.put(&format!("{PCI}/{bdf}/class"), format!("0x{class}"));
        }
    }
}

/// True when the boot's first kernel lines are there.
#[must_use]
pub fn begins_at_the_beginning(boot: &Boot) -> bool {
    boot.has_banner()
}

/// The records as /dev/kmsg hands them out: `prio,seq,us,flags;text`, bytes that
/// are not printable as `\xNN` (kernel Documentation/ABI/testing/dev-kmsg). What
/// user space wrote has the facility of a daemon, 3, and its writer in the text.
fn kmsg(records: &[Record]) -> String {
    let mut out = String::new();
    for (seq, record) in records.iter().enumerate() {
        let level = record.priority.unwrap_or(6);
        let facility = if record.kernel { 0 } else { 3 };
        let us = match record.time {
            Some((Clock::Kernel | Clock::Monotonic, us)) => us,
            _ => 0,
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "{},{seq},{us},-;", facility * 8 + u32::from(level & 7));
        for byte in said(record).bytes() {
            let _ = match byte {
                b' '..=b'~' if byte != b'\\' => out.write_char(char::from(byte)),
                byte => write!(out, "\\x{byte:02x}"),
            };
        }
        out.push('\n');
    }
    out
}

/// The text of a record as the kernel log has it: a program's behind its name.
pub(super) fn said(record: &Record) -> Cow<'_, str> {
    if record.kernel {
        return Cow::Borrowed(&record.text);
    }
    let (who, text) = (record.identifier.as_deref().unwrap_or("unknown"), &record.text);
    Cow::Owned(match record.pid {
        Some(pid) => format!("{who}[{pid}]: {text}"),
        None => format!("{who}: {text}"),
    })
}

/// The records of a tree's kernel log: /dev/kmsg, or a capture's `dmesg`.
#[must_use]
pub fn records_of(tree: &dyn Tree) -> Vec<Record> {
    let mut out = Vec::new();
    for path in [KMSG, "dmesg"] {
        let mut number = 0;
        let _ = tree.lines(path, &mut |line| {
            number += 1;
            if let Some(line) = line::parse(&String::from_utf8_lossy(line)) {
                out.push(Record { line: number, ..line.record });
            }
            Flow::More
        });
        if !out.is_empty() {
            break;
        }
    }
    out
}

/// The kernel command line that the log tells, whole; `None` where it may have been
/// cut. `init/main.c` prints "Kernel command line: ", x86's setup.c "Command line: ";
/// newer kernels break a long one into records that end in a backslash.
fn cmdline(records: &[Record]) -> Option<String> {
    [kernel::KERNEL_COMMAND_LINE, kernel::COMMAND_LINE].into_iter().find_map(|start| {
        let mut parts = records
            .iter()
            .filter(|record| record.kernel)
            .filter_map(|record| record.text.strip_prefix(start));
        let mut line = String::new();
        loop {
            let part = parts.next()?;
            if let Some(part) = part.strip_suffix('\\') {
                line.push_str(part.trim_end());
                line.push(' ');
                continue;
            }
            line.push_str(part);
            return (part.len() < RECORD_MAX).then(|| line.trim().to_owned());
        }
    })
}

/// `pci 0000:01:00.0: [10de:2206] type 00 class 0x030000 …`, as the kernel logs each
/// function that it finds (`pci_setup_device`, drivers/pci/probe.c).
fn pci(text: &str) -> Option<(&str, [&str; 3])> {
    let (bdf, rest) = text.strip_prefix("pci ")?.split_once(": [")?;
    let (ids, rest) = rest.split_once("] type ")?;
    let (vendor, device) = ids.split_once(':')?;
    let class = rest.split_once("class 0x")?.1.split(' ').next()?;
    let hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    let known = hex(vendor, 4) && hex(device, 4) && hex(class, 6) && is_bdf(bdf);
    known.then_some((bdf, [vendor, device, class]))
}

/// True where the functions that a log tells are all there are: a log that was
/// searched for some words lacks the host's bridge, and where the driver speaks of a
/// GPU that was not found, lines are missing.
fn is_whole(found: &[(&str, [&str; 3])], boot: &Boot) -> bool {
    let bridge = found.iter().any(|(_, [_, _, class])| class.starts_with("06"));
    let known = |bdf: &str| {
        // Xid messages leave the function out.
        found.iter().any(|(at, [vendor, ..])| at.starts_with(bdf) && *vendor == NVIDIA)
    };
    bridge && boot.records.iter().filter(|r| r.kernel).filter_map(|r| gpu(&r.text)).all(known)
}

/// NVIDIA's vendor id.
const NVIDIA: &str = "10de";

/// The GPU of which the driver speaks, or the kernel of its function.
fn gpu(text: &str) -> Option<&str> {
    let drivers = text.starts_with("nvidia ") || text.starts_with(nvidia::NVRM);
    pci_address(text).filter(|_| drivers)
}

/// True for `0000:01:00.0`, which is safe as a part of a path.
#[must_use]
pub fn is_bdf(text: &str) -> bool {
    PciAddress::parse(text).is_some_and(|address| address.function.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::seen::Seen;

    fn kernel(text: &str) -> Record {
        Record {
            time: Some((Clock::Kernel, 5)),
            kernel: true,
            text: text.into(),
            ..Record::default()
        }
    }

    fn evidence(texts: &[&str]) -> Evidence {
        let boot =
            Boot { records: texts.iter().map(|text| kernel(text)).collect(), ..Boot::default() };
        let mut evidence = Evidence::default();
        add(&boot, &mut evidence);
        evidence
    }

    #[test]
    fn records_are_written_as_the_kernel_hands_them_out() {
        let user = Record {
            identifier: Some("systemd".into()),
            pid: Some(1),
            text: "Switching root.".into(),
            ..Record::default()
        };
        let text = kmsg(&[kernel("NVRM: a\nb ä\\"), user]);
        assert_eq!(
            text,
            "6,0,5,-;NVRM: a\\x0ab \\xc3\\xa4\\x5c\n30,1,0,-;systemd[1]: Switching root.\n"
        );
    }

    #[test]
    fn the_machine_is_known_as_far_as_its_lines_tell() {
        let tree = evidence(&[
            "Linux version 6.12.1-amd64 (a@b) #1",
            "Command line: init=/nix/store/x/init nvidia-drm.modeset=1",
            "pci 0000:00:00.0: [8086:4660] type 00 class 0x060000",
            "pci 0000:01:00.0: [10de:2206] type 00 class 0x030000 PCIe Legacy Endpoint",
        ]);
        assert_eq!(tree.text("proc/sys/kernel/osrelease").as_deref(), Some("6.12.1-amd64"));
        assert_eq!(tree.text("etc/os-release").as_deref(), Some("ID=nixos\n"));
        assert_eq!(tree.text("sys/bus/pci/devices/0000:01:00.0/device").as_deref(), Some("0x2206"));
        assert_eq!(tree.list(PCI, &mut |_| {}), Seen::Yes(()));
    }

    #[test]
    fn a_log_that_begins_late_shows_no_whole_bus() {
        let tree = evidence(&["pci 0000:01:00.0: [10de:2206] type 00 class 0x030000"]);
        assert_eq!(tree.list(PCI, &mut |_| {}), Seen::NotLooked);
    }

    #[test]
    fn a_searched_log_shows_no_whole_bus_either() {
        const GPU: &str = "pci 0000:01:00.0: [10de:2206] type 00 class 0x030000";
        const BRIDGE: &str = "pci 0000:00:00.0: [8086:4660] type 00 class 0x060000";
        let listed = |texts: &[&str]| evidence(texts).list(PCI, &mut |_| {}).is_yes();
        assert!(listed(&["Linux version 6", BRIDGE]));
        assert!(!listed(&["Linux version 6", GPU]));
        for said in [
            "NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x22:0x56:751)",
            "NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
            "nvidia 0000:01:00.0: vgaarb: VGA decodes changed",
        ] {
            assert!(!listed(&["Linux version 6", BRIDGE, said]), "{said}");
            assert!(listed(&["Linux version 6", BRIDGE, GPU, said]), "{said}");
        }
    }

    #[test]
    fn a_command_line_in_several_records_is_put_together_and_a_cut_one_left_out() {
        let parts = ["Kernel command line: a=1 \\", "Kernel command line: b=2"];
        assert_eq!(evidence(&parts).text(CMDLINE).as_deref(), Some("a=1 b=2"));
        let long = format!("Kernel command line: {}", "x".repeat(RECORD_MAX));
        assert_eq!(evidence(&[&long]).text(CMDLINE), None);
    }

    #[test]
    fn nothing_in_a_log_chooses_a_path() {
        let tree = evidence(&[
            "Linux version 6",
            "pci ../../../../etc: [10de:2206] type 00 class 0x030000",
        ]);
        assert!(tree.files.keys().all(|path| !path.contains("..")), "{:?}", tree.files.keys());
    }
}
