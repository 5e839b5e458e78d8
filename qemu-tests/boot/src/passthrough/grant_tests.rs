//! What taking does and refuses, over an imitated machine.

use super::*;
use crate::passthrough::fake::Fake;
use std::fs;
use tempfile::TempDir;

pub(in crate::passthrough) struct Trial {
    pub(in crate::passthrough) fake: Fake,
    folder: TempDir,
}

impl Trial {
    pub(in crate::passthrough) fn of(fake: Fake) -> Self {
        Self { fake, folder: tempfile::tempdir().unwrap() }
    }

    fn options(&self) -> Options {
        Options { i_own_this_gpu: true, memory_mib: 1024, state: Some(self.state()) }
    }

    pub(in crate::passthrough) fn take(&self) -> Result<Grant<&Fake>> {
        let gpu = "0000:01:00.0".parse().unwrap();
        Grant::take_with(self.fake.host(), &self.fake, gpu, &self.options())
    }

    pub(in crate::passthrough) fn refusal(&self) -> String {
        format!("{:#}", self.take().err().unwrap())
    }

    pub(in crate::passthrough) fn kept(&self) -> bool {
        self.state().exists()
    }

    pub(in crate::passthrough) fn state(&self) -> PathBuf {
        self.folder.path().join("taken.json")
    }
}

pub(in crate::passthrough) const DESKTOP: [&str; 3] = ["nvidia", "snd_hda_intel", "xhci_hcd"];

#[test]
fn a_card_is_taken_whole_and_comes_back_as_it_was() {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    assert_eq!(trial.fake.drivers(), ["vfio-pci"; 3]);
    assert!(trial.kept());
    let said = grant.give_back().unwrap();
    assert_eq!(trial.fake.drivers(), DESKTOP);
    assert!(said.contains(&"nvidia_drm: is loaded again".to_owned()), "{said:?}");
    assert!(!trial.kept());
    assert!(trial.fake.path("sys/module/nvidia_drm").exists());
    let over = trial.fake.path("sys/devices/pci0000:00/0000:01:00.0/driver_override");
    assert_eq!(fs::read_to_string(over).unwrap(), "(null)\n");
}

#[test]
fn dropping_a_grant_gives_the_card_back() {
    let trial = Trial::of(Fake::driven());
    drop(trial.take().unwrap());
    assert_eq!(trial.fake.drivers(), DESKTOP);
    assert!(!trial.kept());
}

#[test]
fn clients_of_nvidia_are_unloaded_before_and_loaded_after() {
    let trial = Trial::of(Fake::driven());
    trial.take().unwrap().give_back().unwrap();
    let written = trial.fake.written.borrow();
    let at = |what: &str| written.iter().position(|line| line == what).unwrap();
    assert!(at("unload nvidia_drm") < at("unload nvidia_modeset"));
    assert!(at("unload nvidia_modeset") < at("nvidia/unbind 0000:01:00.0"));
    assert!(at("load nvidia_modeset") < at("load nvidia_drm"));
}

#[test]
fn the_state_is_on_disk_before_anything_changes() {
    let trial = Trial::of(Fake::driven());
    let path = trial.state();
    *trial.fake.then.borrow_mut() = Some(Box::new(move |_, _| assert!(path.exists())));
    drop(trial.take().unwrap());
    assert!(trial.fake.written.borrow().len() > 8);
}

#[test]
fn without_the_owners_word_nothing_happens() {
    let trial = Trial::of(Fake::driven());
    let options = Options { i_own_this_gpu: false, ..trial.options() };
    let gpu = "0000:01:00.0".parse().unwrap();
    let error = Grant::take_with(trial.fake.host(), &trial.fake, gpu, &options).err().unwrap();
    assert!(error.to_string().contains("--i-own-this-gpu"));
    assert!(trial.fake.written.borrow().is_empty());
    assert!(!trial.kept());
}

#[test]
fn the_owners_word_does_not_overrule_the_never_list() {
    let trial = Trial::of(Fake::driven());
    trial.fake.set("0000:01:00.0/boot_vga", "1");
    assert!(trial.refusal().contains("boot_vga"));
    assert!(trial.fake.written.borrow().is_empty());
}

