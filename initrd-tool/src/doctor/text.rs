//! The sheet for people: what is the matter, fifteen one-line answers, what to do
//! next, what was not seen; with `all`, the questions and the evidence. Fits any
//! width from 40 columns; marks are letters, which every console can show.

use super::answer::{Answer, Tone};
use super::headline::Headline;
use super::questions::QUESTIONS;
use super::{Case, Sheet};
use crate::base::clean;
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// Columns before an answer: the mark, then the title.
const MARK: usize = 6;
const TITLE: usize = 14;

/// The new side drawn.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Columns of the page.
    pub columns: usize,
    /// Whether colours may be used.
    pub colours: bool,
    /// Questions and evidence too.
    pub all: bool,
}

/// The whole sheet.
#[must_use]
pub fn render(sheet: &Sheet, case: &Case<'_>, manner: Manner) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\n", manner.paint(&title(case), Style::new().bold()));
    headline(&sheet.headline, manner, &mut out);
    out.push('\n');
    for (answer, question) in sheet.answers.iter().zip(&QUESTIONS) {
        one(answer, question.title, manner, &mut out);
    }
    list("next", &sheet.next, manner, &mut out);
    list("not seen", &sheet.unseen, manner, &mut out);
    if !manner.all {
        let _ = writeln!(out, "\n--all shows the full questions and the evidence for each answer.");
    }
    out
}

fn title(case: &Case<'_>) -> String {
    let mut out = clean::line(case.name.as_bytes());
    if let Some(release) = case.facts.system.release.yes() {
        out += &format!(", kernel {release}");
    }
    if let Some(id) = case.facts.system.os_id.yes() {
        out += &format!(", {id}");
    }
    out
}

fn headline(headline: &Headline, manner: Manner, out: &mut String) {
    if headline.causes.is_empty() {
        let (word, colour) = match headline.verdict {
            "ok" => ("ok", AnsiColor::Green),
            _ => ("could not check everything", AnsiColor::Yellow),
        };
        let word = manner.paint(word, bold(colour));
        let _ = writeln!(out, "{}", manner.wrap(&format!("{word}: {}", headline.gist), 0));
        return;
    }
    for cause in &headline.causes {
        let colour = match cause.severity {
            "error" => AnsiColor::Red,
            "warning" => AnsiColor::Yellow,
            _ => AnsiColor::Cyan,
        };
        let head = format!("{}[{}]", cause.severity, cause.code);
        let of = cause.of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
        let follow = match cause.follow {
            0 => String::new(),
            1 => " (1 more follows from it)".to_owned(),
            n => format!(" ({n} more follow from it)"),
        };
        let line = format!("{}: {}{of}{follow}", manner.paint(&head, bold(colour)), cause.message);
        let _ = writeln!(out, "{}", manner.wrap(&line, 2));
    }
    if headline.more > 0 {
        let _ = writeln!(out, "and {} more: nvpreflight check shows each", headline.more);
    }
}

fn one(answer: &Answer, title: &str, manner: Manner, out: &mut String) {
    let mark = manner.paint(&format!("{:<MARK$}", answer.tone.mark()), style(answer.tone));
    let head = format!("{mark}{title:<TITLE$}");
    let _ = writeln!(out, "{}", manner.wrap(&format!("{head}{}", answer.says), MARK + TITLE));
    if !manner.all {
        return;
    }
    let indent = " ".repeat(MARK);
    let question = manner.paint(answer.question, Style::new().italic());
    let _ = writeln!(out, "{indent}{question}");
    for evidence in &answer.because {
        let line = format!("{indent}| {}: {}", evidence.place, evidence.text);
        let _ = writeln!(out, "{}", manner.wrap(&line, MARK + 4));
    }
    out.push('\n');
}

fn list(title: &str, lines: &[String], manner: Manner, out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", manner.paint(&format!("{title}:"), Style::new().bold()));
    for line in lines {
        let line = clean::line(line.as_bytes());
        // Lines to paste stay whole; the terminal may break them.
        match title {
            "next" => {
                let _ = writeln!(out, "  {line}");
            }
            _ => {
                let _ = writeln!(out, "{}", manner.wrap(&format!("  {line}"), 4));
            }
        }
    }
}

const fn bold(colour: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(anstyle::Color::Ansi(colour)))
}

const fn style(tone: Tone) -> Style {
    match tone {
        Tone::Good => bold(AnsiColor::Green),
        Tone::Plain => Style::new(),
        Tone::Careful => bold(AnsiColor::Yellow),
        Tone::Bad => bold(AnsiColor::Red),
        Tone::Unknown => bold(AnsiColor::Cyan),
    }
}

impl Manner {
    fn paint(self, text: &str, style: Style) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Breaks a line at blanks, following lines indented.
    fn wrap(self, line: &str, indent: usize) -> String {
        let indent = " ".repeat(indent);
        let options = textwrap::Options::new(self.columns)
            .subsequent_indent(&indent)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        textwrap::fill(line, options)
    }
}
