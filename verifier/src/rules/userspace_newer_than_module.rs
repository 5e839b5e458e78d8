//! NVP516: the user-space driver on the root has another version than the module.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::seen::Seen;
use crate::reading::wanted;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The version of the loaded nvidia module against the version in the file
    /// names of the driver's libraries on the root.
    ///
    /// ## Why
    /// The two must be equal to the last digit: the module rejects other clients
    /// ("API mismatch"), so neither display nor CUDA works. Either the initrd was
    /// not rebuilt after an update, or the system was switched without a reboot;
    /// nothing is broken.
    ///
    /// ## Fix
    /// Rebuild the initrd if the boot is fresh, reboot if it is not.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c (`rm_perform_version_check`);
    /// nixpkgs#255070, nixpkgs#538400, NVIDIA-Ubuntu-Driver-Guide#4.
    516 userspace_newer_than_module {
        title: "module and user-space driver differ in version",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, USERSPACE],
        after: [],
        fix: "rebuild the initrd (dracut -f, update-initramfs -u, mkinitcpio -P) and reboot",
        nixos: "sudo nixos-rebuild boot && reboot",
        change: [Rebuild],
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_none() {
        return;
    }
    let Some(library) = f.stage2.userspace_version.yes() else { return };
    let Some(module) = f.driver_version() else {
        out.could_not("nvidia is loaded, but its version cannot be read");
        return;
    };
    if *library == *module {
        return;
    }
    let finding = out.add(format_args!(
        "the running nvidia module is {module}, the user-space driver is {library}"
    ));
    finding.module("nvidia").values(library, module);
    if f.stage2.same_kernel_modules == Seen::Yes(false) {
        finding.fix(
            "reboot: the system was switched to kernel modules that are \
            not running yet",
        );
    }
    if !wanted::by_goal(want) {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet, skips};

    const LIBRARY: &str = "run/opengl-driver/lib/libnvidia-ml.so.595.45.04 -> \
        /nix/store/x/lib/libnvidia-ml.so.595.45.04\n";

    #[test]
    fn two_versions_are_both_named() {
        fires(
            &RULE,
            Case::pre_display("sys/module/nvidia/version = 550.163.01\n")
                .and(STACK)
                .and(LIBRARY)
                .goal("wayland"),
            "NVP516 error: the running nvidia module is 550.163.01, the user-space driver is \
                595.45.04",
        );
    }

    #[test]
    fn equal_versions_and_a_root_without_libraries_are_quiet() {
        quiet(
            &RULE,
            Case::pre_display("sys/module/nvidia/version = 595.45.04\n").and(STACK).and(LIBRARY),
        );
        quiet(&RULE, Case::pre_display("sys/module/nvidia/version = 595.45.04\n").and(STACK));
    }

    #[test]
    fn an_unknown_module_version_is_no_match() {
        skips(
            &RULE,
            Case::pre_display(STACK).and(LIBRARY),
            "nvidia is loaded, but its version cannot be read",
        );
    }
}
