//! `extract` and `cat` over images that mean harm: nothing lands outside of the
//! target, nothing gets rights that nobody asked for.

// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod images;

use images::*;
use nvpreflight_tool::change::newc::{Entry, Node};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new(bytes: &[u8]) -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        fs::write(bench.path("image"), bytes).unwrap();
        fs::create_dir(bench.path("outside")).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn extract(&self, more: &[&str]) -> Vec<String> {
        let mut args =
            ["extract", &self.text("image"), "-C", &self.text("out")].map(str::to_owned).to_vec();
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        args
    }
}

/// Every path below a folder, links not followed.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(dir) = left.pop() {
        for item in fs::read_dir(&dir).unwrap() {
            let item = item.unwrap();
            let path = item.path();
            found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            if item.file_type().unwrap().is_dir() {
                left.push(path);
            }
        }
    }
    found.sort();
    found
}

/// One record with fields of its own; `mode` with the type bits.
fn record(path: &str, mode: u32, nlink: u32, inode: u32, rdev: (u32, u32), data: &[u8]) -> Vec<u8> {
    let (major, minor) = rdev;
    let (size, name) = (data.len() as u32, path.len() as u32 + 1);
    let fields = [inode, mode, 0, 0, nlink, 7, size, 0, 0, major, minor, name, 0];
    let mut bytes = b"070701".to_vec();
    for field in fields {
        bytes.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    bytes.extend_from_slice(path.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn archive(records: &[Vec<u8>]) -> Vec<u8> {
    [records.concat(), record("TRAILER!!!", 0, 1, 0, (0, 0), b"")].concat()
}

#[test]
fn names_that_lead_out_of_the_target_do_not() {
    let bench = Bench::new(&[]);
    let outside = bench.text("outside");
    let entries = [
        file("../outside/up", "x"),
        file("../../../../../../tmp/up", "x"),
        link("leads", &outside),
        file("leads/through", "x"),
        link("up", "../outside"),
        file("up/through", "x"),
        file("/absolute", "x"),
        file("good", "x"),
    ];
    fs::write(bench.path("image"), cpio(&entries)).unwrap();
    run(&bench.extract(&[]));
    assert_eq!(below(&bench.path("outside")), [""; 0]);
    let inside = below(&bench.path("out"));
    assert!(inside.contains(&"good".to_owned()) && inside.contains(&"absolute".to_owned()));
    assert_eq!(below(bench.dir.path()).iter().filter(|path| path.ends_with("up")).count(), 1);
}

#[test]
fn a_link_planted_in_the_target_is_replaced_and_never_followed() {
    let bench = Bench::new(&cpio(&[dir("etc"), file("etc/passwd", "x"), file("top", "x")]));
    fs::create_dir(bench.path("out")).unwrap();
    std::os::unix::fs::symlink(bench.path("outside"), bench.path("out/etc")).unwrap();
    std::os::unix::fs::symlink(bench.path("outside/top"), bench.path("out/top")).unwrap();
    assert!(bad(&bench.extract(&[]), 64).contains("is not empty"));
    good(&bench.extract(&["--force"]));
    assert_eq!(below(&bench.path("outside")), [""; 0]);
    assert_eq!(below(&bench.path("out")), ["etc", "etc/passwd", "top"]);
}

#[test]
fn nothing_gets_rights_that_nobody_asked_for() {
    let device = record("null", 0o020_666, 1, 2, (1, 3), b"");
    let suid = record("su", 0o104_755, 1, 1, (0, 0), b"x");
    let bench = Bench::new(&archive(&[suid, device]));
    let output = run(&bench.extract(&[]));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("1 device nodes, pipes or sockets skipped (--devices)"), "{told}");
    assert!(told.contains("removed from 1 files (--setuid)"), "{told}");
    let data = fs::metadata(bench.path("out/su")).unwrap();
    assert_eq!(data.permissions().mode() & 0o7777, 0o755);
    assert_eq!(data.mtime(), 7);
    assert!(!bench.path("out/null").exists());
    fs::remove_dir_all(bench.path("out")).unwrap();
    good(&bench.extract(&["--setuid"]));
    let mode = fs::metadata(bench.path("out/su")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o4755);
}

#[test]
fn hard_links_stay_one_file() {
    let first = record("a", 0o100_644, 2, 5, (0, 0), b"");
    let second = record("b", 0o100_644, 2, 5, (0, 0), b"content");
    let bench = Bench::new(&archive(&[first, second]));
    good(&bench.extract(&[]));
    let data = |name| fs::metadata(bench.path(name)).unwrap();
    assert_eq!(data("out/a").ino(), data("out/b").ino());
    assert_eq!(fs::read(bench.path("out/a")).unwrap(), b"content");
}

#[test]
fn only_what_was_asked_for_is_extracted() {
    let entries = [
        dir("usr"),
        dir("usr/lib"),
        file("usr/lib/a", "a"),
        file("usr/lib/b", "b"),
        link("lib", "usr/lib"),
        file("usr/library", "x"),
    ];
    let bench = Bench::new(&zstd(&cpio(&entries)));
    good(&bench.extract(&["/lib/a"]));
    assert_eq!(below(&bench.path("out")), ["usr", "usr/lib", "usr/lib/a"]);
    assert!(bad(&bench.extract(&["--force", "lib/c"]), 2).contains("no lib/c in this image"));
}

#[test]
fn a_file_that_a_later_segment_replaced_is_extracted_as_the_kernel_has_it() {
    let first = zstd(&cpio(&[file("a", "old and long"), file("b", "kept")]));
    let bench = Bench::new(&[first, gzip(&cpio(&[file("a", "new")]))].concat());
    good(&bench.extract(&[]));
    assert_eq!(fs::read(bench.path("out/a")).unwrap(), b"new");
    assert_eq!(fs::read(bench.path("out/b")).unwrap(), b"kept");
}

#[test]
fn cat_follows_links_inside_the_image_only() {
    let entries = [
        dir("etc"),
        file("etc/real", "here\n"),
        link("etc/alias", "/etc/real"),
        link("away", "/x"),
    ];
    let bench = Bench::new(&gzip(&cpio(&entries)));
    let image = bench.text("image");
    assert_eq!(good(&["cat", &image, "etc/alias", "/etc/real"]), "here\nhere\n");
    assert!(bad(&["cat", &image, "away"], 2).contains("no away in this image"));
    assert!(bad(&["cat", &image, "etc"], 2).contains("etc is not a file"));
}

#[test]
fn cat_of_a_large_file_gives_every_byte() {
    let data: Vec<u8> = (0..70u32 << 20).map(|n| (n % 251) as u8).collect();
    let entries = [
        Entry { path: b"large".to_vec(), node: Node::File(0o644, data.clone()) },
        file("small", "end"),
    ];
    let bench = Bench::new(&zstd(&cpio(&entries)));
    let output = run(&["cat", &bench.text("image"), "large", "small"]);
    assert!(output.status.success());
    assert!(output.stdout.strip_suffix(b"end").is_some_and(|bytes| bytes == data));
}

#[test]
fn what_the_kernel_loses_is_told_and_the_rest_is_extracted() {
    let mut bytes = cpio(&[file("a", "x")]);
    bytes.extend_from_slice(b"rubbish!");
    let bench = Bench::new(&bytes);
    let told = bad(&bench.extract(&[]), 1);
    assert!(told.contains("the kernel stops at byte"), "{told}");
    assert_eq!(fs::read(bench.path("out/a")).unwrap(), b"x");
}

#[test]
fn an_entry_that_cannot_be_made_costs_only_itself_and_the_status_says_so() {
    let bench = Bench::new(&cpio(&[dir("etc"), link("etc/empty", ""), file("etc/kept", "here")]));
    let said = bad(&bench.extract(&[]), 2);
    assert!(said.contains("etc/empty") && said.contains("1 entries could not be made"), "{said}");
    assert_eq!(fs::read_to_string(bench.path("out/etc/kept")).unwrap(), "here");
}

#[test]
fn more_than_was_allowed_is_not_begun() {
    let bench = Bench::new(&cpio(&[file("a", &"x".repeat(3000)), file("b", &"x".repeat(3000))]));
    let said = bad(&bench.extract(&["--max-size", "5K"]), 2);
    assert!(said.contains("more than the 5.0 KiB of --max-size"), "{said}");
    assert_eq!(fs::read_dir(bench.path("out")).unwrap().count(), 0, "nothing was written");
    good(&bench.extract(&["--max-size", "6K"]));
    // A part is counted alone.
    fs::remove_dir_all(bench.path("out")).unwrap();
    good(&bench.extract(&["--max-size", "5K", "b"]));
}
