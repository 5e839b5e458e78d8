//! The page for an issue tracker: headline, lines to paste, findings, timeline,
//! options, and the lines of evidence folded away. Log text can neither begin
//! markup nor leave its code block.

use super::Page;
use super::model::{Shown, sentence};
use crate::view::provenance::{default_words, effect_words, in_force_words};
use crate::view::timeline::{Moment, Tone, Track, stamp};
use std::fmt::Write;

pub(super) fn render(page: &Page) -> String {
    let mut out = format!("# {}\n\n", escape(&sentence(&page.headline())));
    let (name, kind) = (code(&page.name), escape(&page.kind));
    let _ = writeln!(out, "{name} ({kind}): {}\n", escape(&page.summary));
    if !page.strip().is_empty() {
        let strip: Vec<String> = page.strip().iter().map(|what| escape(what)).collect();
        let _ = writeln!(out, "{}\n", strip.join(" · "));
    }
    if let Some(rule) = page.remark().and_then(|remark| remark.rule) {
        let _ = writeln!(out, "`nvpreflight explain {rule}` explains what to do.\n");
    }
    if let Some(cause) = page.cause() {
        finding(cause, true, &mut out);
    }
    for other in page.others() {
        finding(other, false, &mut out);
    }
    timeline(page, &mut out);
    if !page.machine.is_empty() {
        let _ = writeln!(out, "## Machine\n\n| | |\n|---|---|");
        for (name, value) in &page.machine {
            let _ = writeln!(out, "| {name} | {} |", cell(value));
        }
        out.push('\n');
    }
    options(page, &mut out);
    configuration(page, &mut out);
    if !page.unseen.is_empty() {
        let _ = writeln!(out, "## Not seen\n");
        for what in &page.unseen {
            let _ = writeln!(out, "- {}", escape(what));
        }
        out.push('\n');
    }
    if !page.log.is_empty() {
        let lines: Vec<String> = page
            .log
            .iter()
            .map(|line| match line.time.as_str() {
                "" => line.text.clone(),
                time => format!("[{time:>12}] {}", line.text),
            })
            .collect();
        folded("Kernel lines that concern the stack", &lines.join("\n"), &mut out);
    }
    let _ = writeln!(out, "_nvpreflight {}_", env!("CARGO_PKG_VERSION"));
    out
}

fn finding(shown: &Shown, first: bool, out: &mut String) {
    let brief = &shown.brief;
    let (severity, number) = (brief.severity, &brief.code);
    match first {
        true => {
            let _ = writeln!(out, "## First cause: {severity} {number}\n");
        }
        false => {
            let _ = writeln!(out, "## {severity} {number}: {}\n", escape(&brief.message));
        }
    }
    let sure = if shown.likely { " (Likely.)" } else { "" };
    let _ = writeln!(out, "{}{sure}\n", escape(&shown.why));
    out.push_str(&fenced(&shown.fix));
    if let Some(place) = &shown.place {
        let values = shown.values.as_ref().map_or(String::new(), |v| format!(": {}", escape(v)));
        let _ = writeln!(out, "{}{values}\n", code(place));
    }
    match &shown.excerpt {
        Some(e) => out.push_str(&fenced(&format!("{}{}{}", e.before, e.meant, e.after))),
        None if !brief.evidence.is_empty() => out.push_str(&fenced(&brief.evidence)),
        None => {}
    }
    if !shown.follow.is_empty() {
        let _ = writeln!(out, "Consequences:\n");
        for brief in &shown.follow {
            let _ =
                writeln!(out, "- {} {}: {}", brief.severity, brief.code, escape(&brief.message));
        }
        out.push('\n');
    }
}

fn timeline(page: &Page, out: &mut String) {
    let story = &page.story;
    if story.is_empty() && story.unseen.is_empty() {
        return;
    }
    let _ = writeln!(out, "## Timeline\n");
    for track in &story.tracks {
        let _ = writeln!(out, "| {} | | |\n|---:|---|---|", track.axis.title());
        for (at, moment) in track.moments.iter().enumerate() {
            row(track, at, moment, out);
        }
        out.push('\n');
    }
    for moment in &story.timeless {
        let _ =
            writeln!(out, "- {}: {} (without a time)", moment.lane.name(), escape(&moment.what));
    }
    for span in &story.spans {
        let mark = if span.tone == Tone::Bad { "**" } else { "" };
        let _ = writeln!(out, "- {mark}{}{mark}", escape(&sentence(&span.says)));
    }
    for unseen in &story.unseen {
        let _ = writeln!(out, "- {}: not seen ({})", escape(&unseen.step), escape(&unseen.why));
    }
    if story.left_out > 0 {
        let _ = writeln!(out, "- {} more events are not shown", story.left_out);
    }
    for what in &story.clocks {
        let _ = writeln!(out, "\n{}", escape(what));
    }
    out.push('\n');
}

fn row(track: &Track, at: usize, moment: &Moment, out: &mut String) {
    let Some(time) = moment.time else { return };
    let vague = if track.is_vague(at) { "≈ " } else { "" };
    let mark = if moment.tone == Tone::Bad { "✗ " } else { "" };
    let what = cell(&moment.what);
    let _ = writeln!(out, "| {vague}{} | {} | {mark}{what} |", stamp(time), moment.lane.name());
}

fn options(page: &Page, out: &mut String) {
    if page.options.is_empty() {
        return;
    }
    let _ =
        writeln!(out, "## Options\n\n| option | in force | default | lines |\n|---|---|---|---|");
    for table in &page.options {
        let line = |line: &crate::view::provenance::Line| {
            let (place, effect) = (cell(&line.place), cell(&effect_words(&line.effect)));
            format!("{place}: {} ({effect})", cell(line.value.as_deref().unwrap_or("no value")))
        };
        let lines: Vec<String> = table.lines.iter().map(line).collect();
        let _ = writeln!(
            out,
            "| {}.{} | {} | {} | {} |",
            cell(&table.module),
            cell(&table.parameter),
            cell(&in_force_words(table)),
            cell(&default_words(&table.default)),
            lines.join("<br>")
        );
    }
    out.push('\n');
}

fn configuration(page: &Page, out: &mut String) {
    if let Some(cmdline) = &page.cmdline {
        let _ = writeln!(out, "## Configuration\n\nKernel command line:\n");
        out.push_str(&fenced(cmdline));
    }
    if !page.settings.is_empty() {
        let lines: Vec<String> =
            page.settings.iter().map(|s| format!("{}: {}", s.place, s.line)).collect();
        folded("Lines of modprobe.d and modules-load.d", &lines.join("\n"), out);
    }
}

fn folded(title: &str, text: &str, out: &mut String) {
    let _ = writeln!(out, "<details><summary>{title}</summary>\n\n{}</details>\n", fenced(text));
}

/// A code block whose fence is longer than any run of backticks in it (CommonMark
/// 0.31, fenced code blocks).
fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n\n")
}

fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.contains('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Text in which nothing is markup: every character that CommonMark takes for such
/// is escaped, `@` too, which would call people on issue trackers.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::base::clean::line(text.as_bytes()).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '>' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A cell of a table.
fn cell(text: &str) -> String {
    escape(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_text_can_neither_begin_markup_nor_leave_its_block() {
        assert_eq!(escape("<img src=x> *a* @you |"), "&lt;img src=x\\> \\*a\\* &#64;you \\|");
        assert!(fenced("x\n```\n# heading").starts_with("````text\n"));
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
