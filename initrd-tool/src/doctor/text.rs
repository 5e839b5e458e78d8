//! The sheet for people: one screen of 80 × 24 with what is the matter, the answers
//! that are not fine, and at the bottom what to do; with `all`, every answer with its
//! question and evidence. Fits any width from 40 columns; marks are letters, which
//! every console can show.

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

/// Rows of a console that nobody scrolls; one is the shell's prompt afterwards.
const ROWS: usize = 23;
/// Causes that fit beside the answers.
const CAUSES: usize = 2;

/// The sheet: one screen, or with `all` everything.
#[must_use]
pub fn render(sheet: &Sheet, case: &Case<'_>, manner: Manner) -> String {
    if manner.all {
        return whole(sheet, case, manner);
    }
    if has_no_gpu(sheet, case) {
        let line = format!("{}: no NVIDIA GPU on the PCI bus, nothing to check", title(case));
        return manner.wrap(&line, 2) + "\n";
    }
    let mut head = format!("{}\n", manner.paint(&title(case), Style::new().bold()));
    headline(&sheet.headline, manner, CAUSES, &mut head);
    let tail = tail(sheet, manner);
    // Worst first; what is fine, or only a value, is one line.
    let mut told: Vec<(usize, &Answer)> = sheet
        .answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| !matches!(answer.tone, Tone::Good | Tone::Plain))
        .collect();
    told.sort_by_key(|(at, answer)| (rank(answer.tone), *at));
    let titles = |tones: &[Tone]| -> Vec<&str> {
        let of = sheet.answers.iter().zip(&QUESTIONS);
        of.filter(|(a, _)| tones.contains(&a.tone)).map(|(_, q)| q.title).collect()
    };
    let fine = titles(&[Tone::Good, Tone::Plain]);
    let mut fine_line = String::new();
    if !fine.is_empty() {
        let mark = manner.paint(&format!("{:<MARK$}", Tone::Good.mark()), style(Tone::Good));
        let _ = writeln!(fine_line, "{}", manner.wrap(&format!("{mark}{}", fine.join(", ")), MARK));
    }
    // Lines to paste are broken by the terminal.
    let rows = |text: &str| -> usize {
        text.lines().map(|l| l.chars().count().div_ceil(manner.columns).max(1)).sum()
    };
    let room = ROWS.saturating_sub(rows(&head) + rows(&fine_line) + rows(&tail));
    let (mut body, mut left) = (String::new(), Vec::new());
    for (at, answer) in told {
        let title = QUESTIONS.get(at).map_or("", |question| question.title);
        let mut line = String::new();
        one(answer, title, manner, &mut line);
        // One row stays for what does not fit.
        match rows(&body) + rows(&line) < room {
            true => body += &line,
            false => left.push(title),
        }
    }
    if !left.is_empty() {
        let line = format!("{:<MARK$}{} (--all)", "more", left.join(", "));
        let _ = writeln!(body, "{}", manner.wrap(&line, MARK));
    }
    head + &body + &fine_line + &tail
}

const fn rank(tone: Tone) -> u8 {
    match tone {
        Tone::Bad => 0,
        Tone::Careful => 1,
        Tone::Unknown => 2,
        Tone::Good | Tone::Plain => 3,
    }
}

/// A machine that the driver has nothing to do with, and nothing is wrong with it.
#[must_use]
pub fn has_no_gpu(sheet: &Sheet, case: &Case<'_>) -> bool {
    let none = case.facts.pci.is_yes()
        && case.facts.nvidia_gpus().next().is_none()
        && !case.facts.has_platform_gpu();
    none && sheet.headline.causes.is_empty()
}

/// What was not seen in a line, and at the bottom, where the eye is, what to do.
fn tail(sheet: &Sheet, manner: Manner) -> String {
    let mut out = String::new();
    if let Some((first, more)) = sheet.unseen.split_first() {
        let first = clean::line(first.as_bytes());
        let more = match more.len() {
            0 => String::new(),
            n => format!("; {n} more: --all"),
        };
        let _ = writeln!(out, "{}", manner.wrap(&format!("not seen: {first}{more}"), 2));
    }
    list("next", &sheet.next, manner, &mut out);
    out
}

fn whole(sheet: &Sheet, case: &Case<'_>, manner: Manner) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}\n", manner.paint(&title(case), Style::new().bold()));
    headline(&sheet.headline, manner, usize::MAX, &mut out);
    out.push('\n');
    for (answer, question) in sheet.answers.iter().zip(&QUESTIONS) {
        one(answer, question.title, manner, &mut out);
    }
    list("not seen", &sheet.unseen, manner, &mut out);
    list("next", &sheet.next, manner, &mut out);
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

fn headline(headline: &Headline, manner: Manner, most: usize, out: &mut String) {
    if headline.causes.is_empty() {
        let (word, colour) = match headline.verdict {
            "ok" => ("ok", AnsiColor::Green),
            _ => ("could not check everything", AnsiColor::Yellow),
        };
        let word = manner.paint(word, bold(colour));
        let _ = writeln!(out, "{}", manner.wrap(&format!("{word}: {}", headline.gist), 0));
        return;
    }
    for cause in headline.causes.iter().take(most) {
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
    let more = headline.more + headline.causes.len().saturating_sub(most);
    if more > 0 {
        let _ = writeln!(out, "and {more} more: nvpreflight check shows each");
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
