//! The driver's own defaults by version, for parameters that rules predict. A
//! parameter that is not in the table has no known default.
//!
//! Source: `module_param_named` and its initial value in kernel-open
//! nvidia-drm/nvidia-drm-os-interface.c (nvidia-drm-linux.c up to 545) and
//! nvidia/nv-reg.h, compared over the tags 515.43.04 to 595.45.04.

use crate::text::same_name;
use core::cmp::Ordering;

/// The newest version whose source was compared; a later one may differ.
pub const NEWEST: &str = "595.45.04";

/// A parameter that nobody sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Default {
    /// It has this value.
    Is(&'static str),
    /// The version does not have it.
    NoParameter,
}

/// Module, parameter, first version, what holds from there on. Rows of one
/// parameter stand in the order of versions; before the first row nothing is known.
const TABLE: [(&str, &str, &str, Default); 7] = [
    ("nvidia_drm", "modeset", "515.43.04", Default::Is("N")),
    ("nvidia_drm", "modeset", "595.44.02", Default::Is("Y")),
    ("nvidia_drm", "fbdev", "515.43.04", Default::NoParameter),
    ("nvidia_drm", "fbdev", "545.23.06", Default::Is("N")),
    ("nvidia_drm", "fbdev", "570.86.15", Default::Is("Y")),
    ("nvidia", "NVreg_PreserveVideoMemoryAllocations", "515.43.04", Default::Is("0")),
    ("nvidia", "NVreg_PreserveVideoMemoryAllocations", "595.44.02", Default::Is("2")),
];

/// The default of a parameter in a version such as "595.45.04".
#[must_use]
pub fn of(version: &str, module: &str, name: &str) -> Option<Default> {
    let known = |row: &&(&str, &str, &str, Default)| {
        same_name(row.0, module)
            && same_name(row.1, name)
            && compare(version, row.2) != Ordering::Less
    };
    TABLE.iter().rfind(known).map(|row| row.3)
}

/// Compares driver versions number by number.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let numbers = |text: &'_ str| {
        let mut parts = text.split('.').map(|p| crate::text::decimal(p.as_bytes()).unwrap_or(0));
        [(); 3].map(|()| parts.next().unwrap_or(0))
    };
    numbers(a).cmp(&numbers(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_change_at_their_tags() {
        let modeset = |version| of(version, "nvidia-drm", "modeset");
        assert_eq!(modeset("590.48.01"), Some(Default::Is("N")));
        assert_eq!(modeset("595.44.02"), Some(Default::Is("Y")));
        assert_eq!(modeset("470.256.02"), None);
        let fbdev = |version| of(version, "nvidia_drm", "fbdev");
        assert_eq!(fbdev("535.288.01"), Some(Default::NoParameter));
        assert_eq!(fbdev("550.163.01"), Some(Default::Is("N")));
        assert_eq!(fbdev("570.124.04"), Some(Default::Is("Y")));
        assert_eq!(of("595.45.04", "nvidia", "NVreg_EnableMSI"), None);
    }

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        assert_eq!(compare("570.86.15", "570.124.04"), Ordering::Less);
        assert_eq!(compare("545.23", "545.23.06"), Ordering::Less);
    }
}
