//! Short logs after reports whose cause is settled: each gives its one headline
//! with what follows folded under it, and a healthy one gives none.
//!
//! The first line of a file names the cause and the report, `# expected:` a
//! headline and the codes folded under it.
#![allow(clippy::expect_used, reason = "a fixture that cannot be read fails the test")]

mod common;

use common::import::kernel_log;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::Phase;
use nvpreflight::finding::{Finding, Report};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn logs() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let mut logs: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the logs")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a log"))
        })
        .collect();
    logs.sort();
    logs
}

/// Each headline, then the codes folded under it in order of number.
fn families(report: &Report) -> BTreeSet<String> {
    let findings = || report.findings.iter().enumerate();
    findings()
        .filter(|(_, finding)| finding.cause.is_none())
        .map(|(at, head)| {
            let under = |f: &Finding| f.cause.map(usize::from) == Some(at);
            let folded = report.findings.iter().filter(|f| under(f)).map(|f| f.rule.code.0);
            family(head.rule.code.0, folded.collect())
        })
        .collect()
}

fn family(head: u16, folded: BTreeSet<u16>) -> String {
    folded.into_iter().enumerate().fold(head.to_string(), |line, (at, code)| {
        format!("{line}{}{code}", if at == 0 { " > " } else { " " })
    })
}

fn expected(log: &str) -> BTreeSet<String> {
    log.lines()
        .filter_map(|line| line.strip_prefix("# expected: "))
        .filter(|line| *line != "none")
        .map(|line| {
            let mut codes = line.split([' ', '>']).filter_map(|word| word.parse().ok());
            let head = codes.next().expect("a headline");
            family(head, codes.collect())
        })
        .collect()
}

fn judged(log: &str, phase: Phase) -> Box<Report> {
    let lines: String = log
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| format!("{line}\n"))
        .collect();
    common::judge(&kernel_log(&lines), phase, &Expectations::new())
}

#[test]
fn every_log_gives_its_settled_cause_and_nothing_beside_it() {
    let logs = logs();
    assert!(logs.len() >= 40, "the logs were not found");
    let mut wrong = String::new();
    for (name, log) in &logs {
        assert!(log.contains("\n# expected: "), "{name} expects nothing");
        let (want, got) = (expected(log), families(&judged(log, Phase::PreDisplay)));
        if want != got {
            wrong.push_str(&format!("{name}: wanted {want:?}, got {got:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_healthy_log_is_silent_in_every_phase() {
    let healthy: Vec<_> = logs().into_iter().filter(|(_, log)| expected(log).is_empty()).collect();
    assert!(healthy.len() >= 6, "the healthy logs were not found");
    for (name, log) in healthy {
        let got = families(&judged(&log, Phase::Initrd));
        assert!(got.is_empty(), "{name}: {got:?}");
    }
}
