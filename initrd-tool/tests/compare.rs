//! `diff`, `why`, `remember` and `options` as a user runs them: exit statuses, what
//! cannot be compared, files that lie.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

mod common;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the program runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn two_looks_at_one_boot_do_not_differ() {
    let folder = common::fixtures();
    let same = run(folder.path(), &["diff", "good.facts", "boot:good", "--boots", "boots"]);
    assert_eq!(same.status.code(), Some(0), "{}{}", out(&same), err(&same));
    assert!(out(&same).contains("no relevant difference"), "{}", out(&same));
    let differ = run(folder.path(), &["diff", "good.facts", "bad.facts"]);
    assert_eq!(differ.status.code(), Some(1));
}

#[test]
fn a_side_that_is_not_there_is_an_error_and_no_difference() {
    let folder = common::fixtures();
    for args in [
        &["diff", "--generation", "--profiles", "profiles", "41", "99"][..],
        &["diff", "good.facts", "boot:good", "--boots", "nowhere"],
        &["diff", "good.facts", "absent.facts"],
        &["why", "bad.facts", "--boots", "nowhere"],
        &["why", "bad.facts", "--boots", "boots", "--since", "ffffffff"],
    ] {
        let failed = run(folder.path(), args);
        assert_eq!(failed.status.code(), Some(2), "{args:?}: {}", err(&failed));
        assert_eq!(out(&failed), "", "{args:?}");
    }
    for args in
        [&["diff", "--generation", "x", "y"][..], &["why", "pre-display.json", "--boots", "boots"]]
    {
        let wrong = run(folder.path(), args);
        assert_eq!(wrong.status.code(), Some(64), "{}", err(&wrong));
    }
}

#[test]
fn a_saved_report_is_compared_in_what_it_holds() {
    let folder = common::fixtures();
    let report = run(folder.path(), &["check", "good.facts", "--json"]);
    fs::write(folder.path().join("good.json"), &report.stdout).expect("a report");
    let output = run(folder.path(), &["diff", "--json", "good.json", "bad.facts"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let sections = |key: &str| -> Vec<String> {
        let list = value.get(key).and_then(Value::as_array).expect("a list");
        list.iter().filter_map(|c| c.get("section")?.as_str().map(str::to_owned)).collect()
    };
    assert!(sections("changes").contains(&"findings".to_owned()), "{value:#}");
    assert!(sections("not_compared").contains(&"options".to_owned()), "{value:#}");
    let same = run(folder.path(), &["diff", "good.json", "good.facts"]);
    assert_eq!(same.status.code(), Some(0), "{}", out(&same));
}

#[test]
fn a_report_that_lies_cannot_drive_the_terminal() {
    let folder = common::fixtures();
    let report = "{\"format\":\"nvpreflight-report\",\"version\":1,\"verdict\":\"\\u001b[2J\",\
        \"summary\":\"\\u001b]0;x\\u0007\",\"modules\":[\"\\u202env\"],\
        \"findings\":[{\"code\":\"\\u001bc\",\"severity\":\"\\r\",\"message\":\"\\n$ \"}]}";
    fs::write(folder.path().join("lie.json"), report).expect("a report");
    let output = run(folder.path(), &["diff", "lie.json", "bad.facts", "--all"]);
    let text = out(&output);
    assert!(!text.contains(['\u{1b}', '\r', '\u{7}', '\u{202e}']), "{text:?}");
    assert!(!text.contains("\n$ "), "{text:?}");
}

#[test]
fn why_puts_the_change_that_fits_first() {
    let folder = common::fixtures();
    let output = run(folder.path(), &["why", "--json", "bad.facts", "--boots", "boots"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let first = value.pointer("/fits/0/name").and_then(Value::as_str);
    assert_eq!(first, Some("nvidia_drm.modeset"), "{value:#}");
    assert_eq!(value.pointer("/cause/code").and_then(Value::as_str), Some("NVP201"));
    let well = run(folder.path(), &["why", "good.facts", "--boots", "boots"]);
    assert_eq!(well.status.code(), Some(0), "{}", out(&well));
    assert!(out(&well).contains("nothing is wrong now"), "{}", out(&well));
}

#[test]
fn what_could_not_be_checked_is_not_remembered() {
    let folder = common::fixtures();
    let report =
        r#"{"format":"nvpreflight-report","version":1,"verdict":"could-not-check","findings":[]}"#;
    fs::write(folder.path().join("unknown.json"), report).expect("a report");
    let args = ["remember", "--facts", "good.facts", "--report", "unknown.json", "--boots", "new"];
    let output = run(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(err(&output).contains("neither good nor bad"), "{}", err(&output));
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let folder = common::fixtures();
    fs::write(folder.path().join("file"), "in the way").expect("a file");
    let args = [
        "remember",
        "--facts",
        "bad.facts",
        "--report",
        "pre-display.json",
        "--boots",
        "file/boots",
    ];
    let output = run(folder.path(), &args);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(err(&output).contains("cannot create file/boots"), "{}", err(&output));
}

#[test]
fn options_are_told_to_machines_too() {
    let folder = common::fixtures();
    let output = run(folder.path(), &["options", "bad.facts", "--json", "--only", "MODESET"]);
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(value.pointer("/options/0/in_force/value").and_then(Value::as_str), Some("N"));
    assert_eq!(
        value.pointer("/options/0/lines/1/effect/kind").and_then(Value::as_str),
        Some("counts")
    );
}
