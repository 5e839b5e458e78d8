//! NVP111: a service was skipped because the device nodes came too late.

use crate::driver::said::{nvidia, systemd};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Lines of systemd in the kernel log that say that a unit was skipped because a
    /// /dev/nvidia* node was missing, on a machine where nvidia is loaded now. Once journald
    /// runs they reach the kernel log only with `systemd.log_target=kmsg`.
    ///
    /// ## Why
    /// A condition is checked only once. The unit (nvidia-persistenced, a generator of
    /// container device lists) stays off for the whole boot, although the node came
    /// a moment later. The modules do not make these nodes: udev or nvidia-modprobe does.
    ///
    /// ## Fix
    /// Order the unit after the device, or load the driver in the initrd.
    ///
    /// ## Sources
    /// systemd.unit(5) (conditions), src/core/unit.c ("unmet condition check");
    /// ucore#419, nixpkgs#451912, nvidia-container-toolkit#1611.
    111 services_lost_the_race {
        title: "a service was skipped because the driver's device nodes were missing",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG],
        after: [],
        fix: "systemctl restart UNIT    # and a drop-in: [Unit] After=systemd-modules-load.service",
        nixos: "boot.initrd.kernelModules = [ \"nvidia\" \"nvidia_modeset\" \"nvidia_drm\" ];",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let greeted = || f.logged(&[nvidia::LOADING]).is_some();
    // A log alone has no list of modules; nvidia.ko's greeting stands in it.
    if f.modules.up("nvidia").is_none() && (f.modules.proc.is_yes() || !greeted()) {
        return;
    }
    for record in f.records().iter().filter(|r| r.text.starts_with(systemd::SPEAKS)) {
        let skipped = record.text.contains(systemd::UNMET) && record.text.contains("/dev/nvidia");
        let unit =
            record.text.split_once(": ").and_then(|(_, rest)| rest.split_once(systemd::SKIPPED));
        if let (true, Some((unit, _))) = (skipped, unit) {
            out.add(format_args!(
                "{unit} was skipped because /dev/nvidia* did not exist yet; nvidia is loaded now"
            ))
            .module("nvidia")
            .logged(record.us, &record.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const NVIDIA: &str = "proc/modules = nvidia 1 0 - Live 0x0 (OE)\n";
    const LOG: &str = "dev/kmsg = 30,7,9000000,-;systemd[1]: nvidia-persistenced.service - NVIDIA \
        Persistence Daemon was skipped because of an unmet condition check \
        (ConditionPathExistsGlob=/dev/nvidia*).\n";

    #[test]
    fn the_unit_that_lost_is_named() {
        fires(
            &RULE,
            Case::pre_display(NVIDIA).and(LOG),
            "NVP111 warning: nvidia-persistenced.service - NVIDIA Persistence Daemon was skipped \
             because /dev/nvidia* did not exist yet; nvidia is loaded now",
        );
    }

    #[test]
    fn a_log_without_a_list_of_modules_is_enough() {
        let greeting = "4,8,9140000,-;NVRM: loading NVIDIA UNIX x86_64 Kernel Module  570.86.15\n";
        let skipped = LOG.trim_start_matches("dev/kmsg = ");
        let tree = std::format!("proc/modules ?\ndev/kmsg <<EOF\n{skipped}{greeting}EOF\n");
        fires(
            &RULE,
            Case::pre_display(&tree),
            "NVP111 warning: nvidia-persistenced.service - NVIDIA Persistence Daemon was skipped \
             because /dev/nvidia* did not exist yet; nvidia is loaded now",
        );
    }

    #[test]
    fn on_a_machine_without_the_driver_the_skip_is_right() {
        quiet(&RULE, Case::pre_display(LOG));
    }

    #[test]
    fn other_conditions_are_not_ours() {
        quiet(
            &RULE,
            Case::pre_display(NVIDIA).and(&LOG.replace("/dev/nvidia*", "/etc/nvidia.conf")),
        );
    }

    #[test]
    fn a_driver_that_went_away_and_a_log_without_its_greeting_are_quiet() {
        let greeting = "4,8,9140000,-;NVRM: loading NVIDIA UNIX x86_64 Kernel Module  570.86.15\n";
        let skipped = LOG.trim_start_matches("dev/kmsg = ");
        quiet(&RULE, Case::pre_display(&std::format!("dev/kmsg <<EOF\n{skipped}{greeting}EOF\n")));
        quiet(&RULE, Case::pre_display("proc/modules ?\n").and(LOG));
    }
}
