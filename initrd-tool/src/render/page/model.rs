//! What a page shows, as plain text that cannot drive a terminal or change how a
//! line reads. Built once; every format shows the same.

use crate::base::clean;
use crate::render::findings::{Format, Judged, reasons, verdict};
use crate::source::logs::{Clock, Record};
use crate::view::provenance::{self, Provenance};
use crate::view::timeline::{self, Span, Story, Tone};
use nvpreflight::facts::Facts;
use nvpreflight::finding::{Finding, Severity, Skip, Verdict};
use serde_json::Value;

/// Everything that a page shows.
#[derive(Clone, Debug)]
pub struct Page {
    /// How the subject was named.
    pub name: String,
    /// Its kind in words.
    pub kind: String,
    /// "ok", "findings", "could-not-check".
    pub verdict: Verdict,
    /// The verdict in one line, without the phase.
    pub summary: String,
    /// Root causes, the first one first, each with what follows from it.
    pub findings: Vec<Shown>,
    /// What machine it is: names and values.
    pub machine: Vec<(&'static str, String)>,
    /// The timeline.
    pub story: Story,
    /// Where each option comes from.
    pub options: Vec<Provenance>,
    /// The kernel command line, where it was seen.
    pub cmdline: Option<String>,
    /// Lines of modprobe.d and modules-load.d that concern the stack.
    pub settings: Vec<Setting>,
    /// What could not be checked or checked, one sentence each.
    pub unseen: Vec<String>,
    /// Kernel lines that concern the stack.
    pub log: Vec<LogLine>,
    /// What `check` prints, for the text form.
    pub check: String,
    /// The report, version 1, as `check --json` prints it.
    pub report: Value,
}

/// A finding with everything that is said of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// Code, severity, sentence, evidence.
    pub brief: Brief,
    /// Whether other causes are conceivable.
    pub likely: bool,
    /// Why it matters.
    pub why: String,
    /// Lines to paste or do.
    pub fix: String,
    /// Where it points, as `path:line:column`.
    pub place: Option<String>,
    /// The line it points at.
    pub excerpt: Option<Excerpt>,
    /// "expected Y, found N", where there are values.
    pub values: Option<String>,
    /// Consequences.
    pub follow: Vec<Brief>,
}

/// A finding in a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brief {
    /// "NVP405".
    pub code: String,
    /// "error", "warning", "note".
    pub severity: &'static str,
    /// One sentence.
    pub message: String,
    /// The line that shows it; may be empty.
    pub evidence: String,
}

/// A source line with the word in it that is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excerpt {
    /// What stands before the word.
    pub before: String,
    /// The word.
    pub meant: String,
    /// What stands behind it.
    pub after: String,
}

/// A line of configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// File and line, or word of the command line.
    pub place: String,
    /// The line.
    pub line: String,
}

/// A kernel line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// Its stamp; empty where it has none.
    pub time: String,
    /// Its text.
    pub text: String,
    /// How often it came.
    pub times: u32,
}

impl Page {
    /// From a judgement, and the records of the log where there are some.
    #[must_use]
    pub fn of(judged: &Judged<'_>, records: &[Record], columns: usize, colours: bool) -> Self {
        let (facts, report) = (judged.facts, judged.report);
        let json = judged.render(Format::Json, columns, false);
        Self {
            name: judged.label.name.clone(),
            kind: judged.label.kind.clone(),
            verdict: report.verdict(),
            summary: safe(&verdict(judged)),
            findings: findings(judged),
            machine: machine(facts),
            story: Story::of(facts, records),
            options: options(facts),
            cmdline: facts.config.cmdline.yes().map(|line| clean::line(&line.raw)),
            settings: settings(facts),
            unseen: unseen(judged),
            log: log(facts),
            check: judged.render(Format::Text, columns, colours),
            report: serde_json::from_str(&json).unwrap_or(Value::Null),
        }
    }

