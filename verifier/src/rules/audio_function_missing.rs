//! NVP518: a udev rule removes the GPU's sound function.

use crate::expect::Expectations;
use crate::facts::{Facts, PciFunction};
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether an NVIDIA VGA controller lacks its sound function and a udev rule is
    /// there that removes it. Without such a rule nothing is reported: many laptops
    /// hide the function in firmware.
    ///
    /// ## Why
    /// No sound over HDMI and DisplayPort. Such rules are copied from guides for
    /// saving power.
    ///
    /// ## Fix
    /// Remove the rule's line for class 0x040300 and rescan the bus.
    ///
    /// ## Sources
    /// nixos-hardware common/gpu/nvidia/disable.nix; envycontrol#171, nvhda#7.
    518 audio_function_missing {
        title: "a udev rule removes the GPU's audio function",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [PCI],
        after: [],
        fix: "remove the rule, then echo 1 > /sys/bus/pci/rescan",
        nixos: "remove the rule from services.udev.extraRules",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let sound =
        |slot: &str| f.pci_functions().iter().any(|p| p.slot() == slot && p.class >> 8 == 0x0403);
    let silent = |gpu: &&PciFunction| gpu.class >> 8 == 0x0300 && !sound(gpu.slot());
    let Some(gpu) = f.nvidia_gpus().find(silent) else { return };
    let rules = f.stage2.gpu_removal_rules.yes().map_or(&[][..], |rules| rules.as_slice());
    if let Some(rule) = rules.iter().find(|rule| rule.line.contains("0x0403")) {
        out.add(format_args!("GPU {} has no audio function: a udev rule removes it", gpu.bdf))
            .gpu(gpu.address())
            .at(&rule.place)
            .line(&rule.line);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    const RULES: &str = "etc/udev/rules.d/50-power.rules = ACTION==\"add\", \
        ATTR{vendor}==\"0x10de\", \
                         ATTR{class}==\"0x040300\", ATTR{remove}=\"1\"\n";

    #[test]
    fn the_rule_that_silences_the_gpu_is_named() {
        fires(
            &RULE,
            Case::pre_display(GPU).and(RULES),
            "NVP518 note etc/udev/rules.d/50-power.rules:1: GPU 0000:01:00.0 has no \
                audio function: a udev rule removes it",
        );
    }

    #[test]
    fn a_laptop_that_hides_it_in_firmware_is_quiet() {
        quiet(&RULE, Case::pre_display(GPU));
        quiet(
            &RULE,
            Case::pre_display(GPU)
                .and(RULES)
                .and("sys/bus/pci/devices/0000:01:00.1/class = 0x040300\n")
                .and("sys/bus/pci/devices/0000:01:00.1/vendor = 0x10de\n")
                .and("sys/bus/pci/devices/0000:01:00.1/device = 0x1aef\n"),
        );
    }

    #[test]
    fn another_gpus_sound_is_not_this_ones() {
        let other = "sys/bus/pci/devices/0000:02:00.1/class = 0x040300\n\
                     sys/bus/pci/devices/0000:02:00.1/vendor = 0x10de\n\
                     sys/bus/pci/devices/0000:02:00.1/device = 0x1aef\n";
        fires(
            &RULE,
            Case::pre_display(GPU).and(RULES).and(other),
            "NVP518 note etc/udev/rules.d/50-power.rules:1: GPU 0000:01:00.0 has no \
                audio function: a udev rule removes it",
        );
    }

    #[test]
    fn a_3d_controller_has_no_sound_to_miss() {
        quiet(&RULE, Case::pre_display(&GPU.replace("0x030000", "0x030200")).and(RULES));
    }
}
