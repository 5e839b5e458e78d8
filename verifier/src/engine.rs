//! Runs the rules over facts: what is missing becomes a skip with a reason,
//! consequences are put under their cause. Never fails, never speaks.

use crate::expect::Expectations;
use crate::facts::{Facts, Phase};
use crate::finding::{Finding, Findings, Outcome, Report, Skip, blank};
use crate::rule::{Rule, Stage};
use crate::seen::Seen;

/// Runs every rule of the table and fills `report`.
pub fn run(facts: &Facts, want: &Expectations, report: &mut Report) {
    run_rules(crate::rules::RULES, facts, want, report);
    crate::timeline::fill(facts, report);
    report.gist = crate::gist::of(facts);
}

/// Runs the given rules and fills `report`.
pub fn run_rules(rules: &[&'static Rule], facts: &Facts, want: &Expectations, report: &mut Report) {
    report.phase = facts.phase;
    report.nixos = facts.system.is_nixos();
    report.threshold = want.threshold;
    report.lost = facts.lost.clone();
    for rule in rules {
        let outcome = judge(rule, facts, want, report);
        if report.outcomes.push((rule, outcome)).is_err() {
            report.lost.count("rule outcomes", 1);
        }
    }
    fold(report);
}

fn judge(rule: &'static Rule, facts: &Facts, want: &Expectations, report: &mut Report) -> Outcome {
    let said = want.override_of(rule.code.0);
    if said.is_some_and(|o| o.severity.is_none()) {
        return Outcome::Skipped(Skip::TurnedOff);
    }
    let stage = match facts.phase {
        Phase::Initrd => Stage::Initrd,
        Phase::PreDisplay => Stage::PreDisplay,
    };
    if !rule.stages.contains(&stage) {
        return Outcome::Skipped(Skip::OtherPhase);
    }
    if let Some(skip) = missing(rule, facts) {
        return Outcome::Skipped(skip);
    }
    let before = report.findings.len();
    let mut out = Findings {
        rule,
        nixos: report.nixos,
        severity: said.and_then(|o| o.severity),
        list: &mut report.findings,
        spare: blank(rule),
        added: 0,
        lost: 0,
        could_not: None,
    };
    (rule.check)(facts, want, &mut out);
    let Findings { severity, added, lost, could_not, .. } = out;
    if let Some(severity) = severity {
        for finding in report.findings.iter_mut().skip(before) {
            finding.severity = severity;
        }
    }
    report.lost.count("findings", lost);
    match (added, could_not) {
        (0, Some(why)) => Outcome::Skipped(Skip::CouldNot(why)),
        (0, None) => Outcome::Pass,
        (n, _) => Outcome::Found(n),
    }
}

/// The first need that was not met.
fn missing(rule: &Rule, facts: &Facts) -> Option<Skip> {
    rule.needs.iter().find_map(|need| match (need.look)(facts) {
        Seen::Yes(()) => None,
        Seen::NotLooked => Some(Skip::NotLooked(need.what)),
        Seen::Unreadable(e) => Some(Skip::Unreadable(need.what, e)),
        Seen::Absent => need.absence_is_blind.then_some(Skip::Missing(need.what)),
    })
}

/// Orders findings, worst root cause first, each followed by its consequences.
fn fold(report: &mut Report) {
    let findings = &mut report.findings;
    // Worst first; within a severity the table's order, which is by code. The
    // list is short and the sort must not allocate: insertion sort is stable.
    for end in 1..findings.len() {
        let mut at = end;
        while at > 0 && rank(findings, at) > rank(findings, at - 1) {
            findings.swap(at, at - 1);
            at -= 1;
        }
    }
    for i in 0..findings.len() {
        let cause = cause_of(findings, i);
        if let Some(finding) = findings.get_mut(i) {
            finding.cause = cause;
        }
    }
}

fn rank(findings: &[Finding], at: usize) -> u8 {
    findings.get(at).map_or(0, |f| f.severity as u8)
}

/// The root of a finding's chain of causes, as an index. A chain ends at a
/// finding whose own causes did not fire; a cycle in the table is refused by a
/// test, and bounded here by the number of findings.
fn cause_of(findings: &[Finding], of: usize) -> Option<u8> {
    let direct = |at: usize| {
        let rule = findings.get(at)?.rule;
        rule.after.iter().find_map(|code| findings.iter().position(|f| f.rule.code.0 == *code))
    };
    let mut root = direct(of)?;
    for _ in 0..findings.len() {
        match direct(root) {
            Some(next) => root = next,
            None => break,
        }
    }
    u8::try_from(root).ok().filter(|root| usize::from(*root) != of)
}
