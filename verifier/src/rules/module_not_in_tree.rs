//! NVP402: a module of the stack was asked for and is not in the module tree.

use crate::driver::said::{kmod, systemd};
use crate::expect::Expectations;
use crate::facts::{Directive, Facts, Phase, STACK};
use crate::finding::Findings;
use crate::reading::message::{all, between};
use crate::reading::wanted;
use crate::rule::rule;
use crate::text::same_name;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Whether each module of the stack that something asks for has a line in
    /// modules.dep, and whether modprobe or systemd said that it found none. On a
    /// machine without an NVIDIA GPU, and for nvidia_uvm in the initrd, only what the
    /// expectations name counts. Of an image: whether it brings what it asks for, and
    /// whether modules.dep lists the files.
    ///
    /// ## Why
    /// modprobe can only load what the tree beside it holds. In an initrd that is
    /// what the image was built with, and image builders go on after a module was
    /// not found.
    ///
    /// ## Fix
    /// Install the driver for this kernel, then rebuild the initrd.
    ///
    /// ## Sources
    /// kmod tools/modprobe.c ("Module %s not found in directory %s"); systemd
    /// src/modules-load; nixpkgs#485579; omarchy#5706; ogkm#352.
    402 module_not_in_tree {
        title: "a requested module is not in the module tree",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [514, 410],
        fix: "install the driver's modules for this kernel, run depmod, rebuild the initrd",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];    # brings them into the initrd\n\
                services.xserver.videoDrivers = [ \"nvidia\" ];    # into the system's tree",
        image: { needs: [IMAGE_TREE, REQUESTS], check: image::check },
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        if f.modules.get(module).is_some() || !wanted::module(f, want, module) {
            continue;
        }
        let in_tree = f.config.dep(module).is_some();
        // What the initrd's tree lacked says nothing of the real root's.
        let of_initrd = in_tree && f.phase == Phase::PreDisplay;
        if let Some(said) = all(f).find(|s| !of_initrd && is_not_found(&s.text, module)) {
            out.add(format_args!("{module} was requested, but is not in this module tree"))
                .module(module)
                .logged(said.record.us, &said.text);
            continue;
        }
        // An alias may lead to a file of another name, as Debian's do.
        let renamed = f.config.of(Directive::Alias).any(|l| same_name(&l.module, module));
        if f.config.deps.yes().is_none() || in_tree || renamed {
            continue;
        }
        if let Some(request) = f.config.requests(module) {
            out.add(format_args!("{module} is requested, but modules.dep does not list it"))
                .module(module)
                .at(&request.place);
        } else if want.in_initrd(module) && f.phase == Phase::Initrd
            || want.before_display(module) && f.phase == Phase::PreDisplay
        {
            out.add(format_args!("{module} is expected here, but modules.dep does not list it"))
                .module(module);
        }
    }
}

/// modprobe, or systemd's loader, says that a module is in no tree.
fn is_not_found(text: &str, module: &str) -> bool {
    let quoted = |before: &&str| {
        let (_, rest) = text.split_once(before)?;
        between(rest, "'", "'")
    };
    let loader = [systemd::NOT_FOUND, systemd::NO_ALIAS].iter().find_map(quoted);
    let name = between(text, kmod::FATAL_MODULE, kmod::NOT_IN_FOLDER).or(loader);
    name.is_some_and(|name| same_name(name, module))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    const DEP: &str = "proc/sys/kernel/osrelease = 6.12.1\nlib/modules/6.12.1/modules.dep = \
                       updates/nvidia.ko: kernel/drivers/gpu/drm/drm.ko\n";

    #[test]
    fn modprobes_own_words_are_believed() {
        fires(
            &RULE,
            Case::logged(
                "[    2.100000] modprobe: FATAL: Module nvidia-drm not found in directory /lib/modules/6.12.1",
            )
            .and(GPU),
            "NVP402 error: nvidia_drm was requested, but is not in this module tree",
        );
    }

    #[test]
    fn a_request_without_a_line_in_modules_dep_cannot_be_met() {
        fires(
            &RULE,
            Case::initrd(DEP).and(GPU).and("etc/modules-load.d/nvidia.conf = nvidia_drm\n"),
            "NVP402 error etc/modules-load.d/nvidia.conf:1: nvidia_drm is requested, \
             but modules.dep does not list it",
        );
    }

    #[test]
    fn nvidia_uvm_is_no_matter_of_an_initrd_unless_wanted_there() {
        let said = "dmesg = <30>[    2.100000] systemd-modules-load[99]: Failed to find module \
                    'nvidia_uvm'\n";
        let asked = || {
            let request = "usr/lib/modules-load.d/nvidia-utils.conf = nvidia-uvm\n";
            Case::initrd(DEP).and(GPU).and(request).and(said)
        };
        quiet(&RULE, asked());
        fires(
            &RULE,
            asked().wanting(|w| w.initrd_modules.push("nvidia-uvm".into()).unwrap()),
            "NVP402 error: nvidia_uvm was requested, but is not in this module tree",
        );
    }

    #[test]
    fn what_the_initrd_lacked_is_no_matter_of_a_real_root_that_has_it() {
        let said = "dmesg = <30>[    2.100000] systemd-modules-load[99]: Failed to find module \
                    'nvidia'\n";
        quiet(&RULE, Case::pre_display(DEP).and(GPU).and(said));
        fires(
            &RULE,
            Case::pre_display("").and(GPU).and(said),
            "NVP402 error: nvidia was requested, but is not in this module tree",
        );
    }

    #[test]
    fn a_request_on_a_machine_without_the_hardware_is_quiet() {
        quiet(&RULE, Case::initrd(DEP).and("etc/modules-load.d/nvidia.conf = nvidia_drm\n"));
    }

    #[test]
    fn what_is_in_the_tree_or_asked_for_by_nobody_is_quiet() {
        quiet(&RULE, Case::initrd(DEP).and(GPU).and("etc/modules-load.d/nvidia.conf = nvidia\n"));
    }

    #[test]
    fn a_module_under_another_file_name_is_quiet() {
        quiet(
            &RULE,
            Case::initrd(DEP)
                .and(GPU)
                .and("etc/modules-load.d/nvidia.conf = nvidia-drm\n")
                .and("etc/modprobe.d/nvidia.conf = alias nvidia-drm nvidia-current-open-drm\n"),
        );
    }

    #[test]
    fn what_the_owner_expects_in_this_phase_must_be_listed() {
        let says = "NVP402 error: nvidia_drm is expected here, but modules.dep does not list it";
        let early = |case: Case| {
            let case = case.and(DEP).and(GPU);
            case.wanting(|want| want.initrd_modules.push("nvidia_drm".into()).unwrap())
        };
        let late = |case: Case| {
            let case = case.and(DEP).and(GPU);
            case.wanting(|want| want.pre_display_modules.push("nvidia_drm".into()).unwrap())
        };
        fires(&RULE, early(Case::initrd("")), says);
        fires(&RULE, late(Case::pre_display("")), says);
        quiet(&RULE, late(Case::initrd("")));
    }
}
