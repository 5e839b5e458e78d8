//! Items about the card's drivers, its parts that others have, and its reset.

use super::{Item, Reasons};
use crate::passthrough::card::Card;
use crate::passthrough::function::Function;

/// Drivers that let go of a function and take it back without harm. Any other may
/// have been chosen for a reason that cannot be seen here.
const KNOWN: [&str; 7] =
    ["nvidia", "nouveau", "snd_hda_intel", "xhci_hcd", "nvidia-gpu", "ucsi_ccg", "vfio-pci"];

/// Judges whether the card's drivers can let go of it, and of all of it.
pub fn judge(card: &Card, reasons: &mut Reasons) {
    for function in card.taken() {
        driver(function, reasons);
        sharing(function, reasons);
    }
    if let Some(gpu) = card.gpu() {
        if gpu.reset.is_empty() {
            reasons.insist(
                Item::NoReset,
                format!(
                    "{} has no way to be reset: state leaks into the guest and back",
                    gpu.address
                ),
            );
        }
    }
}

fn driver(function: &Function, reasons: &mut Reasons) {
    let address = function.address;
    if let Some(name) = &function.driver {
        if !KNOWN.contains(&name.as_str()) {
            let text = format!("{address} has the driver `{name}`, which this does not know");
            reasons.no(Item::UnknownDriver, text);
        }
    }
    // On vfio-pci by its override is how a machine's owner sets a GPU aside.
    if let Some(name) = &function.driver_override {
        if !(name == "vfio-pci" && function.on_vfio()) {
            let text = format!(
                "somebody set the driver_override of {address} to `{name}`; to free it: \
             echo > /sys/bus/pci/devices/{address}/driver_override"
            );
            reasons.no(Item::OverrideSet, text);
        }
    }
}

fn sharing(function: &Function, reasons: &mut Reasons) {
    let address = function.address;
    if function.is_virtual {
        reasons.no(Item::VirtualFunction, format!("{address} is a virtual function of SR-IOV"));
    }
    if function.virtual_functions > 0 {
        let text = format!("{address} has {} virtual functions", function.virtual_functions);
        reasons.no(Item::VirtualFunctionsInUse, text);
    }
    if !function.mediated.is_empty() {
        let text = format!("{address} has mediated devices: {}", function.mediated.join(" "));
        reasons.no(Item::Mediated, text);
    }
    if !function.usb.is_empty() && !function.on_vfio() {
        let text = format!(
            "USB devices are plugged into {address}: {}; unplug them",
            function.usb.join(" ")
        );
        reasons.no(Item::UsbDevices, text);
    }
}

#[cfg(test)]
mod tests {
    use crate::passthrough::fake::Fake;
    use crate::passthrough::judge::{Item, Verdict};

    #[test]
    fn a_driver_that_is_not_known_keeps_its_card() {
        for name in ["pci-stub", "pciback", "nvidia-vgpu-vfio"] {
            let fake = Fake::idle();
            fake.driver("0000:01:00.0", Some(name));
            assert_eq!(fake.items(), [Item::UnknownDriver], "{name}");
        }
    }

    #[test]
    fn an_override_that_somebody_set_is_respected() {
        let fake = Fake::idle();
        fake.set("0000:01:00.1/driver_override", "vfio-pci");
        assert_eq!(fake.items(), [Item::OverrideSet]);
    }

    #[test]
    fn a_card_that_its_owner_set_aside_for_vfio_may_be_used() {
        assert_eq!(Fake::set_aside().verdict(), (Verdict::Yes, vec![]));
    }

    #[test]
    fn virtual_functions_and_their_parent_are_not_taken() {
        let fake = Fake::idle();
        fake.set("0000:01:00.0/sriov_numvfs", "4");
        assert_eq!(fake.items(), [Item::VirtualFunctionsInUse]);
        let fake = Fake::idle();
        fake.link("0000:01:00.0/physfn", "../0000:00:02.0");
        assert_eq!(fake.items(), [Item::VirtualFunction]);
    }

    #[test]
    fn a_number_of_virtual_functions_that_is_none_could_not_be_looked_at() {
        let fake = Fake::idle();
        fake.set("0000:01:00.0/sriov_numvfs", "many");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
    }

    #[test]
    fn a_gpu_with_mediated_devices_is_not_taken() {
        let fake = Fake::idle();
        fake.link("0000:01:00.0/aa618089-8b16-4d01-a136-25a0f3c73123/mdev_type", "../x");
        assert_eq!(fake.items(), [Item::Mediated]);
    }

    #[test]
    fn a_disk_at_the_cards_usb_port_is_not_pulled_out() {
        let fake = Fake::idle();
        fake.set("0000:01:00.2/usb3/3-1/idVendor", "0951");
        assert_eq!(fake.items(), [Item::UsbDevices]);
    }

    #[test]
    fn a_usb_controller_with_its_own_hubs_alone_may_go() {
        let fake = Fake::idle();
        fake.set("0000:01:00.2/usb3/idVendor", "1d6b");
        assert_eq!(fake.items(), []);
    }

    #[test]
    fn a_card_that_cannot_be_reset_is_the_owners_decision() {
        let fake = Fake::idle();
        fake.set("0000:01:00.0/reset_method", "");
        assert_eq!(fake.verdict(), (Verdict::OnlyIfYouInsist, vec![Item::NoReset]));
    }
}
