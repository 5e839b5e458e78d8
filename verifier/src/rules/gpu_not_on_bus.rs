//! NVP503: the stack is asked for and no NVIDIA GPU is on the PCI bus.

use super::runtime_d3_trouble::SWITCHED;
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, PciFunction, RemovalRule};
use crate::finding::{Findings, Severity};
use crate::reading::wanted;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether an NVIDIA display controller is on the PCI bus, where GPUs
    /// are declared or the stack is requested; where the bus was not captured, whether
    /// nvidia.ko found one. Names the firmware switch, udev rule or module that
    /// hides the GPU where one is seen.
    ///
    /// ## Why
    /// A laptop's firmware can switch the GPU off (Eco mode, MUX), a left-over udev
    /// rule can remove it from the bus, bbswitch can power it off. nvidia.ko then
    /// ends with "No such device". A device that was powered off after it was
    /// enumerated still shows its old identity in sysfs; that is not seen here.
    ///
    /// ## Fix
    /// Undo what hides it, then `echo 1 > /sys/bus/pci/rescan` or reboot.
    ///
    /// ## Sources
    /// nvidia/nv.c ("No NVIDIA GPU found"); Linux
    /// Documentation/ABI/testing/sysfs-platform-asus-wmi (`dgpu_disable`);
    /// nixos-hardware common/gpu/nvidia/disable.nix; g-helper-linux#32, asusctl#4.
    503 gpu_not_on_bus {
        title: "no NVIDIA GPU is on the PCI bus",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [504, 501, 510, 523],
        fix: "lspci -nn -d 10de:    # empty: firmware setting, udev rule, riser or power; then \
            echo 1 > /sys/bus/pci/rescan",
        nixos: "",
        log: log::check,
    }
}

const ASUS: &str = "sys/devices/platform/asus-nb-wmi/dgpu_disable";

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Drivers of the 300 branches and before worded it the second way.
    let said = f.logged(&[nvidia::NO_GPU]).or_else(|| f.logged(&[nvidia::NO_ADAPTER]));
    let missing = match &f.pci {
        Seen::Yes(_) => {
            f.nvidia_gpus().next().is_none() && !switches_only(f, want) && !f.has_platform_gpu()
        }
        Seen::NotLooked => said.is_some(),
        Seen::Absent | Seen::Unreadable(_) => {
            out.could_not("cannot list /sys/bus/pci/devices");
            return;
        }
    };
    if missing && f.lost.has(PciFunction::NO_IDENTITY) {
        return out.could_not("a PCI function did not identify itself");
    }
    if !missing || want.gpus == Some(0) || !wanted::stack(f, want) {
        return;
    }
    let finding = if f.system.dgpu_disable == Seen::Yes(true) {
        out.add(format_args!(
            "no NVIDIA GPU is on the PCI bus: the firmware hides it \
            (dgpu_disable=1)"
        ))
        .path(ASUS)
        .fix(SWITCHED)
    } else if let Some(rule) = removal_rule(f) {
        out.add(format_args!("no NVIDIA GPU is on the PCI bus: a udev rule removes it"))
            .at(&rule.place)
            .line(&rule.line)
            .fix("delete or rename the udev rule, then reboot")
    } else if f.modules.up("bbswitch").is_some() {
        out.add(format_args!("no NVIDIA GPU is on the PCI bus; bbswitch may have powered it off"))
            .module("bbswitch")
    } else if f.pci.is_yes() {
        out.add(format_args!("the NVIDIA stack is requested, but no NVIDIA GPU is on the PCI bus"))
    } else {
        // The driver passes over GPUs that it does not support, too.
        out.add(format_args!("nvidia found no GPU that it can drive"))
    };
    if let Some(said) = said {
        if finding.evidence.is_empty() {
            finding.logged(said.us, &said.text);
        }
    }
    if want.gpus.is_none() && !wanted::by_goal(want) {
        finding.severity(Severity::Warning);
    }
}

/// A virtual machine that serves NVLink switches has no GPU by design.
fn switches_only(f: &Facts, want: &Expectations) -> bool {
    let switch = |class: u32| class >> 8 == 0x0680;
    want.gpus.is_none() && f.pci_functions().iter().any(|p| switch(p.class))
}