#[test]
fn a_card_on_vfio_already_is_used_and_left_as_it_is() {
    let trial = Trial::of(Fake::set_aside());
    let grant = trial.take().unwrap();
    assert_eq!(grant.qemu_args().len(), 8);
    drop(grant);
    assert!(trial.fake.written.borrow().is_empty());
    assert_eq!(trial.fake.drivers(), ["vfio-pci"; 3]);
}

#[test]
fn qemu_sees_one_card_behind_a_port_of_its_own() {
    let trial = Trial::of(Fake::set_aside());
    assert_eq!(
        trial.take().unwrap().qemu_args()[1..4],
        [
            "pcie-root-port,id=nvpb-port,chassis=64",
            "-device",
            "vfio-pci,id=nvpb-gpu0,host=0000:01:00.0,bus=nvpb-port,addr=0.0,multifunction=on,rombar=0",
        ]
    );
}

#[test]
fn a_driver_that_does_not_let_go_leaves_everything_as_it_was() {
    let trial = Trial::of(Fake::driven());
    trial.fake.refuses.borrow_mut().push(("snd_hda_intel/unbind", "0000:01:00.1"));
    let error = trial.refusal();
    assert!(error.contains("everything is as it was"), "{error}");
    assert!(error.contains("snd_hda_intel does not let go of 0000:01:00.1"), "{error}");
    assert_eq!(trial.fake.drivers(), DESKTOP);
    assert!(!trial.kept());
}

#[test]
fn what_cannot_be_put_back_is_said_and_its_state_kept() {
    let trial = Trial::of(Fake::driven());
    trial.fake.refuses.borrow_mut().push(("snd_hda_intel/unbind", "0000:01:00.1"));
    trial.fake.refuses.borrow_mut().push(("vfio-pci/unbind", "0000:01:00.0"));
    let error = trial.refusal();
    assert!(error.contains("1 NOT as it was: `nvpreflight-boot passthrough restore`"), "{error}");
    assert!(trial.kept());
    trial.fake.refuses.borrow_mut().clear();
    let keeper = Keeper::at(trial.state()).unwrap();
    let restored = restore::kept(&trial.fake.host(), &&trial.fake, &keeper).unwrap();
    assert_eq!(restored.left, 0);
    assert_eq!(trial.fake.drivers(), DESKTOP);
}

#[test]
fn a_group_that_grows_while_the_card_is_taken_is_noticed() {
    let trial = Trial::of(Fake::driven());
    *trial.fake.then.borrow_mut() = Some(Box::new(|fake, _| {
        if !fake.path("sys/bus/pci/devices/0000:03:00.0").exists() {
            fake.function("0000:03:00.0", "0x8086", "0x1533", "0x020000", Some("igb"), Some(1));
        }
    }));
    let error = trial.refusal();
    assert!(error.contains("the group changed meanwhile"), "{error}");
    assert_eq!(trial.fake.drivers(), DESKTOP);
}

#[test]
fn a_change_between_the_look_and_the_first_step_is_noticed() {
    let trial = Trial::of(Fake::driven());
    let (_, before) = trial.fake.one();
    trial.fake.driver("0000:01:00.1", None);
    let (_, now) = trial.fake.one();
    assert!(!same(&before, &now));
    assert!(same(&now, &now));
}

#[test]
fn a_card_that_is_taken_already_is_not_taken_twice() {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    assert!(trial.refusal().contains("another nvpreflight-boot has a card"));
    drop(grant);
}

#[test]
fn a_card_that_was_not_given_back_is_not_taken_again() {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    let text = fs::read_to_string(trial.state()).unwrap();
    drop(grant);
    fs::write(trial.state(), text).unwrap();
    assert!(trial.refusal().contains("is not back"));
}

#[test]
fn a_state_of_an_earlier_boot_hinders_nothing() {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    let text = fs::read_to_string(trial.state()).unwrap();
    drop(grant);
    fs::write(trial.state(), text.replace("b00t", "earlier")).unwrap();
    drop(trial.take().unwrap());
    assert_eq!(trial.fake.drivers(), DESKTOP);
}

#[test]
fn a_damaged_state_stops_everything() {
    let trial = Trial::of(Fake::driven());
    fs::write(trial.state(), "{").unwrap();
    assert!(trial.refusal().contains("is damaged"));
    assert!(trial.fake.written.borrow().is_empty());
}
