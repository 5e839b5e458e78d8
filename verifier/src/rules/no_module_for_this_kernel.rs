//! NVP514: the driver is installed, but not for the kernel that runs.

use crate::expect::{Expectations, Goal};
use crate::facts::{Directive, Facts, STACK};
use crate::finding::Findings;
use crate::rule::causes::UNUSABLE;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "image")]
mod image;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// On the real root: whether an NVIDIA GPU and the driver's user space are here
    /// while modules.dep of the running kernel has none of its modules. Of an image
    /// with its root: user space of the driver, and no module for that kernel in
    /// either.
    ///
    /// ## Why
    /// A module build that failed (a new kernel, a real-time kernel) leaves the
    /// old user space in place. The desktop then runs on the firmware
    /// framebuffer or on nouveau, without a message.
    ///
    /// ## Fix
    /// Read the log of the module build, or boot a kernel it was built for.
    ///
    /// ## Sources
    /// depmod(8), modules.dep(5); ogkm#1240, #558; tuxedo-drivers#476;
    /// omarchy#5706. NixOS fails the build instead.
    514 no_module_for_this_kernel {
        title: "the driver has no modules for the running kernel",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, PCI],
        after: [UNUSABLE],
        fix: "dkms status    # then: dkms autoinstall, or the distribution's package for this kernel",
        nixos: "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.stable;",
        change: [BuildModules],
        image: { needs: [IMAGE, IMAGE_ROOT], check: image::check },
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let loaded = STACK.iter().any(|m| f.modules.get(m).is_some());
    let wanted =
        f.stage2.userspace_version.is_yes() || STACK.iter().any(|m| want.before_display(m));
    let Some(gpu) = f.nvidia_gpus().next() else { return };
    if loaded || !wanted || want.goals.has(Goal::Vfio) {
        return;
    }
    let deps = match &f.config.deps {
        Seen::Yes(deps) => deps,
        Seen::Absent => return out.could_not("the running kernel has no modules.dep"),
        _ => return out.could_not("the running kernel's modules.dep was not read"),
    };
    // Debian and Ubuntu install the modules under other file names and lead to
    // them by alias.
    let named = deps.iter().any(|d| d.module.starts_with("nvidia"));
    let renamed = f.config.of(Directive::Alias).any(|l| &*l.module == "nvidia");
    if named || renamed {
        return;
    }
    let kernel = f.system.release.yes().map_or("the running kernel", |r| r.as_str());
    let finding = out.add(format_args!(
        "GPU {} is present, but there is no nvidia module for {kernel}",
        gpu.bdf
    ));
    finding.gpu(gpu.address()).module("nvidia");
    if let Some(version) = f.stage2.userspace_version.yes() {
        finding.values(version, "no module");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::expect::Expectations;
    use crate::testing::{Case, fires, quiet, skips};

    const GPU: &str = "proc/sys/kernel/osrelease = 6.19.2-rt\n\
        sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n\
        sys/bus/pci/devices/0000:01:00.0/device = 0x2206\n\
        sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n";

    fn wanted(want: &mut Expectations) {
        let _ = want.pre_display_modules.push("nvidia".into());
    }

    fn tree(dep: &str) -> Case {
        Case::pre_display(GPU)
            .and(&std::format!("lib/modules/6.19.2-rt/modules.dep = {dep}\n"))
            .wanting(wanted)
    }

    #[test]
    fn a_kernel_without_the_module_is_named() {
        fires(
            &RULE,
            tree("kernel/drivers/gpu/drm/drm.ko:"),
            "NVP514 error: GPU 0000:01:00.0 is present, but there is no nvidia module for 6.19.2-rt",
        );
    }

    #[test]
    fn a_module_that_is_there_and_not_loaded_is_another_matter() {
        quiet(&RULE, tree("updates/dkms/nvidia-current.ko: kernel/drivers/gpu/drm/drm.ko"));
    }

    #[test]
    fn nobody_misses_the_driver_of_a_card_given_to_a_guest() {
        quiet(&RULE, tree("kernel/drivers/gpu/drm/drm.ko:").goal("vfio"));
    }

    #[test]
    fn a_driver_that_is_loaded_and_one_that_nobody_wants_are_quiet() {
        const DRM: &str = "kernel/drivers/gpu/drm/drm.ko:";
        quiet(&RULE, tree(DRM).and("proc/modules = nvidia 1 0 - Live 0x0\n"));
        quiet(&RULE, tree(DRM).wanting(|want| want.pre_display_modules.clear()));
    }

    #[test]
    fn an_alias_of_the_module_leads_to_a_file_of_another_name() {
        let alias = |name: &str| {
            let line = std::format!("etc/modprobe.d/a.conf = alias {name} other\n");
            tree("kernel/drivers/gpu/drm/drm.ko:").and(&line)
        };
        quiet(&RULE, alias("nvidia"));
        fires(
            &RULE,
            alias("vboxdrv"),
            "NVP514 error: GPU 0000:01:00.0 is present, but there is no nvidia module for 6.19.2-rt",
        );
    }

    #[test]
    fn a_tree_without_an_index_could_not_be_checked() {
        let case = |tree: &str| Case::pre_display(GPU).and(tree).wanting(wanted);
        skips(&RULE, case(""), "the running kernel has no modules.dep");
        let unread = "lib/modules/6.19.2-rt/modules.dep ! EIO\n";
        skips(&RULE, case(unread), "the running kernel's modules.dep was not read");
    }
}
