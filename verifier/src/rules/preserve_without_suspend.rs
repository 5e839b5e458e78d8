//! NVP601: video memory is to be preserved, and nothing saves it.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::options;
use crate::rule::causes::HANGS;
use crate::rule::rule;
use crate::seen::Seen;

const MODULE: &str = "nvidia";
const PRESERVE: &str = "NVreg_PreserveVideoMemoryAllocations";
const NOTIFIERS: &str = "NVreg_UseKernelSuspendNotifiers";

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// With NVreg_PreserveVideoMemoryAllocations=1 in force: whether
    /// nvidia-suspend.service is enabled or kernel suspend notifiers are on.
    ///
    /// ## Why
    /// With the parameter set the driver refuses to suspend unless it was told
    /// through /proc/driver/nvidia/suspend, which the units do, or through the
    /// kernel's notifiers. The parameter alone makes every suspend fail with EIO.
    ///
    /// ## Fix
    /// Enable the driver's units, or with 595 and the open modules the notifiers.
    ///
    /// ## Sources
    /// nvidia/nv.c ("System Power Management attempted without driver procfs suspend
    /// interface"); nvidia/nv-reg.h; nixpkgs#440422, envycontrol#96.
    601 preserve_without_suspend {
        title: "video memory should be preserved, but nothing saves it",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MODULES, NV_PARAMS, SUSPEND_UNITS],
        after: [HANGS],
        fix: "systemctl enable nvidia-suspend.service nvidia-hibernate.service \
            nvidia-resume.service",
        nixos: "hardware.nvidia.powerManagement.enable = true;",
        change: [Enable(SLEEP_UNITS)],
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // 2 means "when the notifiers are on" (595 and later) and cannot be half set.
    let on = f.modules.param(MODULE, PRESERVE) == Seen::Yes("1");
    let notified = f.modules.param(MODULE, NOTIFIERS) == Seen::Yes("1");
    if !on || notified || f.stage2.suspend_units != Seen::Yes(false) {
        return;
    }
    let finding = out.add(format_args!(
        "PreserveVideoMemoryAllocations=1, but nvidia-suspend.service is not enabled and kernel \
            notifiers are off: suspend will fail"
    ));
    finding.module(MODULE).parameter(PRESERVE);
    if let Some(set) = options::last(f, MODULE, PRESERVE) {
        finding.at(set.place);
    }
    if want.goals.has(Goal::Suspend) || want.goals.has(Goal::Hibernate) {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, STACK, fires, quiet};

    fn case(params: &str) -> Case {
        Case::pre_display(STACK)
            .and(&std::format!("proc/driver/nvidia/params <<EOF\n{params}EOF\n"))
            .and(
                "etc/modprobe.d/gpu.conf = options nvidia \
                NVreg_PreserveVideoMemoryAllocations=1\n",
            )
    }

    #[test]
    fn half_a_setting_breaks_suspend() {
        let text = "PreserveVideoMemoryAllocations=1, but nvidia-suspend.service is not enabled \
                    and kernel notifiers are off: suspend will fail";
        let params = "PreserveVideoMemoryAllocations: 1\nUseKernelSuspendNotifiers: 0\n";
        fires(
            &RULE,
            case(params),
            &std::format!(
                "NVP601 warning etc/modprobe.d/gpu.conf:1: \
            {text}"
            ),
        );
        fires(
            &RULE,
            case(params).goal("suspend"),
            &std::format!(
                "NVP601 error \
            etc/modprobe.d/gpu.conf:1: {text}"
            ),
        );
    }

    #[test]
    fn units_or_notifiers_make_it_whole() {
        let unit = "etc/systemd/system/systemd-suspend.service.wants/nvidia-suspend.service -> \
            /x\n";
        quiet(&RULE, case("PreserveVideoMemoryAllocations: 1\n").and(unit));
        quiet(&RULE, case("PreserveVideoMemoryAllocations: 1\nUseKernelSuspendNotifiers: 1\n"));
        quiet(&RULE, case("PreserveVideoMemoryAllocations: 2\nUseKernelSuspendNotifiers: 0\n"));
    }
}
