//! What must not bring it down: missing descriptors, unwritable folders,
//! hostile files, refused system calls.

use crate::machine::{Machine, PROGRAM, codes, json, status};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn closed_standard_descriptors_change_no_status_and_receive_no_data() {
    for (machine, expected) in [(Machine::new(), 0), (Machine::without_modeset(), 1)] {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"exec "$@" <&- >&- 2>&-"#, "sh", PROGRAM, "--phase", "initrd"]);
        shell.arg("--root").arg(machine.path("")).arg("--run-dir").arg(machine.path("run/out"));
        let output = shell.output().unwrap();
        assert_eq!(status(&output), expected);
        let report = fs::read_to_string(machine.path("run/out/initrd.json")).unwrap();
        assert!(report.starts_with('{') && report.ends_with("}\n"), "{report}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_fault() {
    let machine = Machine::without_modeset();
    let mut child = machine.command(&["--json"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_report_that_could_not_be_left_is_said_and_fails_no_unit() {
    let machine = Machine::new();
    let run = |more: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(["--quiet", "--phase", "initrd", "--run-dir", "/proc/nvpreflight"]);
        command.args(more).arg("--root").arg(machine.path("")).output().unwrap()
    };
    let output = run(&[]);
    assert_eq!(status(&output), 2);
    let said = "nvpreflight-verifier: no report was left in /proc/nvpreflight: No such file or \
                directory\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), said);
    assert_eq!(status(&run(&["--as-unit"])), 0);
}

#[test]
fn a_folder_that_is_a_link_or_somebody_elses_gets_no_report() {
    let machine = Machine::new();
    let run = |folder: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["--quiet", "--phase", "initrd", "--root"]).arg(machine.path(""));
        let output = command.arg("--run-dir").arg(machine.path(folder)).output().unwrap();
        (status(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    fs::create_dir_all(machine.path("run/real")).unwrap();
    std::os::unix::fs::symlink("real", machine.path("run/link")).unwrap();
    let (code, said) = run("run/link");
    assert!(code == 2 && said.contains("run/link: Not a directory"), "{said}");
    let link = fs::read_dir(machine.path("run/real")).unwrap();
    assert_eq!(link.count(), 0);
    // Only root can give a folder away.
    if std::os::unix::fs::chown(machine.path("run/real"), Some(65534), None).is_ok() {
        let (code, said) = run("run/real");
        assert!(code == 2 && said.contains("run/real: Operation not permitted"), "{said}");
        assert_eq!(fs::read_dir(machine.path("run/real")).unwrap().count(), 0);
    } else {
        println!("SKIP - a report folder of somebody else's: only root can give one away");
    }
}

#[test]
fn a_file_that_may_not_grow_ends_in_order() {
    let machine = Machine::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -f 0; exec "$@""#, "sh", PROGRAM, "--quiet", "--phase", "initrd"]);
    shell.arg("--root").arg(machine.path("")).arg("--run-dir").arg(machine.path("run/out"));
    let output = shell.output().unwrap();
    assert_eq!(status(&output), 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("File too large"));
    assert_eq!(fs::read_dir(machine.path("run/out")).unwrap().count(), 0, "no half report");
}

#[test]
fn a_link_in_the_place_of_the_report_is_not_written_through() {
    let machine = Machine::new();
    machine.file("run/out/keep", "mine");
    for link in [".initrd.json.new", "initrd.json"] {
        std::os::unix::fs::symlink("keep", machine.path("run/out").join(link)).unwrap();
    }
    let mut command = Command::new(PROGRAM);
    command.args(["--quiet", "--phase", "initrd", "--root"]).arg(machine.path(""));
    command.arg("--run-dir").arg(machine.path("run/out"));
    assert_eq!(status(&command.output().unwrap()), 0);
    assert_eq!(fs::read_to_string(machine.path("run/out/keep")).unwrap(), "mine");
    let report = fs::read_to_string(machine.path("run/out/initrd.json")).unwrap();
    assert!(report.starts_with('{'));
}

#[test]
fn expectations_that_are_none_are_a_finding_and_the_defaults_hold() {
    let long = format!("{{\"version\":1,\"goals\":[\"{}\"]}}", "x".repeat(100_000));
    for bad in ["", "{", "\u{0}\u{1}", "{\"version\":7}", "[[[[[[", &long] {
        let machine = Machine::new();
        machine.expect(bad);
        let output = machine.run(&["--json"]);
        let report = json(&output);
        assert!(codes(&report).contains(&"NVP902"), "{bad:.40}: {report}");
    }
    let machine = Machine::new();
    let output = machine.run(&["--json", "--expect", "/nowhere/expect.json"]);
    assert!(codes(&json(&output)).contains(&"NVP902"));
}

#[test]
fn long_and_hostile_files_are_read_to_their_bound() {
    let machine = Machine::new();
    machine.file("proc/cmdline", &"nvidia-drm.modeset=1 ".repeat(20_000));
    machine.file("proc/modules", &"\u{1b}[31mx".repeat(100_000));
    machine.file("dev/kmsg", &"6,1,1,-;NVRM: \u{7f}\u{0}\n".repeat(50_000));
    fs::write(machine.path("proc/devices"), [0xff; 70_000]).unwrap();
    let output = machine.run(&["--json"]);
    assert!(status(&output) <= 2);
    assert!(!json(&output)["lost"].as_array().unwrap().is_empty());
}

#[test]
fn a_link_or_a_pipe_in_a_foreign_root_leads_nowhere() {
    let machine = Machine::new();
    let outside = Machine::new();
    outside.file("bad.conf", "options nvidia_drm modeset=0\n");
    machine.link("etc/modprobe.d", outside.path("").to_str().unwrap());
    let pipe = machine.path("proc/modules");
    fs::remove_file(&pipe).unwrap();
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
    let output = machine.run(&["--json"]);
    let report = json(&output);
    assert_eq!(report["findings"].to_string().matches("bad.conf").count(), 0);
    assert_eq!(status(&output), 2, "a pipe is no list of modules: {report}");
}

/// A run under strace with a fault in system calls on the given paths (on any
/// path when there are none). `None`, and a line that says so, without strace.
fn refusing(what: &str, paths: &[&str]) -> Option<Value> {
    let machine = Machine::new();
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    if !there.is_ok_and(|s| s.success()) {
        println!("SKIP - {what}: strace is not installed");
        return None;
    }
    let root = machine.path("").canonicalize().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={what}")]);
    for path in paths {
        strace.arg("-P").arg(root.join(path));
    }
    strace.args([PROGRAM, "--json", "--phase", "initrd", "--root"]).arg(&root);
    let output = strace.output().unwrap();
    let report = json(&output);
    assert_eq!(i64::from(status(&output)), report["exit"].as_i64().unwrap(), "{what}");
    Some(report)
}

fn could_not_check(what: &str, paths: &[&str]) {
    if let Some(report) = refusing(what, paths) {
        assert_eq!(report["verdict"], "could-not-check", "{what} {paths:?}: {report}");
    }
}

#[test]
fn refused_reads_are_no_pass() {
    // Paths, because a dynamic build's loader reads too.
    for error in ["EIO", "EACCES", "ENOMEM"] {
        could_not_check(&format!("read:error={error}"), &["proc/modules"]);
        could_not_check(&format!("read:error={error}"), &["dev/kmsg"]);
    }
    could_not_check("getdents64:error=EIO", &[]);
    // A small source that no rule needs counts as well.
    could_not_check("read:error=EIO", &["proc/sys/kernel/osrelease"]);
}

#[test]
fn refused_opens_are_no_pass() {
    could_not_check("openat:error=EMFILE", &[""]);
    for error in ["EIO", "EACCES", "ENOSYS"] {
        // The expectations are refused too, which is a finding of its own.
        let Some(report) = refusing(&format!("openat2:error={error}"), &[]) else { return };
        assert!(codes(&report).contains(&"NVP902"), "{report}");
        assert!(report["counts"]["unreadable"].as_u64() > Some(10), "{report}");
    }
}

#[test]
fn an_unforkable_machine_is_looked_at_unguarded() {
    if let Some(report) = refusing("clone,clone3,fork,vfork:error=EAGAIN", &[]) {
        assert_eq!(report["verdict"], "ok");
    }
}
