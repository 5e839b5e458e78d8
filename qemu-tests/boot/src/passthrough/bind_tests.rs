//! What comes and goes beside each single change: devices, clients, a kill, the state's
//! file. Every change of a taking is tried, so that a step that is added is tried too.

use crate::passthrough::fake::Fake;
use crate::passthrough::grant::tests::{DESKTOP, Trial};
use crate::passthrough::keeper::Keeper;
use crate::passthrough::restore;
use std::cell::Cell;
use std::fs;
use std::path::Path;

/// What somebody does to the state's file.
type Change = fn(&Path);

/// How many changes a taking makes.
fn changes() -> usize {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    let count = trial.fake.written.borrow().len();
    drop(grant);
    count
}

/// A machine where `event` happens after the change of that number, counted from 1.
fn trial(at: usize, event: fn(&Fake)) -> Trial {
    let trial = Trial::of(Fake::driven());
    let count = Cell::new(0);
    *trial.fake.then.borrow_mut() = Some(Box::new(move |fake: &Fake, _: &Path| {
        count.set(count.get() + 1);
        if count.get() == at {
            event(fake);
        }
    }));
    trial
}

fn overridden(fake: &Fake, address: &str) -> String {
    let name = format!("sys/devices/pci0000:00/{address}/driver_override");
    fs::read_to_string(fake.path(&name)).unwrap().trim().to_owned()
}

#[test]
fn a_disk_that_comes_to_a_functions_address_is_never_left_on_vfio() {
    for at in 1..=changes() {
        let trial = trial(at, |fake| fake.swap("0000:01:00.1"));
        let error = trial.refusal();
        // Beside its own function's changes, or by the last check.
        let said = ["another device is there now, 144d:a808", "the card changed meanwhile"];
        assert!(said.iter().any(|said| error.contains(said)), "{at}: {error}");
        assert!(error.contains("1 NOT as it was"), "{at}: {error}");
        assert_eq!(trial.fake.drivers(), ["nvidia", "nvme", "xhci_hcd"], "{at}: {error}");
        assert_eq!(overridden(&trial.fake, "0000:01:00.1"), "(null)", "{at}");
    }
}

#[test]
fn a_disk_that_comes_while_its_address_is_probed_is_taken_back_from_vfio() {
    let trial = Trial::of(Fake::driven());
    *trial.fake.then.borrow_mut() = Some(Box::new(|fake: &Fake, path: &Path| {
        let bound = fake.driver_of("0000:01:00.1").as_deref() == Some("vfio-pci");
        if path.ends_with("drivers_probe") && bound {
            fake.set("0000:01:00.1/vendor", "0x144d");
            fake.set("0000:01:00.1/device", "0xa808");
        }
    }));
    let error = trial.refusal();
    assert!(error.contains("another device is there now"), "{error}");
    assert_eq!(trial.fake.drivers(), ["nvidia", "nvme", "xhci_hcd"], "{error}");
}

#[test]
fn a_function_that_goes_ends_the_taking_and_the_others_come_back() {
    for at in 1..=changes() {
        let trial = trial(at, |fake| fake.unplug("0000:01:00.1"));
        let error = trial.refusal();
        assert_eq!(trial.fake.drivers(), ["nvidia", "", "xhci_hcd"], "{at}: {error}");
        assert!(error.contains("1 NOT as it was"), "{at}: {error}");
        assert!(trial.kept(), "{at}");
    }
}

#[test]
fn a_function_that_comes_to_the_card_ends_the_taking() {
    for at in 1..=changes() {
        let trial = trial(at, |fake| {
            fake.function("0000:01:00.3", "0x144d", "0xa808", "0x010802", Some("nvme"), Some(1));
        });
        let error = trial.refusal();
        assert!(error.contains("the card changed meanwhile"), "{at}: {error}");
        assert_eq!(trial.fake.drivers(), DESKTOP, "{at}");
        assert_eq!(trial.fake.driver_of("0000:01:00.3").as_deref(), Some("nvme"), "{at}");
    }
}

#[test]
fn a_client_that_comes_before_the_unbinding_keeps_its_gpu() {
    let whole = Trial::of(Fake::driven());
    drop(whole.take().unwrap());
    let unbound = {
        let written = whole.fake.written.borrow();
        written.iter().position(|line| line == "nvidia/unbind 0000:01:00.0").unwrap()
    };
    for at in 1..=unbound {
        let trial = trial(at, |fake| fake.process(77, "cuda", &["/dev/nvidia0"], ""));
        let error = trial.refusal();
        assert!(
            error.contains("cuda (process 77) opened /dev/nvidia0 of 0000:01:00.0 meanwhile"),
            "{at}: {error}"
        );
        let written = trial.fake.written.borrow();
        assert!(!written.iter().any(|line| line.starts_with("nvidia/unbind")), "{at}");
        assert_eq!(trial.fake.drivers(), DESKTOP, "{at}");
        assert!(trial.fake.path("sys/module/nvidia_drm").exists(), "{at}");
    }
}

