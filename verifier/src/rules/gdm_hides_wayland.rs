//! NVP219: GDM's udev rules will turn Wayland off on this machine.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// For the goal `wayland` with GDM and its 61-gdm.rules installed: whether what
    /// those rules ask of the driver holds.
    ///
    /// ## Why
    /// GDM up to 48 turns Wayland off by udev rule unless video memory is preserved
    /// over sleep and the units for it are enabled. The session menu then shows
    /// Xorg only, and no log says why. GDM 49 has no such rules.
    ///
    /// ## Fix
    /// Preserve video memory and enable the units, or mask the rules with a link
    /// `/etc/udev/rules.d/61-gdm.rules -> /dev/null`.
    ///
    /// ## Sources
    /// gdm data/61-gdm.rules.in (`gdm_disable_wayland`,
    /// NVIDIA_PRESERVE_VIDEO_MEMORY_ALLOCATIONS); ubuntu-drivers-common#67,
    /// nixpkgs#153355.
    219 gdm_hides_wayland {
        title: "GDM's rules turn Wayland off",
        severity: Warning,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [MODULES, DISPLAY_MANAGER, NV_PARAMS],
        after: [201],
        fix: "echo 'options nvidia NVreg_PreserveVideoMemoryAllocations=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then systemctl enable nvidia-suspend nvidia-hibernate nvidia-resume",
        nixos: "hardware.nvidia.powerManagement.enable = true;",
        change: [Set { module: "nvidia", name: "NVreg_PreserveVideoMemoryAllocations", value: "1" }, Enable(SLEEP_UNITS)],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let gdm = f.stage2.display_manager.yes().is_some_and(|unit| unit.starts_with("gdm"));
    let rules = f.stage2.gdm_rules == Seen::Yes(true);
    if !want.goals.has(Goal::Wayland) || !gdm || !rules || f.modules.up("nvidia_drm").is_none() {
        return;
    }
    let preserve = f.modules.param("nvidia", "NVreg_PreserveVideoMemoryAllocations");
    let why = if f.modules.flag("nvidia_drm", "modeset") == Some(false) {
        "nvidia_drm's modeset is off"
    } else if matches!(preserve, Seen::Yes(value) if value != "1") {
        "PreserveVideoMemoryAllocations is not 1"
    } else if f.stage2.suspend_units == Seen::Yes(false) {
        "nvidia-suspend.service is not enabled"
    } else {
        return;
    };
    out.add(format_args!("GDM's udev rules turn Wayland off: {why}")).path("61-gdm.rules");
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, KMS, STACK, fires, quiet};

    const GDM: &str = "etc/systemd/system/display-manager.service -> \
        /usr/lib/systemd/system/gdm3.service\n\
                       usr/lib/udev/rules.d/61-gdm.rules = LABEL=\"gdm_disable_wayland\"\n";

    fn case(preserve: u8) -> Case {
        Case::pre_display(STACK).and(KMS).and(GDM).goal("wayland").and(&std::format!(
            "proc/driver/nvidia/params = PreserveVideoMemoryAllocations: \
                {preserve}\n"
        ))
    }

    #[test]
    fn the_unmet_wish_of_the_rules_is_named() {
        fires(
            &RULE,
            case(0),
            "NVP219 warning 61-gdm.rules: GDM's udev rules turn Wayland off: \
             PreserveVideoMemoryAllocations is not 1",
        );
        fires(
            &RULE,
            case(1),
            "NVP219 warning 61-gdm.rules: GDM's udev rules turn Wayland off: \
             nvidia-suspend.service is not enabled",
        );
    }

    #[test]
    fn met_wishes_masked_rules_and_other_managers_are_quiet() {
        let unit = "etc/systemd/system/systemd-suspend.service.wants/nvidia-suspend.service -> \
            /x\n";
        quiet(&RULE, case(1).and(unit));
        quiet(&RULE, case(0).and("etc/udev/rules.d/61-gdm.rules -> /dev/null\n"));
        quiet(
            &RULE,
            Case::pre_display(
                "etc/systemd/system/display-manager.service -> \
            /x/sddm.service\n",
            )
            .and(STACK)
            .and(GDM)
            .goal("wayland"),
        );
    }
}
