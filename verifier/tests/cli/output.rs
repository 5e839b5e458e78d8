//! What a run leaves behind and prints.

use crate::machine::{Machine, codes, json, status};
use crate::schema;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_report_file_holds_what_json_prints() {
    let machine = Machine::without_modeset();
    let mut printed = json(&machine.run(&["--json"]));
    let mut left = machine.report("initrd");
    for report in [&mut printed, &mut left] {
        report["timing"] = serde_json::Value::Null;
    }
    assert_eq!(printed, left);
    let file = machine.path("run/out/initrd.json");
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o644);
    let mut names: Vec<_> = fs::read_dir(machine.path("run/out"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["initrd.json", "initrd.started"]);
}

#[test]
fn every_report_keeps_to_the_schema() {
    let healthy = Machine::new();
    let broken = Machine::without_modeset();
    let blind = Machine::new();
    fs::remove_dir_all(blind.path("proc")).unwrap();
    for machine in [&healthy, &broken, &blind] {
        for phase in ["initrd", "pre-display"] {
            schema::check(&json(&machine.run(&["--json", "--phase", phase])));
        }
    }
}

#[test]
fn a_schema_check_can_fail() {
    let good = json(&Machine::without_modeset().run(&["--json"]));
    let mut lacking = good.clone();
    lacking["counts"].as_object_mut().unwrap().remove("passed");
    let mut added = good.clone();
    added["surprise"] = 1.into();
    let mut other = good.clone();
    other["findings"][0]["severity"] = "fatal".into();
    for bad in [lacking, added, other] {
        assert!(schema::violation(&bad).is_some());
    }
    assert_eq!(schema::violation(&good), None);
}

#[test]
fn the_text_ends_with_the_verdict_line() {
    let output = Machine::without_modeset().run(&[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("error[NVP201]: "), "{text}");
    assert!(text.contains("help: "), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("nvpreflight: initrd: ") && last.contains("NVP201"), "{text}");
    assert!(!text.contains('\x1b'), "colour without a terminal");
}

#[test]
fn ktap_has_a_plan_and_a_line_for_every_rule() {
    let output = Machine::without_modeset().run(&["--ktap"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let plan: usize = text.lines().nth(1).unwrap().strip_prefix("1..").unwrap().parse().unwrap();
    let results = text.lines().filter(|l| l.starts_with("ok ") || l.starts_with("not ok ")).count();
    assert!(text.starts_with("KTAP version 1\n"));
    assert_eq!(plan, results);
    assert!(text.contains(" NVP201 modeset_off\n"));
}

#[test]
fn the_next_phase_reads_the_report_of_the_initrd() {
    let machine = Machine::without_modeset();
    machine.run(&["--quiet"]);
    let output = machine.run(&["--json", "--phase", "pre-display"]);
    let with = json(&output);
    assert!(!codes(&with).contains(&"NVP903"), "{with}");
    // Half a report, as a crash leaves none: renames are whole or not at all.
    machine.file("run/out/initrd.json", "{\"format\":");
    let output = machine.run(&["--json", "--phase", "pre-display"]);
    assert!(codes(&json(&output)).contains(&"NVP903"));
    assert!(status(&output) < 64);
}
