//! What is kept, what is refused, and who may keep it.

use super::*;
use crate::passthrough::state::Former;
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

#[test]
fn a_pipe_or_a_folder_in_the_states_place_is_told_and_blocks_nothing() {
    let (_folder, keeper) = keeper();
    nix::unistd::mkfifo(keeper.path(), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(keeper.read().unwrap_err().to_string().contains("is no plain file"));
    fs::remove_file(keeper.path()).unwrap();
    fs::create_dir(keeper.path()).unwrap();
    assert!(keeper.read().is_err());
    assert!(keeper.write(&state()).is_err());
}

#[test]
fn a_state_that_would_not_be_read_back_is_not_written() {
    let (_folder, keeper) = keeper();
    let mut state = state();
    state.functions[0].driver = Some("a driver".to_owned());
    assert!(keeper.write(&state).is_err());
    assert!(!keeper.path().exists());
}

#[test]
fn a_killed_writing_leaves_one_file_that_the_next_one_replaces() {
    let (folder, keeper) = keeper();
    fs::write(folder.path().join("taken.new"), "half").unwrap();
    keeper.write(&state()).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["taken.json", "taken.lock"]);
}

#[test]
fn two_files_on_one_machine_are_kept_by_one_program_at_a_time() {
    let machine = tempfile::tempdir().unwrap();
    let host = Host::at(machine.path());
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = |folder: &tempfile::TempDir| folder.path().join("taken.json");
    let first = Keeper::open(&host, Some(&file(&one))).unwrap();
    for path in [Some(file(&other)), None] {
        let error = Keeper::open(&host, path.as_deref()).unwrap_err().to_string();
        assert!(error.contains("another nvpreflight-boot"), "{error}");
    }
    drop(first);
    // The usual file by another spelling is one lock and not two.
    let usual = machine.path().join("run/nvpreflight-boot/../nvpreflight-boot/taken.json");
    assert!(Keeper::open(&host, Some(&usual)).is_ok());
}

#[test]
fn a_damaged_state_of_another_boot_is_void_and_one_of_this_boot_is_not() {
    let (_folder, keeper) = keeper();
    let good = serde_json::to_string(&state()).unwrap();
    let newer = good.replace("\"version\":1", "\"version\":2,\"more\":[1]");
    for bad in [&newer, "{\"boot_id\":\"b\"}", "{\"boot_id\":\"\"}", "{\"boot_id\":7}", "{", ""] {
        fs::write(keeper.path(), bad).unwrap();
        let error = format!("{:#}", keeper.of_this_boot("b").unwrap_err());
        assert!(error.contains("is damaged"), "{bad}: {error}");
        assert!(keeper.path().exists());
    }
    fs::write(keeper.path(), newer).unwrap();
    assert_eq!(keeper.of_this_boot("another").unwrap(), Kept::Earlier);
    assert!(!keeper.path().exists());
}
