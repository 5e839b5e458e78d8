//! Pairs of real boots (verifier/tests/trees) and made-up ones: what is told, what is
//! not, and what is said to be out of reach.

use super::*;
use crate::base::label::Label;
use nvpreflight::capture::Capture;
use nvpreflight::engine;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::Report;

struct Boot {
    picture: Picture,
    report: Box<Report>,
}

fn boot(tree: &[u8]) -> Boot {
    let want = Expectations::new();
    let mut facts = Box::new(Facts::new(Phase::PreDisplay));
    evidence::collect(&Capture::new(tree), &want, &mut facts);
    let mut report = Box::new(Report::new(facts.phase));
    engine::run(&facts, &want, &mut report);
    let label = Label { name: "boot".into(), kind: "capture".into(), root: None };
    Boot { picture: Picture::of(&label, &facts, &report), report }
}

fn real(name: &str) -> Boot {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../verifier/tests/trees");
    boot(&std::fs::read(format!("{folder}/{name}.tree")).expect("a capture"))
}

fn told(old: &Boot, new: &Boot) -> Vec<String> {
    let compared = compare(&old.picture, &new.picture);
    compared.changes.iter().map(|c| format!("{}: {}", c.section, line(c))).collect()
}

fn holds(told: &[String], parts: &[&str]) {
    assert!(
        told.iter().any(|line| parts.iter().all(|part| line.contains(part))),
        "{parts:?}: {told:#?}"
    );
}

#[test]
fn a_boot_is_the_same_as_itself() {
    for name in ["vfu-open", "vfu-595-default", "spoof1-open", "nodev-open", "c1-standin-trace"] {
        let boot = real(name);
        let compared = compare(&boot.picture, &boot.picture);
        assert_eq!(compared, Compared::default(), "{name}");
    }
}

#[test]
fn mode_setting_off_is_told_with_its_source() {
    let told = told(&real("vfu-open"), &real("vfu-open-modeset0"));
    holds(&told, &["options: ~ nvidia_drm.modeset:", "→"]);
}

#[test]
fn another_driver_is_told_as_a_driver_and_its_defaults_as_options() {
    let told = told(&real("vfu-open"), &real("vfu-595-default"));
    holds(&told, &["driver: ~ version: 550.163.01 → 595.45.04"]);
    assert!(!told.iter().any(|line| line.contains("srcversion")), "{told:#?}");
}

#[test]
fn another_flavour_is_told() {
    holds(&told(&real("vfu-open"), &real("vfu-prop")), &["driver: ~ flavour: open → proprietary"]);
}

const BEFORE: &str = "proc/cmdline = root=/dev/vda1 quiet\n\
    proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0 (OE)\nnvidia 1 1 nvidia_drm, Live 0x0 (OE)\nEOF\n\
    sys/module/nvidia/version = 590.48.01\n\
    sys/module/nvidia_drm/parameters/modeset = N\n\
    etc/modprobe.d/ = a.conf\n";

#[test]
fn a_default_that_changed_with_the_version_is_a_change_of_the_option() {
    let new = BEFORE.replace("590.48.01", "595.45.04").replace("modeset = N", "modeset = Y");
    let told = told(&boot(BEFORE.as_bytes()), &boot(new.as_bytes()));
    holds(&told, &["options: ~ nvidia_drm.modeset: N (", "→ Y ("]);
    holds(&told, &["driver: ~ version: 590.48.01 → 595.45.04"]);
}

#[test]
fn the_same_value_from_another_line_is_no_change() {
    let with = |line: &str| format!("{BEFORE}etc/modprobe.d/a.conf = {line}\n");
    let told = told(
        &boot(with("options nvidia_drm modeset=0").as_bytes()),
        &boot(with("options nvidia-drm fbdev=0 modeset=N").as_bytes()),
    );
    assert!(!told.iter().any(|line| line.contains("nvidia_drm.modeset")), "{told:#?}");
}

#[test]
fn words_of_the_command_line_are_told_by_name() {
    let new = BEFORE.replace("quiet", "nomodeset BOOT_IMAGE=/vmlinuz-2");
    let told = told(&boot(BEFORE.as_bytes()), &boot(new.as_bytes()));
    holds(&told, &["cmdline: + nomodeset"]);
    holds(&told, &["cmdline: - quiet"]);
    assert!(!told.iter().any(|line| line.contains("BOOT_IMAGE")), "{told:#?}");
}

#[test]
fn what_one_side_cannot_show_is_said_and_no_change() {
    let old = real("vfu-open");
    let new = boot(b"proc/cmdline = quiet\n");
    let compared = compare(&old.picture, &new.picture);
    let lacks = |section: &str| {
        compared.not_compared.iter().any(|lack| lack.section == section && lack.new_lacks)
    };
    assert!(lacks("loaded"), "{compared:#?}");
    assert!(!compared.changes.iter().any(|c| c.section == "loaded"), "{compared:#?}");
}

#[test]
fn a_log_and_the_machine_that_wrote_it_do_not_differ() {
    let log = "dev/kmsg <<EOF\n4,0,7100000,-;NVRM: loading NVIDIA UNIX Open Kernel Module for \
               x86_64  590.48.01  Release Build\nEOF\n";
    let machine = format!(
        "{BEFORE}{log}proc/driver/nvidia/version = NVRM version: NVIDIA UNIX \
                           Open Kernel Module for x86_64  590.48.01\n"
    );
    let compared = compare(&boot(machine.as_bytes()).picture, &boot(log.as_bytes()).picture);
    assert_eq!(compared.changes, []);
    let newer = log.replace("590.48.01", "595.45.04");
    let told = told(&boot(log.as_bytes()), &boot(newer.as_bytes()));
    holds(&told, &["driver: ~ version: 590.48.01 → 595.45.04"]);
}

#[test]
fn mode_setting_turned_on_fits_firmware_that_is_missing_since() {
    let (old, new) = (real("vfu-open-modeset0"), real("vfu-open"));
    let finding = new.report.findings.iter().find(|f| f.rule.code.0 == 405).expect("NVP405");
    let compared = compare(&old.picture, &new.picture);
    let (fitting, _) = fit::split(&compared.changes, finding);
    assert_eq!(
        fitting.first().map(|c| c.name.as_str()),
        Some("nvidia_drm.modeset"),
        "{fitting:#?}"
    );
}

#[test]
fn the_change_that_fits_the_finding_comes_first() {
    let with = |value: &str| {
        format!("{BEFORE}etc/modprobe.d/a.conf = options nvidia_drm modeset={value}\n")
            .replace("modeset = N", &format!("modeset = {}", if value == "1" { "Y" } else { "N" }))
    };
    let old = boot(with("1").as_bytes());
    let new = boot(with("0").replace("quiet", "splash").as_bytes());
    let finding = new.report.findings.iter().find(|f| f.rule.code.0 == 201).expect("NVP201");
    let compared = compare(&old.picture, &new.picture);
    let (fitting, others) = fit::split(&compared.changes, finding);
    assert_eq!(
        fitting.first().map(|c| c.name.as_str()),
        Some("nvidia_drm.modeset"),
        "{fitting:#?}"
    );
    assert!(others.iter().any(|c| c.name == "quiet"), "{others:#?}");
}
