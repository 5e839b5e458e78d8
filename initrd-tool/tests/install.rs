//! `install` and `uninstall` as a user meets them, and install.sh beside them: what one
//! puts there the other takes back.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Clippy counts helpers of tests as code.

mod common;
#[path = "../../verifier/tests/cli/schema.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod schema;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.current_dir(folder).args(args).output().expect("it runs")
}

fn install(folder: &Path, more: &[&str]) -> Output {
    let base = ["install", "--root", "root", "--verifier", "nvpreflight-verifier"];
    run(folder, &[&base[..], more].concat())
}

fn json(out: &Output) -> Value {
    let value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {out:?}"));
    let text = include_str!("../../docs/install-v1.schema.json");
    assert_eq!(schema::violation_of(text, &value), None);
    value
}

/// Every path below a folder with its mode and bytes.
fn tree(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut out = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let bytes = if path.is_file() { fs::read(&path).expect("a file") } else { Vec::new() };
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            if path.is_dir() {
                open.push(path.clone());
            }
            out.insert(path.display().to_string(), (mode, bytes));
        }
    }
    out
}

/// A system with dracut and an empty folder for programs.
fn system() -> tempfile::TempDir {
    let folder = common::fixtures();
    let root = folder.path().join("root");
    for path in ["usr/local/bin", "usr/lib/dracut", "etc/systemd/system"] {
        fs::create_dir_all(root.join(path)).expect("a folder");
    }
    fs::write(root.join("usr/lib/dracut/dracut-functions.sh"), "").expect("a file");
    folder
}

#[test]
fn it_shows_first_then_does_and_says_changed_once() {
    let folder = system();
    let before = tree(&folder.path().join("root"));
    let out = install(folder.path(), &["--json"]);
    assert_eq!(out.status.code(), Some(1));
    let said = json(&out);
    assert_eq!((&said["changed"], &said["applied"]), (&true.into(), &false.into()));
    assert_eq!(said["makers"], serde_json::json!(["dracut"]));
    assert_eq!(tree(&folder.path().join("root")), before, "it only showed");

    let out = install(folder.path(), &["--apply"]);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    assert!(text.ends_with("dracut --force --regenerate-all\nchanged\n"), "{text}");
    let hook = "root/usr/lib/dracut/modules.d/90nvpreflight/module-setup.sh";
    let hook = fs::read_to_string(folder.path().join(hook)).expect("the hook");
    assert!(hook.contains("verifier=/usr/local/bin/nvpreflight-verifier"), "{hook}");

    let said = json(&install(folder.path(), &["--apply", "--json"]));
    assert_eq!(said["changed"], false);
    assert!(said["files"].as_array().is_some_and(|f| f.iter().all(|f| f["state"] == "unchanged")));

    let out = run(folder.path(), &["uninstall", "--root", "root", "--apply", "--json"]);
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(json(&out)["changed"], true);
    assert_eq!(tree(&folder.path().join("root")), before);
}

#[test]
fn install_sh_takes_back_what_the_tool_put_there() {
    let folder = system();
    let before = tree(&folder.path().join("root"));
    assert_eq!(install(folder.path(), &["--apply"]).status.code(), Some(0));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../verifier/dist/packages/install.sh");
    let out = Command::new("sh")
        .arg(script)
        .args(["--uninstall", "--destdir"])
        .arg(folder.path().join("root"))
        .output()
        .expect("sh runs");
    assert!(out.status.success(), "{out:?}");
    assert_eq!(tree(&folder.path().join("root")), before);
}

#[test]
fn expectations_come_when_asked_for_and_only_such_as_the_verifier_takes() {
    let folder = system();
    let expect = folder.path().join("expect.json");
    fs::write(&expect, "{\"version\":1,\"colour\":1}").expect("written");
    let out = install(folder.path(), &["--apply", "--expect", "expect.json"]);
    assert_eq!(out.status.code(), Some(2), "{out:?}");
    assert!(!folder.path().join("root/etc/nvpreflight").exists(), "nothing was written");
    fs::write(&expect, "{\"version\":1,\"goals\":[\"wayland\"]}").expect("written");
    let out = install(folder.path(), &["--apply", "--expect", "expect.json"]);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    let put = fs::read(folder.path().join("root/etc/nvpreflight/expect.json")).expect("there");
    assert_eq!(put, fs::read(&expect).expect("a file"));
}

#[test]
fn nothing_is_written_where_the_files_are_somebody_elses() {
    let folder = system();
    let root = folder.path().join("root");
    fs::write(root.join("etc/NIXOS"), "").expect("written");
    let before = tree(&root);
    let out = install(folder.path(), &["--apply", "--json"]);
    assert_eq!(out.status.code(), Some(2));
    let instead = json(&out)["refused"]["instead"][0].to_string();
    assert!(instead.contains("services.nvpreflight.enable = true;"), "{instead}");
    assert_eq!(tree(&root), before);

    fs::remove_file(root.join("etc/NIXOS")).expect("there");
    fs::write(root.join("usr/local/bin/nvpreflight"), "another").expect("written");
    let before = tree(&root);
    let out = install(folder.path(), &["--apply"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).expect("UTF-8");
    assert!(
        said.contains("move them away") && said.contains("/usr/local/bin/nvpreflight"),
        "{said}"
    );
    assert_eq!(tree(&root), before);
}

#[test]
fn odd_prefixes_and_makers_are_wrong_usage() {
    let folder = system();
    for args in [
        &["--prefix", "usr"][..],
        &["--prefix", "/a b"],
        &["--prefix", "/a/../b"],
        &["--makers", "ed"],
    ] {
        assert_eq!(install(folder.path(), args).status.code(), Some(64), "{args:?}");
    }
    let out = run(folder.path(), &["uninstall", "--root", "root", "--apply"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&out.stdout).starts_with("unchanged: nothing is installed"));
}