    /// What machine it is in a line: its GPUs, the driver, the kernel, the distribution.
    #[must_use]
    pub fn strip(&self) -> Vec<String> {
        const ORDER: [(&str, &str); 4] =
            [("GPU", "GPU "), ("driver", "nvidia "), ("kernel", "kernel "), ("distribution", "")];
        let of = |(wanted, word): (&'static str, &'static str)| {
            let values = self.machine.iter().filter(move |(name, _)| *name == wanted);
            values.map(move |(_, value)| format!("{word}{value}"))
        };
        ORDER.into_iter().flat_map(of).collect()
    }

    /// The first cause: the first finding, where it is more than a note.
    #[must_use]
    pub fn cause(&self) -> Option<&Shown> {
        self.findings.first().filter(|shown| shown.brief.severity != Severity::Note.name())
    }

    /// The findings beside the first cause.
    #[must_use]
    pub fn others(&self) -> &[Shown] {
        let from = usize::from(self.cause().is_some());
        self.findings.get(from..).unwrap_or(&[])
    }

    /// What the timeline shows to be wrong where no rule found a cause.
    #[must_use]
    pub fn remark(&self) -> Option<&Span> {
        let bad = || self.story.spans.iter().find(|span| span.tone == Tone::Bad);
        if self.cause().is_none() { bad() } else { None }
    }

    /// The first cause in one sentence, or that there is none.
    #[must_use]
    pub fn headline(&self) -> String {
        if let Some(remark) = self.remark() {
            return remark.says.clone();
        }
        match (self.cause(), self.verdict) {
            (Some(first), _) => first.brief.message.clone(),
            (None, Verdict::CouldNotCheck) => "not everything could be checked".into(),
            (None, _) if self.unseen.is_empty() => "nothing is wrong".into(),
            (None, _) => "no problem in what this input shows".into(),
        }
    }
}

/// The first letter in upper case, for sentences that stand alone.
#[must_use]
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // A name keeps its spelling: nvidia's, `nvidia_drm`, `modeset=N`.
        Some(first) if !text.split(' ').next().is_some_and(is_name) => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

fn is_name(word: &str) -> bool {
    word.contains(['_', '=', '`', '.', '/']) || word.starts_with("nvidia")
}

fn safe(text: &str) -> String {
    clean::line(text.as_bytes())
}

fn brief(finding: &Finding) -> Brief {
    Brief {
        code: finding.rule.code.to_string(),
        severity: finding.severity.name(),
        message: safe(&finding.message),
        evidence: safe(&finding.evidence),
    }
}

fn findings(judged: &Judged<'_>) -> Vec<Shown> {
    let roots = judged.findings().enumerate().filter(|(_, (finding, _))| finding.cause.is_none());
    roots
        .map(|(at, (finding, place))| {
            let source = place.and_then(|place| place.source.as_ref());
            let cut = |source: &crate::render::findings::place::Source| {
                let (start, end) = (source.span.start, source.span.end);
                Some(Excerpt {
                    before: source.text.get(..start)?.to_owned(),
                    meant: source.text.get(start..end)?.to_owned(),
                    after: source.text.get(end..)?.to_owned(),
                })
            };
            let valued = !finding.expected.is_empty() || !finding.found.is_empty();
            let value = |text: &str| if text.is_empty() { "nothing".into() } else { safe(text) };
            Shown {
                brief: brief(finding),
                likely: finding.confidence.name() != "certain",
                why: finding.rule.why.to_owned(),
                fix: judged.advice(at),
                place: place.map(|place| match &place.segment {
                    Some(segment) => format!("{}, in {}", place.short(), safe(segment)),
                    None => place.short(),
                }),
                excerpt: source.and_then(cut),
                values: valued.then(|| {
                    format!(
                        "expected {}, found {}",
                        value(&finding.expected),
                        value(&finding.found)
                    )
                }),
                follow: judged.follow(at).map(brief).collect(),
            }
        })
        .collect()
}

