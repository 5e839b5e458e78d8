//! Healthy machines, judged whole: no finding, and nothing that could not be checked.
//!
//! Each tree is written after the evidence that the catalogue names for such a
//! machine, with the lines in its log that look alarming and are not.
#![allow(clippy::expect_used, reason = "a fixture that cannot be read fails the test")]

use nvpreflight::capture::Capture;
use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::{Report, Verdict};
use nvpreflight::text::Name;
use nvpreflight::{engine, evidence};

fn judged(name: &str, phase: Phase, want: &Expectations) -> Box<Report> {
    let path = format!("{}/tests/machines/{name}.tree", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).expect("a capture");
    let capture = Capture::new(&text);
    assert_eq!(capture.first_odd_line(), None, "{path}");
    let mut facts = Box::new(Facts::new(phase));
    evidence::collect(&capture, want, &mut facts);
    let mut report = Box::new(Report::new(phase));
    engine::run(&facts, want, &mut report);
    report
}

#[track_caller]
fn healthy(name: &str, phase: Phase, goals: &[Goal], modules: &[&str]) {
    let mut want = Expectations::new();
    assert!(is_healthy(name, phase, &want), "{name} without expectations");
    for goal in goals {
        want.goals.insert(*goal);
    }
    for module in modules {
        let list = match phase {
            Phase::Initrd | Phase::Image => &mut want.initrd_modules,
            Phase::PreDisplay => &mut want.pre_display_modules,
        };
        list.push(Name::from(*module)).expect("room");
    }
    assert!(is_healthy(name, phase, &want), "{name} with expectations");
}

fn is_healthy(name: &str, phase: Phase, want: &Expectations) -> bool {
    let report = judged(name, phase, want);
    for finding in &report.findings {
        println!("{:?}: {} ({})", finding.rule, finding.message, finding.evidence);
    }
    for (rule, skip) in report.skipped().filter(|(_, skip)| skip.is_blind()) {
        println!("{rule:?} could not check: {skip}");
    }
    println!("lost: {:?}", report.lost);
    report.findings.is_empty() && report.verdict() == Verdict::Ok && report.lost.kinds().is_empty()
}

#[test]
fn a_desktop_that_hands_over_in_the_initrd_is_healthy() {
    let modules = ["nvidia", "nvidia_modeset", "nvidia_drm"];
    let goals = [Goal::Wayland, Goal::LuksPrompt];
    healthy("desktop-initrd", Phase::Initrd, &goals, &modules);
}

#[test]
fn a_laptop_whose_gpu_only_renders_is_healthy() {
    healthy("hybrid-pre-display", Phase::PreDisplay, &[Goal::Wayland], &["nvidia_drm"]);
}

#[test]
fn a_compute_server_is_healthy() {
    healthy("compute-pre-display", Phase::PreDisplay, &[Goal::Cuda, Goal::Headless], &["nvidia"]);
}

#[test]
fn a_machine_that_runs_nouveau_on_purpose_is_healthy() {
    healthy("nouveau-initrd", Phase::Initrd, &[], &[]);
}

#[test]
fn a_host_that_gives_its_gpu_away_is_healthy() {
    healthy("vfio-initrd", Phase::Initrd, &[Goal::Vfio], &["vfio_pci"]);
}
