//! Small images for the tests of whole commands, and running the program.

#![allow(dead_code, reason = "no test file uses all of it")]

use nvpreflight_tool::change::newc::{Entry, Node, write};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// A directory.
pub fn dir(path: &str) -> Entry {
    Entry { path: path.into(), node: Node::Directory }
}

/// A file, mode 0644.
pub fn file(path: &str, text: &str) -> Entry {
    Entry { path: path.into(), node: Node::File(0o644, text.into()) }
}

/// A program, mode 0755.
pub fn program(path: &str) -> Entry {
    Entry { path: path.into(), node: Node::File(0o755, b"\x7fELF".to_vec()) }
}

/// A symbolic link.
pub fn link(path: &str, target: &str) -> Entry {
    Entry { path: path.into(), node: Node::Link(target.into()) }
}

/// One plain archive.
pub fn cpio(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(entries, &mut bytes).unwrap();
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).unwrap()
}

/// As dracut with systemd makes it, with merged /usr.
pub fn systemd() -> Vec<Entry> {
    vec![
        link("init", "usr/lib/systemd/systemd"),
        link("lib", "usr/lib"),
        link("bin", "usr/bin"),
        dir("usr"),
        dir("usr/bin"),
        dir("usr/lib"),
        dir("usr/lib/dracut"),
        dir("usr/lib/systemd"),
        program("usr/lib/systemd/systemd"),
        dir("etc"),
        file("etc/initrd-release", "PRETTY_NAME=\"Test 1\"\n"),
    ]
}

/// As NixOS makes it: well-known folders are links into the store.
pub fn nixos() -> Vec<Entry> {
    let store = "nix/store/0123456789abcdfghijklmnpqrsvwxyz";
    vec![
        dir("nix"),
        dir("nix/store"),
        dir(&format!("{store}-systemd-259")),
        program(&format!("{store}-systemd-259/systemd")),
        dir(&format!("{store}-initrd-units")),
        file(&format!("{store}-initrd-units/initrd.target"), "[Unit]\n"),
        link("init", &format!("/{store}-systemd-259/systemd")),
        dir("etc"),
        dir("etc/systemd"),
        link("etc/systemd/system", &format!("/{store}-initrd-units")),
    ]
}

/// As initramfs-tools makes it.
pub fn scripted() -> Vec<Entry> {
    vec![
        program("init"),
        dir("conf"),
        file("conf/initramfs.conf", "MODULES=most\n"),
        dir("scripts"),
        file("scripts/functions", "# functions\n"),
        dir("scripts/init-premount"),
        file("scripts/init-premount/ORDER", "/scripts/init-premount/first \"$@\"\n"),
    ]
}

/// The smallest thing that passes for a static program of this machine: an ELF
/// header without program headers.
pub fn verifier(path: &Path) {
    let mut bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    bytes.truncate(64);
    for (at, value) in [(32, 0), (40, 0), (56, 0), (60, 0), (62, 0)] {
        let end = if at < 48 { at + 8 } else { at + 2 };
        bytes[at..end].fill(value);
    }
    std::fs::write(path, bytes).unwrap();
}

/// Runs the program.
pub fn run<S: AsRef<OsStr>>(args: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nvpreflight")).args(args).output().unwrap()
}

/// Runs the program, which has to succeed; its standard output.
pub fn good<S: AsRef<OsStr>>(args: &[S]) -> String {
    let output = run(args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program, which has to fail with `status`; its standard error.
pub fn bad<S: AsRef<OsStr>>(args: &[S], status: i32) -> String {
    let output = run(args);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{error}");
    error
}
