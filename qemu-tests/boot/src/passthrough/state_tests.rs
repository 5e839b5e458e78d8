//! What is kept, what is refused, and who may keep it.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn state() -> State {
    let gpu = "0000:01:00.0".parse().unwrap();
    let driver = Some("nvidia".to_owned());
    let power = Some("auto".to_owned());
    let former = Former { address: gpu, vendor: 0x10de, device: 0x2206, driver, power };
    State::new("b".to_owned(), gpu, vec![former], vec!["nvidia_drm".to_owned()])
}

fn keeper() -> (tempfile::TempDir, Keeper) {
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keeper::at(folder.path().join("taken.json")).unwrap();
    (folder, keeper)
}

#[test]
fn what_is_kept_is_what_is_read() {
    let (_folder, keeper) = keeper();
    assert_eq!(keeper.read().unwrap(), None);
    keeper.write(&state()).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(state()));
    keeper.forget().unwrap();
    keeper.forget().unwrap();
    assert_eq!(keeper.read().unwrap(), None);
}

#[test]
fn a_damaged_state_is_an_error_that_says_what_to_do() {
    let (_folder, keeper) = keeper();
    let good = serde_json::to_string(&state()).unwrap();
    for bad in [
        String::new(),
        good[..good.len() / 2].to_owned(),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("\"nvidia\"", "\"../../x\""),
        good.replace("\"nvidia\"", "\"\""),
        good.replace("nvidia_drm", "ext4"),
        good.replace("auto", "off"),
        good.replace("0000:01:00.0", "../0000:01:00.0"),
        good.replace("{\"address\":\"0000:01:00.0\"", "{\"address\":\"0000:02:00.0\""),
        good.replace("\"pid\"", "\"colour\":1,\"pid\""),
    ] {
        fs::write(keeper.path(), &bad).unwrap();
        let error = format!("{:#}", keeper.read().unwrap_err());
        assert!(error.contains("is damaged"), "{bad}: {error}");
    }
}

#[test]
fn one_program_at_a_time_holds_the_state() {
    let (folder, keeper) = keeper();
    let error = Keeper::at(folder.path().join("taken.json")).unwrap_err();
    assert!(error.to_string().contains("another nvpreflight-boot"));
    drop(keeper);
    assert!(Keeper::at(folder.path().join("taken.json")).is_ok());
}

#[test]
fn a_folder_that_others_may_write_to_keeps_no_state() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(Keeper::at(folder.path().join("taken.json")).is_err());
}

#[test]
fn a_state_that_is_a_link_is_not_followed() {
    let (folder, keeper) = keeper();
    fs::write(folder.path().join("elsewhere"), serde_json::to_string(&state()).unwrap()).unwrap();
    symlink("elsewhere", keeper.path()).unwrap();
    assert!(keeper.read().is_err());
}
