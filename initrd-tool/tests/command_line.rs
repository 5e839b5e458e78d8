//! Cures of the kernel command line: the word is changed where the machine keeps its words,
//! by the program that owns them, and taken back the same way.

#![allow(clippy::expect_used, clippy::panic)] // Clippy counts helpers of tests as code.

mod common;

use common::machine::Machine;
use std::process::Command;

#[test]
fn a_word_that_the_boot_loaders_file_lacks_adds_nothing_there() {
    for (path, text) in [
        ("etc/kernel/cmdline", "quiet root=/dev/sda1\n"),
        ("boot/loader/entries/a.conf", "title A\nlinux /a\noptions root=/dev/sda1\n"),
        // Another system's, and a program of the firmware's.
        (
            "boot/loader/entries/b.conf",
            "title B\nefi /shell.efi\noptions module_blacklist=nvidia,pcspkr\n",
        ),
        // Nothing there makes the entries again.
        ("etc/kernel/cmdline", "quiet module_blacklist=nvidia,pcspkr\n"),
    ] {
        let mut machine = Machine::new("dracut", &[(path, text)]);
        machine.cmdline = "quiet module_blacklist=nvidia,pcspkr".into();
        let output = machine.run(&["fix", "NVP703", "--apply", "--goal", "wayland"]);
        assert_eq!(output.status.code(), Some(1), "{path}: it is left for a person");
        assert_eq!(machine.read(path), text);
    }
}

#[test]
fn of_one_word_all_of_the_stack_goes_at_once() {
    let line = "quiet module_blacklist=nvidia,pcspkr,nvidia_drm";
    let mut machine = Machine::new(
        "dracut",
        &[
            ("etc/kernel/cmdline", "quiet module_blacklist=nvidia,pcspkr,nvidia_drm\n"),
            ("usr/bin/reinstall-kernels", ""),
        ],
    );
    machine.cmdline = line.into();
    let found = machine.findings("wayland");
    assert!(found.iter().filter(|(code, _)| code == "NVP703").count() > 1, "{found:?}");
    let output = machine.run(&["fix", "NVP703", "--apply", "--goal", "wayland"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(machine.read("etc/kernel/cmdline"), "quiet module_blacklist=pcspkr\n");
}

/// Ways in which machines keep the command line: files, and what becomes of them.
const LOADERS: [(&str, &str, &str, &str); 7] = [
    (
        "etc/sdboot-manage.conf",
        "# LINUX_OPTIONS=\"\"\nLINUX_OPTIONS=\"nowatchdog module_blacklist=nvidia,pcspkr\"\n",
        "# LINUX_OPTIONS=\"\"\nLINUX_OPTIONS=\"nowatchdog module_blacklist=pcspkr\"\n",
        "sdboot-manage gen",
    ),
    (
        "etc/default/grub",
        "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet module_blacklist=nvidia,pcspkr splash\"\n",
        "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet module_blacklist=pcspkr splash\"\n",
        "grub-mkconfig -o /boot/grub/grub.cfg",
    ),
    (
        "etc/default/limine",
        "ESP_PATH=\"/boot\"\nKERNEL_CMDLINE[default]+=\" quiet module_blacklist=nvidia,pcspkr \"\n",
        "ESP_PATH=\"/boot\"\nKERNEL_CMDLINE[default]+=\" quiet module_blacklist=pcspkr\"\n",
        "limine-update",
    ),
    (
        "efi/loader/entries/a.conf",
        "title A\nlinux /a\noptions module_blacklist=nvidia,pcspkr quiet\n",
        "title A\nlinux /a\noptions module_blacklist=pcspkr quiet\n",
        "",
    ),
    (
        "etc/kernel/cmdline",
        "quiet module_blacklist=nvidia,pcspkr root=/dev/sda1\n",
        "quiet module_blacklist=pcspkr root=/dev/sda1\n",
        "kernel-install add-all",
    ),
    (
        "boot/loader/entries/a.conf",
        "title A\nlinux /a\noptions root=/dev/sda1 module_blacklist=nvidia,pcspkr\n",
        "title A\nlinux /a\noptions root=/dev/sda1 module_blacklist=pcspkr\n",
        "",
    ),
    (
        "boot/refind_linux.conf",
        "\"Boot\" \"ro module_blacklist=nvidia,pcspkr\"\n",
        "\"Boot\" \"ro module_blacklist=pcspkr\"\n",
        "",
    ),
];

#[test]
fn a_word_goes_where_the_machine_keeps_its_command_line() {
    for (path, before, after, command) in LOADERS {
        let mut machine = Machine::new("dracut", &[(path, before), ("boot/grub/x", "")]);
        let program = match path {
            "etc/default/limine" => "usr/bin/limine-update",
            "etc/sdboot-manage.conf" => "usr/bin/sdboot-manage",
            _ => "usr/lib/systemd/libsystemd-shared-257.so",
        };
        machine.write(program, "");
        machine.cmdline = "quiet module_blacklist=nvidia,pcspkr".into();
        let before = machine.codes("wayland");
        assert!(before.contains("NVP703"), "{before:?}");
        let output = machine.run(&["fix", "NVP703", "--apply", "--goal", "wayland"]);
        assert!(output.status.success(), "{path}: {output:?}");
        assert_eq!(machine.read(path), after, "{path}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(command), "{path}: {said}");
        machine.cmdline = "quiet module_blacklist=pcspkr".into();
        assert!(!machine.codes("wayland").contains("NVP703"));
    }
}

/// Programs that own the command line: what they are told, and what takes it back.
const OWNERS: [(&str, &str, &str); 3] = [
    (
        "usr/sbin/grubby",
        "grubby --update-kernel=ALL --remove-args=module_blacklist=nvidia,pcspkr \
         --args=module_blacklist=pcspkr",
        "grubby --update-kernel=ALL --remove-args=module_blacklist=pcspkr \
         --args=module_blacklist=nvidia,pcspkr",
    ),
    (
        "usr/bin/kernelstub",
        "kernelstub --delete-options module_blacklist=nvidia,pcspkr",
        "kernelstub --add-options module_blacklist=nvidia,pcspkr",
    ),
    (
        "run/ostree-booted",
        "rpm-ostree kargs --delete-if-present=module_blacklist=nvidia,pcspkr \
         --append-if-missing=module_blacklist=pcspkr",
        "rpm-ostree kargs --delete-if-present=module_blacklist=pcspkr \
         --append-if-missing=module_blacklist=nvidia,pcspkr",
    ),
];

#[test]
fn what_a_program_changed_is_taken_back_by_the_program() {
    for (program, command, back) in OWNERS {
        let mut machine = Machine::new("dracut", &[(program, "")]);
        machine.cmdline = "quiet module_blacklist=nvidia,pcspkr".into();
        let text = |args: &[&str]| String::from_utf8(machine.run(args).stdout).expect("UTF-8");
        let shown = text(&["fix", "NVP703", "--goal", "wayland"]);
        assert!(shown.contains(command), "{program}: {shown}");
        let applied = text(&["fix", "NVP703", "--apply", "--goal", "wayland"]);
        assert!(applied.contains(command), "{program}: {applied}");
        let root = machine.root();
        let undone = Command::new(env!("CARGO_BIN_EXE_nvpreflight"))
            .args(["fix", "--undo", "--root", root.to_str().expect("UTF-8")])
            .output()
            .expect("the tool runs");
        let undone = String::from_utf8(undone.stdout).expect("UTF-8");
        assert!(undone.contains(back) && !undone.contains(command), "{program}: {undone}");
    }
}
