//! NVP606: the GPU does not come back from a power state.

use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;

rule! {
    /// ## What it checks
    /// Whether the PCI core logged that a function of the nvidia driver could not be
    /// brought back from D3.
    ///
    /// ## Why
    /// Drivers from 595 on let notebooks sleep at run time by default
    /// (NVreg_DynamicPowerManagement=3). Behind Thunderbolt and with some firmware
    /// the device does not wake again and counts as lost until the next boot.
    ///
    /// ## Fix
    /// Turn runtime D3 off.
    ///
    /// ## Sources
    /// Linux drivers/pci/pci.c (`pci_power_up`, `pci_set_low_power_state`);
    /// nvidia/nv-reg.h (NVreg_DynamicPowerManagement); omarchy#3242.
    606 runtime_d3_trouble {
        title: "the GPU does not wake from a low-power state (D3)",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "options nvidia NVreg_DynamicPowerManagement=0x00    # in /etc/modprobe.d/, then \
            rebuild the initrd",
        nixos: "boot.extraModprobeConfig = \"options nvidia NVreg_DynamicPowerManagement=0\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia.NVreg_DynamicPowerManagement = 0;",
        change: [Set { module: "nvidia", name: "NVreg_DynamicPowerManagement", value: "0x00" }],
    }
}

/// The PCI core's words, newer and older kernels.
const SAID: [&str; 3] = [
    "Unable to change power state from D3",
    "can't change power state from D3",
    "Refused to change power state, \
    currently in D3",
];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let ours = |text: &str| text.starts_with("nvidia 0") && SAID.iter().any(|s| text.contains(s));
    let Some(said) = f.records().iter().find(|record| ours(&record.text)) else { return };
    let bdf = bdf(&said.text);
    let finding = out.add(format_args!("GPU {bdf} did not wake from a low-power state"));
    finding.gpu(PciAddress::parse(bdf)).module("nvidia").logged(said.us, &said.text);
    if let Seen::Yes(value) = f.modules.param("nvidia", "NVreg_DynamicPowerManagement") {
        finding.values("0", value);
    }
}

/// The address in "nvidia 0000:01:00.0: …".
fn bdf(text: &str) -> &str {
    let rest = text.split_once(' ').map_or(text, |(_, rest)| rest);
    rest.split_once(": ").map_or(rest, |(bdf, _)| bdf)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_gpu_that_stays_asleep_is_told() {
        fires(
            &RULE,
            Case::pre_display(
                "dmesg = [   21.400000] nvidia 0000:05:00.0: Unable to \
            change power state \
             from D3cold to D0, device inaccessible\n",
            ),
            "NVP606 warning: GPU 0000:05:00.0 did not wake from a low-power state",
        );
        let older = "dmesg = [   21.400000] nvidia 0000:23:00.0: can't change power state from \
            D3cold to D0 (config space inaccessible)\n";
        let text = "NVP606 warning: GPU 0000:23:00.0 did not wake from a low-power state";
        fires(&RULE, Case::pre_display(older), text);
    }

    #[test]
    fn other_devices_and_healthy_changes_are_quiet() {
        quiet(
            &RULE,
            Case::pre_display(
                "dmesg <<EOF\n\
             [   21.400000] thunderbolt 0000:07:00.0: Unable to change power state from D3cold to \
             D0, device inaccessible\n\
             [   22.400000] nvidia 0000:01:00.0: enabling device (0000 -> 0003)\nEOF\n",
            ),
        );
    }
}
