//! Judgements in the OpenMetrics text format, 1.0, kept to what the older Prometheus
//! text format reads too: gauges and comments only, so that node_exporter's textfile
//! collector takes them. It has no clock of its own: the collector gives the file's age.

use super::{Judged, dashed};
use crate::base::clean;
use nvpreflight::finding::{Clock, Report, Severity, Verdict};
use std::fmt::Write;

/// Metrics with what each means, in the order in which they are written.
const FAMILIES: [(&str, &str); 5] = [
    ("nvpreflight_verdict", "What the check came to: 0 ok, 1 findings, 2 could not check."),
    ("nvpreflight_findings", "Findings by code and severity."),
    ("nvpreflight_checks", "Checks by what became of them."),
    ("nvpreflight_driver_info", "The driver and the kernel that were seen, as labels."),
    ("nvpreflight_boot_step_seconds", "When a step of the boot was seen, in seconds since boot."),
];

pub(super) fn render(judged: &Judged<'_>) -> String {
    let mut metrics = Metrics::default();
    metrics.add(judged);
    metrics.finish()
}

/// Samples by family: all of one family have to stand together.
#[derive(Default)]
pub struct Metrics {
    samples: [String; FAMILIES.len()],
}

impl Metrics {
    /// Adds one judgement.
    pub fn add(&mut self, judged: &Judged<'_>) {
        let (report, facts) = (judged.report, judged.facts);
        let subject = label("subject", &judged.label.name);
        let [verdict, findings, checks, driver, steps] = &mut self.samples;
        let code = match report.verdict() {
            Verdict::Ok => 0,
            Verdict::Findings => 1,
            Verdict::CouldNotCheck => 2,
        };
        let phase = label("phase", report.phase.name());
        let _ = writeln!(verdict, "nvpreflight_verdict{{{subject},{phase}}} {code}");
        for (code, rule, severity, count) in counted(report) {
            let (code, rule) = (label("code", &code), label("rule", &rule));
            let severity = label("severity", severity.name());
            let _ = writeln!(
                findings,
                "nvpreflight_findings{{{subject},{code},{rule},{severity}}} {count}"
            );
        }
        let unable = report.blind();
        let skipped = report.skipped().count().saturating_sub(unable);
        for (outcome, count) in
            [("passed", report.passed()), ("skipped", skipped), ("could-not-check", unable)]
        {
            let outcome = label("outcome", outcome);
            let _ = writeln!(checks, "nvpreflight_checks{{{subject},{outcome}}} {count}");
        }
        let image = facts.image.yes().and_then(|image| image.tree.yes());
        let kernel = image.map(|tree| tree.release.as_str());
        let kernel = kernel.or_else(|| facts.system.release.yes().map(|release| release.as_str()));
        let version = label("version", facts.driver_version().unwrap_or_default());
        let kernel = label("kernel", kernel.unwrap_or_default());
        let _ = writeln!(driver, "nvpreflight_driver_info{{{subject},{version},{kernel}}} 1");
        // Two samples with the same labels are an error for every reader.
        let mut told: Vec<&str> = Vec::new();
        for event in report.timeline.iter().filter(|event| event.clock == Clock::Kernel) {
            if told.contains(&event.what.as_str()) {
                continue;
            }
            told.push(event.what.as_str());
            let step = label("step", &event.what);
            let (seconds, rest) = (event.us / 1_000_000, event.us % 1_000_000);
            let _ = writeln!(
                steps,
                "nvpreflight_boot_step_seconds{{{subject},{step}}} {seconds}.{rest:06}"
            );
        }
    }

    /// Adds a subject of which nothing is known.
    pub fn unknown(&mut self, name: &str) {
        let subject = label("subject", name);
        let phase = label("phase", "");
        let [verdict, ..] = &mut self.samples;
        let _ = writeln!(verdict, "nvpreflight_verdict{{{subject},{phase}}} 2");
    }

    /// Adds all of others.
    pub fn merge(&mut self, others: &Self) {
        for (own, other) in self.samples.iter_mut().zip(&others.samples) {
            own.push_str(other);
        }
    }

    /// True when no judgement was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.iter().all(String::is_empty)
    }

    /// The text with its head lines and its end.
    #[must_use]
    pub fn finish(self) -> String {
        let mut out = String::new();
        for ((name, help), samples) in FAMILIES.iter().zip(&self.samples) {
            let _ = write!(out, "# TYPE {name} gauge\n# HELP {name} {help}\n{samples}");
        }
        out.push_str("# EOF\n");
        out
    }
}

/// Findings by rule and severity, in the report's order.
fn counted(report: &Report) -> Vec<(String, String, Severity, u32)> {
    let mut out: Vec<(String, String, Severity, u32)> = Vec::new();
    for finding in &report.findings {
        let code = finding.rule.code.to_string();
        match out.iter_mut().find(|(c, _, s, _)| *c == code && *s == finding.severity) {
            Some((.., count)) => *count += 1,
            None => out.push((code, dashed(finding.rule.name), finding.severity, 1)),
        }
    }
    out
}

/// `name="value"`, with the three characters escaped that a value may not hold.
fn label(name: &str, value: &str) -> String {
    let value = clean::line(value.as_bytes());
    format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn a_label_cannot_end_its_line_or_its_quotes() {
        assert_eq!(label("a", "x\"} 1\n\\"), "a=\"x\\\"} 1\u{240a}\\\\\"");
    }
}
