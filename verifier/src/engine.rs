//! Runs the rules over facts: what is missing becomes a skip with a reason,
//! consequences are put under their cause. Never fails, never speaks.

use crate::expect::Expectations;
use crate::facts::{Facts, Need, PciAddress, Phase};
use crate::finding::{FINDING_MAX, Finding, Findings, Outcome, Report, Severity, Skip, blank};
use crate::rule::{Rule, Stage};
use crate::seen::Seen;
use heapless::Vec;

/// Runs every rule of the table and fills `report`.
pub fn run(facts: &Facts, want: &Expectations, report: &mut Report) {
    run_rules(crate::rules::RULES, facts, want, report);
    crate::reading::timeline::fill(facts, report);
    report.gist = crate::reading::gist::of(facts);
}

/// Runs the given rules and fills `report`.
pub fn run_rules(rules: &[&'static Rule], facts: &Facts, want: &Expectations, report: &mut Report) {
    report.phase = facts.phase;
    report.look = facts.look;
    report.nixos = facts.system.is_nixos();
    report.driver = facts.driver_version().map(Into::into).unwrap_or_default();
    report.threshold = want.threshold;
    report.overrides.clone_from(&want.overrides);
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
    let outcome = match check_for(rule, stage(facts.phase)) {
        None => Outcome::Skipped(Skip::OtherPhase),
        Some((needs, check)) => match missing(needs, facts) {
            Some(skip) => Outcome::Skipped(skip),
            None => run_check(rule, check, facts, want, report),
        },
    };
    #[cfg(feature = "logs")]
    if let Some(check) = rule.log.filter(|_| facts.log.is_yes()) {
        if !matches!(outcome, Outcome::Found(_)) {
            let second = run_check(rule, check, facts, want, report);
            return if matches!(second, Outcome::Found(_)) { second } else { outcome };
        }
    }
    outcome
}

const fn stage(phase: Phase) -> Stage {
    match phase {
        Phase::Initrd => Stage::Initrd,
        Phase::PreDisplay => Stage::PreDisplay,
        Phase::Image => Stage::Image,
    }
}

/// Runs one check and gives its findings the severity that the owner wants.
fn run_check(
    rule: &'static Rule,
    check: fn(&Facts, &Expectations, &mut Findings<'_>),
    facts: &Facts,
    want: &Expectations,
    report: &mut Report,
) -> Outcome {
    let said = want.override_of(rule.code.0);
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
    check(facts, want, &mut out);
    let Findings { severity, added, lost, could_not, .. } = out;
    if let Some(severity) = severity {
        for finding in report.findings.iter_mut().skip(before) {
            finding.severity = severity;
        }
    }
    report.lost.count("findings", lost);
    match (added, could_not) {
        (0, Some(skip)) => Outcome::Skipped(skip),
        (0, None) => Outcome::Pass,
        (n, _) => Outcome::Found(n),
    }
}

/// A check and what it needs.
type Check = (&'static [Need], fn(&Facts, &Expectations, &mut Findings<'_>));

/// The rule's check for a stage, if it has one.
fn check_for(rule: &'static Rule, stage: Stage) -> Option<Check> {
    #[cfg(feature = "image")]
    if let Some(image) = rule.image.as_ref().filter(|_| stage == Stage::Image) {
        return Some((image.needs, image.check));
    }
    rule.stages.contains(&stage).then_some((rule.needs, rule.check))
}

/// The first need that was not met.
fn missing(needs: &[Need], facts: &Facts) -> Option<Skip> {
    needs.iter().find_map(|need| match (need.look)(facts) {
        Seen::Yes(()) => None,
        Seen::NotLooked => Some(Skip::NotLooked(need.what)),
        Seen::Unreadable(e) => Some(Skip::Unreadable(need.what, e)),
        Seen::Absent => need.absence_is_blind.then_some(Skip::Missing(need.what)),
    })
}

/// A finding's place in the report, compared field by field: the worst severity
/// of its family (0 is an error), the family's first cause, whether it is a
/// consequence, its own severity, and where the table put it.
type Rank = (u8, u8, bool, u8, u8);

/// Orders findings into families: the worst first, each first cause followed by
/// what it caused.
fn fold(report: &mut Report) {
    let findings = &mut report.findings;
    let index = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
    let mut places: Vec<Rank, FINDING_MAX> = (0..findings.len())
        .map(|at| {
            let root = root_of(findings, at);
            let own = findings.get(at).map_or(u8::MAX, |f| badness(f.severity));
            let family = |i: &usize| root_of(findings, *i) == root;
            let worst = (0..findings.len())
                .filter(family)
                .filter_map(|i| findings.get(i).map(|f| badness(f.severity)))
                .min();
            (worst.unwrap_or(own), index(root), root != at, own, index(at))
        })
        .collect();
    // The list is short and findings are large: a sort that only swaps.
    for end in 1..places.len() {
        let mut at = end;
        while at > 0 && places.get(at) < places.get(at - 1) {
            places.swap(at, at - 1);
            findings.swap(at, at - 1);
            at -= 1;
        }
    }
    for (finding, (_, root, consequence, ..)) in findings.iter_mut().zip(&places) {
        let cause = places.iter().position(|(_, first, later, ..)| first == root && !later);
        finding.cause = cause.filter(|_| *consequence).map(index);
    }
}

/// 0 for an error, so that the worst sorts first.
const fn badness(severity: Severity) -> u8 {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

/// The first cause of a finding, itself when nothing caused it. A chain ends at
/// a finding whose own causes did not fire; a circle in the table is refused by
/// a test, and bounded here by the number of findings.
///
/// A chain stays with the GPU that it began with, also across findings about no
/// GPU: what stands below one GPU's failure is never about another.
fn root_of(findings: &[Finding], of: usize) -> usize {
    let mut gpus: &[PciAddress] = &[];
    let (mut root, mut named) = (of, of);
    for _ in 0..findings.len() {
        let Some(finding) = findings.get(root) else { break };
        if !finding.gpus.is_empty() {
            named = root;
            gpus = if gpus.is_empty() { &finding.gpus } else { gpus };
        }
        match cause_of(findings, finding, gpus) {
            Some(next) => root = next,
            None => break,
        }
    }
    // It ended at a finding about no GPU that another GPU's failure explains.
    let foreign = |f: &Finding| f.gpus.is_empty() && cause_of(findings, f, &[]).is_some();
    let lost = !gpus.is_empty() && findings.get(root).is_some_and(foreign);
    if lost { named } else { root }
}

/// The finding of the first cause in the rule's list that fired for these GPUs; one
/// that names them goes before one that names none.
fn cause_of(findings: &[Finding], of: &Finding, gpus: &[PciAddress]) -> Option<usize> {
    of.rule.causes().find_map(|code| {
        let fired = |f: &Finding| f.rule.code.0 == code && f.shares_gpu(gpus);
        let named = || findings.iter().position(|f| fired(f) && !f.gpus.is_empty());
        (if gpus.is_empty() { None } else { named() }).or_else(|| findings.iter().position(fired))
    })
}

#[cfg(test)]
mod tests;
