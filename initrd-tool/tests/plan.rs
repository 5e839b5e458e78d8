//! Premise: the status of `plan` says whether what was asked for would be loaded, as a
//! script reads it.

// Clippy counts helpers of tests as code.
#![allow(clippy::expect_used)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A root with the whole stack and one more modprobe.d file.
fn root(config: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    common::good().unpack(folder.path());
    fs::write(folder.path().join("etc/modprobe.d/test.conf"), config).expect("test.conf");
    folder
}

fn plan(root: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvpreflight"));
    command.arg("plan").arg(root).args(args);
    let out = command.output().expect("it runs");
    (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
}

fn status(config: &str, args: &[&str]) -> Option<i32> {
    plan(root(config).path(), args).0
}

const QUIET: [&str; 2] = ["--cmdline", "quiet"];

fn asking<'a>(name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&[name][..], &QUIET, more].concat()
}

#[test]
fn a_whole_stack_is_0_and_an_unknown_name_1() {
    assert_eq!(status("", &asking("nvidia_drm", &[])), Some(0));
    assert_eq!(status("", &asking("nvidia_drn", &[])), Some(1));
}

#[test]
fn of_an_alias_one_module_that_is_left_is_enough() {
    let alias = "alias card nvidia_drm\nalias card nvidia_uvm\nblacklist nvidia_uvm\n";
    let (got, said) = plan(root(alias).path(), &asking("card", &["-b"]));
    assert_eq!(got, Some(0), "{said}");
    let both = format!("{alias}blacklist nvidia_drm\n");
    assert_eq!(status(&both, &asking("card", &["-b"])), Some(1));
    // Without -b a blacklist still counts where an alias was asked for.
    assert_eq!(status(&both, &asking("card", &[])), Some(1));
    assert_eq!(status(&both, &asking("nvidia_drm", &[])), Some(0));
}

#[test]
fn an_install_line_that_loads_nothing_is_1_and_another_command_is_not() {
    assert_eq!(status("install nvidia /bin/false\n", &asking("nvidia_drm", &[])), Some(1));
    let command = "install nvidia /sbin/modprobe -i nvidia\n";
    assert_eq!(status(command, &asking("nvidia_drm", &[])), Some(0));
}

#[test]
fn what_the_kernel_refuses_is_1_in_its_own_spelling_only() {
    let refused = |list: &str| plan(root("").path(), &["nvidia_drm", "--cmdline", list]);
    let (status, said) = refused("quiet module_blacklist=foo,nvidia");
    assert_eq!(status, Some(1));
    assert!(said.contains("nvidia: the kernel rejects every load of it"), "{said}");
    assert_eq!(refused("module_blacklist=nvidia-drm").0, Some(0));
}

#[test]
fn an_index_that_kmod_does_not_read_is_1_and_told() {
    for index in ["modules.dep.bin", "modules.alias.bin"] {
        let folder = root("");
        let path = folder.path().join("usr/lib/modules").join(common::RELEASE).join(index);
        fs::remove_file(path).expect("the index");
        let (status, said) = plan(folder.path(), &asking("nvidia_drm", &[]));
        assert_eq!(status, Some(1), "{index}");
        assert!(said.contains(index), "{said}");
    }
}
