//! Cures are proved by applying them: a machine that is broken, the fix by the program
//! itself in its root, the image made again from that root, and judged again. The lines
//! to paste do the same as `--apply`.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // Clippy counts helpers of tests as code.

mod common;

use common::faults::{FAULTS, Fault};
use common::machine::{MAKERS, Machine};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn faulty(maker: &'static str, fault: &Fault) -> Machine {
    let mut machine = Machine::new(maker, fault.2);
    if fault.0 == "NVP408" {
        machine.brings.push("nouveau");
    }
    if fault.0 == "NVP308" {
        machine.asks.push("nvidia_drm");
    }
    machine
}

#[test]
fn cures_of_files_mend_their_faults_and_break_nothing() {
    let mut proved = BTreeSet::new();
    for (maker, ..) in MAKERS {
        for fault in &FAULTS {
            let machine = faulty(maker, fault);
            let (code, goal, _) = *fault;
            let (before, files) = (machine.findings(goal), machine.files());
            if !before.iter().any(|(found, _)| found == code) {
                continue;
            }
            let output = machine.run(&["fix", code, "--apply", "--goal", goal]);
            assert!(output.status.success(), "{maker} {code}: {output:?}");
            let after = machine.findings(goal);
            assert!(!after.iter().any(|(found, _)| found == code), "{maker} {code}: {after:?}");
            let codes = |found: &BTreeSet<(String, String)>| -> BTreeSet<String> {
                found.iter().map(|(code, _)| code.clone()).collect()
            };
            let new: Vec<_> = codes(&after).difference(&codes(&before)).cloned().collect();
            assert!(new.is_empty(), "{maker} {code} brought {new:?}");
            // What had nothing to do with it is still there.
            let kept = machine.files().values().any(|text| text.contains("blacklist pcspkr"));
            let was = fault.2.iter().any(|(_, text)| text.contains("blacklist pcspkr"));
            assert_eq!(kept, was, "{maker} {code} lost another line");
            // Once more changes nothing; undo gives every byte back.
            let mended = machine.files();
            machine.run(&["fix", code, "--apply", "--goal", goal]);
            assert_eq!(machine.files(), mended, "{maker} {code} is not idempotent");
            let undone = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
                .args(["fix", "--undo", "--root", machine.root().to_str().expect("UTF-8")])
                .output()
                .expect("it runs");
            assert!(undone.status.success(), "{undone:?}");
            assert_eq!(machine.files(), files, "{maker} {code} was not undone");
            proved.insert((maker, code, fault.2.len(), fault.2.first().map(|f| f.0)));
        }
    }
    // A fault that no longer fires would prove nothing.
    assert_eq!(proved.len(), MAKERS.len() * FAULTS.len(), "{proved:?}");
}

