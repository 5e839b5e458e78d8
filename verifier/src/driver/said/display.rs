//! What greeters, compositors and Xorg write when they get no screen, and by which units
//! and descriptions display managers are known.

use super::{systemd, texts};

texts! {
    /// kwin found no DRM device (kwin, src/backends/drm/drm_backend.cpp; reports of 2022 to 2025).
    KWIN = "No suitable DRM devices have been found";
    /// Qt's clients, sddm's greeter among them, see no output
    /// (qtwayland, src/client/qwaylanddisplay.cpp; reports of 2022 to 2025).
    QT = "There are no outputs - creating placeholder screen";
    /// A compositor on wlroots found no GPU (wlroots, backend/backend.c; reports of 2022 to 2025).
    WLROOTS = "Found 0 GPUs, cannot create backend";
    /// mutter found no GPU (mutter, src/backends/native/meta-backend-native.c; reports of 2022 to 2025).
    MUTTER = "No GPUs found";
    /// Xorg found no screen (xserver, dix/main.c; reports of 2022 to 2025).
    XORG = "(EE) no screens found";
    /// A program did not get the right to set modes; the error follows
    /// (xserver, hw/xfree86/drivers/modesetting, and libdrm's callers; reports of 2022 to 2025).
    NO_MASTER = "drmSetMaster failed";
    /// strerror(3) of EBUSY: another program is master (Linux drivers/gpu/drm/drm_auth.c,
    /// `drm_setmaster_ioctl`; 6.1 to 6.12).
    BUSY = "Device or resource busy";
    /// The same at a DRM node (as above; 6.1 to 6.12).
    NODE_BUSY = ["/dev/dri/", BUSY];
    /// Mesa has no driver for the firmware framebuffer's node
    /// (mesa, src/loader/loader.c; reports of 2022 to 2025).
    NO_SIMPLEDRM = ["MESA-LOADER", "failed to open simpledrm"];
}

/// Units of display managers, as their projects and distributions name them.
pub const UNITS: [&str; 13] = [
    "display-manager.service",
    "gdm.service",
    "gdm3.service",
    "sddm.service",
    "plasmalogin.service",
    "lightdm.service",
    "greetd.service",
    "cosmic-greeter.service",
    "ly.service",
    "lxdm.service",
    "lemurs.service",
    "xdm.service",
    "slim.service",
];

/// Their descriptions, for forms of a log that do not name units.
pub const DESCRIPTIONS: [&str; 6] = [
    "GNOME Display Manager",
    "Simple Desktop Display Manager",
    "Light Display Manager",
    "TUI display manager",
    "Greeter daemon",
    "Display Manager",
];

/// The display manager that a line of systemd's is about: a unit's name as a word of its
/// own, or a description with which the line ends.
#[must_use]
pub fn manager(text: &str) -> Option<&str> {
    let word = |word: &'_ str| {
        UNITS.into_iter().find(|unit| *unit == word.trim_end_matches([':', '.', ',']))
    };
    let described = || {
        DESCRIPTIONS.into_iter().find(|description| {
            let rest = text.split_once(description).map(|(_, rest)| rest);
            rest.is_some_and(|rest| matches!(rest, "" | "." | "..." | "…"))
        })
    };
    text.split_whitespace().find_map(word).or_else(described)
}

/// Whether a line is systemd's word that a display manager has started.
#[must_use]
pub fn has_started(line: &str) -> bool {
    line.starts_with(systemd::SPEAKS)
        && line.contains(systemd::HAS_STARTED)
        && manager(line).is_some()
}
