//! Items about who uses the card: processes, other guests, modules above nvidia.

use super::{Item, Reasons};
use crate::passthrough::card::Card;
use crate::passthrough::function::Function;
use crate::passthrough::machine::Machine;

/// Judges whether anybody would miss the card.
pub fn judge(card: &Card, machine: &Machine, reasons: &mut Reasons) {
    users(card, reasons);
    modules(card, machine, reasons);
}

fn users(card: &Card, reasons: &mut Reasons) {
    for user in &card.users.seen {
        let what = format!("{} (process {}) has {} open", user.name, user.pid, user.node);
        if user.node.starts_with("/dev/vfio/") {
            reasons.no(Item::HeldByGuest, format!("{what}: another guest has the card"));
        } else if user.node.starts_with("/dev/snd/") {
            // Sound servers let go when the card goes; the driver waits until then
            // (sound/core/init.c, `snd_card_free`).
            reasons.insist(Item::SoundInUse, format!("{what} and has to let go of it"));
        } else {
            reasons
                .no(Item::InUse, format!("{what}: end it; the driver would wait for it for ever"));
        }
    }
    // Whether a group on vfio-pci is in use is asked by opening its node.
    let bound = card.taken().any(|function| function.driver.is_some() && !function.on_vfio());
    if card.users.hidden > 0 && bound {
        let text = format!(
            "could not look: {} processes may not be looked at: who uses the card is known to \
             root only",
            card.users.hidden
        );
        reasons.no(Item::CouldNotLook, text);
    }
}

/// nvidia waits for its clients without an end when a GPU is taken from it
/// (kernel-open/nvidia/nv-pci.c, `nv_pci_remove`), and older ones leave a stale DRM card.
fn modules(card: &Card, machine: &Machine, reasons: &mut Reasons) {
    let on_nvidia = |function: &Function| function.driver.as_deref() == Some("nvidia");
    if !card.taken().any(on_nvidia) {
        return;
    }
    for name in &machine.strangers {
        let text = format!("the module {name} uses nvidia, and this does not know it: unload it");
        reasons.no(Item::UnknownModule, text);
    }
    if machine.clients.is_empty() {
        return;
    }
    let names = machine.clients.join(", ");
    let gpu = card.gpu.to_string();
    let other: Vec<&str> = machine
        .driven_by_nvidia
        .iter()
        .map(String::as_str)
        .filter(|address| *address != gpu)
        .collect();
    if other.is_empty() {
        reasons.insist(Item::Modules, format!("{names} have to be unloaded and loaded again"));
    } else {
        let text = format!(
            "{names} would have to be unloaded and serve {} too: keep this GPU from nvidia at \
             boot (vfio-pci.ids=)",
            other.join(", ")
        );
        reasons.no(Item::SharedModules, text);
    }
}

#[cfg(test)]
mod tests {
    use crate::passthrough::fake::Fake;
    use crate::passthrough::judge::{Item, Verdict};

    #[test]
    fn a_process_with_a_node_open_keeps_the_card() {
        for (node, item) in [
            ("/dev/nvidia0", Item::InUse),
            ("/dev/nvidiactl", Item::InUse),
            ("/dev/nvidia-uvm", Item::InUse),
            ("/dev/dri/card1", Item::InUse),
            ("/dev/dri/renderD128 (deleted)", Item::InUse),
        ] {
            let fake = Fake::driven();
            fake.process(77, "Xorg", &[node], "");
            assert!(fake.items().contains(&item), "{node}: {:?}", fake.items());
        }
    }

    #[test]
    fn a_process_with_only_a_mapping_left_keeps_the_card() {
        let fake = Fake::driven();
        let maps = "7f00-7f10 rw-s 00000000 00:06 512 /dev/nvidia0\n";
        fake.process(77, "cuda", &["/dev/null"], maps);
        assert!(fake.items().contains(&Item::InUse));
    }

    #[test]
    fn a_process_with_more_mappings_than_are_read_could_not_be_looked_at() {
        let line = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 /usr/lib/a\n";
        let fake = Fake::driven();
        fake.process(77, "huge", &[], &line.repeat((16 << 20) / line.len()));
        assert_eq!(fake.items(), [Item::Modules]);
        let hidden = format!("{}/dev/nvidia0\n", line.repeat((16 << 20) / line.len() + 1));
        fake.file("proc/77/maps", &hidden);
        assert!(fake.items().contains(&Item::CouldNotLook));
        let (_, judged) = fake.one();
        let said = &judged.reasons[0].text;
        assert!(said.contains("process 77 has more than 16 MiB of mappings"), "{said}");
    }