fn removal_rule(f: &Facts) -> Option<&RemovalRule> {
    let display = |rule: &&RemovalRule| !rule.line.contains("class") || rule.line.contains("0x03");
    f.stage2.gpu_removal_rules.yes()?.iter().find(display)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, STACK, fires, quiet, skips};

    const NONE_FOUND: &str = "dmesg = <3>[   12.813436] NVRM: No NVIDIA GPU found.\n";

    #[test]
    fn a_driver_that_found_nothing_is_a_warning_without_goal() {
        let expected = |severity: &str| {
            let text = "the NVIDIA stack is requested, but no NVIDIA GPU is on the PCI bus";
            std::format!("NVP503 {severity}: {text}")
        };
        fires(&RULE, Case::initrd(NONE_FOUND), &expected("warning"));
        fires(&RULE, Case::initrd("").wanting(|w| w.gpus = Some(1)), &expected("error"));
        let uncaptured = Case::initrd("sys/bus/pci/devices ?\n").and(NONE_FOUND);
        fires(&RULE, uncaptured, "NVP503 warning: nvidia found no GPU that it can drive");
    }

    #[test]
    fn what_hides_the_gpu_is_named() {
        fires(
            &RULE,
            Case::initrd("sys/devices/platform/asus-nb-wmi/dgpu_disable = 1\n").goal("wayland"),
            "NVP503 error sys/devices/platform/asus-nb-wmi/dgpu_disable: \
             no NVIDIA GPU is on the PCI bus: the firmware hides it (dgpu_disable=1)",
        );
        fires(
            &RULE,
            Case::pre_display(
                "etc/udev/rules.d/50-remove-nvidia.rules = \
             ATTR{vendor}==\"0x10de\", ATTR{class}==\"0x03[0-9]*\", ATTR{remove}=\"1\"\n",
            )
            .goal("cuda"),
            "NVP503 error etc/udev/rules.d/50-remove-nvidia.rules:1: \
             no NVIDIA GPU is on the PCI bus: a udev rule removes it",
        );
    }

    #[test]
    fn a_machine_without_wish_for_a_gpu_is_quiet() {
        quiet(&RULE, Case::initrd(""));
        quiet(&RULE, Case::initrd(NONE_FOUND).wanting(|w| w.gpus = Some(0)));
        quiet(&RULE, Case::initrd(GPU).and(STACK).goal("wayland"));
        let tegra =
            "sys/class/drm/card1/device/driver -> ../../../bus/platform/drivers/nv_platform\n";
        quiet(&RULE, Case::initrd(tegra).and(STACK).goal("wayland"));
    }

    #[test]
    fn an_unreadable_bus_is_no_empty_bus() {
        skips(
            &RULE,
            Case::initrd("sys/bus/pci/devices ! EACCES\n").goal("cuda"),
            "cannot list /sys/bus/pci/devices",
        );
        skips(
            &RULE,
            Case::initrd("sys/bus/pci/devices/0000:01:00.0/class ! EIO\n").goal("cuda"),
            "a PCI function did not identify itself",
        );
    }

    #[test]
    fn a_machine_of_switches_alone_has_no_gpu_by_design() {
        let switch = "sys/bus/pci/devices/0000:05:00.0/class = 0x068000\n\
                      sys/bus/pci/devices/0000:05:00.0/vendor = 0x10de\n\
                      sys/bus/pci/devices/0000:05:00.0/device = 0x22a3\n";
        quiet(&RULE, Case::initrd(switch).goal("cuda"));
        let counted = Case::initrd(switch).wanting(|want| want.gpus = Some(1));
        let says = "the NVIDIA stack is requested, but no NVIDIA GPU is on the PCI bus";
        fires(&RULE, counted, &std::format!("NVP503 error: {says}"));
        let other = switch.replace("0x068000", "0x020000");
        fires(&RULE, Case::initrd(&other).goal("cuda"), &std::format!("NVP503 error: {says}"));
    }

    #[test]
    fn a_rule_that_removes_every_function_removes_the_gpu() {
        let rule = "etc/udev/rules.d/50-remove-nvidia.rules = ATTR{vendor}==\"0x10de\", \
                    ATTR{remove}=\"1\"\n";
        fires(
            &RULE,
            Case::pre_display(rule).goal("cuda"),
            "NVP503 error etc/udev/rules.d/50-remove-nvidia.rules:1: no NVIDIA GPU is on the PCI \
             bus: a udev rule removes it",
        );
    }
}
