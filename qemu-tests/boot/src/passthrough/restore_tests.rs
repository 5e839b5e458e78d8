//! Giving back, over an imitated machine.

use super::*;
use crate::passthrough::fake::Fake;
use std::fs;

fn taken(fake: &Fake) -> State {
    let former = |address: &str, device: u32, driver: Option<&str>| Former {
        address: address.parse().unwrap(),
        vendor: 0x10de,
        device,
        driver: driver.map(str::to_owned),
        power: Some("auto".to_owned()),
    };
    for address in ["0000:01:00.0", "0000:01:00.1"] {
        fake.driver(address, Some("vfio-pci"));
        fake.set(&format!("{address}/driver_override"), "vfio-pci");
    }
    fake.driver("0000:01:00.2", Some("xhci_hcd"));
    State::new(
        "b00t".to_owned(),
        "0000:01:00.0".parse().unwrap(),
        vec![
            former("0000:01:00.0", 0x2206, Some("nvidia")),
            former("0000:01:00.1", 0x1aef, None),
            former("0000:01:00.2", 0x1ada, Some("xhci_hcd")),
        ],
        vec!["nvidia_drm".to_owned()],
    )
}

fn said(fake: &Fake, state: &State) -> String {
    let restored = all(&fake.host(), &fake, state);
    format!("{}\n{} left", restored.said.join("\n"), restored.left)
}

#[test]
fn every_function_is_given_back_and_a_second_time_changes_nothing() {
    let fake = Fake::idle();
    let state = taken(&fake);
    assert_eq!(
        said(&fake, &state),
        "0000:01:00.2: is as it was, driver xhci_hcd\n\
         0000:01:00.1: is back, without a driver\n\
         0000:01:00.0: is back, driver nvidia\n\
         nvidia_drm: is loaded again\n0 left"
    );
    let before = fake.written.borrow().len();
    assert!(said(&fake, &state).ends_with("0 left"));
    assert_eq!(fake.written.borrow().len(), before);
}

#[test]
fn what_somebody_else_changed_is_left_alone() {
    let fake = Fake::idle();
    let state = taken(&fake);
    fake.driver("0000:01:00.0", Some("nouveau"));
    fake.set("0000:01:00.0/driver_override", "nouveau");
    let text = said(&fake, &state);
    assert!(
        text.contains("0000:01:00.0: NOT as it was: the driver `nouveau` has it now"),
        "{text}"
    );
    assert_eq!(fake.driver_of("0000:01:00.0").unwrap(), "nouveau");
    fake.driver("0000:01:00.0", Some("vfio-pci"));
    assert!(said(&fake, &state).contains("somebody set its driver_override to `nouveau`"));
    assert_eq!(fake.driver_of("0000:01:00.0").unwrap(), "vfio-pci");
}

#[test]
fn another_card_in_the_slot_is_not_touched() {
    let fake = Fake::idle();
    let state = taken(&fake);
    fake.set("0000:01:00.0/device", "0x2204");
    assert!(said(&fake, &state).contains("another device is there now, 10de:2204"));
    assert_eq!(fake.driver_of("0000:01:00.0").unwrap(), "vfio-pci");
}

#[test]
fn an_override_that_was_written_before_the_end_is_taken_back() {
    let fake = Fake::idle();
    let state = taken(&fake);
    fake.driver("0000:01:00.0", Some("nvidia"));
    assert!(said(&fake, &state).contains("0000:01:00.0: is back, driver nvidia"));
}

#[test]
fn one_function_that_stays_does_not_keep_the_others() {
    let fake = Fake::idle();
    let state = taken(&fake);
    fake.refuses.borrow_mut().push(("vfio-pci/unbind", "0000:01:00.1"));
    let text = said(&fake, &state);
    assert!(text.ends_with("1 left"), "{text}");
    assert!(text.contains("0000:01:00.0: is back, driver nvidia"), "{text}");
}

#[test]
fn a_changed_power_setting_is_put_back() {
    let fake = Fake::idle();
    let state = taken(&fake);
    fake.set("0000:01:00.0/power/control", "on");
    said(&fake, &state);
    let control = fake.path("sys/devices/pci0000:00/0000:01:00.0/power/control");
    assert_eq!(fs::read_to_string(control).unwrap(), "auto");
}

#[test]
fn after_a_restart_there_is_nothing_to_restore() {
    let fake = Fake::idle();
    let mut state = taken(&fake);
    state.boot_id = "earlier".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::at(folder.path().join("taken.json")).unwrap();
    let restore = || kept(&fake.host(), &&fake, &keeper).unwrap();
    assert!(restore().said[0].starts_with("nothing to restore"));
    keeper.write(&state).unwrap();
    assert!(restore().said[0].contains("the machine was restarted"));
    assert!(!keeper.path().exists());
    assert!(fake.written.borrow().is_empty());
}
