//! Which log records concern the stack at all: one pass over a record's bytes.
//! Never judges what a record means.

use crate::text::find;

/// A record is kept when its text holds every part of one of these, because a
/// rule or the timeline reads such records. A part is matched byte by byte.
const NEEDLES: &[&[&str]] = &[
    // The stack by its own names; most of the records kept.
    &["NVRM:"],
    &["nvidia"],
    &["NVIDIA"],
    // Who else may own the GPU.
    &["nouveau"],
    &["nova_core"],
    &["vfio"],
    &["fallen off the bus"],
    // Framebuffers, consoles and other DRM drivers.
    &["simpledrm"],
    &["simple-framebuffer"],
    &["efifb"],
    &["vesafb"],
    &["fb0"],
    &["fb1"],
    &["fbcon"],
    &["Console: switching"],
    &["[drm] Initialized "],
    // The module loader (kernel/module/main.c, signing.c, version.c).
    &["Unknown symbol"],
    &["version magic"],
    &["disagrees about version"],
    &["module verification failed"],
    &["Loading of module"],
    &["Key was rejected"],
    &["Loading of unsigned module"],
    &["is blacklisted"],
    &["unknown parameter"],
    &["invalid for parameter"],
    &["Unknown kernel command line parameters"],
    &["Lockdown:"],
    &["Missing ENDBR"],
    // Firmware, PCI and Thunderbolt.
    &["Direct firmware load"],
    &["firmware: failed to load"],
    &["BAR ", "no space"],
    &["BAR ", "failed to assign"],
    &["BAR ", "can't assign"],
    &["thunderbolt"],
    // The change of root, and workers that take too long.
    &["systemd", "Switching root"],
    &["Running in initrd"],
    &["is taking a long time"],
    // Faults of the IOMMU.
    &["DMAR: [DMA "],
    &["IO_PAGE_FAULT"],
    // What only a whole log holds: sleep, splash screen, greeter.
    #[cfg(feature = "logs")]
    &["PM: hibernation: resume failed"],
    #[cfg(feature = "logs")]
    &["PM: Image successfully loaded"],
    #[cfg(feature = "logs")]
    &["systemd[", "lymouth"],
    #[cfg(feature = "logs")]
    &["systemd[", ": Started ", "isplay"],
    #[cfg(feature = "logs")]
    &["systemd[", ": Started ", "greetd"],
    #[cfg(feature = "logs")]
    &["systemd[", ": Started ", "plasmalogin"],
    #[cfg(feature = "logs")]
    &["systemd[", "timed out"],
    #[cfg(feature = "logs")]
    &["No suitable DRM devices"],
    #[cfg(feature = "logs")]
    &["There are no outputs"],
    #[cfg(feature = "logs")]
    &["Found 0 GPUs"],
    #[cfg(feature = "logs")]
    &["No GPUs found"],
    #[cfg(feature = "logs")]
    &["/dev/dri/", "Device or resource busy"],
    #[cfg(feature = "logs")]
    &["drmSetMaster failed"],
    #[cfg(feature = "logs")]
    &["PM: hibernation: Failed to load image"],
    // 515 and 520 leave the colon out before a function's name.
    #[cfg(feature = "logs")]
    &["NVRM "],
    // The PCI core's word on a GPU and its ranges.
    #[cfg(feature = "logs")]
    &["[10de:"],
    #[cfg(feature = "logs")]
    &["BAR ", ": assigned"],
];

/// Folded pairs of bytes: enough that few pairs meet by chance.
const FOLDS: usize = 1024;
const _: () = assert!(NEEDLES.len() <= 64, "a needle has a bit of its own");

/// Finds any needle in one pass. A boot logs one to three thousand records of
/// which ten concern the stack, and searching each for forty needles in turn was
/// the largest part of a whole run.
pub(super) struct Screen {
    /// By folded pair of bytes, a bit for each needle whose first part begins so.
    starts: [u64; FOLDS],
}

impl Screen {
    pub(super) fn new() -> Self {
        let mut starts = [0; FOLDS];
        for (parts, bit) in NEEDLES.iter().zip(0..) {
            if let [a, b, ..] = parts.first().map_or(&[][..], |first| first.as_bytes())
                && let Some(start) = starts.get_mut(fold(*a, *b))
            {
                *start |= 1_u64 << bit;
            }
        }
        Self { starts }
    }

    /// True when a text holds a needle.
    pub(super) fn passes(&self, text: &[u8]) -> bool {
        text.windows(2).enumerate().any(|(at, pair)| {
            let [a, b] = pair else { return false };
            let mut left = self.starts.get(fold(*a, *b)).copied().unwrap_or(0);
            while let Some(parts) = NEEDLES.get(left.trailing_zeros() as usize) {
                if text.get(at..).is_some_and(|rest| found(parts, rest, text)) {
                    return true;
                }
                left &= left - 1;
            }
            false
        })
    }
}

const fn fold(a: u8, b: u8) -> usize {
    ((a as usize) << 5 ^ b as usize) % FOLDS
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
}