#[test]
fn a_process_that_hides_meanwhile_is_no_free_card() {
    let trial = trial(1, |fake| {
        fake.process(77, "x", &[], "");
        fake.remove("proc/77/fd");
        fake.file("proc/77/fd", "");
    });
    let error = trial.refusal();
    assert!(error.contains("cannot be seen any more: 1 processes are hidden"), "{error}");
    assert_eq!(trial.fake.drivers(), DESKTOP);
}

#[test]
fn after_a_kill_at_any_change_and_of_restore_at_any_change_all_comes_back() {
    let whole = Trial::of(Fake::driven());
    let grant = whole.take().unwrap();
    let kept = fs::read_to_string(whole.state()).unwrap();
    grant.give_back().unwrap();
    let all = whole.fake.written.borrow().len();
    for taking in 0..=all {
        // A twelfth of all pairs, each number in both places.
        for restoring in (0..=all).filter(|restoring| (taking + restoring) % 12 == 0) {
            let trial = Trial::of(Fake::driven());
            trial.fake.dies_after.set(Some(taking));
            drop(trial.take());
            // What a killed program does not do any more.
            fs::write(trial.state(), &kept).unwrap();
            let restore = |limit| {
                trial.fake.dies_after.set(limit);
                let keeper = Keeper::at(trial.state()).unwrap();
                restore::kept(&trial.fake.host(), &&trial.fake, &keeper).unwrap()
            };
            drop(restore(Some(restoring)));
            let restored = restore(None);
            assert_eq!(restored.left, 0, "{taking} {restoring}: {restored:?}");
            assert_eq!(trial.fake.drivers(), DESKTOP, "{taking} {restoring}");
            for address in ["0000:01:00.0", "0000:01:00.1", "0000:01:00.2"] {
                assert_eq!(overridden(&trial.fake, address), "(null)", "{taking} {restoring}");
            }
            assert!(trial.fake.path("sys/module/nvidia_drm").exists(), "{taking} {restoring}");
            assert!(!trial.kept(), "{taking} {restoring}");
        }
    }
}

#[test]
fn a_state_that_is_gone_damaged_or_changed_is_given_back_from_memory_and_said() {
    let changes: [(Change, &str); 5] = [
        (|path| fs::remove_file(path).unwrap(), "taken.json` is gone"),
        (|path| fs::write(path, "{").unwrap(), "taken.json` is damaged"),
        (
            |path| {
                let text = fs::read_to_string(path).unwrap();
                fs::write(path, text.replace("snd_hda_intel", "nouveau")).unwrap();
            },
            "taken.json` was changed",
        ),
        (
            |path| {
                let text = fs::read_to_string(path).unwrap();
                fs::write(path, text.replace("b00t", "earlier")).unwrap();
            },
            "taken.json` was changed",
        ),
        (
            |path| {
                fs::remove_file(path).unwrap();
                std::os::unix::fs::symlink("/dev/zero", path).unwrap();
            },
            "cannot open",
        ),
    ];
    for (change, said) in changes {
        let trial = Trial::of(Fake::driven());
        let grant = trial.take().unwrap();
        change(&trial.state());
        let error = grant.give_back().unwrap_err().to_string();
        assert!(error.contains("given back from memory"), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(error.contains("0000:01:00.0: is back, driver nvidia"), "{error}");
        assert_eq!(trial.fake.drivers(), DESKTOP);
        assert!(fs::symlink_metadata(trial.state()).is_err());
    }
}

#[test]
fn a_state_that_is_lost_while_something_is_left_is_written_again() {
    let trial = Trial::of(Fake::driven());
    let grant = trial.take().unwrap();
    fs::remove_file(trial.state()).unwrap();
    trial.fake.refuses.borrow_mut().push(("vfio-pci/unbind", "0000:01:00.0"));
    assert!(grant.give_back().is_err());
    trial.fake.refuses.borrow_mut().clear();
    let keeper = Keeper::at(trial.state()).unwrap();
    let restored = restore::kept(&trial.fake.host(), &&trial.fake, &keeper).unwrap();
    assert_eq!(restored.left, 0, "{restored:?}");
    assert_eq!(trial.fake.drivers(), DESKTOP);
}
