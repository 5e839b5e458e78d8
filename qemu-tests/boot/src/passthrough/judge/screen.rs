//! Items about pictures: a GPU that is a screen of this machine stays one.

use super::{Item, Reasons};
use crate::passthrough::card::Card;

/// Judges whether the card is a screen of this machine.
pub fn judge(card: &Card, reasons: &mut Reasons) {
    let display = &card.display;
    if display.boot_vga {
        // Binding vfio-pci alone takes the console away: `vfio_pci_vga_init` calls
        // `aperture_remove_conflicting_pci_devices` (drivers/vfio/pci/vfio_pci_core.c).
        reasons.no(
            Item::BootVga,
            "firmware and console use this GPU (boot_vga): it is never taken; make another \
             the first in the firmware's setup",
        );
    }
    for name in &display.framebuffers {
        reasons.no(Item::Framebuffer, format!("the framebuffer {name} belongs to it"));
    }
    for monitor in &display.monitors {
        let name = &monitor.connector;
        if monitor.lit {
            reasons.no(Item::LitDisplay, format!("{name} is showing a picture"));
        } else {
            reasons.insist(Item::Monitor, format!("{name} has a monitor, dark at present"));
        }
    }
    if display.other_controllers == 0 && !display.boot_vga {
        reasons.insist(Item::OnlyDisplay, "it is the only display controller of this machine");
    }
}

#[cfg(test)]
mod tests {
    use crate::passthrough::fake::Fake;
    use crate::passthrough::judge::{Item, Verdict};

    #[test]
    fn the_boot_vga_device_is_never_taken() {
        let fake = Fake::idle();
        fake.set("0000:01:00.0/boot_vga", "1");
        assert_eq!(fake.verdict(), (Verdict::No, vec![Item::BootVga]));
    }

    #[test]
    fn a_vga_device_that_does_not_say_whether_it_is_the_boot_device_is_a_no() {
        let fake = Fake::idle();
        fake.remove("sys/devices/pci0000:00/0000:01:00.0/boot_vga");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
        // A 3D controller has none.
        fake.set("0000:01:00.0/class", "0x030200");
        assert_eq!(fake.items(), []);
    }

    #[test]
    fn a_gpu_with_a_framebuffer_is_never_taken() {
        let fake = Fake::idle();
        fake.framebuffer("fb0", "0000:01:00.0");
        assert_eq!(fake.items(), [Item::Framebuffer]);
    }

    #[test]
    fn a_firmware_framebuffer_without_fbdev_is_a_screen() {
        let drm = |fake: &Fake| {
            let below = "0000:01:00.0/simple-framebuffer.0";
            fake.set(&format!("{below}/drm/card0/dev"), "226:0");
            fake.file("sys/class/drm/version", "drm 1.1.0\n");
            let device = format!("../../../devices/pci0000:00/{below}");
            fake.file("sys/class/drm/card0/dev", "226:0\n");
            std::os::unix::fs::symlink(device, fake.path("sys/class/drm/card0/device")).unwrap();
        };
        let simpledrm = Fake::idle();
        drm(&simpledrm);
        assert_eq!(simpledrm.items(), [Item::Framebuffer; 2]);
        // Nothing has bound it yet.
        let bare = Fake::idle();
        bare.set("0000:01:00.0/efi-framebuffer.0/modalias", "platform:efi-framebuffer");
        assert_eq!(bare.items(), [Item::Framebuffer]);
        // The card of a native driver is the function's own.
        let native = Fake::driven();
        native.file("sys/class/drm/card1/dev", "226:1\n");
        let device = native.path("sys/class/drm/card1/device");
        std::os::unix::fs::symlink("../../../devices/pci0000:00/0000:01:00.0", device).unwrap();
        assert_eq!(native.items(), [Item::Modules]);
    }

    #[test]
    fn a_firmware_framebuffer_that_is_below_no_gpu_is_the_boot_vga_devices() {
        let fake = Fake::idle();
        fake.file("sys/devices/platform/simple-framebuffer.0/modalias", "x\n");
        assert_eq!(fake.items(), []);
        fake.set("0000:00:02.0/boot_vga", "0");
        assert_eq!(fake.items(), [Item::Framebuffer]);
    }

    #[test]
    fn a_framebuffer_of_another_gpu_is_no_matter() {
        let fake = Fake::idle();
        fake.framebuffer("fb0", "0000:00:02.0");
        assert_eq!(fake.items(), []);
    }

    #[test]
    fn a_lit_display_is_never_taken() {
        let fake = Fake::idle();
        fake.connector("0000:01:00.0", "card1", "HDMI-A-1", "connected", "enabled");
        assert_eq!(fake.verdict(), (Verdict::No, vec![Item::LitDisplay]));
    }

    #[test]
    fn a_connector_that_scans_out_without_a_monitor_is_lit() {
        let fake = Fake::idle();
        fake.connector("0000:01:00.0", "card1", "DP-1", "disconnected", "enabled");
        assert_eq!(fake.items(), [Item::LitDisplay]);
    }

    #[test]
    fn a_dark_monitor_is_the_owners_decision() {
        let fake = Fake::idle();
        fake.connector("0000:01:00.0", "card1", "DP-1", "connected", "disabled");
        assert_eq!(fake.verdict(), (Verdict::OnlyIfYouInsist, vec![Item::Monitor]));
    }

    #[test]
    fn an_empty_connector_is_no_matter() {
        let fake = Fake::idle();
        fake.connector("0000:01:00.0", "card1", "DP-1", "disconnected", "disabled");
        assert_eq!(fake.items(), []);
    }

    #[test]
    fn a_connector_that_cannot_be_read_is_a_no() {
        let fake = Fake::idle();
        fake.connector("0000:01:00.0", "card1", "DP-1", "disconnected", "disabled");
        fake.unreadable("0000:01:00.0/drm/card1/card1-DP-1/status");
        assert!(fake.items().contains(&Item::CouldNotLook));
    }

    #[test]
    fn what_a_connector_does_not_say_in_a_known_word_is_a_no() {
        for (status, enabled) in [("connected", "Enabled"), ("disconnected", ""), ("", "disabled")]
        {
            let fake = Fake::idle();
            fake.connector("0000:01:00.0", "card1", "DP-1", status, enabled);
            assert!(fake.items().contains(&Item::CouldNotLook), "{status} {enabled}");
        }
    }

    #[test]
    fn a_screen_on_another_function_of_the_slot_is_never_taken() {
        let card = || {
            let fake = Fake::idle();
            fake.function("0000:01:00.3", "0x10de", "0x2206", "0x030000", None, Some(1));
            fake.set("0000:01:00.3/boot_vga", "0");
            fake
        };
        let boot = card();
        boot.set("0000:01:00.3/boot_vga", "1");
        assert!(boot.items().contains(&Item::BootVga));
        let lit = card();
        lit.connector("0000:01:00.3", "card2", "DP-1", "connected", "enabled");
        assert!(lit.items().contains(&Item::LitDisplay));
        let console = card();
        console.framebuffer("fb0", "0000:01:00.3");
        assert!(console.items().contains(&Item::Framebuffer));
    }

    #[test]
    fn the_only_display_controller_is_the_owners_decision() {
        let fake = Fake::idle();
        fake.set("0000:00:02.0/class", "0x020000");
        assert_eq!(fake.items(), [Item::OnlyDisplay]);
    }
}
