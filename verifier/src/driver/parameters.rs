//! Parameter names of the stack's modules, to tell a typo from a parameter of
//! another module. A name that is missing here is never called unknown: only
//! the kernel's own message says that.
//!
//! Source: `parm` lines of modinfo, open and proprietary 550.163.01 and open
//! 595.45.04, together.

use super::said::kernel;
use super::{STACK, in_stack};
use crate::text::same_name;

/// Parameters of nvidia.ko.
const NVIDIA: &[&str] = &[
    "NvSwitchBlacklist",
    "NvSwitchRegDwords",
    "NVreg_CoherentGPUMemoryMode",
    "NVreg_CreateImexChannel0",
    "NVreg_DeviceFileGID",
    "NVreg_DeviceFileMode",
    "NVreg_DeviceFileUID",
    "NVreg_DmaRemapPeerMmio",
    "NVreg_DynamicPowerManagement",
    "NVreg_DynamicPowerManagementVideoMemoryThreshold",
    "NVreg_EnableDbgBreakpoint",
    "NVreg_EnableGpuFirmware",
    "NVreg_EnableGpuFirmwareLogs",
    "NVreg_EnableMSI",
    "NVreg_EnableNonblockingOpen",
    "NVreg_EnablePCIERelaxedOrderingMode",
    "NVreg_EnablePCIeGen3",
    "NVreg_EnableResizableBar",
    "NVreg_EnableS0ixPowerManagement",
    "NVreg_EnableStreamMemOPs",
    "NVreg_EnableSystemMemoryPools",
    "NVreg_EnableUserNUMAManagement",
    "NVreg_ExcludeAllGpus",
    "NVreg_ExcludedGpus",
    "NVreg_GpuBlacklist",
    "NVreg_GpuInitOnProbe",
    "NVreg_GrdmaPciTopoCheckOverride",
    "NVreg_IgnoreMMIOCheck",
    "NVreg_ImexChannelCount",
    "NVreg_InitializeSystemMemoryAllocations",
    "NVreg_KMallocHeapMaxSize",
    "NVreg_MemoryPoolSize",
    "NVreg_ModifyDeviceFiles",
    "NVreg_NvLinkDisable",
    "NVreg_OpenRmEnableUnsupportedGpus",
    "NVreg_PreserveVideoMemoryAllocations",
    "NVreg_RegisterPCIDriver",
    "NVreg_RegisterPlatformDeviceDriver",
    "NVreg_RegistryDwords",
    "NVreg_RegistryDwordsPerDevice",
    "NVreg_ResmanDebugLevel",
    "NVreg_RestrictProfilingToAdminUsers",
    "NVreg_RmLogonRC",
    "NVreg_RmMsg",
    "NVreg_RmNvlinkBandwidth",
    "NVreg_RmNvlinkBandwidthLinkCount",
    "NVreg_S0ixPowerManagementVideoMemoryThreshold",
    "NVreg_TCEBypassMode",
    "NVreg_TegraGpuPgMask",
    "NVreg_TemporaryFilePath",
    "NVreg_UseKernelSuspendNotifiers",
    "NVreg_UsePageAttributeTable",
    "NVreg_VMallocHeapMaxSize",
    "rm_firmware_active",
];

/// Parameters of nvidia-modeset.ko.
const MODESET: &[&str] = &[
    "conceal_vrr_caps",
    "config_file",
    "debug",
    "debug_force_color_space",
    "disable_hdmi_frl",
    "disable_vrr_memclk_switch",
    "enable_overlay_layers",
    "fail_alloc_core_channel",
    "fail_malloc",
    "hdmi_deepcolor",
    "malloc_verbose",
    "opportunistic_display_sync",
    "output_rounding_fix",
    "vblank_sem_control",
];

/// Parameters of nvidia-drm.ko.
const DRM: &[&str] = &["fbdev", "modeset"];

