//! Which log records concern the stack at all: one pass over a record's bytes.
//! Never judges what a record means.

#[cfg(feature = "logs")]
use crate::driver::said::display;
use crate::driver::said::{kernel, nvidia, programs, systemd};
use crate::text::{find, screen};

/// A record is kept when its text holds every part of one of these, because a
/// rule or the timeline reads such records. A part is matched byte by byte.
const NEEDLES: &[&[&str]] = &[
    // The stack by its own names; most of the records kept.
    &[nvidia::NVRM],
    &["nvidia"],
    &["NVIDIA"],
    // Who else may own the GPU.
    &["nouveau"],
    &["nova_core"],
    &["vfio"],
    &[nvidia::OFF_THE_BUS],
    // Framebuffers, consoles and other DRM drivers.
    &["simpledrm"],
    &["simple-framebuffer"],
    &["efifb"],
    &["vesafb"],
    &["fb0"],
    &["fb1"],
    &["fbcon"],
    &[kernel::CONSOLE],
    &[kernel::DRM_READY],
    // The module loader (kernel/module/main.c, signing.c, version.c).
    &[kernel::UNKNOWN_SYMBOL],
    &[kernel::VERSION_MAGIC],
    &[kernel::SYMBOL_VERSION],
    &[kernel::NOT_VERIFIED],
    kernel::SIGNATURE_REJECTED,
    &[kernel::KEY_REJECTED],
    &[kernel::UNSIGNED],
    &[kernel::BLACKLISTED],
    &[kernel::UNKNOWN_PARAMETER],
    &[kernel::INVALID_VALUE],
    &[kernel::UNKNOWN_WORDS],
    &[kernel::LOCKDOWN],
    &[kernel::ENDBR],
    // Firmware, PCI and Thunderbolt.
    &[kernel::NO_FIRMWARE],
    &[kernel::NO_FIRMWARE_DEBIAN],
    kernel::BAR_NO_SPACE,
    kernel::BAR_FAILED,
    kernel::BAR_CANNOT,
    kernel::BAR_NOT_CLAIMED,
    &["thunderbolt"],
    // The initrd's beginning, the change of root, and workers that take too long.
    &[kernel::RUN_INIT],
    &[programs::SYSTEMD, systemd::SWITCH_ROOT],
    &[systemd::IN_INITRD],
    &[systemd::UDEV_SLOW],
    // Faults of the IOMMU.
    &[kernel::DMAR_FAULT],
    &[kernel::PAGE_FAULT],
    // What only a whole log holds: sleep, splash screen, greeter.
    #[cfg(feature = "logs")]
    &[kernel::RESUME_FAILED],
    #[cfg(feature = "logs")]
    &[kernel::IMAGE_LOADED],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, "lymouth"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "isplay"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "reet"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "lemurs"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "slim.service"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "dm.service"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "dm3.service"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "ly.service"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::HAS_STARTED, "plasmalogin"],
    #[cfg(feature = "logs")]
    &[systemd::SPEAKS, systemd::TIMED_OUT],
    #[cfg(feature = "logs")]
    &[display::KWIN],
    #[cfg(feature = "logs")]
    &[display::QT],
    #[cfg(feature = "logs")]
    &[display::WLROOTS],
    #[cfg(feature = "logs")]
    &[display::MUTTER],
    #[cfg(feature = "logs")]
    display::NODE_BUSY,
    #[cfg(feature = "logs")]
    &[display::NO_MASTER],
    #[cfg(feature = "logs")]
    &[kernel::IMAGE_NOT_LOADED],
    // 515 and 520 leave the colon out before a function's name.
    #[cfg(feature = "logs")]
    &[nvidia::NVRM_FUNCTION],
    // For whom a refusal that names no module may have been.
    #[cfg(feature = "logs")]
    &[kernel::NO_OBJECT],
    #[cfg(feature = "logs")]
    &[kernel::NO_MODULE],
    #[cfg(feature = "logs")]
    &[kernel::ANY_OUT_OF_TREE],
    // The PCI core's word on a GPU and its ranges.
    #[cfg(feature = "logs")]
    &[kernel::NVIDIA_FUNCTION],
    #[cfg(feature = "logs")]
    kernel::BAR_ASSIGNED,
];

/// One part of each needle: the last, since several begin with a program that says much.
#[cfg(feature = "logs")]
pub(super) fn parts() -> impl Iterator<Item = &'static str> {
    NEEDLES.iter().filter_map(|parts| parts.last().copied())
}

/// Finds any needle in one pass. A boot logs one to three thousand records of
/// which ten concern the stack, and searching each for every needle in turn was
/// the largest part of a whole run.
pub(super) struct Screen(screen::Screen<{ NEEDLES.len() }>);

impl Screen {
    pub(super) const fn new() -> Self {
        Self(screen::Screen::of_firsts(NEEDLES))
    }

    /// True when a text holds a needle.
    pub(super) fn passes(&self, text: &[u8]) -> bool {
        self.0.any(text, |needle, rest| {
            found(NEEDLES.get(needle).copied().unwrap_or_default(), rest, text)
        })
    }
}

/// The first part begins `rest`, and the others stand anywhere in `text`.
fn found(parts: &[&str], rest: &[u8], text: &[u8]) -> bool {
    parts.split_first().is_some_and(|(first, others)| {
        rest.starts_with(first.as_bytes())
            && others.iter().all(|part| find(text, part.as_bytes()).is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_screen_finds_what_a_plain_search_finds() {
        let screen = Screen::new();
        for parts in NEEDLES {
            let text = parts.concat();
            assert!(screen.passes(text.as_bytes()), "{parts:?}");
            assert!(screen.passes(std::format!("pci 0000: {text} x").as_bytes()), "{parts:?}");
            assert!(parts.iter().all(|part| part.len() > 1), "{parts:?}");
        }
        for other in ["", "n", "usb 1-1: new device", "pci 0000:00:02.0: BAR 0 [mem]: released"] {
            assert!(!screen.passes(other.as_bytes()), "{other}");
        }
    }

    #[cfg(feature = "logs")]
    #[test]
    fn the_start_of_every_display_manager_is_kept() {
        let screen = Screen::new();
        for name in display::UNITS.iter().chain(&display::DESCRIPTIONS) {
            let text = std::format!("systemd[1]: Started {name}.");
            assert!(screen.passes(text.as_bytes()), "{text}");
            assert!(display::manager(&text).is_some(), "{text}");
        }
        assert!(!screen.passes(b"systemd[1]: Started cron.service."));
    }
}
