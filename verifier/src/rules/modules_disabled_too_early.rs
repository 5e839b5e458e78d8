//! NVP704: module loading was disabled before the stack was loaded.

use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Phase};
use crate::finding::Findings;
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// Whether kernel.modules_disabled is 1 while a requested module is
    /// not loaded.
    ///
    /// ## Why
    /// It holds until the next boot: no module loads any more, and loaders report
    /// "Operation not permitted".
    ///
    /// ## Fix
    /// Load every module by name before loading is disabled.
    ///
    /// ## Sources
    /// Linux Documentation/admin-guide/sysctl/kernel.rst (modules_disabled);
    /// nixpkgs nixos/modules/security/lock-kernel-modules.nix; nixpkgs#29019.
    704 modules_disabled_too_early {
        title: "module loading was disabled before the stack was loaded",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [MODULES, MODULES_DISABLED],
        after: [],
        fix: "printf 'nvidia_drm\\nnvidia_uvm\\n' | sudo tee -a /etc/modules-load.d/nvidia-early.conf    # loaded \
            before loading is disabled",
        nixos: "boot.kernelModules = [ \"nvidia_drm\" \"nvidia_uvm\" ];",
        change: [LoadAtBoot(&["nvidia_drm", "nvidia_uvm"])],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if f.system.modules_disabled != Seen::Yes(true) {
        return;
    }
    let expected = |module: &str| match f.phase {
        Phase::Initrd | Phase::Image => want.in_initrd(module),
        Phase::PreDisplay => want.before_display(module),
    };
    let asked = |module: &str| {
        expected(module)
            || f.config.requests(module).is_some()
            || match module {
                "nvidia" => wanted::stack(f, want),
                "nvidia_uvm" => want.goals.has(Goal::Cuda),
                "nvidia_drm" => want.goals.wants_display(),
                _ => false,
            }
    };
    for module in crate::facts::STACK {
        if asked(module) && f.modules.up(module).is_none() {
            out.add(format_args!(
                "module loading is disabled and {module} is not loaded: \
                it cannot be loaded in this boot"
            ))
            .module(module)
            .path("proc/sys/kernel/modules_disabled")
            .values("0", "1");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    const LOCKED: &str = "proc/sys/kernel/modules_disabled = 1\n";

    #[test]
    fn what_cannot_come_any_more_is_named() {
        fires(
            &RULE,
            Case::initrd(LOCKED).goal("cuda").and("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n"),
            "NVP704 error proc/sys/kernel/modules_disabled: \
             module loading is disabled and nvidia_uvm is not loaded: it cannot be loaded in this boot",
        );
    }

    #[test]
    fn a_lock_after_the_stack_is_good_practice() {
        quiet(&RULE, Case::initrd(LOCKED).and(STACK).goal("cuda").goal("wayland"));
        quiet(&RULE, Case::initrd("proc/sys/kernel/modules_disabled = 0\n").goal("wayland"));
        quiet(&RULE, Case::initrd(LOCKED));
    }

    #[test]
    fn each_wish_alone_names_its_module() {
        let told = |case: Case| -> std::vec::Vec<std::string::String> {
            let report = case.report(&[&RULE]);
            report.findings.iter().map(|f| std::string::String::from(f.module.as_str())).collect()
        };
        assert_eq!(told(Case::initrd(LOCKED).goal("wayland")), ["nvidia", "nvidia_drm"]);
        let listed = |want: &mut crate::expect::Expectations| {
            want.initrd_modules.push("nvidia_modeset".into()).unwrap();
        };
        assert_eq!(told(Case::initrd(LOCKED).wanting(listed)), ["nvidia", "nvidia_modeset"]);
    }
}
