//! `run --kernel` as a program: what can be told of an image without booting it, the
//! forms of the result, and that the user's files stay as they are.
#![allow(clippy::expect_used)] // Clippy counts helpers of tests as code.

use nvpreflight_tool::change::newc::{self, Entry, Node};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with a file that has a kernel's header, and initrds.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut kernel = vec![0; 0x1000];
    kernel.splice(0x202..0x206, *b"HdrS");
    let mut riscv = vec![0; 0x1000];
    riscv.splice(0x38..0x3c, *b"RSC\x05");
    let none = archive(&[("etc", Node::Directory)]);
    let whole = archive(&[("init", Node::File(0o755, vec![b'#'; 4000]))]);
    let own = archive(&[
        ("init", Node::File(0o755, vec![b'#'; 4000])),
        ("usr", Node::Directory),
        ("usr/bin", Node::Directory),
        ("usr/bin/nvpreflight-verifier", Node::File(0o755, b"\x7fELF".to_vec())),
    ]);
    let cut = whole.get(..2000).expect("a part");
    for (name, bytes) in [
        ("vmlinuz", kernel.as_slice()),
        ("Image", &riscv),
        ("none.img", &none),
        ("cut.img", cut),
        ("whole.img", &whole),
        ("own.img", &own),
        ("expect.json", b"{\"version\":1,\"modules\":{\"initrd\":[\"nvidia\"]}}"),
    ] {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    folder
}

fn archive(entries: &[(&str, Node)]) -> Vec<u8> {
    let entries: Vec<Entry> = entries
        .iter()
        .map(|(path, node)| Entry { path: path.as_bytes().to_vec(), node: node.clone() })
        .collect();
    let mut bytes = Vec::new();
    newc::write(&entries, &mut bytes).expect("an archive");
    bytes
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nvpreflight-boot"))
        .arg("run")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the harness runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn an_image_that_the_kernel_could_not_use_is_not_ok_without_a_boot() {
    let folder = folder();
    for (image, word) in [("none.img", "no /init"), ("cut.img", "would stop reading")] {
        let output = run(folder.path(), &["--kernel", "vmlinuz", "--initrd", image]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stdout).contains(word), "{output:?}");
    }
}

#[test]
fn every_form_of_the_result_is_well_formed() {
    let folder = folder();
    let form = |name| {
        let base = ["--kernel", "vmlinuz", "--initrd", "none.img", "--format"];
        text(&run(folder.path(), &[&base[..], &[name]].concat()).stdout)
    };
    let junit = form("junit");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let case = document.descendants().find(|node| node.has_tag_name("testcase")).expect("a case");
    assert_eq!(case.attribute("name"), Some("none.img"));
    assert!(case.children().any(|node| node.has_tag_name("failure")));
    let ktap = form("ktap");
    assert!(ktap.starts_with("KTAP version 1\n1..1\n# none.img: the initrd has no /init"));
    assert!(ktap.ends_with("\nnot ok 1 none.img\n"), "{ktap}");
    let json: Value = serde_json::from_str(&form("json")).expect("JSON");
    assert_eq!((&json["format"], &json["version"]), (&"nvpreflight-boot-run".into(), &1.into()));
    assert_eq!((&json["outcome"], &json["exit"]), (&"not-ok".into(), &1.into()));
    assert_eq!(json["report"], Value::Null);
}

#[test]
fn what_cannot_be_booted_here_is_said_in_words() {
    let folder = folder();
    for (arguments, word) in [
        (["--kernel", "Image", "--initrd", "whole.img"], "for RISC-V"),
        (["--kernel", "whole.img", "--initrd", "vmlinuz"], "swapped"),
        (["--kernel", "missing", "--initrd", "whole.img"], "cannot read the kernel"),
        (["--kernel", "vmlinuz", "--initrd", "missing"], "missing"),
        (["--kernel", "vmlinuz", "--append", "x"], "name the initrd"),
    ] {
        let output = run(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(word), "{output:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn options_that_would_have_no_effect_are_wrong_usage() {
    let folder = folder();
    for arguments in [
        &["--initrd", "whole.img"][..],
        &["healthy-bare", "--expect", "x"],
        &["healthy-bare", "--kernel", "vmlinuz"],
        &["--kernel", "vmlinuz", "--keep"],
        &[],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?} {output:?}");
    }
}

#[test]
fn expectations_that_no_verifier_would_read_are_an_error() {
    let folder = folder();
    let arguments = ["--kernel", "vmlinuz", "--initrd", "own.img", "--expect-json", "expect.json"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("--expect-json has no effect"), "{said}");
    assert!(said.contains("(usr/bin/nvpreflight-verifier)"), "{said}");
}

#[test]
fn an_expectation_that_cannot_be_read_stops_before_anything_else() {
    let folder = folder();
    fs::write(folder.path().join("expect.toml"), "version = 1\n").expect("written");
    let arguments = ["--kernel", "vmlinuz", "--initrd", "none.img", "--expect", "expect.toml"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("it asks for nothing"), "{output:?}");
}

#[test]
fn the_users_files_stay_as_they_are() {
    let folder = folder();
    let state = || {
        let mut files = Vec::new();
        for item in fs::read_dir(folder.path()).expect("a folder") {
            let path = item.expect("an entry").path();
            files.push((path.clone(), fs::read(path).expect("a file")));
        }
        files.sort();
        files
    };
    let before = state();
    for image in ["none.img", "cut.img", "whole.img"] {
        // No way to start the verifier is known in whole.img: an end without a boot.
        let arguments = ["--kernel", "vmlinuz", "--initrd", image, "--verifier", "none.img"];
        assert_ne!(run(folder.path(), &arguments).status.code(), Some(0));
    }
    assert_eq!(before, state());
}
