//! What the hooks of makers of initrds do about a new image, with a stand-in for the
//! host tool that says and exits what the test wants. Makes no image.

#![allow(clippy::expect_used)] // Clippy counts helpers of tests as code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with an image, a stand-in for `nvpreflight` and a configuration.
struct Place(PathBuf);

impl Place {
    /// The stand-in prints its arguments and seven lines, and exits with `status`.
    fn new(name: &str, status: u8, conf: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("image"), "").expect("an image");
        fs::write(folder.join("conf"), conf).expect("a configuration");
        let tool = folder.join("nvpreflight");
        let script = format!("#!/bin/sh\necho \"args: $*\"\nseq 7\nexit {status}\n");
        fs::write(&tool, script).expect("a program");
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).expect("a mode");
        Self(folder)
    }

    fn check(&self, image: &str) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/image-check/check-image");
        Command::new("sh")
            .arg(script)
            .args([self.0.join(image).as_os_str(), "6.12.74-amd64".as_ref()])
            .env("PATH", format!("{}:{}", self.0.display(), std::env::var("PATH").expect("PATH")))
            .env("NVPREFLIGHT_IMAGE_CHECK_CONF", self.0.join("conf"))
            .current_dir(&self.0)
            .output()
            .expect("sh runs")
    }
}

fn text(out: &Output) -> String {
    String::from_utf8(out.stdout.clone()).expect("UTF-8")
}

#[test]
fn a_new_image_is_told_of_in_five_lines_and_fails_nothing() {
    for status in [0, 1, 2, 64] {
        let out = Place::new(&format!("told-{status}"), status, "").check("image");
        assert_eq!(out.status.code(), Some(0), "{status}");
        assert_eq!(text(&out).lines().count(), 5, "{}", text(&out));
        assert!(text(&out).contains("--format brief"), "{}", text(&out));
        assert!(text(&out).contains("--kernel 6.12.74-amd64"), "{}", text(&out));
        assert!(!text(&out).contains("--threshold"), "{}", text(&out));
    }
}

#[test]
fn it_fails_where_the_owner_asked_for_that_and_only_then() {
    for (fail, status, wanted) in [
        ("findings", 0, 0),
        ("findings", 1, 1),
        ("findings", 2, 0),
        ("any", 0, 0),
        ("any", 1, 1),
        ("any", 2, 1),
        ("never", 1, 0),
        ("nonsense", 1, 0),
    ] {
        let place = Place::new(&format!("{fail}-{status}"), status, &format!("fail = {fail}\n"));
        assert_eq!(place.check("image").status.code(), Some(wanted), "{fail} {status}");
    }
}

#[test]
fn the_configuration_is_read_and_never_run() {
    let conf = "check=$(touch run)\n`touch run`\nfail=findings; touch run\nthreshold=warning\n";
    let place = Place::new("read", 1, conf);
    let out = place.check("image");
    assert_eq!(out.status.code(), Some(0), "a line that is no setting sets nothing");
    assert!(text(&out).contains("--threshold warning"), "{}", text(&out));
    assert!(!place.0.join("run").exists());
}

#[test]
fn turned_off_or_without_an_image_it_is_silent() {
    let off = Place::new("off", 1, "check=no\nfail=any\n").check("image");
    assert_eq!((off.status.code(), text(&off).as_str()), (Some(0), ""));
    let none = Place::new("none", 1, "fail=any\n").check("missing");
    assert_eq!((none.status.code(), text(&none).as_str()), (Some(0), ""));
}
