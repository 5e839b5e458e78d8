//! The judgement for people, in the manner of rustc: the source line with a caret
//! under the word meant, why it matters, lines to paste, what follows from it.

use super::{Judged, place::Location};
use crate::base::clean;
use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use nvpreflight::finding::{Finding, Severity, Skip, Verdict};
use nvpreflight::sink;
use std::fmt::Write;

pub(super) fn render(judged: &Judged<'_>, columns: usize, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(columns.min(DEFAULT_TERM_WIDTH));
    let mut out = String::new();
    for (at, (finding, place)) in judged.findings().enumerate() {
        if finding.cause.is_none() {
            let group = group(judged, at, finding, place, columns);
            let _ = writeln!(out, "{}\n", renderer.render(&[group]));
        }
    }
    let style = Style { colours };
    blind(judged, &style, &mut out);
    for (what, count) in judged.report.untold() {
        let note = style.paint("note", anstyle::AnsiColor::Cyan);
        let _ = writeln!(out, "{note}: {count} {what} lost: the report is incomplete");
    }
    if !judged.cannot_show.is_empty() {
        let note = style.paint("not shown", anstyle::AnsiColor::Cyan);
        let text = wrapped(&judged.cannot_show.join("; "), columns).replace('\n', "\n           ");
        let _ = writeln!(out, "{note}: {text}");
    }
    let colour = match judged.report.verdict() {
        Verdict::Ok => anstyle::AnsiColor::Green,
        Verdict::Findings => anstyle::AnsiColor::Red,
        Verdict::CouldNotCheck => anstyle::AnsiColor::Yellow,
    };
    let name = style.paint(&judged.label.name, colour);
    let _ = writeln!(out, "{name}: {}", clean::lines(&verdict(judged)));
    out
}

/// The verdict line without the phase, which the subject's name replaces.
pub(crate) fn verdict(judged: &Judged<'_>) -> String {
    let said = sink::verdict::Said(judged.report);
    match (judged.report.verdict(), judged.cannot_show.is_empty()) {
        (Verdict::Ok, true) => format!("ok: {said}"),
        // Over an input that cannot show everything, "ok" would say too much.
        (Verdict::Ok, false) if judged.report.findings.is_empty() => {
            format!("no problem in what this input shows: {said}")
        }
        (Verdict::Ok, false) => format!("no error in what this input shows: {said}"),
        (Verdict::Findings | Verdict::CouldNotCheck, _) => said.to_string(),
    }
}

fn group<'a>(
    judged: &'a Judged<'_>,
    at: usize,
    finding: &'a Finding,
    place: Option<&'a Location>,
    columns: usize,
) -> Group<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = clean::line(finding.message.to_string().as_bytes());
    let mut group = Group::with_title(level.primary_title(title).id(finding.rule.code.to_string()));
    let values = values(finding);
    let mut shown = false;
    if let Some(place) = place {
        match &place.source {
            Some(source) => {
                shown = true;
                let mark = AnnotationKind::Primary.span(source.span.clone());
                group = group.element(
                    Snippet::source(source.text.as_str())
                        .path(place.path.as_str())
                        .line_start(place.line as usize)
                        .annotation(mark.label(values.clone())),
                );
            }
            None => {
                let mut origin = Origin::path(place.path.as_str());
                if place.line > 0 {
                    origin = origin.line(place.line as usize);
                }
                group = group.element(origin);
            }
        }
        if let Some(segment) = &place.segment {
            group = group.element(named("in", segment.clone()));
        }
    }
    if !shown && !finding.evidence.is_empty() {
        group = group.element(named("seen", wrapped(&finding.evidence.to_string(), columns)));
    }
    if let Some(values) = values.filter(|_| !shown) {
        group = group.element(named("but", values));
    }
    if let Some(reason) = judged.report.reason(finding.rule.code) {
        let said = format!("{} in the expectations: {reason}", finding.severity.name());
        group = group.element(named("set", wrapped(&said, columns)));
    }
    let sure = if finding.confidence.name() == "certain" { "" } else { " (likely)" };
    group = group.element(named("why", wrapped(&format!("{}{sure}", finding.rule.why), columns)));
    group = group.element(Level::HELP.message(judged.advice(at)));
    let follow: Vec<String> = judged.follow(at).map(headline).collect();
    if !follow.is_empty() {
        group = group.element(named("then", follow.join("\n")));
    }
    let tells = format!("`nvpreflight explain {}` has more details", finding.rule.code);
    group.element(Level::NOTE.message(tells))
}

fn named(name: &'static str, text: String) -> annotate_snippets::Message<'static> {
    Level::NOTE.with_name(name).message(text)
}

/// A finding in one line: `error[NVP216]: …`.
pub(super) fn headline(finding: &Finding) -> String {
    let message = clean::line(finding.message.to_string().as_bytes());
    format!("{}[{}]: {message}", finding.severity.name(), finding.rule.code)
}

fn values(finding: &Finding) -> Option<String> {
    if finding.expected.is_empty() && finding.found.is_empty() {
        return None;
    }
    let shown = |text: String| {
        if text.is_empty() { "nothing".to_owned() } else { clean::line(text.as_bytes()) }
    };
    let (wanted, found) = (finding.expected.to_string(), finding.found.to_string());
    Some(format!("expected {}, found {}", shown(wanted), shown(found)))
}

/// Prose made harmless and broken to fit behind a label.
fn wrapped(text: &str, columns: usize) -> String {
    let text = clean::line(text.as_bytes());
    let options = textwrap::Options::new(columns.saturating_sub(14).max(30));
    textwrap::fill(&text, options.word_splitter(textwrap::WordSplitter::NoHyphenation))
}

/// Reasons for which rules could not check, each once, with the codes.
fn blind(judged: &Judged<'_>, style: &Style, out: &mut String) {
    for (why, codes) in reasons(judged) {
        let label = style.paint("could not check", anstyle::AnsiColor::Yellow);
        let _ = writeln!(out, "{label}: {}: {}", clean::line(why.as_bytes()), codes.join(" "));
    }
    let note = style.paint("note", anstyle::AnsiColor::Cyan);
    for (rule, skip) in judged.report.skipped().filter(|(_, skip)| *skip == Skip::TurnedOff) {
        let why = clean::line(judged.report.why(rule, skip).to_string().as_bytes());
        let _ = writeln!(out, "{note}: {} {why}", rule.code);
    }
    let unasked = |skip: &Skip| matches!(skip, Skip::NotLooked(_) | Skip::NotShown(_));
    let skipped = judged.report.skipped().filter(|(_, skip)| unasked(skip)).count();
    if skipped > 0 {
        let _ = writeln!(out, "{note}: {skipped} checks skipped (not applicable here)");
    }
}

/// Each reason for not checking with the codes of the rules that have it.
pub(crate) fn reasons(judged: &Judged<'_>) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (rule, skip) in judged.report.skipped().filter(|(_, skip)| skip.is_blind()) {
        let (why, code) = (skip.to_string(), rule.code.to_string());
        match out.iter_mut().find(|(said, _)| *said == why) {
            Some((_, codes)) => codes.push(code),
            None => out.push((why, vec![code])),
        }
    }
    out
}

struct Style {
    colours: bool,
}

impl Style {
    fn paint(&self, text: &str, colour: anstyle::AnsiColor) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let style = anstyle::Style::new().fg_color(Some(colour.into())).bold();
        format!("{style}{text}{style:#}")
    }
}