#[test]
fn monitor_data_that_the_root_has_is_brought_into_the_image() {
    for (maker, ..) in MAKERS {
        let mut machine = Machine::new(maker, &[("usr/lib/firmware/edid/desk.bin", "EDID")]);
        machine.cmdline = "quiet drm.edid_firmware=DP-1:edid/desk.bin".into();
        assert!(machine.codes("wayland").contains("NVP417"), "{maker}");
        let output = machine.run(&["fix", "NVP417", "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{maker}: {output:?}");
        assert!(!machine.codes("wayland").contains("NVP417"), "{maker}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // What initramfs-tools takes is a program, which nothing runs without its bit.
        assert_eq!(said.contains("chmod 755"), maker == "initramfs-tools", "{maker}: {said}");
    }
    let hook = "etc/initramfs-tools/hooks/nvpreflight-files";
    let mut other = Machine::new("initramfs-tools", &[("usr/lib/firmware/edid/desk.bin", "EDID")]);
    other.cmdline = "quiet drm.edid_firmware=DP-1:edid/desk.bin".into();
    for mine in ["#!/bin/sh\necho mine\n", "#!/bin/sh\n"] {
        other.write(hook, mine);
        other.run(&["fix", "NVP417", "--apply", "--goal", "wayland"]);
        assert_eq!(other.read(hook), mine, "another's program is left alone");
    }
}

#[test]
fn a_machine_that_hibernates_gets_the_driver_on_the_real_root() {
    let early = [
        ("initramfs-tools", "etc/initramfs-tools/modules", "dm_mod\nnvidia_drm\n"),
        ("dracut", "etc/dracut.conf.d/nvpreflight.conf", "force_drivers+=\" nvidia_drm \"\n"),
        ("mkinitcpio", "etc/mkinitcpio.conf", "MODULES=(btrfs nvidia_drm)\nHOOKS=(base udev)\n"),
    ];
    for (maker, path, text) in early {
        let mut machine = Machine::new(maker, &[(path, text)]);
        machine.only_asked = true;
        assert!(machine.codes("hibernate").contains("NVP602"), "{maker}");
        // A choice: it is shown, and made where it is named.
        machine.run(&["fix", "--apply", "--goal", "hibernate"]);
        assert_eq!(machine.read(path), text, "{maker}");
        let output = machine.run(&["fix", "NVP602", "--apply", "--goal", "hibernate"]);
        assert!(output.status.success(), "{maker}: {output:?}");
        assert!(!machine.codes("hibernate").contains("NVP602"), "{maker}: {}", machine.read(path));
        let kept = ["dm_mod", "btrfs"].iter().filter(|other| text.contains(**other));
        for other in kept {
            assert!(machine.read(path).contains(other), "{maker} lost {other}");
        }
    }
}

#[test]
fn an_expected_value_is_set_where_the_driver_has_the_parameter() {
    for (maker, ..) in MAKERS {
        let machine = Machine::new(maker, &[]);
        let expect = machine.folder.path().join("expect.json");
        let wants = |name: &str| {
            let option = format!(r#"{{"module":"nvidia","name":"{name}","value":"2"}}"#);
            let text = format!(r#"{{"version":1,"options":[{option}]}}"#);
            fs::write(&expect, text).expect("a file");
        };
        let at = expect.to_str().expect("UTF-8");
        let fires = || {
            let output = machine.run(&["check", "--json", "--expect", at]);
            String::from_utf8_lossy(&output.stdout).contains("NVP305")
        };
        wants("NVreg_DynamicPowerManagement");
        assert!(fires(), "{maker}");
        let output = machine.run(&["fix", "NVP305", "--apply", "--expect", at]);
        assert!(output.status.success(), "{maker}: {output:?}");
        assert!(!fires(), "{maker}");
        let text = machine.read("etc/modprobe.d/nvpreflight.conf");
        assert_eq!(text, "options nvidia NVreg_DynamicPowerManagement=2\n", "{maker}");
    }
}

/// A machine of which two lines of one file go, of `/etc` or of a package.
fn two_lines(path: &'static str) -> Machine {
    let text = "blacklist nvidia_drm\nblacklist pcspkr\nblacklist nvidia_uvm\nblacklist snd\n";
    let mut machine = Machine::new("dracut", &[(path, text)]);
    machine.asks.extend(["nvidia_drm", "nvidia_uvm"]);
    machine
}

#[test]
fn two_lines_of_one_file_go_and_no_other() {
    for path in ["etc/modprobe.d/old.conf", "usr/lib/modprobe.d/old.conf"] {
        let machine = two_lines(path);
        let found = machine.findings("wayland");
        assert_eq!(found.iter().filter(|(code, _)| code == "NVP308").count(), 2, "{found:?}");
        let output = machine.run(&["fix", "NVP308", "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(machine.read("etc/modprobe.d/old.conf"), "blacklist pcspkr\nblacklist snd\n");
        let after = machine.codes("wayland");
        assert!(!after.contains("NVP308"), "{path}: {after:?}");
    }
}

#[test]
fn one_cure_is_applied_without_the_others_that_touch_its_file() {
    let machine = || {
        let mut machine = Machine::new(
            "dracut",
            &[("etc/modprobe.d/nvpreflight.conf", "options nvidia_drm modeset=0\n")],
        );
        machine.brings.push("nouveau");
        machine
    };
    for (code, text) in [
        ("NVP408", "options nvidia_drm modeset=0\nblacklist nouveau\n"),
        ("NVP201", "options nvidia_drm modeset=1\n"),
    ] {
        let machine = machine();
        let before = machine.codes("wayland");
        assert!(before.contains("NVP201") && before.contains("NVP408"), "{before:?}");
        let output = machine.run(&["fix", code, "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{code}: {output:?}");
        assert_eq!(machine.read("etc/modprobe.d/nvpreflight.conf"), text, "{code}");
    }
    let machine = machine();
    assert!(machine.run(&["fix", "--apply", "--goal", "wayland"]).status.success());
    let both = "options nvidia_drm modeset=1\nblacklist nouveau\n";
    assert_eq!(machine.read("etc/modprobe.d/nvpreflight.conf"), both);
}

#[test]
fn early_loading_is_asked_for_as_each_maker_wants_it() {
    for (maker, path, line) in [
        (
            "initramfs-tools",
            "etc/initramfs-tools/modules",
            "# modules\nnvidia\nnvidia_modeset\nnvidia_drm\n",
        ),
        (
            "dracut",
            "etc/dracut.conf.d/nvpreflight.conf",
            "force_drivers+=\" nvidia nvidia_modeset nvidia_drm \"\n",
        ),
        (
            "mkinitcpio",
            "etc/mkinitcpio.conf",
            "# vim\nMODULES=(btrfs nvidia nvidia_modeset nvidia_drm)\nHOOKS=(base udev modconf)\n",
        ),
    ] {
        let mut machine = Machine::new(maker, &[]);
        machine.asks.push("nvidia");
        machine.half = true;
        let found = machine.findings("wayland");
        assert!(machine.codes("wayland").contains("NVP412"), "{maker}: {found:?}");
        // Not safe by itself: without its code it is left alone.
        machine.run(&["fix", "--apply", "--goal", "wayland"]);
        assert_ne!(machine.read(path), line);
        let output = machine.run(&["fix", "NVP412", "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{maker}: {output:?}");
        assert_eq!(machine.read(path), line, "{maker}");
        let found = machine.findings("wayland");
        assert!(!machine.codes("wayland").contains("NVP412"), "{maker}: {found:?}");
    }
}

#[test]
fn check_gives_each_makers_own_lines() {
    const REBUILD: [(&str, &str); 3] = [
        ("initramfs-tools", "sudo update-initramfs -u -k all"),
        ("dracut", "sudo dracut --force --regenerate-all"),
        ("mkinitcpio", "sudo mkinitcpio -P"),
    ];
    for (maker, rebuild) in REBUILD {
        let machine = faulty(maker, &FAULTS[0]);
        let shown = machine.run(&["check", "--goal", "wayland"]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert!(shown.contains("help: in /etc/modprobe.d/nvidia.conf: "), "{maker}: {shown}");
        for (other, command) in REBUILD {
            assert_eq!(shown.contains(command), command == rebuild, "{maker}, {other}: {shown}");
        }
        let brief = machine.run(&["check", "--format", "brief", "--goal", "wayland"]);
        let brief = String::from_utf8_lossy(&brief.stdout).into_owned();
        assert!(brief.contains("fix: in /etc/modprobe.d/nvidia.conf: "), "{maker}: {brief}");
    }
}

#[test]
fn the_lines_to_paste_do_what_apply_does() {
    for (maker, ..) in MAKERS {
        for fault in &FAULTS {
            let (code, goal, _) = *fault;
            let (applied, pasted) = (faulty(maker, fault), faulty(maker, fault));
            applied.run(&["fix", code, "--apply", "--goal", goal]);
            let json = pasted.run(&["fix", code, "--json", "--goal", goal]);
            let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
            let root = pasted.root();
            for cure in json["cures"].as_array().expect("cures") {
                assert!(!cure["lines"].as_array().expect("lines").is_empty());
                for line in cure["lines"].as_array().expect("lines") {
                    let line = line.as_str().expect("text");
                    // Commands that build images or reboot are no part of this root.
                    if !line.contains("sed -i") && !line.contains("| sudo tee") {
                        continue;
                    }
                    let folder = root.to_str().expect("UTF-8");
                    let line =
                        line.replace("sudo ", "").replace(" /etc/", &format!(" {folder}/etc/"));
                    for made in ["etc/modprobe.d", "etc/modules-load.d"] {
                        fs::create_dir_all(root.join(made)).expect("a folder");
                    }
                    let done = Command::new("sh").args(["-c", &line]).status().expect("sh");
                    assert!(done.success(), "{line}");
                }
            }
            let of = |machine: &Machine| -> BTreeMap<PathBuf, String> {
                let root = machine.root();
                let below = |path: &Path| path.strip_prefix(&root).expect("below").to_owned();
                machine.files().into_iter().map(|(path, text)| (below(&path), text)).collect()
            };
            assert_eq!(of(&applied), of(&pasted), "{maker} {code}");
        }
    }
}

#[test]
fn nixos_gets_its_option_lines_and_no_file_changes() {
    let files = [
        ("etc/os-release", "ID=nixos\n"),
        ("etc/NIXOS", ""),
        ("etc/modprobe.d/nixos.conf", "options nvidia_drm modeset=0\n"),
    ];
    let machine = Machine::new("dracut", &files);
    let before = machine.files();
    let shown = machine.run(&["fix", "NVP201", "--apply", "--json", "--goal", "wayland"]);
    assert_eq!(machine.files(), before);
    let json: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let cure = json["cures"][0].clone();
    assert_eq!(cure["safety"], "by-hand", "{json:#}");
    assert!(cure["words"].to_string().contains("hardware.nvidia.modesetting.enable"), "{cure}");
    assert_eq!(shown.status.code(), Some(1));
}

#[test]
fn a_directory_is_its_own_root_and_another_machines_facts_change_nothing() {
    let machine =
        Machine::new("dracut", &[("etc/modprobe.d/a.conf", "options nvidia_drm modeset=0\n")]);
    let root = machine.folder.path().join("unpacked");
    let unpacked = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
        .args(["extract", "-C"])
        .args([&root, &machine.rebuild()])
        .output()
        .expect("it runs");
    assert!(unpacked.status.success(), "{unpacked:?}");
    let run = |subject: &Path, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
        command.args(["fix", "NVP201", "--goal", "wayland", "--for"]).arg(subject);
        command.args(more).output().expect("it runs")
    };
    let made = run(&root, &["--apply", "--kernel", common::RELEASE, "--cmdline", "quiet"]);
    let file = fs::read_to_string(root.join("etc/modprobe.d/a.conf")).expect("the file");
    assert_eq!(file, "options nvidia_drm modeset=1\n", "{made:?}");
    let log = machine.folder.path().join("boot.log");
    fs::write(&log, "[    0.000000] Linux version 6.12.0\n[    1.000000] nvidia: loading\n")
        .expect("a log");
    let refused = run(&log, &["--apply"]);
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("name its root or its image"));
}

#[test]
fn a_generic_image_of_dracut_is_told_to_hold_the_file() {
    for (conf, kept) in [("", false), ("hostonly=\"yes\"\n", true)] {
        let line = "options nvidia_drm modeset=0\n";
        let machine = Machine::new(
            "dracut",
            &[("etc/modprobe.d/a b.conf", ""), ("etc/modprobe.d/a.conf", line)],
        );
        machine.write("etc/dracut.conf.d/10-debian.conf", conf);
        let output = machine.run(&["fix", "NVP201", "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(machine.read("etc/modprobe.d/a.conf"), "options nvidia_drm modeset=1\n");
        let items = machine.read("etc/dracut.conf.d/nvpreflight.conf");
        let wanted = if kept { "" } else { "install_items+=\" /etc/modprobe.d/a.conf \"\n" };
        assert_eq!(items, wanted, "{conf:?}");
    }
}

#[test]
fn a_code_that_follows_from_another_fixes_that_one_and_says_so() {
    let mut machine = Machine::new("dracut", &[]);
    machine.half = true;
    let goal = ["--goal", "luks-prompt"];
    let output = machine.run(&[&["fix", "NVP412", "--json"], &goal[..]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("NVP412 follows from NVP402: fixing NVP402"), "{told}");
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let codes = plan["cures"].as_array().expect("cures").iter().map(|cure| cure["code"].clone());
    assert_eq!(codes.collect::<Vec<_>>(), ["NVP402"]);
    let output = machine.run(&[&["fix", "NVP603"], &goal[..]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("NVP603 was not found here"), "{told}");
}

#[test]
fn the_last_line_applies_the_fix_to_what_was_asked_about() {
    let machine = faulty("dracut", &FAULTS[0]);
    let out = machine.run(&["fix", "--goal", "wayland"]);
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let last = text.lines().last().expect("a line");
    let typed = last.strip_prefix("sudo nvpreflight ").expect(last);
    assert!(typed.contains("--goal wayland --apply    # NVP201"), "{typed}");
    let typed = format!("{} {typed}", env!("CARGO_BIN_EXE_nvpreflight"));
    let applied = Command::new("sh").args(["-c", &typed]).status().expect("it runs");
    assert!(applied.success(), "{typed}");
    assert!(!machine.codes("wayland").contains("NVP201"));
}
