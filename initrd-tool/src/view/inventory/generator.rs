//! Which program made an image, as its own files show. A guess that names its
//! evidence; nothing is decided by it.

use crate::source::files::Files;
use nvpreflight::seen::Seen;
use nvpreflight::tree::TreeExt;

/// A generator and what shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generator {
    /// Its name: "dracut".
    pub name: &'static str,
    /// Its version, or empty.
    pub version: String,
    /// The path that shows it.
    pub evidence: &'static str,
}

/// Marks, the surest first: a path that only this generator makes.
const MARKS: [(&str, &str); 12] = [
    ("nix/store", "NixOS"),
    ("etc/booster.init.yaml", "booster"),
    ("usr/lib/dracut", "dracut"),
    ("lib/dracut", "dracut"),
    ("var/lib/dracut", "dracut"),
    ("conf/initramfs.conf", "initramfs-tools"),
    ("scripts/functions", "initramfs-tools"),
    ("buildconfig", "mkinitcpio"),
    ("init_functions", "mkinitcpio"),
    ("etc/tinyinitramfs", "tiny-initramfs"),
    ("etc/ostree/initramfs-root-binding.key", "ostree"),
    ("etc/mkosi-release", "mkosi"),
];

/// Who made it, where that can be told.
#[must_use]
pub fn of(files: &dyn Files) -> Option<Generator> {
    let there = |path: &str| matches!(files.exists(path), Seen::Yes(true));
    let (evidence, name) = *MARKS.iter().find(|(path, _)| there(path))?;
    let version = match name {
        "dracut" => dracut_version(files),
        "mkinitcpio" => text(files, "VERSION"),
        _ => String::new(),
    };
    Some(Generator { name, version, evidence })
}

/// dracut leaves an empty file `dracut-VERSION` (its module 99base).
fn dracut_version(files: &dyn Files) -> String {
    let mut version = String::new();
    for folder in ["usr/lib/dracut", "lib/dracut", "usr/lib", "lib"] {
        // Absent or not listed, the version is simply not known.
        let _ = files.list(folder, &mut |name| {
            if let Some(rest) = name.strip_prefix(b"dracut-") {
                if rest.first().is_some_and(u8::is_ascii_digit) {
                    version = crate::base::print::Shown(rest).to_string();
                }
            }
        });
        if !version.is_empty() {
            break;
        }
    }
    version
}

/// The system's name for itself: PRETTY_NAME of initrd-release or os-release
/// (os-release(5)), or empty.
#[must_use]
pub fn release_name(files: &dyn Files) -> String {
    let value = |path: &str| {
        let text = match files.load(path.as_bytes()) {
            Seen::Yes(text) => text,
            _ => return None,
        };
        let line =
            text.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"PRETTY_NAME="))?;
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
        Some(crate::base::print::Shown(line).to_string())
    };
    ["etc/initrd-release", "etc/os-release", "usr/lib/os-release"]
        .into_iter()
        .find_map(value)
        .unwrap_or_default()
}

fn text(files: &dyn Files, path: &str) -> String {
    match files.load(path.as_bytes()) {
        Seen::Yes(text) => {
            let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
            crate::base::print::Shown(line.trim_ascii()).to_string()
        }
        _ => String::new(),
    }
}
