//! What is no regular file in the place of one: every command says so at once, where
//! it would wait for ever, or read without end.

// Clippy counts helpers of tests as code.
#![allow(clippy::expect_used)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The command, ended after a while.
fn run(args: &[&str], folder: &Path) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let end = Instant::now() + Duration::from_secs(30);
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > end {
            child.kill().expect("killed");
            return (None, String::new());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let out = child.wait_with_output().expect("its words");
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_fifo_or_a_device_in_the_place_of_a_file_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    nix::unistd::mkfifo(&at.join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    std::os::unix::fs::symlink("/dev/zero", at.join("zero")).expect("a link");
    std::os::unix::fs::symlink("loop", at.join("loop")).expect("a link");
    std::fs::create_dir_all(at.join("root/etc")).expect("a root");
    for name in ["fifo", "zero", "loop"] {
        let with = format!("@{name}");
        let report = format!("--report={name}");
        for args in [
            &["check", name][..],
            &["doctor", name],
            &["report", name],
            &["inspect", name],
            &["inspect", name, "modules", "--all"],
            &["plan", name, "nvidia"],
            &["plan", "--root", "root", "--cmdline", name, "nvidia"],
            &["options", name],
            &["diff", name, name],
            &["cat", name, "init"],
            &["extract", name, "-C", "out"],
            &["inject", name, "--in-place", "--verifier", name],
            &["facts", "save", name],
            &["facts", "replay", name],
            &["check", "root", "--expect", name],
            &["check", "root", "--cmdline", &with],
            &["check", "root", "--kernel", &format!("./{name}")],
            &["remember", &report, "--boots", "boots"],
            &["remember", "--facts", name, "--report", name, "--boots", "boots"],
        ] {
            let (status, said) = run(args, at);
            assert!(matches!(status, Some(1 | 2 | 64)), "{args:?}: {status:?} {said}");
        }
    }
}

#[test]
fn names_that_drive_a_terminal_reach_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let evil = "a\u{1b}[31m\u{202e}\u{7}\u{9b}b";
    let odd = folder.path().join(evil);
    std::fs::create_dir_all(odd.join("etc/modprobe.d")).expect("a root");
    let conf = format!("options nvidia a={evil}\nblacklist {evil}\nalias {evil} nvidia\n");
    std::fs::write(odd.join("etc/modprobe.d").join(format!("{evil}.conf")), conf).expect("a file");
    std::fs::create_dir_all(odd.join("lib/modules/6.1.0/extra")).expect("a root");
    std::fs::write(odd.join("lib/modules/6.1.0/extra").join(format!("{evil}.ko")), "x")
        .expect("a file");
    std::fs::write(odd.join("lib/modules/6.1.0/modules.dep"), format!("extra/{evil}.ko:\n"))
        .expect("a file");
    let root = odd.to_str().expect("UTF-8");
    let empty = folder.path().join("b/etc");
    std::fs::create_dir_all(&empty).expect("a root");
    let other = folder.path().join("b");
    let other = other.to_str().expect("UTF-8");
    let missing = format!("{root}/none{evil}");
    for args in [
        &["check", root][..],
        &["check", root, "--json"],
        &["check", &missing],
        &["doctor", root, "--all"],
        &["report", root],
        &["report", root, "--format", "html"],
        &["inspect", root],
        &["inspect", root, "list"],
        &["inspect", root, "modules", "--all"],
        &["inspect", root, "modules", "--all", "--json"],
        &["plan", root, evil],
        &["plan", root, evil, "--json"],
        &["options", root],
        &["diff", root, other, "--all", "--files"],
        &["diff", root, other, "--all", "--files", "--json"],
        &["facts", "save", root],
    ] {
        let out =
            Command::new(env!("CARGO_BIN_EXE_nvpreflight")).args(args).output().expect("it runs");
        for bytes in [out.stdout, out.stderr] {
            let text = String::from_utf8(bytes).expect("UTF-8");
            let bad = text.chars().find(|c| {
                c.is_control() && !matches!(c, '\n' | '\t') || nvpreflight::text::misleads(*c)
            });
            assert_eq!(bad, None, "{args:?}: {text}");
        }
    }
}

/// A root with a module folder.
fn root_with(path: &str, content: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let dep = "lib/modules/6.1.0/modules.dep";
    for (path, content) in [(dep, &b"kernel/fs/ext4/ext4.ko:\n"[..]), (path, content)] {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        std::fs::write(file, content).expect("a file");
    }
    folder
}

#[test]
fn a_line_too_long_to_read_is_said_whatever_file_holds_it() {
    for path in [
        "lib/modules/6.1.0/modules.builtin",
        "lib/modules/6.1.0/modules.dep",
        "lib/modules/6.1.0/modules.symbols",
        "lib/modules/6.1.0/modules.softdep",
        "etc/modprobe.d/long.conf",
        "etc/modules-load.d/long.conf",
        "etc/os-release",
    ] {
        let folder = root_with(path, &[b'x'; 100_000]);
        let out = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
            .args(["check", ".", "--cmdline", ""])
            .current_dir(folder.path())
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&out.stdout);
        assert_eq!(out.status.code(), Some(2), "{path}: {said}");
        assert!(said.contains("ends of overlong lines"), "{path}: {said}");
    }
    let folder = root_with("etc/modules-load.d/short.conf", b"ext4\n");
    let (status, _) = run(&["check", ".", "--cmdline", ""], folder.path());
    assert_eq!(status, Some(0));
}

#[test]
fn a_folder_that_cannot_be_listed_is_never_an_absent_one() {
    let folder = root_with("etc/modules-load.d/nvidia.conf", b"nvidia\n");
    // open(2): too many links; what strace injects for every call, `qemu-tests/faults` has.
    let modules = folder.path().join("lib/modules");
    std::fs::remove_dir_all(&modules).expect("removed");
    std::os::unix::fs::symlink("modules", &modules).expect("a link");
    let out = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(["check", ".", "--cmdline", ""])
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains("unreadable sources"), "{said}");
}
