//! A rule's own explanation as a page: wrapped for a terminal, as Markdown, as
//! JSON. The words are the rule's; nothing is added to them.

use crate::view::cures;
use nvpreflight::capture::Capture;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::rule::{Code, Rule};
use nvpreflight::rules::elsewhere::Elsewhere;
use serde_json::json;
use std::fmt::Write;

/// What a code stands for.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// A rule.
    Rule(&'static Rule),
    /// A code without one, and what answers for it.
    Elsewhere(&'static Elsewhere),
}

impl Page {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Rule(rule) => rule.code,
            Self::Elsewhere(entry) => entry.code,
        }
    }

    /// The page for a terminal of that many columns; `here` are the lines of the machine
    /// that asks.
    #[must_use]
    pub fn text(&self, columns: usize, colours: bool, here: Option<&[String]>) -> String {
        match self {
            Self::Rule(rule) => text(rule, columns, colours, here),
            Self::Elsewhere(entry) => {
                let Elsewhere { code, title, place, text, sources } = entry;
                let heading = bold(&format!("{code}: {title}"), colours);
                let (text, place) = (fill(text, columns), fill(&place.to_string(), columns));
                let sources = fill(&format!("{sources}."), columns);
                let told = bold("Sources", colours);
                format!("{heading}\n{place}\n\n{text}\n\n{told}\n{sources}\n")
            }
        }
    }

    /// The page as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        match self {
            Self::Rule(rule) => markdown(rule),
            Self::Elsewhere(entry) => {
                let Elsewhere { code, title, place, text, sources } = entry;
                format!("# {code}: {title}\n\n{place}\n\n{text}\n\n## Sources\n{sources}.\n")
            }
        }
    }
}

fn bold(text: &str, colours: bool) -> String {
    let style = anstyle::Style::new().bold();
    if colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

/// Wrapped and indented; names such as CachyOS-Settings#247 stay whole.
fn fill(text: &str, columns: usize) -> String {
    let options = textwrap::Options::new(columns)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent("  ")
        .subsequent_indent("  ");
    textwrap::fill(text, &options)
}

/// The page for a terminal of that many columns.
#[must_use]
pub fn text(rule: &Rule, columns: usize, colours: bool, here: Option<&[String]>) -> String {
    let mut out = format!("{}\n", bold(&format!("{}: {}", rule.code, rule.title), colours));
    let (severity, confidence) = (rule.severity.name(), rule.confidence.name());
    let name = super::dashed(rule.name);
    let _ = writeln!(
        out,
        "{name} · {severity} · {confidence} · runs {}",
        rule.runs().collect::<Vec<_>>().join(", ")
    );
    for (heading, paragraphs) in sections(rule) {
        let _ = writeln!(out, "\n{}", bold(heading, colours));
        if heading == "Fix" {
            fixes(rule, here, &mut out);
            if !paragraphs.is_empty() {
                out.push('\n');
            }
        }
        for (i, paragraph) in paragraphs.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n" };
            let _ = writeln!(out, "{gap}{}", fill(paragraph, columns));
        }
    }
    out
}

/// The fix of this machine, then of others, each with its own lines; the rule's words
/// where nothing but those is known.
fn fixes(rule: &Rule, here: Option<&[String]>, out: &mut String) {
    let mut add = |who: &str, lines: &[String]| {
        let _ = writeln!(out, "  {who}:");
        for line in lines {
            let _ = writeln!(out, "    {line}");
        }
    };
    if let Some(lines) = here {
        add("on this machine", lines);
    }
    let others = elsewhere(rule);
    for (who, lines) in &others {
        add(who, lines);
    }
    if others.is_empty() {
        for line in rule.fix.lines() {
            let _ = writeln!(out, "  {line}");
        }
        for (i, line) in rule.nixos.lines().enumerate() {
            let _ = writeln!(out, "  {}{line}", if i == 0 { "NixOS: " } else { "       " });
        }
    }
}

