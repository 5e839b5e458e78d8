//! What commands are handed: standard input, packed facts, FIFOs that nobody writes to,
//! an image with a boot configuration behind it.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.current_dir(folder).args(args).env_remove("COLUMNS").stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    program(folder, args).output().expect("it runs")
}

/// With a file as standard input.
fn fed(folder: &Path, file: &str, args: &[&str]) -> Output {
    let file = File::open(folder.join(file)).expect("a file");
    program(folder, args).stdin(file).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn gzip(path: &Path) {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(&fs::read(path).expect("a file")).expect("memory");
    fs::write(path.with_extension("facts.gz"), out.finish().expect("memory")).expect("written");
}

#[test]
fn facts_are_judged_alike_from_a_file_packed_or_not_and_from_standard_input() {
    let folder = common::fixtures();
    let saved = run(folder.path(), &["facts", "save", "broken.img", "-o", "-"]);
    assert_eq!(saved.status.code(), Some(0), "{}", text(&saved.stderr));
    assert!(!folder.path().join("-").exists(), "no file of that name is made");
    fs::write(folder.path().join("b.facts"), &saved.stdout).expect("written");
    gzip(&folder.path().join("b.facts"));
    let wanted = run(folder.path(), &["check", "b.facts", "--json"]);
    assert_eq!(wanted.status.code(), Some(1), "{}", text(&wanted.stderr));
    for out in [
        run(folder.path(), &["check", "b.facts.gz", "--json"]),
        run(folder.path(), &["facts", "replay", "b.facts.gz", "--json"]),
        fed(folder.path(), "b.facts", &["check", "-", "--json"]),
        fed(folder.path(), "b.facts.gz", &["check", "-", "--json"]),
    ] {
        assert_eq!(text(&out.stdout), text(&wanted.stdout), "{}", text(&out.stderr));
        assert_eq!(out.status.code(), Some(1));
    }
    let cut = fs::read(folder.path().join("b.facts.gz")).expect("a file");
    let cut = cut.get(..cut.len() - 20).expect("a part");
    fs::write(folder.path().join("cut.gz"), cut).expect("written");
    let out = run(folder.path(), &["check", "cut.gz"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("damaged or ends too early"), "{}", text(&out.stderr));
}

#[test]
fn an_image_and_a_log_are_taken_from_standard_input() {
    let folder = common::fixtures();
    let named = run(folder.path(), &["check", "broken.img", "--format", "concise"]);
    let out = fed(folder.path(), "broken.img", &["check", "-", "--format", "concise"]);
    assert_eq!(out.status.code(), named.status.code(), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout).replace("standard input", "broken.img"), text(&named.stdout));
    fs::write(folder.path().join("dmesg"), include_str!("logs/dmesg.txt")).expect("written");
    let out = fed(folder.path(), "dmesg", &["check", "-", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(report["subject"]["name"], "standard input", "{}", text(&out.stderr));
    let out = run(folder.path(), &["check", "-"]);
    assert_eq!(out.status.code(), Some(2), "nothing at all is not ok");
}

/// Runs a command that must end by itself.
fn soon(folder: &Path, args: &[&str]) -> Output {
    let mut child = program(folder, args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let start = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{args:?} waits for a FIFO");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("its output")
}

#[test]
fn no_command_waits_for_a_fifo() {
    let folder = common::fixtures();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    for args in [
        &["check", "fifo"][..],
        &["check", "good.img", "fifo"],
        &["check", "good.img", "--cmdline", "@fifo"],
        &["check", "good.img", "--expect", "fifo"],
        &["check", "good.img", "--kernel", "./fifo"],
        &["check", "good.img", "--root", "fifo"],
        &["doctor", "fifo"],
        &["fix", "--for", "fifo"],
        &["report", "fifo"],
        &["inspect", "fifo"],
        &["plan", "fifo", "nvidia"],
        &["options", "fifo"],
        &["diff", "fifo", "good.img"],
        &["diff", "good.img", "fifo"],
        &["cat", "fifo", "init"],
        &["extract", "fifo", "-C", "out"],
        &["inject", "fifo", "-o", "out.img", "--verifier", "nvpreflight-verifier"],
        &["inject", "good.img", "-o", "out.img", "--verifier", "fifo"],
        &["facts", "save", "fifo"],
        &["facts", "replay", "fifo"],
        &["install", "--root", "root", "--verifier", "fifo"],
        &["install", "--root", "root", "--verifier", "nvpreflight-verifier", "--expect", "fifo"],
    ] {
        fs::create_dir_all(folder.path().join("root")).expect("a folder");
        let out = soon(folder.path(), args);
        assert!(matches!(out.status.code(), Some(2 | 64)), "{args:?}: {out:?}");
        let said = text(&out.stdout) + &text(&out.stderr);
        assert!(said.contains("fifo"), "{args:?} names it: {said}");
    }
    // A FIFO inside of what is looked at is no file of it either.
    for path in ["etc/modprobe.d", "etc/nvpreflight", "boot/loader/entries"] {
        fs::create_dir_all(folder.path().join("root").join(path)).expect("a folder");
    }
    for path in
        ["etc/modprobe.d/a.conf", "etc/nvpreflight/expect.json", "boot/loader/entries/a.conf"]
    {
        let path = folder.path().join("root").join(path);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    }
    for args in [
        &["check", "root"][..],
        &["check", "good.img", "--root", "root"],
        &["status", "--root", "root"],
        &["fix", "--root", "root"],
        &["uninstall", "--root", "root"],
        &["plan", "root", "nvidia"],
    ] {
        soon(folder.path(), args);
    }
}

/// A boot configuration as tools/bootconfig of the kernel appends it.
fn with_bootconfig(folder: &Path, image: &str, to: &str, config: &str) {
    let mut bytes = fs::read(folder.join(image)).expect("an image");
    bytes.extend(config.as_bytes());
    bytes.extend(u32::try_from(config.len()).expect("a size").to_le_bytes());
    bytes.extend(config.bytes().map(u32::from).sum::<u32>().to_le_bytes());
    bytes.extend(b"#BOOTCONFIG\n");
    fs::write(folder.join(to), bytes).expect("written");
}

#[test]
fn a_boot_configuration_is_a_part_of_the_command_line_where_the_kernel_takes_it() {
    let folder = common::fixtures();
    let config = "kernel.module_blacklist = nvidia\n";
    with_bootconfig(folder.path(), "good.img", "bc.img", config);
    let codes = |args: &[&str]| {
        let out = run(folder.path(), &[&["check", "--json"], args].concat());
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let codes = report["findings"].as_array().expect("findings").iter();
        let codes: Vec<String> =
            codes.map(|f| f["code"].as_str().expect("a code").to_owned()).collect();
        (codes, text(&out.stderr))
    };
    let (plain, _) = codes(&["good.img", "--cmdline", "quiet bootconfig"]);
    let (without, said) = codes(&["bc.img", "--cmdline", "quiet"]);
    assert_eq!(without, plain, "without the word it is ignored");
    assert!(said.contains("ignored without `bootconfig`"), "{said}");
    let (with, said) = codes(&["bc.img", "--cmdline", "quiet bootconfig"]);
    let (same, _) = codes(&["good.img", "--cmdline", "module_blacklist=nvidia quiet bootconfig"]);
    assert_eq!(with, same, "{said}");
    assert_ne!(with, plain, "the word is judged");
    assert!(said.contains("before the command line: module_blacklist=nvidia"), "{said}");
    let out = run(folder.path(), &["inspect", "bc.img"]);
    assert!(text(&out.stdout).contains("bootconfig module_blacklist=nvidia\n"), "{out:?}");
    let verifier = ["--verifier", "nvpreflight-verifier"];
    let out = run(folder.path(), &[&["inject", "bc.img", "-o", "x.img"], &verifier[..]].concat());
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("bootconfig -d"), "{}", text(&out.stderr));
}
