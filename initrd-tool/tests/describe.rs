//! `inspect` and `diff` over small images of every kind.

// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod images;

use images::*;
use std::fs;
use std::path::PathBuf;

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn image(&self, name: &str, bytes: &[u8]) -> String {
        let path: PathBuf = self.dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&good(args)).unwrap()
}

#[test]
fn every_generator_is_told_by_its_own_files() {
    let bench = Bench::new();
    for (entries, made_by, init) in [
        (systemd(), "dracut", "systemd"),
        (nixos(), "NixOS", "systemd"),
        (scripted(), "initramfs-tools", "initramfs-tools"),
    ] {
        let image = bench.image("image", &zstd(&cpio(&entries)));
        let value = json(&["inspect", &image, "--json"]);
        assert_eq!(value["format"], "nvpreflight-inspect");
        assert_eq!(value["generator"]["name"], made_by);
        assert_eq!(value["init"], init);
    }
}

#[test]
fn segments_are_listed_with_their_places() {
    let bench = Bench::new();
    let early = cpio(&[dir("kernel"), file("kernel/x", "x")]);
    let main = zstd(&cpio(&systemd()));
    let image = bench.image("image", &[early.clone(), main.clone()].concat());
    let value = json(&["inspect", &image, "segments", "--json"]);
    let segments = value["segments"].as_array().unwrap();
    let told: Vec<_> = segments
        .iter()
        .map(|s| {
            (
                s["offset"].as_u64().unwrap(),
                s["packed"].as_u64().unwrap(),
                s["form"].as_str().unwrap(),
            )
        })
        .collect();
    let (first, second) = (early.len() as u64, main.len() as u64);
    assert_eq!(told, [(0, first, "cpio"), (first, second, "zstd")]);
    assert_eq!(segments[0]["entries"], 2);
}

#[test]
fn a_name_that_would_drive_a_terminal_is_shown_and_does_not() {
    let bench = Bench::new();
    let image = bench.image("image", &cpio(&[file("a\x1b[2J\n", "x")]));
    assert_eq!(good(&["inspect", &image, "list"]), "a\\x1b[2J\\x0a\n");
    assert_eq!(good(&["inspect", &image, "list", "--raw"]), "a\x1b[2J\n\0");
}

#[test]
fn options_name_the_line_that_set_them_and_what_it_beat() {
    let bench = Bench::new();
    let mut entries = systemd();
    entries.push(dir("etc/modprobe.d"));
    entries.push(file("etc/modprobe.d/a.conf", "options nvidia-drm modeset=0\n"));
    entries.push(file("etc/modprobe.d/b.conf", "# on\noptions nvidia_drm modeset=1\n"));
    let image = bench.image("image", &cpio(&entries));
    assert_eq!(
        good(&["inspect", &image, "options"]),
        "nvidia_drm.modeset=1  (etc/modprobe.d/b.conf:2)\n  beats 0 (etc/modprobe.d/a.conf:1)\n"
    );
}

#[test]
fn sizes_add_up_and_name_their_owners() {
    let bench = Bench::new();
    let mut entries = systemd();
    entries.push(dir("usr/lib/firmware"));
    entries.push(dir("usr/lib/firmware/nvidia"));
    entries.push(file("usr/lib/firmware/nvidia/gsp.bin", &"x".repeat(5000)));
    let image = bench.image("image", &cpio(&entries));
    let value = json(&["inspect", &image, "size", "--json"]);
    let groups = value["owners"].as_array().unwrap();
    let sum: u64 = groups.iter().map(|group| group["bytes"].as_u64().unwrap()).sum();
    assert_eq!(value["unpacked"], sum);
    let firmware = groups.iter().find(|group| group["group"] == "firmware").unwrap();
    assert_eq!(firmware["parts"][0]["name"], "nvidia");
    assert_eq!(firmware["bytes"], 5000);
}

#[test]
fn an_image_over_its_budget_is_exit_status_1() {
    let bench = Bench::new();
    let image = bench.image("image", &cpio(&systemd()));
    good(&["inspect", &image, "size", "--budget", "1M"]);
    let output = run(&["inspect", &image, "size", "--budget", "100"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("too large"));
}

#[test]
fn what_the_kernel_does_not_load_is_told_loudly() {
    let bench = Bench::new();
    let mut bytes = cpio(&systemd());
    let end = bytes.len();
    bytes.extend_from_slice(b"rubbish!");
    let image = bench.image("image", &bytes);
    let output = run(&["inspect", &image, "segments"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("the kernel stops at byte {end}")), "{told}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("the kernel stops here"));
}

#[test]
fn a_rebuild_of_the_same_is_the_same_and_an_option_is_not() {
    let bench = Bench::new();
    let with = |value: &str| {
        let mut entries = systemd();
        entries.push(dir("etc/modprobe.d"));
        let line = format!("options nvidia_drm modeset={value}\n");
        entries.push(file("etc/modprobe.d/nvidia.conf", &line));
        cpio(&entries)
    };
    let old = bench.image("old", &with("1"));
    let rebuilt = bench.image("rebuilt", &zstd(&with("1")));
    let new = bench.image("new", &with("0"));
    good(&["diff", &old, &rebuilt]);
    good(&["diff", "--files", &old, &rebuilt]);
    let output = run(&["diff", &old, &new]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let place = "(etc/modprobe.d/nvidia.conf:1)";
    assert!(text.contains(&format!("~ nvidia_drm.modeset: 1 {place} → 0 {place}")), "{text}");
    let output = run(&["diff", "--json", "--files", &old, &new]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["changes"][0]["name"], "nvidia_drm.modeset");
    assert_eq!(value["files"][0]["name"], "etc/modprobe.d/nvidia.conf");
}