/// The lines for machines of each maker; those that are the same stand once.
fn elsewhere(rule: &Rule) -> Vec<(String, Vec<String>)> {
    let facts = Box::new(Facts::new(Phase::PreDisplay));
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (who, files) in cures::MACHINES {
        let tree = Capture::new(files.as_bytes());
        let Some(lines) = cures::in_general(rule, &tree, &facts, cures::described) else {
            continue;
        };
        match out.iter_mut().find(|(_, known)| *known == lines) {
            Some((names, _)) => *names = format!("{names}; {who}"),
            None => out.push((who.to_owned(), lines)),
        }
    }
    out
}

/// The page as Markdown, the lines to paste below "Fix".
#[must_use]
pub fn markdown(rule: &Rule) -> String {
    let mut out = format!("# {}: {}\n\n", rule.code, rule.title);
    for line in rule.doc.lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let _ = writeln!(out, "{line}");
        if line.trim() == "## Fix" {
            let _ = writeln!(out, "\n```text\n{}\n```", rule.fix);
            if !rule.nixos.is_empty() {
                let _ = writeln!(out, "NixOS:\n```nix\n{}\n```", rule.nixos);
            }
            for (who, lines) in elsewhere(rule).iter().filter(|(who, _)| who != "NixOS") {
                let _ = writeln!(out, "{who}:\n```text\n{}\n```", lines.join("\n"));
            }
            out.push('\n');
        }
    }
    out
}

/// The pages of several codes for machines.
#[must_use]
pub fn json(pages: &[Page]) -> String {
    let rules: Vec<_> = pages
        .iter()
        .filter_map(|page| {
            let Page::Rule(rule) = page else { return None };
            Some(json!({
                "code": rule.code.to_string(),
                "rule": super::dashed(rule.name),
                "title": rule.title,
                "severity": rule.severity.name(),
                "confidence": rule.confidence.name(),
                "fix": rule.fix,
                "nixos": rule.nixos,
                "markdown": markdown(rule),
            }))
        })
        .collect();
    let elsewhere: Vec<_> = pages
        .iter()
        .filter_map(|page| {
            let Page::Elsewhere(entry) = page else { return None };
            Some(json!({
                "code": entry.code.to_string(),
                "title": entry.title,
                "place": entry.place.to_string(),
                "markdown": page.markdown(),
            }))
        })
        .collect();
    let mut whole = json!({ "format": "nvpreflight-explain", "version": 1, "rules": rules });
    if let Some(whole) = whole.as_object_mut().filter(|_| !elsewhere.is_empty()) {
        whole.insert("elsewhere".into(), elsewhere.into());
    }
    format!("{whole:#}\n")
}

/// Headings of the doc comment with their paragraphs, each as one line.
fn sections(rule: &Rule) -> Vec<(&str, Vec<String>)> {
    let mut out: Vec<(&str, Vec<String>)> = Vec::new();
    let mut fresh = true;
    for line in rule.doc.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix("## ") {
            out.push((heading, Vec::new()));
            fresh = true;
        } else if line.is_empty() {
            fresh = true;
        } else if let Some((_, paragraphs)) = out.last_mut() {
            match paragraphs.last_mut().filter(|_| !fresh) {
                Some(paragraph) => {
                    paragraph.push(' ');
                    paragraph.push_str(line);
                }
                None => paragraphs.push(line.to_owned()),
            }
            fresh = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::rules::RULES;

    #[test]
    fn every_rule_has_a_page_of_four_sections_within_the_width() {
        for rule in RULES {
            let headings: Vec<&str> = sections(rule).iter().map(|(heading, _)| *heading).collect();
            assert_eq!(headings, ["What it checks", "Why", "Fix", "Sources"], "{rule:?}");
            let page = text(rule, 60, false, None);
            let prose = page.lines().filter(|line| !rule.fix.contains(line.trim()));
            assert!(prose.filter(|line| line.contains(rule.why)).count() <= 1);
            assert!(!page.contains('\u{1b}'));
        }
    }
}
