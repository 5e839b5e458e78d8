//! Consequences stand below the failure of their own GPU: a log of two GPUs, each
//! with lines of one card's log, and chains over findings about no GPU.

use super::{root_of, run};
use crate::facts::PciAddress;
use crate::finding::{Finding, Report, blank};
use crate::rule::Rule;
use crate::rules::{fallen_off_the_bus, kms_not_up, nvkms_device_failed, rm_init_failed};
use crate::testing::Case;
use std::format;
use std::string::String;
use std::vec::Vec;

const FIRST: &str = "0000:01:00.0";
const SECOND: &str = "0000:41:00.0";

/// The GPU is not there any more, and its next start fails.
fn gone(gpu: &str) -> String {
    let device = gpu.split('.').next().unwrap();
    format!(
        "[   10.000000] NVRM: Xid (PCI:{device}): 79, GPU has fallen off the bus.\n\
         [   11.000000] NVRM: GPU {gpu}: RmInitAdapter failed! (0x23:0x65:1401)\n"
    )
}

/// The driver finds a card that it cannot start.
fn not_started(gpu: &str) -> String {
    format!("[   12.000000] NVRM: GPU {gpu}: RmInitAdapter failed! (0x61:0x56:1401)\n")
}

/// `CODE GPU`, and below which line of the list it stands.
fn told(log: &str) -> Vec<String> {
    let rules = [&fallen_off_the_bus::RULE, &rm_init_failed::RULE];
    let report = Case::logged(log).report(&rules);
    let shown = report.findings.iter().map(|f| {
        let gpu = f.gpus.first().map_or(String::from("-"), |gpu| format!("{gpu}"));
        let below = f.cause.map_or(String::new(), |at| format!(" below {at}"));
        format!("{} {gpu}{below}", f.rule.code)
    });
    shown.collect()
}

#[test]
fn a_gpus_failure_takes_its_own_consequences() {
    assert_eq!(told(&gone(FIRST)), ["NVP509 0000:01:00", "NVP506 0000:01:00.0 below 0"]);
}

#[test]
fn one_gpus_failure_never_swallows_the_others() {
    let log = gone(FIRST) + &not_started(SECOND);
    let want = ["NVP509 0000:01:00", "NVP506 0000:01:00.0 below 0", "NVP506 0000:41:00.0"];
    assert_eq!(told(&log), want);
}

#[test]
fn each_of_two_gpus_that_fail_alike_keeps_its_own_consequence() {
    let log = gone(FIRST) + &gone(SECOND);
    let want = [
        "NVP509 0000:01:00",
        "NVP506 0000:01:00.0 below 0",
        "NVP509 0000:41:00",
        "NVP506 0000:41:00.0 below 2",
    ];
    assert_eq!(told(&log), want);
}

fn about(rule: &'static Rule, gpu: &str) -> Finding {
    let mut finding = blank(rule);
    finding.gpu(PciAddress::parse(gpu));
    finding
}

/// The index of each finding's first cause.
fn roots(findings: &[Finding]) -> Vec<usize> {
    (0..findings.len()).map(|at| root_of(findings, at)).collect()
}

// nvidia_drm names GPUs by a number of the driver's own, so that its failure is about
// no GPU here; KMS of the second GPU fails for want of a display device, too.
#[test]
fn a_finding_about_no_gpu_hands_no_gpu_on_to_another() {
    let (lost, device) =
        (about(&fallen_off_the_bus::RULE, FIRST), blank(&nvkms_device_failed::RULE));
    let own = about(&kms_not_up::RULE, FIRST);
    let other = about(&kms_not_up::RULE, SECOND);
    assert_eq!(roots(&[lost.clone(), device.clone(), own, other.clone()]), [0, 0, 0, 3]);
    // Where nothing else explains it, it causes what either GPU lacks.
    assert_eq!(roots(&[device.clone(), other.clone()]), [0, 0]);
    // A failure without a GPU follows from any.
    assert_eq!(roots(&[device, lost]), [1, 1]);
}

#[test]
fn a_cause_that_names_the_gpu_goes_before_one_that_names_none() {
    let unnamed = blank(&fallen_off_the_bus::RULE);
    let named = about(&fallen_off_the_bus::RULE, "0000:41:00");
    let of = |gpu| about(&rm_init_failed::RULE, gpu);
    assert_eq!(roots(&[unnamed, named, of(FIRST), of(SECOND)]), [0, 1, 0, 1]);
}

#[test]
fn a_run_asks_the_whole_table_and_tells_the_rest_of_the_report() {
    let case =
        Case::initrd(crate::testing::STACK).and("dev/kmsg = 4,0,5,c;NVRM: loading NVIDIA UNIX\n");
    let facts = case.facts();
    let mut report = Report::new(facts.phase);
    run(&facts, &case.want, &mut report);
    assert_eq!(report.outcomes.len(), crate::rules::RULES.len());
    assert!(!report.timeline.is_empty() && report.gist.starts_with("nvidia"));
}

#[test]
fn what_the_owner_set_is_told_with_its_reason() {
    use crate::expect::Override;
    use crate::finding::Severity;
    use crate::sink::{json_v1, text};
    let tree = "etc/modprobe.d/a.conf = options nvidia-drm modeset=0\n\
                etc/modprobe.d/b.conf = options nvidia-drm modeset=1\n";
    let said = |severity: Option<Severity>| {
        let mut case = Case::initrd(tree);
        let reason = "a \"headless\" box".into();
        case.want.overrides.push(Override { code: 302, severity, reason }).unwrap();
        let report = case.report(&[&crate::rules::options_conflict::RULE]);
        let (mut for_people, mut json) = (String::new(), String::new());
        text::write(&report, text::Style::default(), &mut for_people).unwrap();
        json_v1::write(&report, &case.facts(), &mut json).unwrap();
        (for_people, serde_json::from_str::<serde_json::Value>(&json).unwrap())
    };
    let (text, json) = said(Some(Severity::Note));
    assert!(text.contains("\n   = note in the expectations: a \"headless\" box\n"), "{text}");
    assert_eq!(json["findings"][0]["reason"], "a \"headless\" box");
    let (text, json) = said(None);
    assert!(text.contains("note: NVP302 turned off in the expectations: a \"headless\" box\n"));
    let skipped = &json["skipped"][0];
    assert_eq!(skipped["code"], "NVP302");
    assert_eq!(skipped["reason"], "turned off in the expectations: a \"headless\" box");
}
