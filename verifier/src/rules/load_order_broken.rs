//! NVP113: modules came up in another order than they must.

use crate::expect::Expectations;
use crate::facts::{Facts, ModuleState};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::order::{self, Evidence, FORCED, is_forced};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// The observed order of every pair that the stack's symbols force, and of
    /// every pair in the expectations' `order`.
    ///
    /// ## Why
    /// With stock drivers the kernel refuses to link nvidia_modeset before nvidia,
    /// so a forced pair in the wrong order means a patched build or evidence that
    /// is not what it seems. Other pairs, such as vfio_pci before nvidia, hold only
    /// if something makes them: a list in a configuration does not.
    ///
    /// ## Fix
    /// Set the order with a softdep; its file must sort before `modules.softdep`,
    /// since kmod uses the first softdep of a name only.
    ///
    /// ## Sources
    /// Linux kernel/module/main.c (`load_module`), fs/kernfs/dir.c (inode numbers);
    /// kmod libkmod-module.c; nixpkgs#420419 (module lists are sorted).
    113 load_order_broken {
        title: "modules loaded in the wrong order",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [],
        fix: "load the later one with modprobe, never insmod: it brings what it needs first; for two that do not need each other, one line `softdep LATER pre: EARLIER` in a file that sorts first",
        nixos: "",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for (first, second) in FORCED {
        judge(f, first, second, out);
    }
    for (first, second) in &want.order {
        let said = FORCED.iter().any(|(a, b)| same_name(a, first) && same_name(b, second));
        if !said {
            judge(f, first, second, out);
        }
    }
}

fn judge(f: &Facts, first: &str, second: &str, out: &mut Findings<'_>) {
    // A pair of which the second is not here has kept its order so far.
    if f.modules.up(second).is_none() {
        return;
    }
    let Some(earlier) = f.modules.get(first).filter(|m| m.state != ModuleState::Gone) else {
        out.add(format_args!("{second} is loaded, but {first}, which must come first, is not"))
            .module(second);
        return;
    };
    // What is built in was there before anything was loaded.
    if earlier.state == ModuleState::BuiltIn {
        return;
    }
    let Some(seen) = order::of(f, first, second) else {
        out.could_not("the load order is unknown: no evidence shows it");
        return;
    };
    if seen.kept {
        return;
    }
    if seen.by == Evidence::Rank && !is_forced(first, second) {
        out.could_not("/proc/modules alone does not show the order of independent modules");
        return;
    }
    let by = seen.by.name();
    let finding = out.add(format_args!("{second} was loaded before {first}, according to {by}"));
    finding.module(second);
    if !seen.by.is_exact() {
        finding.severity(Severity::Warning).confidence(Confidence::Likely);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet, skips};

    const STACK: &str = "proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0 (OE)\n\
        nvidia_uvm 1 0 - Live 0x0 (OE)\nnvidia_modeset 1 1 nvidia_drm, Live 0x0 (OE)\n\
        nvidia 1 2 nvidia_uvm,nvidia_modeset, Live 0x0 (OE)\nEOF\n";
    const INODES: &str = "sys/module/nvidia/ ino=14310\nsys/module/nvidia_modeset/ ino=14578\n\
        sys/module/nvidia_drm/ ino=18531\nsys/module/nvidia_uvm/ ino=18005\n";

    fn uvm_last(case: Case) -> Case {
        case.wanting(|w| w.order.push(("nvidia-drm".into(), "nvidia-uvm".into())).unwrap())
    }

    #[test]
    fn a_stack_in_its_forced_order_is_quiet() {
        quiet(&RULE, Case::initrd(STACK).and(INODES));
        quiet(&RULE, Case::initrd(STACK));
    }

    #[test]
    fn a_forced_pair_the_wrong_way_round_is_seen() {
        let swapped = INODES.replace("14578", "14300");
        fires(
            &RULE,
            Case::initrd(STACK).and(&swapped),
            "NVP113 error: nvidia_modeset was loaded before nvidia, according to the inode numbers in \
             /sys/module",
        );
    }

    #[test]
    fn a_wanted_pair_is_compared_with_what_happened() {
        fires(
            &RULE,
            uvm_last(Case::initrd(STACK).and(INODES)),
            "NVP113 error: nvidia-uvm was loaded before nvidia-drm, according to the inode numbers in \
             /sys/module",
        );
    }

    #[test]
    fn proc_modules_alone_accuses_no_independent_pair() {
        let why = "/proc/modules alone does not show the order of independent modules";
        skips(&RULE, uvm_last(Case::initrd(STACK)), why);
    }

    #[test]
    fn weak_evidence_of_a_forced_pair_is_a_warning() {
        let list = "proc/modules <<EOF\nnvidia 1 0 - Live 0x0\nnvidia_uvm 1 0 - Live 0x0\nEOF\n";
        let expected =
            "NVP113 warning: nvidia_uvm was loaded before nvidia, according to /proc/modules";
        fires(&RULE, Case::initrd(list), expected);
    }

    #[test]
    fn a_first_module_that_never_came_breaks_the_order() {
        let case = Case::initrd("proc/modules = nvidia 1 0 - Live 0x0\n")
            .wanting(|w| w.order.push(("vfio_pci".into(), "nvidia".into())).unwrap());
        fires(
            &RULE,
            case,
            "NVP113 error: nvidia is loaded, but vfio_pci, which must come first, is not",
        );
    }

    #[test]
    fn a_built_in_first_module_was_there_before() {
        let builtin = "proc/sys/kernel/osrelease = 6.1\n\
            lib/modules/6.1/modules.builtin = kernel/drivers/vfio/pci/vfio-pci.ko\n";
        quiet(
            &RULE,
            Case::initrd(STACK).and(builtin).and(INODES).wanting(|w| {
                w.order.push(("vfio-pci".into(), "nvidia".into())).unwrap();
            }),
        );
    }
}
