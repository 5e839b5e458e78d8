//! NVP516: the user-space driver on the root has another version than the module.

use crate::driver::version::compare;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;
use core::cmp::Ordering;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// The version of the loaded nvidia module against the version in the file
    /// names of the driver's libraries on the root.
    ///
    /// ## Why
    /// The two must be equal to the last digit: the module rejects other clients
    /// ("API mismatch"), so neither display nor CUDA works. Where the libraries are
    /// newer, the driver was updated while the old module ran, or the initrd was not
    /// rebuilt after the update. Where they are older, only the module was updated.
    ///
    /// ## Fix
    /// Libraries newer: reboot, and rebuild the initrd if the old module comes again.
    /// Libraries older: install those of the module's version.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c (`rm_perform_version_check`);
    /// nixpkgs#255070, nixpkgs#538400, NVIDIA-Ubuntu-Driver-Guide#4.
    516 userspace_version_differs {
        title: "module and user-space driver differ in version",
        severity: Error,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, USERSPACE],
        after: [],
        fix: "reboot; if the old module comes again, rebuild the initrd (dracut -f, update-initramfs -u, mkinitcpio -P) and reboot",
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
    let older = compare(library, module) == Ordering::Less;
    let finding = out.add(format_args!(
        "the running nvidia module is {module}, the user-space driver is {library}, {}",
        if older { "older" } else { "newer" }
    ));
    finding.module("nvidia").values(library, module);
    if older {
        finding.fix(
            "install the driver's user-space packages of the module's version: a package was \
             held back, or its kernel modules come from another source",
        );
    }
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
                595.45.04, newer",
        );
    }

    #[test]
    fn libraries_that_were_held_back_are_told_as_older() {
        let case = Case::pre_display("sys/module/nvidia/version = 610.57.04\n")
            .and(STACK)
            .and(LIBRARY)
            .goal("wayland");
        let fix = case.report(&[&RULE]).findings.first().expect("a finding").fix;
        assert!(fix.contains("user-space packages"), "{fix}");
        fires(
            &RULE,
            case,
            "NVP516 error: the running nvidia module is 610.57.04, the user-space driver is \
                595.45.04, older",
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
