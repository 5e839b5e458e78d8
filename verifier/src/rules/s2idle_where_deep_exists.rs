//! NVP608: the machine sleeps by s2idle although its firmware offers S3.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// For the goal `suspend`: whether s2idle is chosen in /sys/power/mem_sleep
    /// although `deep` is offered, and the driver's S0ix support is off.
    ///
    /// ## Why
    /// In s2idle the GPU stays powered unless the driver's S0ix path is on: the
    /// battery drains overnight. `deep` turns it off.
    ///
    /// ## Fix
    /// `mem_sleep_default=deep`, or NVreg_EnableS0ixPowerManagement=1 where the
    /// machine is made for s2idle.
    ///
    /// ## Sources
    /// Linux Documentation/admin-guide/pm/sleep-states.rst; nvidia/nv-reg.h
    /// (NVreg_EnableS0ixPowerManagement); omarchy#5894.
    608 s2idle_where_deep_exists {
        title: "suspend uses s2idle although deep sleep exists",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [MEM_SLEEP],
        after: [],
        fix: "boot with mem_sleep_default=deep",
        nixos: "boot.kernelParams = [ \"mem_sleep_default=deep\" ];",
        change: [AddWord("mem_sleep_default=deep")],
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(modes) = f.system.mem_sleep.yes() else { return };
    let s0ix = f.modules.param("nvidia", "NVreg_EnableS0ixPowerManagement") == Seen::Yes("1");
    let offered = modes.contains("[s2idle]") && modes.split_ascii_whitespace().any(|m| m == "deep");
    if want.goals.has(Goal::Suspend) && offered && !s0ix {
        out.add(format_args!("suspend uses s2idle although the firmware offers deep sleep"))
            .path("sys/power/mem_sleep")
            .values("deep", "s2idle");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const S2IDLE: &str = "sys/power/mem_sleep = [s2idle] deep\n";

    #[test]
    fn shallow_sleep_where_deep_exists_is_a_note() {
        fires(
            &RULE,
            Case::pre_display(S2IDLE).goal("suspend"),
            "NVP608 note sys/power/mem_sleep: suspend uses s2idle although the firmware offers \
                deep sleep",
        );
    }

    #[test]
    fn machines_made_for_s2idle_are_quiet() {
        quiet(&RULE, Case::pre_display("sys/power/mem_sleep = [s2idle]\n").goal("suspend"));
        quiet(&RULE, Case::pre_display("sys/power/mem_sleep = s2idle [deep]\n").goal("suspend"));
        quiet(
            &RULE,
            Case::pre_display(S2IDLE)
                .goal("suspend")
                .and("proc/driver/nvidia/params = EnableS0ixPowerManagement: 1\n"),
        );
        quiet(&RULE, Case::pre_display(S2IDLE));
    }
}
