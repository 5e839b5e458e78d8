//! What `fix` tells a user: the line that applies what was asked for and no more, what is
//! still to be run, and what `--undo` takes back.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Clippy counts helpers of tests as code.

mod common;
#[path = "../../verifier/tests/cli/schema.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod schema;

use common::machine::Machine;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::{Command, Output};

const CONF: &str = "etc/modprobe.d/nvidia.conf";

/// A machine with two faults that can be fixed: NVP201 and NVP408.
fn machine() -> Machine {
    let mut machine = Machine::new("dracut", &[(CONF, "options nvidia_drm modeset=0\n")]);
    machine.brings.push("nouveau");
    machine
}

fn fix(root: &Path, args: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.arg("fix").args(args).arg("--root").arg(root).output().expect("it runs")
}

/// `fix` for an image as it is: it is not made again.
fn for_image(root: &Path, image: &Path, args: &[&str]) -> Output {
    let fixed = ["--goal", "wayland", "--kernel", common::RELEASE, "--cmdline", "quiet", "--for"];
    let mut all: Vec<&OsStr> = args.iter().chain(&fixed).map(AsRef::as_ref).collect();
    all.push(image.as_os_str());
    fix(root, &all)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn the_last_line_changes_nothing_but_what_was_named() {
    let machine = machine();
    let out = text(&machine.run(&["fix", "NVP408", "--goal", "wayland"]).stdout);
    let last = out.lines().last().expect("a line");
    let typed = last.strip_prefix("sudo nvpreflight ").expect(last);
    assert!(typed.starts_with("fix NVP408 --for "), "{typed}");
    let typed = format!("{} {typed}", env!("CARGO_BIN_EXE_nvpreflight"));
    assert!(Command::new("sh").args(["-c", &typed]).status().expect("sh").success(), "{typed}");
    assert_eq!(machine.read(CONF), "options nvidia_drm modeset=0\n");
    assert_eq!(machine.read("etc/modprobe.d/nvpreflight.conf"), "blacklist nouveau\n");
}

#[test]
fn a_second_apply_leaves_nothing_more_to_take_back() {
    let machine = machine();
    let (root, image, before) = (machine.root(), machine.rebuild(), machine.files());
    let first = text(&for_image(&root, &image, &["--apply"]).stderr);
    assert!(first.contains("what takes it back: "), "{first}");
    let mended = machine.files();
    assert_ne!(mended, before);
    // The image was not made again: the finding is still there, and no file to change.
    let second = text(&for_image(&root, &image, &["--apply"]).stderr);
    assert!(
        second.contains("NVP301 NVP408: the commands") && !second.contains("what takes it back"),
        "{second}"
    );
    assert_eq!(machine.files(), mended);
    let undone = fix(&root, &["--undo".as_ref()]);
    assert!(undone.status.success(), "{undone:?}");
    assert_eq!(machine.files(), before);
    assert!(text(&fix(&root, &["--undo".as_ref()]).stderr).contains("nothing to undo"));
}

#[test]
fn commands_that_were_only_printed_are_not_called_done() {
    let (machine, json) = (machine(), machine());
    let (root, image) = (machine.root(), machine.rebuild());
    let out = for_image(&root, &image, &["NVP201", "--apply"]);
    let (printed, told) = (text(&out.stdout), text(&out.stderr));
    assert!(printed.contains("dracut --force --regenerate-all"), "{printed}");
    let last = "nvpreflight: changed: NVP201; the commands above are still to be run";
    assert_eq!(told.lines().last(), Some(last));

    for (args, applied) in [(&["--json"][..], false), (&["--json", "--apply"], true)] {
        let out = for_image(&json.root(), &json.rebuild(), args);
        let plan: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let fix_v1 = include_str!("../../docs/fix-v1.schema.json");
        assert_eq!(schema::violation_of(fix_v1, &plan), None);
        assert_eq!(plan["ran"], false, "{plan:#}");
        assert_eq!(plan["cures"][0]["applied"], applied, "{plan:#}");
    }
}

#[test]
fn a_path_that_no_terminal_may_get_is_put_into_words() {
    for name in [&b"root\xff"[..], b"ro\x1b[31mot"] {
        let machine = machine();
        let image = machine.rebuild();
        let root = machine.folder.path().join(OsString::from_vec(name.to_vec()));
        std::fs::rename(machine.root(), &root).expect("a new name");
        let shown = for_image(&root, &image, &["NVP201"]);
        let last = text(&shown.stdout).lines().last().map(str::to_owned);
        assert_eq!(last.as_deref(), Some("repeat the call with NVP201 --apply    # safe"));
        let applied = for_image(&root, &image, &["NVP201", "--apply"]);
        let printed = text(&applied.stdout) + &text(&applied.stderr);
        assert!(printed.contains(": dracut --force --regenerate-all\n"), "{printed}");
        assert!(!printed.contains('\x1b'), "{printed:?}");
    }
}

#[test]
fn a_line_that_only_goes_is_named() {
    let path = "etc/modprobe.d/old.conf";
    let mut machine = Machine::new("dracut", &[(path, "blacklist nvidia_drm\n")]);
    machine.asks.push("nvidia_drm");
    let shown = text(&machine.run(&["check", "--goal", "wayland"]).stdout);
    let help = "help: in /etc/modprobe.d/old.conf: remove \"blacklist nvidia_drm\"\n";
    assert!(shown.contains(help), "{shown}");
    // A package's file that would hold nothing else is hidden by an empty one.
    let mut machine =
        Machine::new("dracut", &[("usr/lib/modprobe.d/old.conf", "blacklist nvidia_drm\n")]);
    machine.asks.push("nvidia_drm");
    let shown = text(&machine.run(&["fix", "NVP308", "--goal", "wayland"]).stdout);
    assert!(shown.contains("+++ /etc/modprobe.d/old.conf (an empty file)\n"), "{shown}");
}

#[test]
fn a_line_that_moved_since_the_image_was_made_is_found_by_its_words() {
    let mut machine = Machine::new("dracut", &[(CONF, "blacklist nvidia_drm\n")]);
    machine.asks.push("nvidia_drm");
    let (root, image) = (machine.root(), machine.rebuild());
    let other = "# new\nblacklist pcspkr\n";
    for (now, then) in
        [(format!("{other}blacklist nvidia_drm\n"), other), (other.to_owned(), other)]
    {
        machine.write(CONF, &now);
        let done = for_image(&root, &image, &["NVP308", "--apply"]);
        assert_eq!(machine.read(CONF), then, "{done:?}");
        assert!(text(&done.stdout).contains("dracut --force"), "{done:?}");
    }
}

#[test]
fn no_other_line_changes_where_the_root_moved_on_behind_its_image() {
    for (code, image, root) in [
        ("NVP304", "options nvidia modeset=1\n", "options i915 modeset=1 fastboot=1\n"),
        (
            "NVP317",
            "options nvidia_drm modeset=banana\n",
            "options i915 modeset=1\noptions nvidia_drm modeset=1\n",
        ),
        (
            "NVP304",
            "# broken\noptions nvidia modeset=1\n",
            "# fixed\noptions nvidia_drm modeset=1\n",
        ),
        ("NVP318", "options NVIDIA-DRM modeset=1\n", "options i915 modeset=0\n"),
        ("NVP108", "softdep nvidia post nvidia-uvm\n", "softdep snd_hda pre: a,b\n"),
        ("NVP302", "options nvidia_drm modeset=0 modeset=1\n", "options nvidia_drm modeset=1\n"),
    ] {
        let machine = Machine::new("dracut", &[(CONF, image)]);
        let made = machine.rebuild();
        machine.write(CONF, root);
        let done = for_image(&machine.root(), &made, &[code, "--apply"]);
        assert_eq!(machine.read(CONF), root, "{code} {done:?}");
        assert!(text(&done.stdout).contains("dracut --force"), "{code} {done:?}");
    }
}

#[test]
fn a_line_is_written_as_it_counts_and_nothing_is_guessed() {
    for (code, before, after) in [
        ("NVP317", "options nvidia_drm modeset=2 modeset=0\n", "options nvidia_drm modeset=0\n"),
        ("NVP317", "options nvidia NVreg_PreserveVideoMemoryAllocations=fine\n", ""),
        ("NVP304", "options nvidia modeset=0 modeset=1\n", "options nvidia_drm modeset=1\n"),
        ("NVP304", "options nvidia modeset=2\n", ""),
        ("NVP303", "options nvidia_drm modest=banana\n", ""),
        ("NVP302", "options nvidia_drm modeset=0 modeset=1 # why\n", "as before"),
        ("NVP318", "//options nvidia_drm modeset=0\n", "as before"),
        ("NVP318", "option nvidia-drm modeset=banana\n", "as before"),
        ("NVP108", "softdep nvidia pre nvidia-drm\n", "softdep nvidia post: nvidia-drm\n"),
    ] {
        let machine = Machine::new("dracut", &[(CONF, before)]);
        let after = if after == "as before" { before } else { after };
        for _ in 0..2 {
            let done = machine.run(&["fix", code, "--apply", "--goal", "wayland"]);
            assert_eq!(machine.read(CONF), after, "{code} {before} {done:?}");
        }
    }
}

#[test]
fn cures_of_one_line_do_not_undo_each_other() {
    let line = "options nvidia_drm modeset=1 modeset=0\n";
    let machine = Machine::new("dracut", &[(CONF, line)]);
    for _ in 0..2 {
        machine.run(&["fix", "--apply", "--goal", "wayland"]);
        assert_eq!(machine.read(CONF), "options nvidia_drm modeset=1\n");
    }
}

#[test]
fn a_word_that_stands_twice_on_the_command_line_is_left_to_its_owner() {
    let words = "quiet nvidia_drm.modeset=1 nvidia_drm.modeset=0 nvidia_drm.modeset=1";
    let grub = format!("GRUB_CMDLINE_LINUX=\"{words}\"\n");
    let files =
        [("etc/default/grub", &*grub), ("boot/grub2/x", ""), ("usr/sbin/grub2-mkconfig", "")];
    let mut machine = Machine::new("dracut", &files);
    machine.cmdline = words.into();
    let done = machine.run(&["fix", "NVP302", "--apply", "--goal", "wayland"]);
    assert!(text(&done.stderr).contains("NVP302 is left: by hand"), "{done:?}");
    assert_eq!(machine.read("etc/default/grub"), grub, "{done:?}");
}
