//! NVP402: a module of the stack was asked for and is not in the module tree.

use crate::expect::Expectations;
use crate::facts::{Directive, Facts, STACK};
use crate::finding::Findings;
use crate::message::all;
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Whether each module of the stack that something asks for has a line in
    /// modules.dep, and whether modprobe or systemd said that it found none.
    ///
    /// ## Why
    /// modprobe can only load what the tree beside it holds. In an initrd that is
    /// what the image was built with, and image builders go on after a module was
    /// not found.
    ///
    /// ## Fix
    /// Install the driver for this kernel, then build the initrd anew.
    ///
    /// ## Sources
    /// kmod tools/modprobe.c ("Module %s not found in directory %s"); systemd
    /// src/modules-load; nixpkgs#485579; omarchy#5706; ogkm#352.
    402 module_not_in_tree {
        title: "a module that is asked for is not in the module tree",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES],
        after: [514],
        fix: "install the driver's modules for this kernel, run depmod, rebuild the initrd",
        nixos: "services.xserver.videoDrivers = [ \"nvidia\" ];    # brings the modules into the system's tree",
    }
}

/// What is printed for a module that is in no tree: by modprobe, by systemd's
/// modules-load, and by the same before it used libkmod's own words.
const NOT_FOUND: [(&str, &str); 3] = [
    ("FATAL: Module ", " not found in directory"),
    ("Failed to find module '", "'"),
    ("Failed to lookup module alias '", "'"),
];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    for module in STACK {
        if f.modules.get(module).is_some() {
            continue;
        }
        let said = all(f).find(|s| {
            NOT_FOUND.iter().any(|(before, after)| {
                crate::message::between(&s.text, before, after)
                    .is_some_and(|m| same_name(m, module))
            })
        });
        if let Some(said) = said {
            out.add(format_args!("{module} was asked for and is not in this module tree"))
                .module(module)
                .line(&said.text);
            continue;
        }
        // An alias may lead to a file of another name, as Debian's do.
        let renamed = f.config.of(Directive::Alias).any(|l| same_name(&l.module, module));
        if f.config.deps.yes().is_none() || f.config.dep(module).is_some() || renamed {
            continue;
        }
        if let Some(request) = f.config.requests(module) {
            out.add(format_args!("{module} is asked for and modules.dep has no line for it"))
                .module(module)
                .at(&request.place);
        } else if want.in_initrd(module) && f.phase == crate::facts::Phase::Initrd
            || want.before_display(module) && f.phase == crate::facts::Phase::PreDisplay
        {
            out.add(format_args!("{module} is expected here and modules.dep has no line for it"))
                .module(module);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const DEP: &str = "proc/sys/kernel/osrelease = 6.12.1\nlib/modules/6.12.1/modules.dep = \
                       updates/nvidia.ko: kernel/drivers/gpu/drm/drm.ko\n";

    #[test]
    fn modprobes_own_words_are_believed() {
        fires(
            &RULE,
            Case::logged(
                "[    2.100000] modprobe: FATAL: Module nvidia-drm not found in directory /lib/modules/6.12.1",
            ),
            "NVP402 error: nvidia_drm was asked for and is not in this module tree",
        );
    }

    #[test]
    fn a_request_without_a_line_in_modules_dep_cannot_be_met() {
        fires(
            &RULE,
            Case::initrd(DEP).and("etc/modules-load.d/nvidia.conf = nvidia_drm\n"),
            "NVP402 error etc/modules-load.d/nvidia.conf:1: nvidia_drm is asked for and \
             modules.dep has no line for it",
        );
    }

    #[test]
    fn what_is_in_the_tree_or_asked_for_by_nobody_is_quiet() {
        quiet(&RULE, Case::initrd(DEP).and("etc/modules-load.d/nvidia.conf = nvidia\n"));
    }

    #[test]
    fn a_module_under_another_file_name_is_quiet() {
        quiet(
            &RULE,
            Case::initrd(DEP)
                .and("etc/modules-load.d/nvidia.conf = nvidia-drm\n")
                .and("etc/modprobe.d/nvidia.conf = alias nvidia-drm nvidia-current-open-drm\n"),
        );
    }
}