    #[test]
    fn a_node_at_another_path_is_known_by_its_number() {
        let fake = Fake::driven();
        assert!(!fake.items().contains(&Item::InUse));
        // Number 1 is what /dev/null has, which process 1 has open.
        fake.file("proc/devices", "Character devices:\n  1 nvidia-caps\n\nBlock devices:\n");
        assert!(fake.items().contains(&Item::InUse));
    }

    #[test]
    fn a_process_that_cannot_be_looked_at_is_a_no() {
        let fake = Fake::driven();
        fake.process(77, "x", &[], "");
        // A file in the place of the folder, which root cannot list either.
        fake.remove("proc/77/fd");
        fake.file("proc/77/fd", "");
        assert!(fake.items().contains(&Item::CouldNotLook));
    }

    #[test]
    fn a_machine_without_proc_could_not_be_looked_at() {
        let fake = Fake::driven();
        fake.remove("proc/1");
        fake.remove("proc");
        assert!(fake.items().contains(&Item::CouldNotLook));
    }

    #[test]
    fn nodes_of_another_gpu_are_no_matter_to_one_that_nvidia_has_not() {
        let fake = Fake::idle();
        fake.process(77, "Xorg", &["/dev/dri/card0", "/dev/nvidia0"], "");
        assert_eq!(fake.items(), []);
    }

    #[test]
    fn a_guest_that_runs_keeps_its_card() {
        let fake = Fake::set_aside();
        fake.process(88, "qemu-system-x86", &["/dev/vfio/1"], "");
        assert_eq!(fake.items(), [Item::HeldByGuest]);
    }

    #[test]
    fn modules_of_the_only_nvidia_gpu_may_be_unloaded_if_its_owner_insists() {
        assert_eq!(Fake::driven().verdict(), (Verdict::OnlyIfYouInsist, vec![Item::Modules]));
    }

    #[test]
    fn modules_that_serve_another_gpu_stay() {
        let fake = Fake::driven();
        fake.function("0000:05:00.0", "0x10de", "0x2204", "0x030000", Some("nvidia"), Some(5));
        assert_eq!(fake.items(), [Item::SharedModules]);
    }

    #[test]
    fn a_module_that_is_not_known_keeps_its_gpu() {
        let fake = Fake::driven();
        fake.file("sys/module/nvidia/holders/nvidia_modeset/x", "");
        assert_eq!(fake.items(), [Item::Modules]);
        fake.file("sys/module/nvidia/holders/nvidia_peermem/x", "");
        assert_eq!(fake.items(), [Item::UnknownModule, Item::Modules]);
    }

    #[test]
    fn an_open_i2c_adapter_keeps_the_card() {
        let fake = Fake::driven();
        fake.set("0000:01:00.0/i2c-7/name", "NVIDIA i2c adapter 1");
        fake.process(77, "ddcutil", &["/dev/i2c-7"], "");
        assert!(fake.items().contains(&Item::InUse));
    }

    #[test]
    fn a_sound_server_is_the_owners_decision() {
        let fake = Fake::driven();
        fake.set("0000:01:00.1/sound/card1/controlC1/dev", "116:2");
        fake.process(77, "pipewire", &["/dev/snd/controlC1"], "");
        let (verdict, items) = fake.verdict();
        assert_eq!(verdict, Verdict::OnlyIfYouInsist);
        assert!(items.contains(&Item::SoundInUse));
    }

    #[test]
    fn a_machine_that_shows_only_a_part_is_a_no() {
        for missing in ["proc/1", "proc/devices", "sys/module", "sys/module/nvidia"] {
            let fake = Fake::driven();
            fake.remove(missing);
            assert!(fake.items().contains(&Item::CouldNotLook), "without {missing}");
        }
        for missing in ["proc/77/maps", "proc/77/fd"] {
            let fake = Fake::driven();
            fake.process(77, "x", &[], "");
            fake.remove(missing);
            assert_ne!(fake.verdict().0, Verdict::Yes, "without {missing}");
        }
        let fake = Fake::idle();
        fake.remove("sys/devices/pci0000:00/0000:01:00.1/driver_override");
        assert!(fake.items().contains(&Item::CouldNotLook));
    }
}
