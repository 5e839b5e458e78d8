//! NVP106: nvidia is loaded and nvidia_drm is not.

use crate::driver::version::{self, FIRST_DRM};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::wanted;
use crate::rule::causes::{BARRED, KEPT_OUT, NO_FIT};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether nvidia_drm is there when nvidia is.
    ///
    /// ## Why
    /// nvidia alone drives no screen. Without nvidia_drm there is no DRM device:
    /// Wayland falls back to the firmware framebuffer and software rendering,
    /// external monitors stay dark.
    ///
    /// ## Fix
    /// Request nvidia_drm by name; it pulls in the other two through its symbols.
    ///
    /// ## Sources
    /// openSUSE/nvidia-driver-G06#86; SUSEPrime#91; `modinfo -F depends nvidia-drm`.
    106 half_a_stack_loaded {
        title: "nvidia is loaded, nvidia_drm is not",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [KEPT_OUT, BARRED, NO_FIT, 114],
        fix: "echo nvidia_drm | sudo tee -a /etc/modules-load.d/nvidia-drm.conf",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];",
        change: [LoadAtBoot(&["nvidia_drm"])],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let bare = f.modules.up("nvidia").is_some() && f.modules.get("nvidia_drm").is_none();
    let old = f.driver_version().is_some_and(|v| version::compare(v, FIRST_DRM).is_lt());
    if !bare || old || wanted::computes_only(f, want) {
        return;
    }
    let finding =
        out.add(format_args!("nvidia is loaded, but nvidia_drm is not: no DRM device on the GPU"));
    finding.module("nvidia_drm");
    if want.goals.wants_display() {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    #[test]
    fn nvidia_alone_drives_no_screen() {
        fires(
            &RULE,
            Case::initrd("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n"),
            "NVP106 warning: nvidia is loaded, but nvidia_drm is not: no DRM device on the GPU",
        );
    }

    #[test]
    fn compute_machines_need_no_drm() {
        quiet(&RULE, Case::initrd("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n").goal("cuda"));
        quiet(
            &RULE,
            Case::initrd("sys/bus/pci/devices/0000:01:00.0/class = 0x030200\n")
                .and("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n")
                .and(GPU),
        );
    }

    #[test]
    fn a_branch_without_nvidia_drm_lacks_nothing() {
        let loaded = "proc/modules = nvidia 1 0 - Live 0x0 (OE)\n";
        let of = |version: &str| {
            let file = std::format!("sys/module/nvidia/version = {version}\n");
            Case::initrd(loaded).and(&file)
        };
        quiet(&RULE, of("358.16"));
        fires(
            &RULE,
            of("364.12"),
            "NVP106 warning: nvidia is loaded, but nvidia_drm is not: no DRM device on the GPU",
        );
    }

    #[test]
    fn the_whole_stack_and_none_of_it_are_quiet() {
        quiet(&RULE, Case::initrd(crate::testing::STACK));
        quiet(&RULE, Case::initrd(""));
    }
}