/// Parameters of nvidia.ko whose value is text (`NV_DEFINE_REG_STRING_ENTRY`,
/// `NV_MODULE_STRING_PARAMETER`, and the two of the switches); all others are `int`.
const NVIDIA_TEXTS: &[&str] = &[
    "NVreg_CoherentGPUMemoryMode",
    "NVreg_ExcludedGpus",
    "NVreg_GpuBlacklist",
    "NVreg_RegistryDwords",
    "NVreg_RegistryDwordsPerDevice",
    "NVreg_RmMsg",
    "NVreg_RmNvlinkBandwidth",
    "NVreg_TemporaryFilePath",
    "NvSwitchBlacklist",
    "NvSwitchRegDwords",
    "rm_firmware_active",
];
/// Parameters of nvidia-modeset.ko that are no booleans: integers, a path, and one that
/// is `uint`.
const MODESET_INTEGERS: &[&str] = &["debug", "fail_alloc_core_channel", "fail_malloc"];
const MODESET_TEXTS: &[&str] = &["config_file"];
const MODESET_OTHERS: &[&str] = &["debug_force_color_space"];

/// Parameters that the kernel itself takes, for every module, and by these very letters
/// (kernel/module/main.c `unknown_module_param_cb`; lib/dynamic_debug.c
/// `ddebug_dyndbg_module_param_cb`). They have no file below /sys/module, and of `dyndbg`
/// every setting counts.
pub const OF_EVERY_MODULE: [&str; 2] = ["async_probe", "dyndbg"];

/// The one parameter that holds registry keys (nvidia/nv-reg.h).
pub const REGISTRY_LIST: &str = "NVreg_RegistryDwords";

/// Whether `name` may be a registry key that lost its place in [`REGISTRY_LIST`] to a blank:
/// it is no parameter that a module of the stack has.
#[must_use]
pub fn may_be_registry_key(name: &str) -> bool {
    owner(name).is_none() && !name.starts_with("NV") && !OF_EVERY_MODULE.contains(&name)
}

/// What the kernel parses a parameter's value as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `module_param(…, bool, …)`.
    Boolean,
    /// `module_param(…, int, …)`.
    Integer,
    /// `module_param(…, charp, …)`.
    Text,
}

/// The kind of a parameter; `None` for another, and for what the lists do not hold.
#[must_use]
pub fn kind(module: &str, name: &str) -> Option<Kind> {
    let has = |list: &[&str]| list.iter().any(|p| same_name(p, name));
    match STACK.iter().position(|m| same_name(m, module))? {
        0 if has(NVIDIA_TEXTS) => Some(Kind::Text),
        0 if has(NVIDIA) => Some(Kind::Integer),
        1 if has(MODESET_INTEGERS) => Some(Kind::Integer),
        1 if has(MODESET_TEXTS) => Some(Kind::Text),
        1 if has(MODESET) && !has(MODESET_OTHERS) => Some(Kind::Boolean),
        3 if has(DRM) => Some(Kind::Boolean),
        _ => None,
    }
}

/// Every parameter of the lists, with its module.
#[cfg(feature = "docs")]
pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    [("nvidia", NVIDIA), ("nvidia_modeset", MODESET), ("nvidia_drm", DRM)]
        .into_iter()
        .flat_map(|(module, names)| names.iter().map(move |name| (module, *name)))
}

/// The stack's module that has a parameter of that name. Names that begin with
/// `uvm_` belong to nvidia_uvm, which has some fifty and changes them often.
#[must_use]
pub fn owner(name: &str) -> Option<&'static str> {
    let has = |list: &[&str]| list.iter().any(|p| same_name(p, name));
    match name {
        _ if has(DRM) => Some("nvidia_drm"),
        _ if has(MODESET) => Some("nvidia_modeset"),
        _ if has(NVIDIA) || name.starts_with("NVreg_") => Some("nvidia"),
        _ if name.starts_with("uvm_") => Some("nvidia_uvm"),
        _ => None,
    }
}

/// The known parameter of a module that differs least from `name`: at most three
/// changed, missing or extra letters, and less than half of it. Never the name
/// itself: a parameter can be compiled out of a build, as fbdev often is.
#[must_use]
pub fn nearest(module: &str, name: &str) -> Option<&'static str> {
    let list = match STACK.iter().position(|m| same_name(m, module))? {
        0 => NVIDIA,
        1 => MODESET,
        3 => DRM,
        _ => return None,
    };
    let bound = 3.min(name.len().saturating_sub(1) / 2);
    let near = |known: &&'static str| (distance(known, name), *known);
    list.iter()
        .filter(|known| !same_name(known, name))
        .map(near)
        .filter(|(d, _)| *d <= bound)
        .min_by_key(|(d, _)| *d)
        .map(|(_, known)| known)
}

