//! NVP521: some of the declared GPUs are there, but not all.

use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, PciFunction};
use crate::finding::Findings;
use crate::rule::causes::{TAKEN, UNUSABLE};
use crate::rule::rule;
use crate::text::Value;

rule! {
    /// ## What it checks
    /// The number of NVIDIA GPUs on the PCI bus, and with nvidia loaded how many of
    /// them have a driver, against the declared number. None at all is NVP503's.
    ///
    /// ## Why
    /// A machine with several GPUs works with the rest, so the loss of one is
    /// noticed late: a riser, a power cable, a failed probe.
    ///
    /// ## Fix
    /// Look at the slot and power of the missing one, and at the kernel log for its
    /// address.
    ///
    /// ## Sources
    /// nixpkgs#73804 (three of four); open-gpu-kernel-modules#446.
    521 fewer_gpus_than_expected {
        title: "some of the GPUs are missing",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [PCI, MODULES],
        after: [TAKEN, 503, UNUSABLE, 510, 522, 523],
        fix: "lspci -nnk -d 10de::0300; lspci -nnk -d 10de::0302    # which slot is \
            missing or has no driver",
        nixos: "",
    }
}

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(wanted) = want.gpus.map(usize::from) else { return };
    let on_bus = f.nvidia_gpus().count();
    if on_bus == 0 {
        return;
    }
    let in_use = |gpu: &&PciFunction| {
        gpu.driven_by("nvidia") || want.goals.has(Goal::Vfio) && gpu.driven_by("vfio-pci")
    };
    let used = f.nvidia_gpus().filter(in_use).count();
    let idle = f.nvidia_gpus().find(|gpu| !in_use(gpu));
    let found = Value::of(format_args!("{}", if on_bus < wanted { on_bus } else { used }));
    let expected = Value::of(format_args!("{wanted}"));
    if on_bus < wanted {
        out.add(format_args!("{on_bus} of {wanted} declared GPUs are on the PCI bus"))
            .values(&expected, &found);
    } else if let Some(idle) = idle.filter(|_| used < wanted && f.modules.up("nvidia").is_some()) {
        let driver = idle.driver.yes().map_or("no driver", |d| d.as_str());
        out.add(format_args!(
            "nvidia drives {used} of {wanted} declared GPUs: {} is driven by {driver}",
            idle.bdf
        ))
        .gpu(idle.address())
        .values(&expected, &found);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, STACK, fires, quiet};

    const SECOND: &str = "sys/bus/pci/devices/0000:41:00.0/class = 0x030200\n\
                          sys/bus/pci/devices/0000:41:00.0/vendor = 0x10de\n\
                          sys/bus/pci/devices/0000:41:00.0/device = 0x20b0\n";

    #[test]
    fn a_gpu_off_the_bus_is_counted() {
        fires(
            &RULE,
            Case::initrd(GPU).and(STACK).wanting(|w| w.gpus = Some(2)),
            "NVP521 warning: 1 of 2 declared GPUs are on the PCI bus",
        );
    }

    #[test]
    fn a_gpu_without_driver_is_named() {
        fires(
            &RULE,
            Case::initrd(GPU).and(SECOND).and(STACK).wanting(|w| w.gpus = Some(2)),
            "NVP521 warning: nvidia drives 1 of 2 declared GPUs: 0000:41:00.0 is driven by no driver",
        );
    }

    #[test]
    fn the_declared_number_is_enough() {
        quiet(&RULE, Case::initrd(GPU).and(STACK).wanting(|w| w.gpus = Some(1)));
        quiet(&RULE, Case::initrd(GPU).and(SECOND).and(STACK));
        quiet(&RULE, Case::initrd(GPU).and(SECOND).wanting(|w| w.gpus = Some(2)));
    }

    #[test]
    fn a_gpu_kept_for_a_guest_counts_with_that_goal_only() {
        let guest = "sys/bus/pci/devices/0000:41:00.0/driver -> ../../bus/pci/drivers/vfio-pci\n";
        let case = || {
            let case = Case::initrd(GPU).and(SECOND).and(guest).and(STACK);
            case.wanting(|w| w.gpus = Some(2))
        };
        quiet(&RULE, case().goal("vfio"));
        fires(
            &RULE,
            case(),
            "NVP521 warning: nvidia drives 1 of 2 declared GPUs: 0000:41:00.0 is driven by vfio-pci",
        );
        quiet(&RULE, Case::initrd(GPU).and(SECOND).and(STACK).wanting(|w| w.gpus = Some(1)));
    }
}
