//! What the collector keeps, in which order, and what it says it could not see.

use crate::facts::{Directive, Facts, Lost, Origin};
use crate::seen::{Errno, Seen};
use crate::testing::Case;
use std::format;
use std::string::String;
use std::vec::Vec;

fn lines(facts: &Facts) -> Vec<String> {
    let shown = |l: &crate::facts::ConfLine| {
        format!("{} {:?} {} | {}", l.place, l.directive, l.module, l.rest)
    };
    facts.config.lines.yes().expect("lines").iter().map(shown).collect()
}

#[test]
fn files_stand_by_name_with_modules_softdep_among_them_and_the_command_line_last() {
    let facts = Case::initrd(
        "lib/modules/6.12.0/modules.softdep = softdep nvidia pre: ecdh_generic,ecdsa_generic\n\
         etc/modprobe.d/nixos.conf <<EOF\nblacklist nouveau\noptions nvidia-drm \\\n modeset=1\n\
         options snd_usb_audio nrpacks=1\nsoftdep nvidia post: nvidia-uvm\nEOF\n\
         usr/lib/modprobe.d/aliases.conf = alias char-major-195* nvidia\n\
         usr/lib/modprobe.d/nixos.conf = options nvidia hidden=1\n\
         proc/cmdline = quiet nvidia_drm.modeset=0 modprobe.blacklist=nvidia,foo usbcore.quirks=1\n",
    )
    .facts();
    assert_eq!(
        lines(&facts),
        [
            "usr/lib/modprobe.d/aliases.conf:1 Alias char-major-195* | nvidia",
            "lib/modules/6.12.0/modules.softdep:1 Softdep nvidia | pre: ecdh_generic,ecdsa_generic",
            "etc/modprobe.d/nixos.conf:1 Blacklist nouveau | ",
            "etc/modprobe.d/nixos.conf:2 Options nvidia-drm | modeset=1",
            "etc/modprobe.d/nixos.conf:5 Softdep nvidia | post: nvidia-uvm",
            "kernel command line, word 2 Options nvidia_drm | modeset=0",
            "kernel command line, word 3 Blacklist nvidia | ",
        ]
    );
    assert_eq!(facts.config.other_lines, 1);
    let softdeps: Vec<Origin> = facts.config.of(Directive::Softdep).map(|l| l.origin).collect();
    assert_eq!(softdeps, [Origin::ModulesSoftdep, Origin::File]);
}

#[test]
fn quoted_values_keep_their_quotes() {
    let facts = Case::initrd("proc/cmdline = \"nvidia.NVreg_RegistryDwords=a=1; b=2\"\n").facts();
    assert_eq!(
        lines(&facts),
        ["kernel command line, word 1 Options nvidia | NVreg_RegistryDwords=\"a=1; b=2\""]
    );
}

#[test]
fn a_folder_that_cannot_be_read_leaves_no_half_answer() {
    let facts = Case::initrd("etc/modprobe.d ! EACCES\n").facts();
    assert_eq!(facts.config.lines.status(), Seen::Unreadable(Errno::EACCES));
}

#[test]
fn a_file_that_cannot_be_read_is_counted() {
    let facts =
        Case::initrd("etc/modprobe.d/a.conf ! EACCES\netc/modprobe.d/b.conf = blacklist nvidia\n")
            .facts();
    assert_eq!(lines(&facts).len(), 1);
    assert!(facts.lost.has("unreadable configuration files"));
    assert!(facts.lost.has(Lost::REFUSED), "what it sets is not known: no pass");
}

#[test]
fn requests_come_from_files_and_the_command_line() {
    let facts = Case::initrd(
        "etc/modules-load.d/nixos.conf <<EOF\n# comment\nnvidia\nnvidia_drm\nEOF\n\
         proc/cmdline = rd.modules_load=nvidia_uvm modules-load=vfio-pci,nvidia_modeset\n",
    )
    .facts();
    let got: Vec<_> = facts
        .config
        .requests
        .yes()
        .unwrap()
        .iter()
        .map(|r| format!("{} {}", r.module, r.place))
        .collect();
    assert_eq!(
        got,
        [
            "nvidia etc/modules-load.d/nixos.conf:2",
            "nvidia_drm etc/modules-load.d/nixos.conf:3",
            "nvidia_uvm kernel command line, word 1",
            "vfio-pci kernel command line, word 2",
            "nvidia_modeset kernel command line, word 2",
        ]
    );
    let later = Case::pre_display("proc/cmdline = rd.modules_load=nvidia_uvm\n").facts();
    assert!(later.config.requests("nvidia-uvm").is_none());
}

#[test]
fn the_index_of_the_only_release_is_read() {
    let facts = Case::initrd(
        "lib/modules/6.12.0/modules.dep <<EOF\n\
         updates/nvidia.ko.xz: kernel/drm.ko.xz\nkernel/fs/ext4.ko: x\nEOF\n",
    )
    .facts();
    let dep = facts.config.dep("nvidia").unwrap();
    assert_eq!((dep.file.as_str(), dep.needs), ("updates/nvidia.ko.xz", 1));
    assert_eq!(facts.config.deps.yes().unwrap().len(), 1);
    assert!(Case::initrd("").facts().config.deps.is_absent());
}

#[test]
fn the_command_line_alone_is_no_look_at_modprobe_d() {
    let facts =
        Case::initrd("etc/ ?\nrun/ ?\nusr/ ?\nlib/ ?\nproc/cmdline = nvidia_drm.modeset=1\n")
            .facts();
    assert_eq!(facts.config.files, Seen::NotLooked);
    assert_eq!(lines(&facts).len(), 1);
    assert_eq!(Case::initrd("").facts().config.files, Seen::Absent);
}

#[test]
fn the_tail_of_a_long_command_is_no_loss() {
    let script = "if modprobe --ignore-install nvidia; then modprobe nvidia_uvm; fi; ".repeat(9);
    let told = |line: String| {
        let facts = Case::initrd(&format!("etc/modprobe.d/50-nvidia.conf = {line}\n")).facts();
        facts.lost.kinds().len()
    };
    assert_eq!(told(format!("install nvidia {script}")), 0);
    assert_eq!(told(format!("options nvidia {script}")), 1);
}
