//! Collector: what the real root's configuration says about DRM nodes and GPUs.
//!
//! Reads environment, X and udev files by line; it quotes, it does not evaluate.

use crate::facts::{DrmPin, Facts, Lost, Place, RemovalRule};
use crate::seen::Seen;
use crate::text::{Line, Name, Text, find, trim};
use crate::tree::{Flow, Tree};
use heapless::Vec;

/// Single files in which people pin a card: login environments (pam_env,
/// NixOS's set-environment), the X server's configuration, greetd.
const FILES: [&str; 5] = [
    "etc/environment",
    "etc/set-environment",
    "etc/pam/environment",
    "etc/X11/xorg.conf",
    "etc/greetd/config.toml",
];
/// Folders of such files.
const FOLDERS: [&str; 2] = ["etc/environment.d", "etc/X11/xorg.conf.d"];
/// udev's rule folders (man udev); the first one is the machine's own.
pub const UDEV_FOLDERS: [&str; 3] =
    ["etc/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"];
/// Files looked at in one folder; more are counted as lost.
const FILE_MAX: usize = 128;

/// Fills the pins, and the removal rules where a function is missing.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    let lost = &mut facts.lost;
    let mut pins = Vec::new();
    let mut look = |path: &str| pins_of(tree, path, &mut pins, lost);
    FILES.iter().for_each(|path| look(path));
    for folder in FOLDERS {
        each_file(tree, folder, |_| true, &mut |path| look(path));
    }
    facts.stage2.drm_pins = Seen::Yes(pins);

    // Reading every udev rule costs a few hundred system calls, so it is done
    // only where such a rule could explain a hole.
    if something_is_missing(facts) {
        let mut rules: Vec<RemovalRule, 4> = Vec::new();
        for (i, folder) in UDEV_FOLDERS.iter().enumerate() {
            let of_interest = |name: &str| i == 0 || name.contains("nvidia");
            each_file(tree, folder, of_interest, &mut |path| {
                removals_of(tree, path, &mut rules, &mut facts.lost);
            });
        }
        facts.stage2.gpu_removal_rules = Seen::Yes(rules);
    }
}

/// No NVIDIA GPU, or one without the sound function that its slot should have.
fn something_is_missing(facts: &Facts) -> bool {
    let sound = |slot: &str| {
        facts.pci_functions().iter().any(|p| p.slot() == slot && p.class >> 8 == 0x0403)
    };
    facts.nvidia_gpus().next().is_none() || facts.nvidia_gpus().any(|gpu| !sound(gpu.slot()))
}

fn each_file(
    tree: &dyn Tree,
    folder: &str,
    wanted: impl Fn(&str) -> bool,
    f: &mut dyn FnMut(&str),
) {
    let mut names: Vec<Name, FILE_MAX> = Vec::new();
    // A folder that is not there holds nothing; its files are optional.
    let _ = tree.list(folder, &mut |name| {
        let name = Name::from_bytes(name);
        if wanted(&name) {
            let _ = names.push(name);
        }
    });
    names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    for name in &names {
        f(&Text::<128>::of(format_args!("{folder}/{name}")));
    }
}

fn lines_of(tree: &dyn Tree, path: &str, f: &mut dyn FnMut(u32, &[u8])) {
    let mut number = 0u32;
    // Optional files: one that is not there or not readable pins nothing.
    let _ = tree.lines(path, &mut |line| {
        number = number.saturating_add(1);
        let line = trim(line);
        if !line.starts_with(b"#") {
            f(number, line);
        }
        Flow::More
    });
}

fn pins_of(tree: &dyn Tree, path: &str, pins: &mut Vec<DrmPin, 8>, lost: &mut Lost) {
    lines_of(tree, path, &mut |number, line| {
        let split = || is_split_apart(line).then(|| Name::from(DrmPin::BY_PATH));
        if let Some(node) = pinned_card(line).or_else(split) {
            let place = Place::line(path, number);
            lost.keep(pins, DrmPin { node, place, line: Line::from_bytes(line) }, "DRM pins");
        }
    });
}

/// Variables whose value is split at colons (wlroots backend/session/session.c
/// `explicit_find_gpus`, aquamarine src/backend/drm/DRM.cpp `scanGPUs`).
const COLON_LISTS: [&[u8]; 2] = [b"WLR_DRM_DEVICES", b"AQ_DRM_DEVICES"];
/// Another one, which takes a colon behind a backslash for a letter (KWin
/// src/backends/drm/drm_backend.cpp `splitPathList`).
const ESCAPED_LIST: &[u8] = b"KWIN_DRM_DEVICES";

