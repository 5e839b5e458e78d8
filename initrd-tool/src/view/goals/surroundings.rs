//! What of a machine no rule reads and the choice depends on: encryption, resume,
//! a splash, the persistence daemon. Reads a `Tree`; a file
//! that was not checked stays "not known".

use crate::view::maker::Maker;
use nvpreflight::facts::{Facts, Place};
use nvpreflight::parse::cmdline;
use nvpreflight::seen::Seen;
use nvpreflight::tree::{Flow, Tree, TreeExt};
use serde::Serialize;

/// A fact with the place that tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Known {
    /// Whether it is so.
    pub yes: bool,
    /// Where that stands.
    pub place: String,
}

impl Known {
    fn new(yes: bool, place: impl Into<String>) -> Option<Self> {
        Some(Self { yes, place: place.into() })
    }
}

/// The surroundings. `None` is "not known".
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Surroundings {
    /// A disk is opened with a passphrase or a key at boot.
    pub encrypted: Option<Known>,
    /// A device to resume from is named.
    pub resume: Option<Known>,
    /// A splash screen is asked for.
    pub splash: Option<Known>,
    /// plymouth may use the firmware framebuffer for it.
    pub simple_splash: bool,
    /// nvidia-persistenced is enabled.
    pub persistenced: Option<bool>,
    /// Who makes the initrd.
    pub maker: Maker,
}

/// Words by which a command line names an encrypted disk (man
/// systemd-cryptsetup-generator; dracut.cmdline; mkinitcpio's encrypt hook).
const LUKS: [&[u8]; 8] = [
    b"rd.luks.uuid",
    b"rd.luks.name",
    b"luks.uuid",
    b"luks.name",
    b"cryptdevice",
    b"rd.luks.key",
    b"cryptopts",
    b"rd_LUKS_UUID",
];

impl Surroundings {
    /// Looks around in a tree; the command line is that of the facts.
    #[must_use]
    pub fn look(tree: &dyn Tree, facts: &Facts) -> Self {
        let line = facts.config.cmdline.yes().map(|c| c.raw.as_slice());
        let word = |keys: &[&[u8]]| {
            let of = |line: &&[u8]| {
                cmdline::words(line)
                    .find(|w| keys.contains(&w.key_value().0))
                    .map(|w| (w.number, w.key_value().1.unwrap_or(b"").to_vec()))
            };
            line.as_ref().and_then(of)
        };
        let at = |number: u32| Place::Word(number).to_string();
        Self {
            encrypted: match word(&LUKS) {
                Some((number, _)) => Known::new(true, at(number)),
                None => crypttab(tree),
            },
            resume: match word(&[b"resume"]) {
                Some((number, value)) => Known::new(!value.is_empty(), at(number)),
                None => resume(tree, facts, line.is_some()),
            },
            splash: match word(&[b"splash", b"rhgb"]) {
                Some((number, _)) => Known::new(true, at(number)),
                None => line.and_then(|_| Known::new(false, "kernel command line")),
            },
            simple_splash: word(&[b"plymouth.use-simpledrm"]).is_some(),
            persistenced: persistenced(tree),
            maker: Maker::of(tree, facts),
        }
    }
}

/// crypttab(5): one disk a line; initramfs-tools keeps its copy in cryptroot/.
fn crypttab(tree: &dyn Tree) -> Option<Known> {
    let mut told = None;
    for path in ["etc/crypttab", "cryptroot/crypttab"] {
        let mut number = 0;
        let mut found = None;
        let seen = tree.lines(path, &mut |line| {
            number += 1;
            match line.iter().find(|b| !b.is_ascii_whitespace()) {
                None | Some(b'#') => Flow::More,
                Some(_) => {
                    found = Some(number);
                    Flow::Enough
                }
            }
        });
        match (seen, found) {
            (_, Some(number)) => return Known::new(true, format!("{path}:{number}")),
            (Seen::Yes(_), None) => told = Known::new(false, path),
            (Seen::Absent, None) => told = told.or(Known::new(false, format!("no {path}"))),
            _ => {}
        }
    }
    told
}

/// Without the word on the command line the kernel's own setting tells, which
/// systemd's hibernate-resume generator and its EFI variable set too; "0:0" is none.
fn resume(tree: &dyn Tree, facts: &Facts, line_seen: bool) -> Option<Known> {
    if let Some(image) = facts.image.yes().filter(|image| image.programs.resume) {
        return Known::new(image.programs.resume, "the initrd's configuration");
    }
    match tree.text::<64>("sys/power/resume") {
        Seen::Yes(device) => {
            let yes = !device.is_empty() && *device != *"0:0";
            Known::new(yes, format!("sys/power/resume: {device}"))
        }
        // A kernel without hibernation has no such file.
        Seen::Absent if line_seen => Known::new(false, "no sys/power/resume"),
        _ => None,
    }
}

fn persistenced(tree: &dyn Tree) -> Option<bool> {
    const WANTED: [&str; 2] = [
        "etc/systemd/system/multi-user.target.wants/nvidia-persistenced.service",
        "usr/lib/systemd/system/multi-user.target.wants/nvidia-persistenced.service",
    ];
    let mut known = None;
    for path in WANTED {
        match tree.exists(path) {
            Seen::Yes(true) => return Some(true),
            Seen::Yes(false) => known = Some(false),
            _ => {}
        }
    }
    known
}
