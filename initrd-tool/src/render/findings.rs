//! Renderers of a judgement: for people, for code review, for machines. They
//! take what the engine found and never judge themselves.

mod brief;
mod concise;
mod github;
mod json;
mod look;
pub mod openmetrics;
pub mod page;
pub mod place;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use text::{reasons, verdict};

use crate::base::clean;
use crate::base::label::Label;
use crate::view::cures::{self, Cure};
use nvpreflight::facts::Facts;
use nvpreflight::finding::{Finding, Report};
use nvpreflight::tree::Tree;
use place::{Location, Sources};
use std::cell::OnceCell;

/// How a judgement is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// For people: the source line, why, what to paste
    #[default]
    Text,
    /// One line a finding
    Concise,
    /// At most five lines: verdict, first cause, why, fix, where to read on
    Brief,
    /// The report, version 1 (docs/report-v1.schema.json)
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Metrics for Prometheus: node_exporter's textfile collector
    Openmetrics,
    /// Workflow commands that annotate files on GitHub
    Github,
}

/// A judgement with everything that renderers show.
pub struct Judged<'a> {
    /// What was judged.
    pub label: &'a Label,
    /// What was seen.
    pub facts: &'a Facts,
    /// What was found.
    pub report: &'a Report,
    /// Where each finding points, in the order of the report's findings.
    pub places: Vec<Option<Location>>,
    /// What the subject cannot show, each a clause that stands alone.
    pub cannot_show: Vec<String>,
    /// The root of the machine, where its files can be seen, and whether it is the one that
    /// this runs on.
    pub machine: Option<(&'a dyn Tree, bool)>,
    /// What each line of the input was taken for, where that is asked for.
    pub input: Option<serde_json::Value>,
    /// What mends each finding, worked out where it is asked for first.
    cures: OnceCell<Vec<Cure>>,
}

impl<'a> Judged<'a> {
    /// Looks up the source line of every finding.
    #[must_use]
    pub fn new(
        label: &'a Label,
        facts: &'a Facts,
        report: &'a Report,
        sources: &Sources<'_>,
    ) -> Self {
        let places = report.findings.iter().map(|finding| sources.locate(finding)).collect();
        Self {
            label,
            facts,
            report,
            places,
            cannot_show: Vec::new(),
            machine: None,
            input: None,
            cures: OnceCell::new(),
        }
    }

    /// What mends the finding at this index of the report, as lines: for a shell where they
    /// are pasted on the machine itself, one finding's after another's.
    #[must_use]
    pub fn advice(&self, at: usize) -> String {
        let (root, here) = (self.machine.map(|(root, _)| root), self.is_here());
        let cures = self.cures.get_or_init(|| cures::each(self.facts, self.report, root));
        cures.get(at).map(|cure| lines(cure, here)).unwrap_or_default()
    }

    /// The same for one finding that is shown without the others.
    #[must_use]
    pub fn alone(&self, finding: &Finding) -> String {
        let root = self.machine.map(|(root, _)| root);
        lines(&cures::of(self.facts, self.report, finding, root), self.is_here())
    }

    fn is_here(&self) -> bool {
        self.machine.is_some_and(|(_, here)| here)
    }

    /// The judgement in one of the formats; `columns` bound the prose of `Text`.
    #[must_use]
    pub fn render(&self, format: Format, columns: usize, colours: bool) -> String {
        match format {
            Format::Text => text::render(self, columns, colours),
            Format::Concise => concise::render(self),
            Format::Brief => brief::render(self),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
            Format::Openmetrics => openmetrics::render(self),
            Format::Github => github::render(self),
        }
    }

    /// Findings with their places.
    pub(crate) fn findings(&self) -> impl Iterator<Item = (&Finding, Option<&Location>)> {
        self.report.findings.iter().zip(self.places.iter().map(Option::as_ref))
    }

    /// What follows from the finding at this index.
    pub(crate) fn follow(&self, at: usize) -> impl Iterator<Item = &Finding> {
        self.report.findings.iter().filter(move |f| f.cause.map(usize::from) == Some(at))
    }
}

/// A cure as lines: for a shell where it is pasted on the machine itself.
fn lines(cure: &Cure, here: bool) -> String {
    let lines = if here { cures::commands(cure) } else { cures::described(cure) };
    clean::lines(&lines.join("\n"))
}

/// A rule's name as reports show it.
fn dashed(name: &str) -> String {
    name.replace('_', "-")
}