/// Module and parameter in the kernel's "MODULE: unknown parameter 'NAME' ignored"
/// (kernel/module/main.c `unknown_module_param_cb`), for modules of the stack.
#[must_use]
pub fn ignored(text: &str) -> Option<(&str, &str)> {
    let (module, rest) = text.split_once(kernel::UNKNOWN_PARAMETER)?;
    let name = rest.strip_suffix("' ignored")?;
    in_stack(module).then_some((module, name))
}

/// Module and parameter in an older kernel's "MODULE: Unknown parameter `NAME'", with which
/// it refused the module (kernel/params.c `parse_args`; before 3.11).
#[cfg(feature = "logs")]
#[must_use]
pub fn barred(text: &str) -> Option<(&str, &str)> {
    let (module, name) = text.split_once(kernel::UNKNOWN_REFUSED)?;
    // The line ends with it: what goes on is a person's.
    let name = name.trim_end().strip_prefix(['`', '\''])?.strip_suffix('\'')?;
    (in_stack(module) && !name.contains(['\'', ' '])).then_some((module, name))
}

/// Module, value and parameter in the kernel's "MODULE: `VALUE' invalid for
/// parameter `NAME'" (kernel/params.c `parse_args`), for modules of the stack.
#[must_use]
pub fn refused(text: &str) -> Option<(&str, &str, &str)> {
    let (module, rest) = text.split_once(": `")?;
    let (value, name) =
        rest.split_once(kernel::INVALID_VALUE).or_else(|| rest.split_once(kernel::TOO_LARGE))?;
    in_stack(module).then_some((module, value, name.strip_suffix('\'')?))
}

/// Longest name compared: one more than the longest known one.
const LONG: usize = 64;

/// Number of single-letter edits between two names, case aside; names longer
/// than [`LONG`] are never near.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > LONG || b.len() > LONG {
        return usize::MAX;
    }
    let mut row = [0usize; LONG + 1];
    for (at, cell) in row.iter_mut().enumerate() {
        *cell = at;
    }
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let change = diagonal + usize::from(!x.eq_ignore_ascii_case(&y));
            diagonal = *cell;
            left = change.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.get(b.len()).copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_parameter() {
        for (module, typo, known) in [
            (
                "nvidia",
                "NVreg_PreserveVideoMemoryAllocation",
                "NVreg_PreserveVideoMemoryAllocations",
            ),
            ("nvidia_drm", "modset", "modeset"),
            ("nvidia-drm", "fbdve", "fbdev"),
            ("nvidia", "nvreg_enablemsi", "NVreg_EnableMSI"),
        ] {
            assert_eq!(nearest(module, typo), Some(known));
        }
        assert_eq!(nearest("nvidia_drm", "atomic"), None);
        assert_eq!(nearest("nvidia_drm", "="), None);
        assert_eq!(nearest("nvidia_drm", "fbdev"), None);
    }

    #[test]
    fn the_kernels_lines_are_taken_apart() {
        assert_eq!(
            ignored("nvidia: unknown parameter 'modeset' ignored"),
            Some(("nvidia", "modeset"))
        );
        assert_eq!(ignored("usbcore: unknown parameter 'x' ignored"), None);
        let line = "nvidia_drm: `banana' invalid for parameter `modeset'";
        assert_eq!(refused(line), Some(("nvidia_drm", "banana", "modeset")));
        assert_eq!(refused("nvidia_drm: `' invalid for parameter `modeset'").unwrap().1, "");
        assert_eq!(refused("usbcore: `x' invalid for parameter `y'"), None);
    }

    #[test]
    fn every_parameter_has_one_owner() {
        assert_eq!(owner("modeset"), Some("nvidia_drm"));
        assert_eq!(owner("NVreg_RmMsg"), Some("nvidia"));
        assert_eq!(owner("uvm_disable_hmm"), Some("nvidia_uvm"));
        assert_eq!(owner("hdmi_deepcolor"), Some("nvidia_modeset"));
        assert_eq!(owner("quiet"), None);
    }
}
