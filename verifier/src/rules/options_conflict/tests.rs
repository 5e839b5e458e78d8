//! Cases of NVP302.

use super::RULE;
use crate::testing::{Case, fires, quiet, skips};
use std::format;

#[test]
fn long_values_are_compared_whole_and_a_cut_one_is_not_compared() {
    let lines = |keys: usize| {
        let path = "/very/long".repeat(keys);
        format!(
            "etc/modprobe.d/a.conf = options nvidia NVreg_TemporaryFilePath={path}/a\n\
             etc/modprobe.d/b.conf = options nvidia NVreg_TemporaryFilePath={path}/b\n"
        )
    };
    let report = Case::initrd(&lines(20)).report(&[&RULE]);
    assert_eq!(report.findings.len(), 1);
    skips(&RULE, Case::initrd(&lines(30)), crate::reading::options::CUT);
}

#[test]
fn what_may_be_one_value_to_an_unknown_type_is_not_judged() {
    let lines = |a: &str, b: &str| {
        Case::initrd(&format!(
            "etc/modprobe.d/a.conf = options nvidia_uvm uvm_new={a}\n\
             etc/modprobe.d/b.conf = options nvidia_uvm uvm_new={b}\n"
        ))
    };
    let why = "whether two values of a parameter of unknown type differ was not checked";
    skips(&RULE, lines("true", "on"), why);
    skips(&RULE, lines("1", "Y"), why);
    quiet(&RULE, lines("a", "a"));
    assert_eq!(lines("a", "A").report(&[&RULE]).findings.len(), 1);
}

#[test]
fn two_files_that_disagree_are_both_named() {
    fires(
        &RULE,
        Case::initrd(
            "etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n\
             etc/modprobe.d/nvidia.conf = options nvidia_drm modeset=1 fbdev=1\n",
        ),
        "NVP302 warning etc/modprobe.d/a.conf:1: nvidia_drm.modeset is set to 0 by \
         etc/modprobe.d/a.conf:1 and to 1 by etc/modprobe.d/nvidia.conf:1; the last one wins",
    );
}

#[test]
fn two_words_of_the_command_line_disagree() {
    fires(
        &RULE,
        Case::initrd("proc/cmdline = nvidia-drm.fbdev=1 quiet nvidia_drm.fbdev=0\n"),
        "NVP302 warning kernel command line, word 1: nvidia_drm.fbdev is set to 1 by kernel \
         command line, word 1 and to 0 by kernel command line, word 3; the last one wins",
    );
}

#[test]
fn equal_values_and_an_override_on_the_command_line_are_quiet() {
    quiet(
        &RULE,
        Case::initrd(
            "etc/modprobe.d/a.conf = options nvidia-drm modeset=1\n\
             etc/modprobe.d/b.conf = options nvidia_drm modeset=Y\n\
             etc/modprobe.d/c.conf = options nvidia_drm modeset\n\
             proc/cmdline = nvidia_drm.modeset=0\n",
        ),
    );
}

#[test]
fn an_owners_line_overrides_a_packages_and_not_the_other_way() {
    let lines = |first: &str, last: &str| {
        Case::initrd(&format!(
            "{first} = options nvidia-drm modeset=0\n{last} = options nvidia_drm modeset=1\n"
        ))
    };
    quiet(&RULE, lines("usr/lib/modprobe.d/nvidia.conf", "etc/modprobe.d/zz.conf"));
    for (first, last) in [
        ("etc/modprobe.d/a.conf", "usr/lib/modprobe.d/zz.conf"),
        ("usr/lib/modprobe.d/a.conf", "usr/lib/modprobe.d/zz.conf"),
    ] {
        assert_eq!(lines(first, last).report(&[&RULE]).findings.len(), 1, "{first} {last}");
    }
}

#[test]
fn parameters_of_every_module_are_quiet() {
    quiet(
        &RULE,
        Case::initrd(
            "etc/modprobe.d/a.conf = options nvidia dyndbg=+p\n\
             etc/modprobe.d/b.conf = options nvidia dyndbg=+pf\n",
        ),
    );
}

#[cfg(feature = "image")]
#[test]
fn an_image_is_judged_by_the_same_lines() {
    fires(
        &RULE,
        Case::image_with_stack(
            "etc/modprobe.d/a.conf <<EOF\noptions nvidia_drm modeset=1\noptions nvidia_drm modeset=0\nEOF\n",
        ),
        "NVP302 warning etc/modprobe.d/a.conf:1: nvidia_drm.modeset is set to 1 by \
         etc/modprobe.d/a.conf:1 and to 0 by etc/modprobe.d/a.conf:2; the last one wins",
    );
    quiet(&RULE, Case::image_with_stack("proc/cmdline = quiet\n"));
}

#[test]
fn a_value_that_comes_twice_is_told_once_by_its_last_line() {
    fires(
        &RULE,
        Case::initrd(
            "etc/modprobe.d/a.conf = options nvidia_drm modeset=0\n\
             etc/modprobe.d/b.conf = options nvidia_drm modeset=1\n\
             etc/modprobe.d/c.conf = options nvidia_drm modeset=0\n",
        ),
        "NVP302 warning etc/modprobe.d/b.conf:1: nvidia_drm.modeset is set to 1 by \
         etc/modprobe.d/b.conf:1 and to 0 by etc/modprobe.d/c.conf:1; the last one wins",
    );
}