/// True for a line that gives such a variable a name of /dev/dri/by-path whose colons
/// split it.
fn is_split_apart(line: &[u8]) -> bool {
    let names = |name: &[u8]| find(line, name).is_some();
    let Some(at) = find(line, b"/dev/dri/by-path/") else { return false };
    let path = line.get(at..).unwrap_or_default();
    let colon = path.iter().position(|b| *b == b':');
    let escaped = colon.is_some_and(|at| path.get(..at).is_some_and(|p| p.ends_with(b"\\")));
    COLON_LISTS.iter().any(|name| names(name)) || names(ESCAPED_LIST) && colon.is_some() && !escaped
}

/// "card1" of a line that holds `/dev/dri/card1`.
fn pinned_card(line: &[u8]) -> Option<Name> {
    let rest = line.get(find(line, b"/dev/dri/card")? + b"/dev/dri/".len()..)?;
    let digits = rest.get(4..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    (digits > 0).then(|| Name::from_bytes(rest.get(..4 + digits).unwrap_or(rest)))
}

/// Lines that match NVIDIA's vendor id and write the `remove` attribute.
fn removals_of(tree: &dyn Tree, path: &str, rules: &mut Vec<RemovalRule, 4>, lost: &mut Lost) {
    lines_of(tree, path, &mut |number, line| {
        let has = |what: &[u8]| find(line, what).is_some();
        if has(b"0x10de") && has(b"ATTR{remove}=\"1\"") {
            let place = Place::line(path, number);
            let rule = RemovalRule { place, line: Line::from_bytes(line) };
            lost.keep(rules, rule, "udev rules");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    #[test]
    fn pins_are_quoted_with_their_place() {
        let facts = Case::pre_display(
            "etc/environment.d/90-gpu.conf <<EOF\n# /dev/dri/card0 was it \
                once\nWLR_DRM_DEVICES=/dev/dri/card1:/dev/dri/card0\nEOF\n\
             etc/environment = LIBVA_DRIVER_NAME=nvidia\n",
        )
        .facts();
        let pins = facts.stage2.drm_pins.yes().unwrap();
        assert_eq!(pins.len(), 1);
        assert_eq!(pins[0].node, "card1");
        assert_eq!(pins[0].place, Place::line("etc/environment.d/90-gpu.conf", 2));
    }

    #[test]
    fn stable_paths_are_no_pins() {
        assert_eq!(pinned_card(b"AQ_DRM_DEVICES=/dev/dri/by-path/pci-0000:01:00.0-card"), None);
        assert_eq!(pinned_card(b"/dev/dri/card"), None);
        assert_eq!(pinned_card(b"\"/dev/dri/card12\"").unwrap(), "card12");
    }

    #[test]
    fn a_path_with_colons_is_split_apart_unless_its_reader_was_told() {
        let path = "/dev/dri/by-path/pci-0000:01:00.0-card";
        let escaped = path.replace(':', "\\:");
        for (line, split) in [
            (std::format!("AQ_DRM_DEVICES={path}"), true),
            (std::format!("KWIN_DRM_DEVICES={path}"), true),
            (std::format!("KWIN_DRM_DEVICES={escaped}"), false),
            (std::format!("WLR_DRM_DEVICES={escaped}"), true),
            ("KWIN_DRM_DEVICES=/dev/dri/by-path/platform-gpu-card".into(), false),
            (std::format!("SOMETHING_ELSE={path}"), false),
        ] {
            assert_eq!(is_split_apart(line.as_bytes()), split, "{line}");
        }
    }

    #[test]
    fn a_rule_that_removes_the_gpu_is_found() {
        let facts = Case::pre_display(
            "etc/udev/rules.d/50-remove-nvidia.rules <<EOF\n\
             ACTION==\"add\", ATTR{vendor}==\"0x10de\", ATTR{class}==\"0x03[0-9]*\", \
             ATTR{remove}=\"1\"\nEOF\n\
             etc/udev/rules.d/60-pm.rules = ATTR{vendor}==\"0x10de\", \
             ATTR{power/control}=\"auto\"\n",
        )
        .facts();
        let rules = facts.stage2.gpu_removal_rules.yes().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].place, Place::line("etc/udev/rules.d/50-remove-nvidia.rules", 1));
    }
}
