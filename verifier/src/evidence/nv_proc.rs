//! What nvidia.ko says of itself in /proc/driver/nvidia. The folder exists only
//! while the module is loaded: the driver makes it as the first step of its init
//! and removes it when init fails (nvidia/nv.c).

use crate::facts::device::GPU_MAX;
use crate::facts::{Facts, NvGpu, NvProc};
use crate::seen::Seen;
use crate::text::{Line, Name, Text, Value, decimal, trim};
use crate::tree::{Flow, Tree, TreeExt};
use heapless::Vec;

const ROOT: &str = "proc/driver/nvidia";

/// Reads version, GPUs and the suspend interface.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    facts.nv = tree.stat(ROOT).and_then(|_| {
        let version_line = version_line(tree);
        let version = match &version_line {
            Seen::Yes(line) => version(line).map_or(Seen::Absent, Seen::Yes),
            other => other.status().map(|()| Value::new()),
        };
        let mut nv = NvProc { version_line, version, ..NvProc::default() };
        nv.suspend = tree.exists("proc/driver/nvidia/suspend");
        let mut names = Vec::<Name, GPU_MAX>::new();
        // Without any GPU the driver still makes the folder; its absence and an
        // unreadable one both leave the list empty.
        let _ = tree.list("proc/driver/nvidia/gpus", &mut |name| {
            facts.lost.keep(&mut names, Name::from_bytes(name), "GPUs of /proc/driver/nvidia");
        });
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        for name in names {
            facts.lost.keep(&mut nv.gpus, gpu(tree, name), "GPUs of /proc/driver/nvidia");
        }
        Seen::Yes(nv)
    });
}

fn version_line(tree: &dyn Tree) -> Seen<Line> {
    let mut found = Seen::Absent;
    let seen = tree.lines("proc/driver/nvidia/version", &mut |line| match line
        .strip_prefix(b"NVRM version:")
    {
        Some(rest) => {
            found = Seen::Yes(Line::from_bytes(trim(rest)));
            Flow::Enough
        }
        None => Flow::More,
    });
    seen.and_then(|_| found)
}

/// The version number in `NVIDIA UNIX … Kernel Module for x86_64  550.163.01
/// Release Build …`: the first word of digits and dots after "Module".
fn version(line: &str) -> Option<Value> {
    let number = |w: &&str| w.contains('.') && w.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    line.split_ascii_whitespace().skip_while(|w| *w != "Module").find(number).map(Value::from)
}

fn gpu(tree: &dyn Tree, bdf: Name) -> NvGpu {
    let path = Text::<128>::of(format_args!("{ROOT}/gpus/{bdf}/information"));
    let (mut model, mut minor, mut initialised) = (Seen::Absent, Seen::Absent, Seen::Absent);
    let seen = tree.lines(&path, &mut |line| {
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (key, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        let value = trim(value.get(1..).unwrap_or(&[]));
        match key {
            b"Model" => model = Seen::Yes(Value::from_bytes(value)),
            b"Device Minor" => minor = decimal(value).map_or(Seen::Absent, Seen::Yes),
            // Question marks stand for what only an initialised GPU tells.
            b"Video BIOS" => initialised = Seen::Yes(!value.starts_with(b"??")),
            _ => {}
        }
        Flow::More
    });
    if let Seen::Unreadable(e) = seen.status() {
        return NvGpu {
            bdf,
            model: Seen::Unreadable(e),
            minor: Seen::Unreadable(e),
            initialised: Seen::Unreadable(e),
        };
    }
    NvGpu { bdf, model, minor, initialised }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    const OPEN: &str = "proc/driver/nvidia/version <<EOF\n\
        NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.163.01  Release Build  (buildd@debian)  Mon Jul 21 21:45:24 UTC 2025\n\
        GCC version:  gcc version 14.2.0 (Debian 14.2.0-19) \nEOF\n\
        proc/driver/nvidia/suspend =\n\
        proc/driver/nvidia/gpus/0000:00:01.0/information <<EOF\n\
        Model: \t\t NVIDIA GeForce RTX 3080\nVideo BIOS: \t ??.??.??.??.??\n\
        Device Minor: \t 0\nEOF\n";

    #[test]
    fn version_flavour_and_gpus_are_read() {
        let facts = Case::initrd(OPEN).facts();
        assert_eq!(facts.driver_version(), Some("550.163.01"));
        assert_eq!(facts.open_flavour(), Some(true));
        let nv = facts.nv.yes().unwrap();
        assert_eq!(nv.suspend, Seen::Yes(true));
        let gpu = &nv.gpus[0];
        assert_eq!((gpu.bdf.as_str(), &gpu.minor), ("0000:00:01.0", &Seen::Yes(0)));
        assert_eq!(gpu.initialised, Seen::Yes(false));
        assert_eq!(gpu.model.yes().unwrap().as_str(), "NVIDIA GeForce RTX 3080");
    }

    #[test]
    fn the_proprietary_line_has_its_version_behind_the_word_module() {
        let line = "NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8 12:41:17 UTC 2025";
        assert_eq!(version(line).unwrap().as_str(), "550.163.01");
        assert_eq!(version("NVIDIA UNIX x86_64"), None);
    }

    #[test]
    fn no_folder_means_no_driver() {
        assert!(Case::initrd("").facts().nv.is_absent());
    }
}
