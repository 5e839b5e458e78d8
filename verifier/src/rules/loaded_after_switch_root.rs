//! NVP115: a module that the initrd should have loaded came on the real root.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::text::same_name;

rule! {
    /// ## What it checks
    /// Whether a module that the expectations want in the initrd was missing in
    /// the initrd's report and is loaded now.
    ///
    /// ## Why
    /// The module works, and came too late for what the initrd was to do with it: a
    /// passphrase prompt or a splash on the NVIDIA GPU, an early console. Why it was
    /// missing there stands in the initrd's own report.
    ///
    /// ## Fix
    /// Put the module, its options and its firmware into the initrd and rebuild it;
    /// an old image is the usual cause.
    ///
    /// ## Sources
    /// dracut.conf(5) `add_drivers`, `force_drivers`; initramfs-tools
    /// `/etc/initramfs-tools/modules`; nixpkgs nixos/modules/system/boot/kernel.nix.
    115 loaded_after_switch_root {
        title: "a module expected in the initrd was loaded only after switch-root",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, INITRD_REPORT],
        after: [],
        fix: "force_drivers+=\" nvidia_drm \"    # in /etc/dracut.conf.d/, then dracut -f",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
        change: [LoadEarly(DRAWS)],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Without a report nothing is known of the initrd; that itself is NVP903.
    let Some(initrd) = f.initrd.yes() else { return };
    for name in &want.initrd_modules {
        let was_up = initrd.modules.iter().any(|m| same_name(m, name));
        if !was_up && f.modules.up(name).is_some() {
            let finding = out.add(format_args!(
                "{name} was expected in the initrd, but was loaded only after switch-root"
            ));
            finding.module(name).path("run/nvpreflight/initrd.json");
            if want.goals.has(Goal::LuksPrompt) {
                finding.severity(Severity::Error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::facts::InitrdReport;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet};

    fn case(up_in_initrd: &'static [&'static str]) -> Case {
        Case::pre_display("proc/modules = nvidia 1 0 - Live 0x0 (OE)\n")
            .wanting(|w| w.initrd_modules.push("nvidia".into()).unwrap())
            .knowing(move |f| {
                let modules = up_in_initrd.iter().map(|m| (*m).into()).collect();
                f.initrd = Seen::Yes(InitrdReport { modules, ..InitrdReport::default() });
            })
    }

    #[test]
    fn a_module_that_came_late_is_told() {
        let expected = "run/nvpreflight/initrd.json: nvidia was expected in the initrd, \
                        but was loaded only after switch-root";
        fires(&RULE, case(&["drm"]), &std::format!("NVP115 warning {expected}"));
        fires(&RULE, case(&["drm"]).goal("luks-prompt"), &std::format!("NVP115 error {expected}"));
    }

    #[test]
    fn a_module_that_was_up_in_the_initrd_is_quiet() {
        quiet(&RULE, case(&["nvidia"]));
    }

    #[test]
    fn a_module_that_never_came_is_another_rules_matter() {
        quiet(&RULE, case(&[]).wanting(|w| w.initrd_modules = ["x".into()].into_iter().collect()));
    }
}
