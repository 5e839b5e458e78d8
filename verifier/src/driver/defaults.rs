//! The driver's own defaults by version, for parameters that rules predict and
//! tables of provenance show. What the table does not know, a parameter or a
//! version newer than it, has no known default: never a guess.
//!
//! Source: `module_param_named` and its initial value in kernel-open
//! nvidia-drm/nvidia-drm-os-interface.c (nvidia-drm-linux.c up to 545),
//! nvidia-modeset/nvidia-modeset-linux.c, and `NV_DEFINE_REG_ENTRY` in
//! nvidia/nv-reg.h, compared over the 193 tags from 515.43.04 to 595.45.04.

use super::MODESET_ON_SINCE;
use super::version::compare;
use crate::text::{decimal, same_name};
use core::cmp::Ordering;

/// A parameter that nobody sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Default {
    /// It has this value, as sysfs or /proc/driver/nvidia/params prints it.
    Is(&'static str),
    /// The version does not have it.
    NoParameter,
}

use self::Default::{Is, NoParameter};

/// The oldest version whose source was compared.
pub const FIRST: &str = "515.43.04";
/// The newest version whose source was compared; a later one may differ.
pub const NEWEST: &str = "595.45.04";

/// From that version on this holds, up to the next row.
type Row = (&'static str, Default);

/// One parameter: its module, its name, its rows in the order of versions.
struct Parameter(&'static str, &'static str, &'static [Row]);

/// A parameter that never changed.
const fn steady(name: &'static str, value: &'static [Row; 1]) -> Parameter {
    Parameter("nvidia", name, value)
}

const ZERO: &[Row; 1] = &[(FIRST, Is("0"))];
const ONE: &[Row; 1] = &[(FIRST, Is("1"))];
const ALL_ONES: &[Row; 1] = &[(FIRST, Is("4294967295"))];

const TABLE: &[Parameter] = &[
    Parameter("nvidia_drm", "modeset", &[(FIRST, Is("N")), (MODESET_ON_SINCE, Is("Y"))]),
    Parameter(
        "nvidia_drm",
        "fbdev",
        &[(FIRST, NoParameter), ("545.23.06", Is("N")), ("570.86.15", Is("Y"))],
    ),
    Parameter(
        "nvidia",
        "NVreg_PreserveVideoMemoryAllocations",
        &[(FIRST, Is("0")), ("595.44.02", Is("2"))],
    ),
    Parameter(
        "nvidia",
        "NVreg_UseKernelSuspendNotifiers",
        &[(FIRST, NoParameter), ("595.44.02", Is("0"))],
    ),
    Parameter(
        "nvidia",
        "NVreg_EnableResizableBar",
        &[(FIRST, NoParameter), ("530.30.02", Is("0"))],
    ),
    Parameter(
        "nvidia",
        "NVreg_EnableNonblockingOpen",
        &[(FIRST, NoParameter), ("550.40.07", Is("1"))],
    ),
    Parameter(
        "nvidia",
        "NVreg_OpenRmEnableUnsupportedGpus",
        &[(FIRST, Is("0")), ("545.23.06", Is("1"))],
    ),
    Parameter("nvidia", "NVreg_TCEBypassMode", &[(FIRST, Is("0")), ("570.86.15", NoParameter)]),
    Parameter(
        "nvidia",
        "NVreg_ImexChannelCount",
        &[(FIRST, NoParameter), ("550.40.53", Is("2048"))],
    ),
    steady("NVreg_DynamicPowerManagement", &[(FIRST, Is("3"))]),
    steady("NVreg_EnableGpuFirmwareLogs", &[(FIRST, Is("2"))]),
    steady("NVreg_DeviceFileMode", &[(FIRST, Is("438"))]),
    steady("NVreg_DeviceFileUID", ZERO),
    steady("NVreg_DeviceFileGID", ZERO),
    steady("NVreg_ModifyDeviceFiles", ONE),
    steady("NVreg_RegisterPCIDriver", ONE),
    steady("NVreg_RestrictProfilingToAdminUsers", ONE),
    steady("NVreg_EnableMSI", ONE),
    steady("NVreg_EnableS0ixPowerManagement", ZERO),
    steady("NVreg_EnablePCIeGen3", ZERO),
    steady("NVreg_EnablePCIERelaxedOrderingMode", ZERO),
    steady("NVreg_EnableStreamMemOPs", ZERO),
    steady("NVreg_EnableUserNUMAManagement", ONE),
    steady("NVreg_IgnoreMMIOCheck", ZERO),
    steady("NVreg_NvLinkDisable", ZERO),
    steady("NVreg_ResmanDebugLevel", ALL_ONES),
    steady("NVreg_UsePageAttributeTable", ALL_ONES),
    Parameter(
        "nvidia_modeset",
        "disable_hdmi_frl",
        &[(FIRST, NoParameter), ("545.23.06", Is("N"))],
    ),
    Parameter(
        "nvidia_modeset",
        "hdmi_deepcolor",
        &[(FIRST, NoParameter), ("545.23.06", Is("N")), ("555.42.02", Is("Y"))],
    ),
    Parameter(
        "nvidia_modeset",
        "vblank_sem_control",
        &[
            (FIRST, NoParameter),
            ("550.40.07", Is("N")),
            ("555.42.02", Is("Y")),
            ("595.44.02", NoParameter),
        ],
    ),
];

/// Parameters that a branch newer than [`NEWEST`] has no more: module, name, and the
/// branch from which on (kernel-open nvidia/nv-reg.h of its tags).
pub const REMOVED: [(&str, &str, &str); 1] = [("nvidia", "NVreg_UsePageAttributeTable", "610")];

/// Every row of the table: module, parameter, the version from which it holds, and the
/// default from there on.
#[cfg(feature = "docs")]
pub fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str, Default)> {
    TABLE.iter().flat_map(|Parameter(module, name, rows)| {
        rows.iter().map(|(version, default)| (*module, *name, *version, *default))
    })
}

/// The default of a parameter in a version such as "595.45.04"; `None` where the
/// table does not know the parameter or the version.
#[must_use]
pub fn of(version: &str, module: &str, name: &str) -> Option<Default> {
    let gone = |(of, gone, since): &(&str, &str, &str)| {
        same_name(of, module) && same_name(gone, name) && compare(version, since) != Ordering::Less
    };
    if REMOVED.iter().any(gone) {
        return Some(NoParameter);
    }
    if !knows(version) {
        return None;
    }
    let Parameter(_, _, rows) =
        TABLE.iter().find(|p| same_name(p.0, module) && same_name(p.1, name))?;
    rows.iter().rfind(|row| compare(version, row.0) != Ordering::Less).map(|row| row.1)
}

/// True for a version of the branches that were compared. Later releases of a
/// branch keep its defaults; those of a newer branch were not seen.
#[must_use]
pub fn knows(version: &str) -> bool {
    let branch_of = |text: &str| text.split('.').next().and_then(|b| decimal(b.as_bytes()));
    compare(version, FIRST) != Ordering::Less && branch_of(version) <= branch_of(NEWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_change_at_their_tags() {
        let modeset = |version| of(version, "nvidia-drm", "modeset");
        assert_eq!(modeset("590.48.01"), Some(Is("N")));
        assert_eq!(modeset("595.44.02"), Some(Is("Y")));
        assert_eq!(modeset("470.256.02"), None);
        let fbdev = |version| of(version, "nvidia_drm", "fbdev");
        assert_eq!(fbdev("535.288.01"), Some(NoParameter));
        assert_eq!(fbdev("550.163.01"), Some(Is("N")));
        assert_eq!(fbdev("570.124.04"), Some(Is("Y")));
        assert_eq!(of("595.45.04", "nvidia", "NVreg_EnableMSI"), Some(Is("1")));
        assert_eq!(of("595.45.04", "nvidia", "NVreg_NoSuchThing"), None);
    }

    #[test]
    fn a_version_newer_than_the_table_has_no_known_default() {
        assert_eq!(of("595.84", "nvidia_drm", "modeset"), Some(Is("Y")));
        for version in ["610.57.04", "999.10", "", "x.y"] {
            assert_eq!(of(version, "nvidia_drm", "modeset"), None, "{version}");
        }
    }

    #[test]
    fn a_parameter_that_a_newer_branch_dropped_is_none_there() {
        let table = |version| of(version, "nvidia", "NVreg_UsePageAttributeTable");
        assert_eq!(table("595.45.04"), Some(Is("4294967295")));
        assert_eq!(table("610.57"), Some(NoParameter));
    }

    #[test]
    fn every_parameter_stands_once_with_its_rows_in_order() {
        for (at, Parameter(module, name, rows)) in TABLE.iter().enumerate() {
            assert_eq!(rows.first().map(|row| row.0), Some(FIRST), "{name}");
            assert!(rows.windows(2).all(|w| compare(w[0].0, w[1].0) == Ordering::Less), "{name}");
            let again = |p: &Parameter| p.0 == *module && same_name(p.1, name);
            assert!(!TABLE.iter().skip(at + 1).any(again), "{name} stands twice");
        }
    }
}
