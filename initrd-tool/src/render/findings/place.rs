//! Where a finding points: the line it names, fetched from what was judged, and
//! the word in it that is meant. Never shows what could not be fetched.

use crate::base::clean;
use nvpreflight::facts::{Directive, Place};
use nvpreflight::finding::Finding;
use nvpreflight::parse::cmdline;
use nvpreflight::parse::modprobe_d::Joiner;
use nvpreflight::text::{find, same_name};
use nvpreflight::tree::{Flow, Tree};
use std::ops::Range;

/// Bytes of a source line that are shown; configuration lines stay below 200.
const LINE_MAX: usize = 4096;
/// Physical lines of one logical line that are shown.
const LINES_MAX: usize = 16;

/// A place, printable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// A path inside of what was judged, or "kernel command line".
    pub path: String,
    /// The line, from 1; 0 where the place is a whole file.
    pub line: u32,
    /// True for the kernel command line, which is no file.
    pub cmdline: bool,
    /// The line itself, where it could be fetched.
    pub source: Option<Source>,
    /// The piece of the image that the file came from, in words.
    pub segment: Option<String>,
}

/// One logical line of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// Its physical lines, joined by line feeds, printable.
    pub text: String,
    /// The bytes of `text` that are meant.
    pub span: Range<usize>,
}

impl Source {
    /// First line and column, last line and column (exclusive) of what is meant,
    /// the lines counted from 0, the columns from 1 in characters.
    #[must_use]
    pub fn position(&self) -> [usize; 4] {
        let at = |offset: usize| {
            let before = self.text.get(..offset).unwrap_or(&self.text);
            let line = before.matches('\n').count();
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            [line, column]
        };
        let ([line, column], [last, end]) = (at(self.span.start), at(self.span.end));
        [line, column, last, end]
    }
}

impl Location {
    /// `path:line:column`, as far as it is known.
    #[must_use]
    pub fn short(&self) -> String {
        match &self.source {
            Some(source) => {
                let [line, column, ..] = source.position();
                format!("{}:{}:{column}", self.path, self.line as usize + line)
            }
            None if self.line > 0 => format!("{}:{}", self.path, self.line),
            None => self.path.clone(),
        }
    }
}

/// Where source lines come from.
pub struct Sources<'a> {
    /// Files, by paths as findings name them.
    pub tree: &'a dyn Tree,
    /// The root beside an image: a rule may point at a line that only it has.
    pub root: Option<&'a dyn Tree>,
    /// The kernel command line that was judged.
    pub cmdline: Option<&'a [u8]>,
    /// Words for the piece of the image that a path came from.
    pub segment: &'a dyn Fn(&str) -> Option<String>,
}

impl Sources<'_> {
    /// Where a finding points.
    #[must_use]
    pub fn locate(&self, finding: &Finding) -> Option<Location> {
        let (path, line) = match &finding.origin {
            Place::Nowhere | Place::Log { .. } => return None,
            Place::Word(number) => {
                let (path, source) = (Place::CMDLINE.into(), self.word(*number));
                return Some(Location { path, line: 1, cmdline: true, source, segment: None });
            }
            Place::Byte(_) => {
                let path = finding.origin.to_string();
                return Some(Location {
                    path,
                    line: 0,
                    cmdline: false,
                    source: None,
                    segment: None,
                });
            }
            Place::File(path) => (path.as_str(), 0),
            Place::Line { path, line } => (path.as_str(), *line),
        };
        let path_shown = clean::line(path.as_bytes());
        let located = |source, segment| {
            Some(Location { path: path_shown, line, cmdline: false, source, segment })
        };
        if line == 0 {
            return located(None, (self.segment)(path));
        }
        let fetch = |tree: &dyn Tree| {
            let text = logical_line(tree, path, line)?;
            shows(&text, &finding.evidence).then(|| Source { span: meant(&text, finding), text })
        };
        let (source, segment) = match (fetch(self.tree), self.root) {
            (None, Some(root)) => (fetch(root), Some("the root file system".to_owned())),
            (source, _) => (source, (self.segment)(path)),
        };
        let segment = segment.filter(|_| source.is_some());
        located(source, segment)
    }

    /// The command line with one of its words marked.
    fn word(&self, number: u32) -> Option<Source> {
        let raw = self.cmdline?;
        let mut at = 0;
        for word in cmdline::words(raw) {
            at += find(raw.get(at..)?, word.raw)?;
            let end = at + word.raw.len();
            if word.number == number {
                let (before, after) = (raw.get(..at)?, raw.get(end..)?);
                let mut text = clean::line(before);
                let start = text.len();
                text.push_str(&clean::line(word.raw));
                let span = start..text.len();
                text.push_str(&clean::line(nvpreflight::text::trim(after)));
                if text.len() > span.end {
                    text.insert(span.end, ' ');
                }
                return Some(Source { text, span });
            }
            at = end;
        }
        None
    }
}

/// A line of a file with those that continue it.
fn logical_line(tree: &dyn Tree, path: &str, number: u32) -> Option<String> {
    let mut at = 0;
    let mut lines: Vec<String> = Vec::new();
    let mut joiner = Joiner::<Vec<u8>>::default();
    let _ = tree.lines(path, &mut |line| {
        at += 1;
        if at < number {
            return Flow::More;
        }
        lines.push(clean::line(line.get(..LINE_MAX).unwrap_or(line)));
        let ends = joiner.push(line).is_some() || lines.len() >= LINES_MAX;
        if ends { Flow::Enough } else { Flow::More }
    });
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// True when a line is the one a finding quotes: it holds the same letters and
/// digits in the same order, whatever the spelling of blanks and dashes. A finding
/// that quotes nothing is taken at its word.
fn shows(line: &str, evidence: &nvpreflight::text::Line) -> bool {
    let squeezed =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    evidence.is_cut() || squeezed(line).contains(&squeezed(evidence))
}

/// The word of a line that a finding is about: the last of those that fit its slots
/// best, else the line without the white space around it.
fn meant(line: &str, finding: &Finding) -> Range<usize> {
    let mut best = (0, 0..0);
    let names = |word: &&str| Directive::named(word.as_bytes()) == Directive::Unknown;
    for word in line.split_whitespace().filter(names) {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        let score = weight(word, finding);
        if score > 0 && score >= best.0 {
            best = (score, start..start + word.len());
        }
    }
    if best.0 > 0 {
        return best.1;
    }
    let start = line.len() - line.trim_start().len();
    start..line.trim_end().len().max(start)
}

/// How much a word has to do with a finding: the parameter it is about, the value that
/// was found, the module.
fn weight(word: &str, finding: &Finding) -> u32 {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    let is = |slot: &str, text: &str| !slot.is_empty() && same_name(slot, text);
    let mut weight = 0;
    if is(&finding.parameter, name) {
        weight += 4;
    }
    if !value.is_empty() && !finding.found.is_empty() && *finding.found == *value {
        weight += 2;
    }
    if value.is_empty() && is(&finding.module, name) {
        weight += 1;
    }
    weight
}
