//! Reports for the sinks' tests: a healthy, a broken and a blind one.

use crate::facts::{PciAddress, Phase, Place};
use crate::finding::step::{Lane, Step};
use crate::finding::{Clock, Event, Finding, Outcome, Report, Skip, blank};
use crate::rule::Rule;
use crate::rules::{half_a_stack_loaded, modeset_off};
use crate::seen::Errno;
use crate::text::{Line, Text};
use std::boxed::Box;

const RULES: [&Rule; 2] = [&half_a_stack_loaded::RULE, &modeset_off::RULE];

fn with(outcome: impl Fn(usize) -> Outcome) -> Box<Report> {
    let mut report = Box::new(Report::new(Phase::Initrd));
    for (i, rule) in RULES.into_iter().enumerate() {
        report.outcomes.push((rule, outcome(i))).expect("room");
    }
    report
}

/// Everything was looked at and is well.
pub(crate) fn healthy() -> Box<Report> {
    let mut report = with(|_| Outcome::Pass);
    report.gist = Line::from("nvidia 550.163.01, card0");
    report
}

/// Nothing could be read.
pub(crate) fn blind() -> Box<Report> {
    with(|_| Outcome::Skipped(Skip::Unreadable("/proc/modules", Errno::EIO)))
}

/// An error with a consequence, a loss, a timeline, and hostile bytes.
pub(crate) fn broken() -> Box<Report> {
    let mut report = with(|_| Outcome::Found(1));
    let mut root = Finding {
        message: Text::from("modeset=N in force: set to 0 by etc/modprobe.d/b.conf:1"),
        ..blank(RULES[1])
    };
    root.module("nvidia_drm").at(&Place::line("etc/modprobe.d/b.conf", 1)).values("Y", "N");
    root.gpu(PciAddress::parse("0000:01:00.0"));
    root.line("options nvidia-drm modeset=0 x=\"\u{1b}\\é\"");
    let consequence = Finding {
        message: Text::from("nvidia is loaded, but nvidia_drm is not"),
        cause: Some(0),
        ..blank(RULES[0])
    };
    report.findings.push(root).expect("room");
    report.findings.push(consequence).expect("room");
    report.lost.count("kernel log records", 3);
    let what = Line::from("nvidia_drm: init began");
    let (step, lane) = (Step::Loaded, Lane::NvidiaDrm);
    let event = Event { us: 1_234_567, clock: Clock::Kernel, step, lane, what };
    report.timeline.push(event).expect("room");
    report.timing.started_us = 2_000_000;
    report.timing.waited_us = 1_500;
    report.timing.finished_us = 2_003_000;
    report
}
