//! The page for a terminal: the cause and what to do first, then what `check`
//! prints, then the timeline, the options, what was not seen.

use super::Page;
use super::model::sentence;
use crate::view::provenance;
use crate::view::timeline::{Moment, Tone, Track, seconds, stamp};
use std::fmt::Write;

pub(super) fn render(page: &Page, columns: usize) -> String {
    let mut out = format!("{} ({})\n\n", page.name, page.kind);
    let wrap = |text: &str, first: &str, rest: &str| {
        let options = textwrap::Options::new(columns)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .initial_indent(first)
            .subsequent_indent(rest);
        textwrap::fill(text, &options)
    };
    if !page.strip().is_empty() {
        let _ = writeln!(out, "{}\n", wrap(&page.strip().join(", "), "", "  "));
    }
    match page.cause() {
        Some(first) => {
            let (severity, code) = (first.brief.severity, &first.brief.code);
            let cause = format!("first cause: {severity}[{code}]: {}", first.brief.message);
            let _ = writeln!(out, "{}", wrap(&cause, "", "  "));
            for line in first.fix.lines() {
                let _ = writeln!(out, "  to do: {line}");
            }
        }
        None => {
            let _ = writeln!(out, "{}", wrap(&sentence(&page.headline()), "", "  "));
            if let Some(rule) = page.remark().and_then(|remark| remark.rule) {
                let _ = writeln!(out, "  `nvpreflight explain {rule}` explains what to do");
            }
        }
    }
    heading(&mut out, "Findings", columns);
    out.push_str(&page.check);
    timeline(page, columns, &wrap, &mut out);
    if !page.machine.is_empty() {
        heading(&mut out, "Machine", columns);
        for (name, value) in &page.machine {
            let _ = writeln!(out, "{}", wrap(value, &format!("{name:<16}"), &" ".repeat(16)));
        }
    }
    if !page.options.is_empty() {
        heading(&mut out, "Options, and where they come from", columns);
        // Its rows hold places to look for, which are not broken.
        for line in provenance::render(&page.options).lines() {
            let row = line.starts_with(' ');
            let _ = writeln!(out, "{}", if row { line.to_owned() } else { wrap(line, "", "    ") });
        }
    }
    configuration(page, &wrap, columns, &mut out);
    if !page.unseen.is_empty() {
        heading(&mut out, "Not seen", columns);
        for what in &page.unseen {
            let _ = writeln!(out, "{}", wrap(what, "- ", "  "));
        }
    }
    out
}

fn heading(out: &mut String, title: &str, columns: usize) {
    let rule = "─".repeat(columns.saturating_sub(title.chars().count() + 4).min(80));
    let _ = writeln!(out, "\n── {title} {rule}");
}

type Wrap<'a> = &'a dyn Fn(&str, &str, &str) -> String;

fn timeline(page: &Page, columns: usize, wrap: Wrap<'_>, out: &mut String) {
    let story = &page.story;
    if story.is_empty() && story.unseen.is_empty() {
        return;
    }
    heading(out, "Timeline", columns);
    for track in &story.tracks {
        let _ = writeln!(out, "{}", track.axis.title());
        moments(track, wrap, out);
    }
    if !story.timeless.is_empty() {
        let _ = writeln!(out, "without a time, in the order found");
        for moment in &story.timeless {
            line(moment, "", "", wrap, out);
        }
    }
    for span in &story.spans {
        let mark = if span.tone == Tone::Bad { "!" } else { "=" };
        let _ = writeln!(out, "{}", wrap(&span.says, &format!("  {mark} "), "    "));
    }
    for unseen in &story.unseen {
        let said = format!("{}: not seen ({})", unseen.step, unseen.why);
        let _ = writeln!(out, "{}", wrap(&said, "  ? ", "    "));
    }
    if story.left_out > 0 {
        let _ = writeln!(out, "  … and {} more", story.left_out);
    }
    for what in &story.clocks {
        let _ = writeln!(out, "{}", wrap(what, "  ", "  "));
    }
}

fn moments(track: &Track, wrap: Wrap<'_>, out: &mut String) {
    let mut before = None;
    for (at, moment) in track.moments.iter().enumerate() {
        let Some((clock, us)) = moment.time else { continue };
        // Stamps of whole seconds repeat: no distance is none worth telling.
        let since = before.map(|b: u64| us.saturating_sub(b)).filter(|us| *us > 0);
        let since = since.map_or(String::new(), |us| format!("+{}", seconds(us)));
        before = Some(us);
        let vague = if track.is_vague(at) { "≈" } else { "" };
        line(moment, &format!("{vague}{}", stamp((clock, us))), &since, wrap, out);
    }
}

fn line(moment: &Moment, time: &str, since: &str, wrap: Wrap<'_>, out: &mut String) {
    let mark = match moment.tone {
        Tone::Bad => "!",
        Tone::Good => "✓",
        Tone::Step => " ",
    };
    let head = format!("{time:>12} {since:>8} {mark} {:<14} ", moment.lane.name());
    let rest = " ".repeat(39);
    let times = if moment.times > 1 { format!(" ({} times)", moment.times) } else { String::new() };
    let _ = writeln!(out, "{}", wrap(&format!("{}{times}", moment.what), &head, &rest));
    if moment.tone == Tone::Bad {
        let number =
            if moment.source.line > 0 { format!(":{}", moment.source.line) } else { String::new() };
        let said = format!("{}{number}: {}", moment.source.from, moment.source.text);
        let _ = writeln!(out, "{}", wrap(&said, &format!("{:24}| ", ""), &format!("{:24}| ", "")));
    }
}

fn configuration(page: &Page, wrap: Wrap<'_>, columns: usize, out: &mut String) {
    if page.cmdline.is_none() && page.settings.is_empty() {
        return;
    }
    heading(out, "Configuration", columns);
    if let Some(cmdline) = &page.cmdline {
        let _ = writeln!(out, "{}", wrap(cmdline, "command line    ", &" ".repeat(16)));
    }
    for setting in &page.settings {
        let _ = writeln!(out, "{}", setting.place);
        let _ = writeln!(out, "{}", wrap(&setting.line, "  ", "    "));
    }
}
