//! Waiting, deadlines, signals and the guard.

use crate::machine::{Machine, codes, json, status};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const WANTING: &str = r#"{"version":1,"modules":{"initrd":["nvidia"]}}"#;

fn signal(name: &str, pid: &str) {
    let done = std::process::Command::new("kill").args(["-s", name, pid]).status().unwrap();
    assert!(done.success());
}

/// A run that waits for a module, up to `ms`.
fn waiting(machine: &Machine, ms: &str) -> Child {
    let mut command = machine.command(&["--json", "--deadline-ms", ms]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// The guarded process below the one that was started.
fn inner(child: &Child) -> String {
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let began = Instant::now();
    loop {
        let list = std::fs::read_to_string(&path).unwrap();
        if let Some(pid) = list.split_whitespace().next() {
            // It waits once its system call is a poll, not before.
            std::thread::sleep(Duration::from_millis(200));
            return pid.to_owned();
        }
        assert!(began.elapsed() < Duration::from_secs(10), "no child of {}", child.id());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_wait_ends_at_its_deadline_and_the_missing_module_is_named() {
    let machine = Machine::new();
    machine.expect(WANTING);
    let began = Instant::now();
    let output = machine.run(&["--json", "--deadline-ms", "300"]);
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(5), "{took:?}");
    let report = json(&output);
    assert!(codes(&report).contains(&"NVP114"), "{report}");
    assert!(report["timing"]["waited_us"].as_u64().unwrap() >= 300_000);
}

#[test]
fn nothing_is_waited_for_where_everything_is_there() {
    let machine = Machine::new();
    machine.expect(WANTING);
    machine.file("proc/modules", "nvidia 4096 0 - Live 0x0000000000000000 (OE)\n");
    let report = json(&machine.run(&["--json", "--deadline-ms", "60000"]));
    assert!(report["timing"]["waited_us"].as_u64().unwrap() < 5_000_000);
}

#[test]
fn the_display_is_held_no_longer_than_the_owner_says() {
    let machine = Machine::new();
    machine.file("sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
    machine.file("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
    machine.expect(r#"{"version":1,"on_error":"hold-display","hold_ms":300}"#);
    let report = json(&machine.run(&["--json", "--phase", "pre-display"]));
    let held = report["timing"]["held_us"].as_u64().unwrap();
    assert!((300_000..5_000_000).contains(&held), "{held}");
    assert_eq!(report["timing"]["waited_us"], 0);
}

#[test]
fn a_request_to_end_ends_the_wait_and_still_reports() {
    let machine = Machine::new();
    machine.expect(WANTING);
    let child = waiting(&machine, "60000");
    let began = Instant::now();
    inner(&child);
    signal("TERM", &child.id().to_string());
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(codes(&json(&output)).contains(&"NVP114"));
    assert_eq!(status(&output), 1);
}

#[test]
fn a_killed_look_is_reported_as_not_checked() {
    let machine = Machine::new();
    machine.expect(WANTING);
    let child = waiting(&machine, "60000");
    signal("KILL", &inner(&child));
    let output = child.wait_with_output().unwrap();
    assert_eq!(status(&output), 2);
    let report = json(&output);
    assert_eq!(report["verdict"], "could-not-check");
    assert_eq!(machine.report("initrd")["verdict"], "could-not-check");
    assert_eq!(report["skipped"][0]["reason"], "the check was stopped before its verdict");
}

#[test]
fn a_stopped_look_does_not_keep_the_boot_waiting() {
    let machine = Machine::new();
    machine.expect(WANTING);
    let child = waiting(&machine, "500");
    // A stopped process stands for one that sleeps beyond the reach of signals.
    signal("STOP", &inner(&child));
    let began = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(status(&output), 2);
    assert_eq!(json(&output)["skipped"][0]["reason"], "the check did not finish in time");
}
