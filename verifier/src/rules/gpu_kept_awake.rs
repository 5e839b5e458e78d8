//! NVP605: runtime power management is asked for and switched off in sysfs.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::seen::Seen;
use crate::text::Line;

rule! {
    /// ## What it checks
    /// With NVreg_DynamicPowerManagement=2 in force: whether `power/control` of the
    /// GPU and of the other functions of its card is `auto`.
    ///
    /// ## Why
    /// The card goes to D3cold only when every function of it may sleep. One `on`
    /// costs about ten watts in a laptop.
    ///
    /// ## Fix
    /// Write `auto` by udev rule, as the driver's documentation does.
    ///
    /// ## Sources
    /// NVIDIA driver README, chapter "PCI-Express Runtime D3 (RTD3) Power
    /// Management"; Linux Documentation/ABI/testing/sysfs-devices-power; omarchy#8989.
    605 gpu_kept_awake {
        title: "runtime power management of the GPU is off",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [PCI, NV_PARAMS],
        after: [],
        fix: "ACTION==\"bind\", SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x10de\", TEST==\"power/control\", \
            ATTR{power/control}=\"auto\"    # in /etc/udev/rules.d/80-nvidia-pm.rules",
        nixos: "hardware.nvidia.powerManagement.finegrained = true;",
        change: [AddLine { file: "etc/udev/rules.d/80-nvidia-pm.rules", line: "ACTION==\"bind\", SUBSYSTEM==\"pci\", ATTR{vendor}==\"0x10de\", TEST==\"power/control\", ATTR{power/control}=\"auto\"" }],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.param("nvidia", "NVreg_DynamicPowerManagement") != Seen::Yes("2") {
        return;
    }
    for gpu in f.nvidia_gpus().filter(|gpu| gpu.driven_by("nvidia")) {
        for part in f.pci_functions().iter().filter(|p| p.slot() == gpu.slot()) {
            if part.power_control.yes().is_some_and(|control| *control == "on") {
                out.add(format_args!(
                    "{} cannot enter a low-power state: power/control is on",
                    part.bdf
                ))
                .gpu(part.address())
                .path(&Line::of(format_args!("sys/bus/pci/devices/{}/power/control", part.bdf)))
                .values("auto", "on");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    const FINE: &str = "proc/driver/nvidia/params = DynamicPowerManagement: 2\n";
    const SOUND: &str = "sys/bus/pci/devices/0000:01:00.1/class = 0x040300\n\
                         sys/bus/pci/devices/0000:01:00.1/vendor = 0x10de\n\
                         sys/bus/pci/devices/0000:01:00.1/device = 0x1aef\n\
                         sys/bus/pci/devices/0000:01:00.1/power/control = on\n";
    const AUTO: &str = "sys/bus/pci/devices/0000:01:00.0/power/control = auto\n";

    #[test]
    fn one_waking_function_is_named() {
        fires(
            &RULE,
            Case::pre_display(GPU).and(AUTO).and(SOUND).and(FINE),
            "NVP605 note sys/bus/pci/devices/0000:01:00.1/power/control: 0000:01:00.1 cannot \
                enter a low-power state: power/control is on",
        );
    }

    #[test]
    fn a_desktop_with_the_default_may_stay_awake() {
        quiet(
            &RULE,
            Case::pre_display(GPU).and(SOUND).and(
                "proc/driver/nvidia/params = \
            DynamicPowerManagement: 3\n",
            ),
        );
        quiet(&RULE, Case::pre_display(GPU).and(AUTO).and(FINE));
    }
}