fn machine(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let mut add = |name, value: Option<String>| out.extend(value.map(|v| (name, safe(&v))));
    add("kernel", facts.system.release.yes().map(ToString::to_string));
    add("distribution", facts.system.os_id.yes().map(ToString::to_string));
    let flavour = match facts.open_flavour() {
        Some(true) => " (open kernel modules)",
        Some(false) => " (proprietary kernel modules)",
        None => "",
    };
    add("driver", facts.driver_version().map(|version| format!("{version}{flavour}")));
    let named = facts.nv.yes().map_or(&[][..], |nv| nv.gpus.as_slice());
    for gpu in facts.nvidia_gpus() {
        let model = named.iter().find(|n| n.bdf == gpu.bdf).and_then(|n| n.model.yes());
        let model = model.map(ToString::to_string);
        let id = format!("10de:{:04x}", gpu.device);
        let name = model.map_or(id.clone(), |name| format!("{name} ({id})"));
        let by = gpu.driver.yes().map_or(String::new(), |driver| format!(", driver {driver}"));
        add("GPU", Some(format!("{} {name}{by}", gpu.bdf)));
    }
    add("display manager", facts.stage2.display_manager.yes().map(ToString::to_string));
    out
}

/// Without those of which nothing is known and that nobody sets.
fn options(facts: &Facts) -> Vec<Provenance> {
    let mut tables = provenance::tables(facts);
    tables.retain(|table| !table.lines.is_empty() || table.in_force.value().is_some());
    tables
}

fn settings(facts: &Facts) -> Vec<Setting> {
    let lines = facts.config.lines.yes().map_or(&[][..], |lines| lines.as_slice());
    let modprobe = lines.iter().map(|l| {
        let line = format!("{} {} {}", l.directive.word(), l.module, l.rest);
        Setting { place: safe(&l.place.to_string()), line: safe(line.trim()) }
    });
    let asked = facts.config.requests.yes().map_or(&[][..], |requests| requests.as_slice());
    let asked =
        asked.iter().map(|r| Setting { place: safe(&r.place.to_string()), line: safe(&r.module) });
    modprobe.chain(asked).collect()
}

fn unseen(judged: &Judged<'_>) -> Vec<String> {
    let image = judged.facts.look.is_of_files();
    let boot = image.then(|| "No timeline: this input is not a boot".to_owned());
    let clauses = judged.cannot_show.iter().map(|what| sentence(&safe(what)));
    let mut out: Vec<String> = boot.into_iter().chain(clauses).collect();
    for (why, codes) in reasons(judged) {
        out.push(format!("Could not check {}: {}", codes.join(" "), safe(&why)));
    }
    for (what, count) in judged.report.lost.kinds() {
        out.push(format!("Lost: {count} {what}"));
    }
    let unasked = |skip: &Skip| matches!(skip, Skip::NotLooked(_) | Skip::TurnedOff);
    let mut blind: Vec<(String, Vec<String>)> = Vec::new();
    for (rule, skip) in judged.report.skipped().filter(|(_, skip)| unasked(skip)) {
        let why = safe(&judged.report.why(rule, skip).to_string());
        let code = rule.code.to_string();
        match blind.iter_mut().find(|(known, _)| *known == why) {
            Some((_, codes)) => codes.push(code),
            None => blind.push((why, vec![code])),
        }
    }
    for (why, codes) in blind {
        out.push(format!("{}: skipped {}", sentence(&why), codes.join(" ")));
    }
    out
}

fn log(facts: &Facts) -> Vec<LogLine> {
    let line = |record: &nvpreflight::facts::LogRecord| LogLine {
        time: match record.us {
            0 => String::new(),
            us => timeline::stamp((Clock::Kernel, us)),
        },
        text: safe(&record.text),
        times: record.times,
    };
    facts.records().iter().map(line).collect()
}
