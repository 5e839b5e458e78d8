//! The units that are shipped: how much of the system each could reach, as systemd
//! reckons it, and that systemd takes every line. Starts none of them.

#![allow(clippy::expect_used)] // Clippy counts helpers of tests as code.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The unit and its exposure in tenths, as `systemd-analyze security` counts it. In an
/// initrd no mount namespace can be relied on; the unit's file says why.
const UNITS: [(&str, u32); 3] = [
    ("nvpreflight-pre-display.service", 20),
    ("nvpreflight-remember.service", 20),
    ("nvpreflight-initrd.service", 28),
];

fn analyze(args: &[&str]) -> Option<Output> {
    Command::new("systemd-analyze").args(args).env("SYSTEMD_COLORS", "0").output().ok()
}

/// A copy whose program is on every machine.
fn copy(unit: &str, folder: &Path) -> String {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist").join(unit);
    let text = fs::read_to_string(text).expect("a unit");
    let exec = |line: &str| match line.split_once("ExecStart=") {
        Some((_, command)) if command.starts_with('-') => "ExecStart=-/bin/true".to_owned(),
        Some(_) => "ExecStart=/bin/true".to_owned(),
        None => line.to_owned(),
    };
    let text: String = text.lines().map(|line| exec(line) + "\n").collect();
    let path = folder.join(unit);
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[test]
fn no_unit_is_more_exposed_than_it_must_be_and_systemd_takes_every_line() {
    // The option came with systemd 250.
    let help = analyze(&["--help"]).map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    if !help.is_some_and(|help| help.contains("--offline")) {
        println!("SKIP - exposure of units: no systemd-analyze with --offline here");
        return;
    }
    let folder = tempfile();
    for (unit, tenths) in UNITS {
        let path = copy(unit, &folder);
        let threshold = format!("--threshold={tenths}");
        let out = analyze(&["security", "--offline=true", &threshold, &path]).expect("it runs");
        let text = String::from_utf8_lossy(&out.stdout);
        let said = text.lines().rfind(|line| line.contains("exposure level"));
        assert!(said.is_some(), "{unit}: {out:?}");
        assert!(out.status.success(), "{unit}: {}", said.unwrap_or_default());
        let out = analyze(&["verify", &path]).expect("it runs");
        let said = String::from_utf8_lossy(&out.stderr);
        let ours = said.lines().filter(|line| line.contains("nvpreflight")).collect::<Vec<_>>();
        assert!(ours.is_empty(), "{unit}: {ours:?}");
    }
    fs::remove_dir_all(folder).expect("removed");
}

fn tempfile() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("nvpreflight-units-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}
