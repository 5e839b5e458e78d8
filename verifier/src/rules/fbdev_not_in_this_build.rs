//! NVP214: `fbdev` is set, and this build of nvidia_drm does not have it.

use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::options;
use crate::rule::rule;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Whether the kernel says that nvidia_drm's parameter fbdev is unknown. Of an
    /// image: whether its nvidia_drm declares the parameter that its lines set.
    ///
    /// ## Why
    /// fbdev came with 545.23.06 and is compiled in only where the kernel has the
    /// helper that the driver version knows. Elsewhere the option is ignored with a
    /// kernel line and the firmware framebuffer stays.
    ///
    /// ## Fix
    /// A driver that supports this kernel's helper, or no fbdev option.
    ///
    /// ## Sources
    /// nvidia-drm/nvidia-drm-conftest.h (`NV_DRM_FBDEV_AVAILABLE`); Linux
    /// kernel/module/main.c (`unknown_module_param_cb`); open-gpu-kernel-modules#749.
    214 fbdev_not_in_this_build {
        title: "this build of nvidia_drm has no fbdev",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "update the driver, or remove fbdev from the options of nvidia_drm",
        nixos: "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.latest;",
        change: [Unset { module: "nvidia_drm", name: "fbdev" }],
        image: { needs: [IMAGE_TREE, CONFIG], check: image::check },
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(said) = f.logged(&[kernel::NO_FBDEV]) else { return };
    // A later load of another build may have it.
    if f.modules.flag("nvidia_drm", "fbdev").is_some() {
        return;
    }
    let finding = match f.driver_version() {
        Some(version) => out.add(format_args!(
            "fbdev is set, but nvidia_drm {version} was built \
            without it"
        )),
        None => out.add(format_args!("fbdev is set, but nvidia_drm was built without it")),
    };
    finding.module("nvidia_drm").parameter("fbdev").logged(said.us, &said.text);
    if let Some(set) = options::last(f, "nvidia_drm", "fbdev") {
        finding.at(set.place);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    const IGNORED: &str = "dmesg = [    7.900000] nvidia_drm: unknown parameter 'fbdev' ignored\n";

    #[test]
    fn an_ignored_fbdev_is_told_with_its_line() {
        fires(
            &RULE,
            Case::initrd(IGNORED)
                .and(STACK)
                .and("sys/module/nvidia/version = 535.288.01\n")
                .and("etc/modprobe.d/gpu.conf = options nvidia-drm modeset=1 fbdev=1\n"),
            "NVP214 warning etc/modprobe.d/gpu.conf:1: fbdev is set, but nvidia_drm 535.288.01 \
                was built without it",
        );
    }

    #[test]
    fn another_unknown_parameter_and_a_build_with_fbdev_are_quiet() {
        quiet(
            &RULE,
            Case::initrd(
                "dmesg = [    7.900000] nvidia_drm: unknown parameter 'modset' \
            ignored\n",
            )
            .and(STACK),
        );
        quiet(
            &RULE,
            Case::initrd(IGNORED).and(STACK).and(
                "sys/module/nvidia_drm/parameters/fbdev \
            = Y\n",
            ),
        );
    }
}
