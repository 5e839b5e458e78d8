//! Items about isolation: IOMMU, interrupt remapping, the group's other members.

use super::{Item, Reasons};
use crate::passthrough::card::Card;
use crate::passthrough::function::NVIDIA;
use crate::passthrough::machine::Machine;

/// Judges whether the card is isolated from everything else.
pub fn judge(card: &Card, machine: &Machine, reasons: &mut Reasons) {
    if let Some(name) = &machine.hypervisor {
        let text = format!("this is a domain of the hypervisor `{name}`, which owns the IOMMU");
        reasons.no(Item::Hypervisor, text);
    }
    if machine.iommus.is_empty() {
        reasons.no(
            Item::NoIommu,
            "no IOMMU is in use: switch on VT-d or AMD-Vi in the firmware, and on Intel boot \
             with intel_iommu=on",
        );
        return;
    }
    interrupts(machine, reasons);
    let Some(gpu) = card.gpu() else { return };
    let Some(group) = gpu.group else {
        reasons.no(Item::NoGroup, format!("{} is in no IOMMU group", gpu.address));
        return;
    };
    for other in card.others.iter().filter(|other| !other.stays()) {
        let text = format!(
            "group {group} has {} too ({}, driver {}), which is not of this card: try another \
             slot; this never splits groups",
            other.address,
            other.kind(),
            other.driver.as_deref().unwrap_or("none")
        );
        reasons.no(Item::ForeignInGroup, text);
    }
    for function in &card.functions {
        if function.vendor != NVIDIA && gpu.vendor == NVIDIA {
            let text = format!(
                "{} in the same slot is of vendor {:04x}: this is no NVIDIA card as they are sold",
                function.address, function.vendor
            );
            reasons.no(Item::ForeignInSlot, text);
        }
        if function.group != gpu.group {
            let text = format!("{} is in another group and stays here", function.address);
            reasons.insist(Item::SplitCard, text);
        }
    }
}

/// VFIO refuses a group whose interrupts the IOMMU does not keep apart
/// (drivers/vfio/vfio_iommu_type1.c, "No interrupt remapping support").
fn interrupts(machine: &Machine, reasons: &mut Reasons) {
    if machine.unsafe_interrupts {
        reasons.insist(
            Item::UnsafeInterrupts,
            "vfio_iommu_type1.allow_unsafe_interrupts is set: a guest could forge interrupts",
        );
        return;
    }
    match machine.interrupts_remapped {
        Some(true) => {}
        Some(false) => reasons.no(
            Item::NoInterruptRemapping,
            "interrupts are not remapped, and VFIO refuses that: see to the firmware's setting \
             and to intremap=off on the command line; this never sets allow_unsafe_interrupts",
        ),
        None => reasons.no(
            Item::CouldNotLook,
            "could not look: /proc/interrupts does not show whether interrupts are remapped",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::passthrough::fake::Fake;
    use crate::passthrough::judge::Item;

    #[test]
    fn without_an_iommu_nothing_is_taken() {
        let fake = Fake::idle();
        fake.remove("sys/class/iommu/dmar0");
        assert_eq!(fake.items(), [Item::NoIommu]);
    }

    #[test]
    fn without_interrupt_remapping_nothing_is_taken() {
        let fake = Fake::idle();
        fake.file("proc/interrupts", " 4: 1 IO-APIC 4-edge ttyS0\n");
        assert_eq!(fake.items(), [Item::NoInterruptRemapping]);
    }

    #[test]
    fn interrupts_that_cannot_be_judged_are_a_no() {
        let fake = Fake::idle();
        fake.file("proc/interrupts", "");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
    }

    #[test]
    fn an_owner_who_allowed_unsafe_interrupts_is_told_and_decides() {
        let fake = Fake::idle();
        fake.file("proc/interrupts", " 4: 1 IO-APIC 4-edge ttyS0\n");
        fake.file("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n");
        assert_eq!(fake.items(), [Item::UnsafeInterrupts]);
    }

    #[test]
    fn a_card_without_a_group_is_not_taken() {
        let fake = Fake::idle();
        fake.remove_function_link("0000:01:00.0/iommu_group");
        // Its other functions are in one, so the card is split as well.
        assert!(fake.items().contains(&Item::NoGroup));
    }

    #[test]
    fn another_endpoint_in_the_group_stays_where_it_is() {
        let fake = Fake::idle();
        fake.function("0000:03:00.0", "0x8086", "0x1533", "0x020000", Some("igb"), Some(1));
        assert_eq!(fake.items(), [Item::ForeignInGroup]);
    }

    #[test]
    fn another_endpoint_without_a_driver_is_foreign_all_the_same() {
        let fake = Fake::idle();
        fake.function("0000:03:00.0", "0x8086", "0x1533", "0x020000", None, Some(1));
        assert_eq!(fake.items(), [Item::ForeignInGroup]);
    }

    #[test]
    fn the_root_port_in_the_group_stays_with_the_host_and_hinders_nothing() {
        // `idle` has it: 0000:00:01.0 with pcieport in group 1.
        let fake = Fake::idle();
        fake.function("0000:00:01.1", "0x1022", "0x1482", "0x060000", None, Some(1));
        assert_eq!(fake.items(), []);
        fake.driver("0000:00:01.1", Some("lpc_ich"));
        assert_eq!(fake.items(), [Item::ForeignInGroup]);
    }

    #[test]
    fn a_second_nvidia_card_in_the_group_is_foreign() {
        let fake = Fake::idle();
        fake.function("0000:03:00.0", "0x10de", "0x2204", "0x030000", None, Some(1));
        assert!(fake.items().contains(&Item::ForeignInGroup));
    }

    #[test]
    fn a_slot_with_a_function_of_another_maker_is_no_nvidia_card() {
        let fake = Fake::idle();
        fake.function("0000:01:00.3", "0x144d", "0xa808", "0x010802", Some("nvme"), Some(1));
        assert!(fake.items().contains(&Item::ForeignInSlot));
    }

    #[test]
    fn a_group_that_does_not_list_its_device_could_not_be_looked_at() {
        let fake = Fake::idle();
        fake.remove("sys/kernel/iommu_groups/1/devices/0000:01:00.0");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
    }

    #[test]
    fn a_xen_domain_leaves_pci_to_xen() {
        let fake = Fake::idle();
        fake.file("sys/hypervisor/type", "xen\n");
        assert_eq!(fake.items(), [Item::Hypervisor]);
    }
}
