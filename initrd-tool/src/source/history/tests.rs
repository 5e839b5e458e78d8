//! What is kept and what is forgotten, and what hostile files in the folder do.

use super::*;
use crate::source::bundle::{Notes, Subject};
use nvpreflight::facts::Phase;

fn saved(id: &str, remembered: i64, verdict: &str) -> Saved {
    let subject = Subject { name: "/".into(), kind: "running system".into() };
    let mut saved = Saved::new(subject, Phase::PreDisplay, &Notes::default());
    saved.boot = Some(Boot {
        id: id.repeat(4),
        remembered,
        verdict: verdict.into(),
        codes: Vec::new(),
        generation: None,
    });
    saved
}

fn names(store: &Store) -> Vec<String> {
    let boots = store.list().expect("a list").boots;
    boots.iter().map(|entry| format!("{} {} {}", entry.remembered, entry.good, entry.id)).collect()
}

const KEEP: Keep = Keep { good: 2, bad: 1 };

#[test]
fn the_latest_of_each_kind_are_kept_and_one_boot_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(&folder.path().join("a/b"));
    for (id, at, verdict) in [
        ("00000001", 10, "ok"),
        ("00000002", 20, "findings"),
        ("00000003", 30, "ok"),
        ("00000004", 40, "findings"),
        ("00000005", 50, "ok"),
        ("00000005", 60, "ok"),
    ] {
        store.add(&saved(id, at, verdict), KEEP).expect("kept");
    }
    assert_eq!(names(&store), ["60 true 00000005", "40 false 00000004", "30 true 00000003"]);
    let found = store.find(None, Some("00000005ffff"), &mut |_| {}).expect("a folder");
    assert_eq!(found.expect("another good one").0.id, "00000003");
}

#[test]
fn many_bad_boots_never_push_the_good_one_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path());
    let large = |id: &str, at, verdict| {
        let mut saved = saved(id, at, verdict);
        saved.tree = format!("a = {}\n", "x".repeat(3 << 20));
        store.add(&saved, Keep { good: 3, bad: 100 }).expect("kept");
    };
    large("0000000a", 1, "ok");
    for n in 1..9 {
        large(&format!("0000000{n}"), 10 + i64::from(n), "findings");
    }
    let listed = store.list().expect("a list").boots;
    assert!(listed.iter().map(|entry| entry.size).sum::<u64>() <= TOTAL_MAX + FILE_MAX);
    assert_eq!(listed.last().map(|entry| entry.id.as_str()), Some("0000000a"));
    assert_eq!(listed.len(), 6);
}

#[test]
fn what_is_no_remembered_boot_is_passed_over_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path());
    store.add(&saved("00000001", 10, "ok"), KEEP).expect("kept");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    put("99-good-00000002.facts", "{");
    put("98-good-00000003.facts", &saved("00000003", 98, "findings").to_json().expect("JSON"));
    put("notes.txt", "x");
    put(".tmpAbCd", "half a file");
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("97-good-00000004.facts"))
        .expect("a link");
    let mut told = Vec::new();
    let found = store.find(None, None, &mut |line| told.push(line.to_owned())).expect("a folder");
    assert_eq!(found.expect("the sound one").0.id, "00000001");
    assert_eq!(told.len(), 4, "{told:#?}");
    assert!(told.iter().any(|line| line.contains("no regular file")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("not the boot that its name says")), "{told:#?}");
}

#[test]
fn a_look_without_a_boot_or_too_large_is_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path());
    let mut large = saved("00000001", 10, "ok");
    large.tree = "x".repeat(5 << 20);
    assert!(store.add(&large, KEEP).is_err());
    large.boot = None;
    assert!(store.add(&large, KEEP).is_err());
    assert_eq!(store.list().expect("a list"), Listed::default());
}

#[test]
fn a_clock_that_was_ahead_once_costs_no_good_boot() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path());
    for (id, at) in [("00000001", 5_000), ("00000002", 5_001), ("00000003", NUMBER_MAX - 1)] {
        store.add(&saved(id, at, "ok"), Keep { good: 3, bad: 1 }).expect("kept");
    }
    let path = store.add(&saved("00000004", 10, "ok"), KEEP).expect("kept");
    assert!(path.is_file(), "a boot that was kept is there");
    let store = Store::at(&folder.path().join("again"));
    for (id, at) in [("00000001", 5_000), ("00000002", 10), ("00000003", 11)] {
        store.add(&saved(id, at, "ok"), KEEP).expect("kept");
    }
    assert_eq!(names(&store), ["5002 true 00000003", "5001 true 00000002"]);
    // The clock that is shown is the boot's own.
    let (_, latest) = store.find(None, None, &mut |_| {}).expect("a folder").expect("a boot");
    assert_eq!(latest.boot.expect("a boot").remembered, 11);
}

#[test]
fn eight_runs_at_once_keep_the_good_boots_and_leave_nothing_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::at(folder.path());
    fs::write(folder.path().join(".tmpAbCdEf"), "of a killed run").expect("a file");
    std::thread::scope(|scope| {
        let run = |n: i64| {
            let store = store.clone();
            move || store.add(&saved(&format!("0000000{n}"), n, "ok"), KEEP).map(|_| ())
        };
        let runs: Vec<_> = (1..9).map(|n| scope.spawn(run(n))).collect();
        for run in runs {
            run.join().expect("no panic").expect("kept");
        }
    });
    assert_eq!(names(&store).len(), 2);
    let all = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(all, 2, "nothing half written is left");
}

#[test]
fn a_report_that_is_no_file_blocks_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let error = Verdict::read(&fifo).expect_err("no report").to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn no_folder_is_an_empty_one() {
    let store = Store::at(Path::new("/nonexistent/boots"));
    assert_eq!(store.list().expect("nothing"), Listed::default());
}

#[test]
fn a_verdict_names_root_causes_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pre-display.json");
    let report = r#"{"format":"nvpreflight-report","version":1,"verdict":"findings","findings":[
        {"code":"NVP405","cause":""},{"code":"NVP216","cause":"NVP405"}]}"#;
    fs::write(&path, report).expect("a file");
    let verdict = Verdict::read(&path).expect("a verdict");
    assert_eq!(verdict.codes, ["NVP405"]);
    fs::write(&path, "{}").expect("a file");
    assert!(Verdict::read(&path).is_err());
}

#[test]
fn the_generation_is_the_one_whose_link_was_booted() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    for folder in ["run", "nix/var/nix/profiles", "nix/store/b/specialisation"] {
        fs::create_dir_all(root.join(folder)).expect("a folder");
    }
    let store = root.join("nix/store");
    symlink(store.join("c"), store.join("b/specialisation/x")).expect("a link");
    for (number, system) in [(40, "a"), (41, "b"), (9, "b")] {
        let link = root.join(format!("nix/var/nix/profiles/system-{number}-link"));
        symlink(store.join(system), link).expect("a link");
    }
    assert_eq!(generation(root), None);
    for (booted, number) in [("b", Some(41)), ("a", Some(40)), ("c", Some(41)), ("z", None)] {
        let link = root.join("run/booted-system");
        let _ = fs::remove_file(&link);
        symlink(store.join(booted), &link).expect("a link");
        assert_eq!(generation(root), number, "{booted}");
    }
}
