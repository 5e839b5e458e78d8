//! NVP520: Fabric Manager is missing on an NVSwitch machine.

use crate::expect::{Expectations, Goal};
use crate::facts::Facts;
use crate::facts::device::NVIDIA;
use crate::finding::{Findings, Severity};
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether nvidia-fabricmanager.service is installed where an NVSwitch and a GPU
    /// are on the PCI bus.
    ///
    /// ## Why
    /// On NVSwitch machines CUDA stays at "system not yet initialized" (802) until
    /// Fabric Manager of the driver's own version has set up the switches.
    ///
    /// ## Fix
    /// Install and enable it in the driver's exact version.
    ///
    /// ## Sources
    /// nvidia/os-interface.c (`os_is_nvswitch_present`: vendor 10de, class 0680);
    /// nvtrust#55, gpu-burn#92.
    520 fabric_manager_missing {
        title: "Fabric Manager is missing on an NVSwitch machine",
        severity: Warning,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [PCI, FABRIC_MANAGER],
        after: [],
        fix: "install nvidia-fabricmanager in the driver's version and systemctl enable it",
        nixos: "hardware.nvidia.datacenter.enable = true;",
        log: log::check,
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let switch = f.pci_functions().iter().find(|p| p.vendor == NVIDIA && p.class >> 8 == 0x0680);
    let Some(switch) = switch.filter(|_| f.nvidia_gpus().next().is_some()) else { return };
    if f.stage2.fabric_manager != Seen::Yes(false) {
        return;
    }
    let finding = out.add(format_args!(
        "there is an NVSwitch at {}, but nvidia-fabricmanager.service is not installed",
        switch.bdf
    ));
    if want.goals.has(Goal::Cuda) {
        finding.severity(Severity::Error);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    const SWITCH: &str = "sys/bus/pci/devices/0000:c4:00.0/class = 0x068000\n\
                          sys/bus/pci/devices/0000:c4:00.0/vendor = 0x10de\n\
                          sys/bus/pci/devices/0000:c4:00.0/device = 0x22a3\n";
    const UNITS: &str = "etc/systemd/system/ ino=4\n";

    #[test]
    fn switches_without_their_manager_stop_cuda() {
        let text = "there is an NVSwitch at 0000:c4:00.0, but nvidia-fabricmanager.service is not \
            installed";
        fires(
            &RULE,
            Case::pre_display(GPU).and(SWITCH).and(UNITS),
            &std::format!("NVP520 warning: {text}"),
        );
        fires(
            &RULE,
            Case::pre_display(GPU).and(SWITCH).and(UNITS).goal("cuda"),
            &std::format!("NVP520 error: {text}"),
        );
    }

    #[test]
    fn an_installed_manager_and_a_machine_without_switch_are_quiet() {
        quiet(
            &RULE,
            Case::pre_display(GPU)
                .and(SWITCH)
                .and("usr/lib/systemd/system/nvidia-fabricmanager.service = [Unit]\n"),
        );
        quiet(&RULE, Case::pre_display(GPU).and(UNITS));
    }
}
