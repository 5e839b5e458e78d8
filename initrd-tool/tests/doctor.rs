//! The doctor as a person runs it: on the machine of this test, over images and
//! saved visits.

// Clippy counts helpers of tests as code.
#![allow(clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn doctor(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.arg("doctor").args(args).current_dir(folder);
    command.env_remove("NO_COLOR").output().expect("it runs")
}

fn answers(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn this_machine_gets_fifteen_answers_whatever_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = doctor(folder.path(), &["--json"]);
    assert!(matches!(output.status.code(), Some(0..=2)), "{output:?}");
    let sheet = answers(&output);
    assert_eq!(sheet["format"], "nvpreflight-doctor");
    assert_eq!(sheet["subject"]["kind"], "running system");
    assert!(sheet["root"].is_boolean());
    let schema = include_str!("../../docs/doctor-v1.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let known = &schema["properties"]["answers"]["items"]["properties"]["id"]["enum"];
    let ids = |list: &serde_json::Value, key: Option<&str>| -> BTreeSet<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|item| key.map_or(item, |key| &item[key]).as_str().expect("a word").into())
            .collect()
    };
    assert_eq!(ids(&sheet["answers"], Some("id")), ids(known, None));
    let described = schema["properties"].as_object().expect("properties");
    for key in sheet.as_object().expect("an object").keys() {
        assert!(described.contains_key(key), "the schema does not describe {key}");
    }
}

#[test]
fn a_visit_is_saved_for_its_owner_only_and_answers_the_same_elsewhere() {
    let folder = common::fixtures();
    let first = doctor(folder.path(), &["black-screen.facts", "--json", "--save", "visit.json"]);
    assert_eq!(first.status.code(), Some(1), "{first:?}");
    let second = doctor(folder.path(), &["visit.json", "--json"]);
    // The builder's name in the driver's own line is taken out.
    let same = |before: &[u8], after: &[u8]| {
        let pairs = || before.iter().zip(after);
        before.len() == after.len()
            && pairs().all(|(old, new)| old == new || matches!(new, b'x' | b'0'))
            && pairs().filter(|(old, new)| old != new).count() < 40
    };
    assert!(same(&first.stdout, &second.stdout), "{second:?}");
    let file = folder.path().join("visit.json");
    let mode = file.metadata().expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let check = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
        command.args(["check", "--json", name]).current_dir(folder.path());
        command.output().expect("it runs").stdout
    };
    assert!(same(&check("black-screen.facts"), &check("visit.json")));
}

#[test]
fn an_image_is_judged_before_the_boot() {
    let folder = common::fixtures();
    let sheet = answers(&doctor(folder.path(), &["broken.img", "--json"]));
    let of = |id: &str| {
        let list = sheet["answers"].as_array().expect("answers");
        list.iter().find(|answer| answer["id"] == id).expect("the question").clone()
    };
    assert_eq!(of("next-boot")["tone"], "bad");
    let kms = of("kms")["answer"].to_string();
    assert!(kms.contains("modeset will be 0, set by etc/modprobe.d/zz-local.conf:2"), "{kms}");
}

#[test]
fn what_a_machine_brings_itself_cannot_be_given_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for args in [["--root", "/"], ["--kernel", "6.1"], ["--cmdline", "quiet"]] {
        assert_eq!(doctor(folder.path(), &args).status.code(), Some(64), "{args:?}");
    }
    assert_eq!(doctor(folder.path(), &["/nonexistent"]).status.code(), Some(2));
}

#[test]
fn a_black_screen_is_laid_to_what_the_log_says_died() {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/tests/logs");
    for (name, code) in
        [("gsp-firmware-515", "NVP405"), ("wpr2-already-up", "NVP507"), ("key-rejected", "NVP702")]
    {
        let output = doctor(&logs, &["--json", &format!("{name}.log")]);
        let sheet = answers(&output);
        let answers = sheet["answers"].as_array().expect("answers");
        let screen = answers.iter().find(|answer| answer["id"] == "screen").expect("an answer");
        assert!(screen.to_string().contains(code), "{name}: {screen}");
    }
}

#[test]
fn a_machine_without_an_nvidia_gpu_gets_one_line_and_fix_says_what_it_could_not_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = serde_json::json!({
        "format": "nvpreflight-facts", "version": 1, "tool": "0.1.0",
        "subject": { "name": "box", "kind": "running system" },
        "phase": "pre-display", "look": "live",
        "tree": "sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n\
                 sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n\
                 sys/bus/pci/devices/0000:00:02.0/device = 0x4680\n\
                 proc/cmdline = quiet\n",
    });
    std::fs::write(folder.path().join("box.facts"), facts.to_string()).expect("facts");
    let output = doctor(folder.path(), &["box.facts"]);
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((output.status.code(), page.lines().count()), (Some(0), 1), "{page}");
    assert!(page.contains("no NVIDIA GPU on the PCI bus"), "{page}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.args(["fix", "--for", "box.facts"]).current_dir(folder.path());
    let fix = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&fix.stdout).into_owned();
    assert_eq!(fix.status.code(), Some(2), "{said}");
    assert!(said.contains("not everything could be checked"), "{said}");
}
