//! What the integration tests and the `judge` example share.
#![allow(dead_code)]

pub mod import;

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use nvpreflight::capture::Capture;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::finding::{Clock, Report};
use nvpreflight::tree::Tree;
use nvpreflight::{engine, evidence};

/// Reads a capture, a folder of evidence or a kernel log.
///
/// # Errors
/// When it cannot be read, or a capture holds a line that is no entry.
pub fn load(path: &Path) -> io::Result<import::Imported> {
    if path.is_dir() {
        return import::folder(path);
    }
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    if path.extension().is_none_or(|e| e != "tree") {
        return Ok(import::Imported { tree: import::kernel_log(&text), ignored: Vec::new() });
    }
    match Capture::new(text.as_bytes()).first_odd_line() {
        Some(line) => Err(io::Error::other(format!("line {line} is no entry"))),
        None => Ok(import::Imported { tree: text, ignored: Vec::new() }),
    }
}

/// The whole way from a capture to a report.
#[must_use]
pub fn judge(tree: &str, phase: Phase, want: &Expectations) -> Box<Report> {
    judge_tree(&Capture::new(tree.as_bytes()), phase, want)
}

/// The whole way from any tree to a report.
#[must_use]
pub fn judge_tree(tree: &dyn Tree, phase: Phase, want: &Expectations) -> Box<Report> {
    let mut facts = Box::new(Facts::new(phase));
    evidence::collect(tree, want, &mut facts);
    let mut report = Box::new(Report::new(phase));
    engine::run(&facts, want, &mut report);
    report
}

/// The codes of a report in ascending order, each once.
#[must_use]
pub fn codes(report: &Report) -> Vec<u16> {
    let mut codes: Vec<u16> = report.findings.iter().map(|f| f.rule.code.0).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The report as plain lines, every outcome included.
#[must_use]
pub fn text(report: &Report) -> String {
    let (phase, verdict) = (report.phase.name(), report.verdict().name());
    let mut out = format!("{phase}: {verdict}: {}\n", report.gist);
    for finding in &report.findings {
        let fold = if finding.cause.is_some() { "  " } else { "" };
        let _ = writeln!(
            out,
            "{fold}{} {} {}: {}",
            finding.rule.code,
            finding.severity.name(),
            finding.rule.name,
            finding.message
        );
        if finding.origin.is_shown() {
            let _ = writeln!(out, "{fold}    at {}", finding.origin);
        }
        if !finding.evidence.is_empty() {
            let _ = writeln!(out, "{fold}    | {}", finding.evidence);
        }
    }
    for event in &report.timeline {
        let clock = match event.clock {
            Clock::Kernel => "kernel",
            Clock::Trace => "trace",
        };
        let _ = writeln!(out, "{:>10} us {clock}: {}", event.us, event.what);
    }
    for (what, count) in report.lost.kinds() {
        let _ = writeln!(out, "lost: {count} {what}");
    }
    for (rule, skip) in report.skipped().filter(|(_, skip)| skip.is_blind()) {
        let _ = writeln!(out, "blind: {} {}: {skip}", rule.code, rule.name);
    }
    out
}
