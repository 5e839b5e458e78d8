//! Which files' contents stay in memory after the first pass over an image.

use nvpreflight::kmod::names::module_file;

/// Largest script, unit or other small text that is kept unasked.
const SMALL: u64 = 64 << 10;
/// Largest configuration or index file that is kept unasked: modules.symbols.bin
/// of a distribution kernel has about 1 MB.
const INDEX: u64 = 8 << 20;

/// Modules that one of the stack may depend on, in any kernel and any branch of the
/// driver (`modinfo -F depends` of 390 to 595 with Linux 5.10 to 6.18). What is
/// missing here costs another pass over the image and nothing else.
const BELOW: &[&str] = &[
    "backlight",
    "cec",
    "drm",
    "drm_client_lib",
    "drm_display_helper",
    "drm_kms_helper",
    "drm_panel_orientation_quirks",
    "drm_ttm_helper",
    "ecc",
    "fb_sys_fops",
    "i2c_core",
    "ib_core",
    "rc_core",
    "syscopyarea",
    "sysfillrect",
    "sysimgblt",
    "ttm",
    "video",
    "wmi",
];

/// True for a module of the NVIDIA driver, dash or underscore. Distributions rename
/// its files (nvidia-current-open.ko), so every name that begins alike counts, but
/// for the kernel's frame buffer driver of long ago.
#[must_use]
pub fn is_drivers(name: &[u8]) -> bool {
    name.starts_with(b"nvidia") && name != b"nvidiafb"
}

/// Decides whose content is kept; the rest is read again when it is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub enum Keep {
    /// Nothing: listing only.
    Nothing,
    /// What the facts of the NVIDIA stack are made of: configuration, module
    /// indexes, units and scripts, and the stack's modules with what they stand on.
    #[default]
    Stack,
    /// What a caller says, by path and size.
    Custom(fn(&[u8], u64) -> bool),
}

impl Keep {
    /// Whether to keep the file of that path (without a leading slash) and size.
    #[must_use]
    pub fn wants(&self, path: &[u8], size: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Stack => stack(path, size),
            Self::Custom(wants) => wants(path, size),
        }
    }
}

fn stack(path: &[u8], size: u64) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
    if let Some((stem, _)) = module_file(name) {
        return is_drivers(stem) || BELOW.iter().any(|known| same_module(known.as_bytes(), stem));
    }
    if contains(path, b"lib/firmware/") {
        return false;
    }
    if name.starts_with(b"modules.") && contains(path, b"/modules/") {
        return size <= INDEX;
    }
    size <= SMALL || (size <= INDEX && configuration(path))
}

fn configuration(path: &[u8]) -> bool {
    let top = path.split(|b| *b == b'/').next().unwrap_or_default();
    matches!(top, b"etc" | b"run")
        || [&b"modprobe.d/"[..], b"modules-load.d/", b"udev/rules.d/"]
            .iter()
            .any(|part| contains(path, part))
}

/// Kernel spelling writes `_` where a file name may write `-`.
fn same_module(known: &[u8], stem: &[u8]) -> bool {
    known.len() == stem.len()
        && known.iter().zip(stem).all(|(k, s)| k == s || (*k == b'_' && *s == b'-'))
}

fn contains(path: &[u8], part: &[u8]) -> bool {
    path.windows(part.len()).any(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_of_the_stack_are_kept_whatever_their_spelling_and_packing() {
        let keep = Keep::Stack;
        for path in [
            "usr/lib/modules/6.12.0/updates/dkms/nvidia-drm.ko",
            "nix/store/abc-kernel-modules/lib/modules/6.12.0/misc/nvidia_uvm.ko.xz",
            "lib/modules/6.1.0/updates/dkms/nvidia-current-open-drm.ko.zst",
            "lib/modules/6.1.0/kernel/drivers/gpu/drm/drm_kms_helper.ko.zst",
        ] {
            assert!(keep.wants(path.as_bytes(), 90 << 20), "{path}");
        }
        for other in ["nouveau/nouveau.ko.zst", "amd/amdgpu/amdgpu.ko.xz", "nvidiafb.ko"] {
            let path = format!("lib/modules/6.1.0/kernel/drivers/gpu/drm/{other}");
            assert!(!keep.wants(path.as_bytes(), 100), "{path}");
        }
    }

    #[test]
    fn configuration_is_kept_and_firmware_and_programs_are_not() {
        let keep = Keep::Stack;
        assert!(keep.wants(b"etc/modprobe.d/nvidia.conf", 200));
        assert!(keep.wants(b"usr/lib/modules/6.1/modules.dep.bin", 700_000));
        assert!(keep.wants(b"usr/lib/modprobe.d/big.conf", 100 << 10));
        assert!(!keep.wants(b"usr/lib/firmware/nvidia/570.1/gsp_ga10x.bin", 100));
        assert!(!keep.wants(b"usr/bin/busybox", 2 << 20));
        assert!(!Keep::Nothing.wants(b"etc/modprobe.d/nvidia.conf", 1));
    }
}
