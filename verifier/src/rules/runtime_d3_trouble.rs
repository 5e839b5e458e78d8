//! NVP606: the GPU does not come back from a power state.

use super::fallen_off_the_bus::is_lost;
use crate::driver::said::kernel;
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::reading::message::{self, all};
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the PCI core logged that a function of the nvidia driver could not be
    /// brought back from D3, before the driver said that the GPU is lost. In a log, a GPU
    /// that bbswitch could not wake counts too, and one that vfio-pci holds.
    ///
    /// ## Why
    /// The driver powers an idle GPU down: with NVreg_DynamicPowerManagement=3, the
    /// default since 515 at least, on notebooks with Ampere and later only. Behind
    /// Thunderbolt and with some firmware the device does not wake again and counts as
    /// lost until the next boot. A firmware switch or a tool that cuts the GPU's power
    /// while the driver has it looks the same.
    ///
    /// ## Fix
    /// Turn runtime D3 off, or leave the GPU on in the tool that switches it.
    ///
    /// ## Sources
    /// Linux drivers/pci/pci.c (`pci_power_up`, `pci_set_low_power_state`);
    /// nvidia/nv-reg.h (NVreg_DynamicPowerManagement); bbswitch.c (`bbswitch_on`);
    /// omarchy#3242.
    606 runtime_d3_trouble {
        title: "the GPU does not wake from a low-power state (D3)",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "echo 'options nvidia NVreg_DynamicPowerManagement=0x00' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd",
        nixos: "boot.extraModprobeConfig = \"options nvidia NVreg_DynamicPowerManagement=0\";    # from 26.05 on: hardware.nvidia.moduleParams.nvidia.NVreg_DynamicPowerManagement = 0;",
        change: [Set { module: "nvidia", name: "NVreg_DynamicPowerManagement", value: "0x00" }],
        log: log::check,
    }
}

/// The PCI core's words, newer and older kernels.
const SAID: [&str; 3] = [kernel::D3_UNABLE, kernel::D3_CANNOT, kernel::D3_REFUSED];

/// Where the driver does not power it down, something else does.
const OFF_ALREADY: &str = "runtime D3 of the driver is off already: update the mainboard firmware; as a \
    test boot with pcie_port_pm=off";
/// The firmware's switch of Asus notebooks is on.
pub(super) const SWITCHED: &str = "echo 0 | sudo tee /sys/devices/platform/asus-nb-wmi/dgpu_disable    # then reboot; no tool \
    may switch the GPU off while nvidia is loaded";

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(said) = all(f).find(|said| is_asleep(&said.text)) else { return };
    let bdf = bdf(&said.text);
    let address = PciAddress::parse(bdf);
    // A GPU that was lost before does not wake either, which is NVP509's.
    let same = |at: PciAddress| address.is_none_or(|address| address.same_device(at));
    let before = all(f).take_while(|other| !is_asleep(&other.text));
    for lost in before.filter(|other| is_lost(&other.text)) {
        if message::address(&lost.text).is_none_or(same) {
            return;
        }
    }
    let said = said.record;
    let finding = out.add(format_args!("GPU {bdf} did not wake from a low-power state"));
    finding.gpu(PciAddress::parse(bdf)).module("nvidia").logged(said.us, &said.text);
    if let Seen::Yes(value) = f.modules.param("nvidia", "NVreg_DynamicPowerManagement") {
        finding.parameter("NVreg_DynamicPowerManagement").values("0", value);
        if value == "0" {
            finding.fix(OFF_ALREADY);
        }
    }
    if f.system.dgpu_disable == Seen::Yes(true) {
        finding.fix(SWITCHED);
    }
}

/// True where a function of nvidia could not be woken.
pub(super) fn is_asleep(text: &str) -> bool {
    text.starts_with("nvidia 0") && SAID.iter().any(|said| text.contains(said))
}

/// The address in "nvidia 0000:01:00.0: …".
pub(super) fn bdf(text: &str) -> &str {
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
    fn a_gpu_that_was_lost_before_is_not_asleep() {
        quiet(
            &RULE,
            Case::logged(
                "[   20.400000] NVRM: Xid (PCI:0000:05:00): 79, GPU has fallen off the bus.\n\
                 [   21.400000] nvidia 0000:05:00.0: Unable to change power state from D3cold to \
                 D0, device inaccessible",
            ),
        );
    }

    #[test]
    fn what_powers_it_down_is_told_by_what_was_seen() {
        let said = "dmesg = [   21.400000] nvidia 0000:05:00.0: Unable to change power state from \
                    D3cold to D0, device inaccessible\n";
        let fix = |more: &str| {
            let case = Case::pre_display(said).and(more);
            case.report(&[&RULE]).findings.first().expect("a finding").fix
        };
        assert_eq!(fix(""), "");
        let off = "proc/driver/nvidia/params = DynamicPowerManagement: 0\n\
                   proc/modules = nvidia 1 0 - Live 0x0 (OE)\n";
        assert!(fix(off).contains("off already"));
        let disabled = "sys/devices/platform/asus-nb-wmi/dgpu_disable = 1\n";
        assert!(fix(disabled).contains("dgpu_disable"));
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
