//! `plan --goal`: where the driver should be loaded on a machine, goal by goal,
//! with one recommendation and its lines. The words and the choice are those of
//! `goals`; this gathers the machine and prints.

use super::Args;
use crate::base::clean;
use crate::base::error::Result;
use crate::base::ui::Ui;
use crate::doctor::Examination;
use crate::source::subject::SubjectArgs;
use crate::view::goals::{self, Advice, Cell, Choice, Lines};
use std::io::{self, Write};

/// Words of the table's columns, in the order of [`Choice::ALL`].
const HEADS: [&str; 3] = ["early (initrd)", "late (root)", "late + hold"];

/// Looks at the machine and advises.
///
/// # Errors
/// What could not be looked at.
pub fn advice(args: &Args, ui: Ui) -> Result<Advice> {
    let subject = SubjectArgs {
        subject: args.subject.clone(),
        root: args.root.clone(),
        kernel: args.kernel.as_deref().map(Into::into),
        cmdline: args.cmdline.clone(),
        goal: args.goal.clone(),
        ..SubjectArgs::default()
    };
    let visited = Examination::at(&subject, None, ui)?;
    let case = visited.case();
    let mut advice = goals::advise(&case.machine(), &args.goal);
    if let Some(root) = case.machine {
        advice.lines.settle(root, case.facts);
    }
    Ok(advice)
}

/// The advice as JSON, `nvpreflight-advice` version 1.
pub fn json(advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    let mut whole = serde_json::to_value(advice)?;
    if let Some(whole) = whole.as_object_mut() {
        whole.insert("format".into(), "nvpreflight-advice".into());
        whole.insert("version".into(), 1.into());
    }
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

/// The advice for people, within `columns`.
pub fn text(advice: &Advice, columns: usize, out: &mut dyn Write) -> io::Result<()> {
    let wrap = |text: &str, first: &str, then: &str| {
        let options = textwrap::Options::new(columns)
            .initial_indent(first)
            .subsequent_indent(then)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        textwrap::fill(&clean::line(text.as_bytes()), options)
    };
    for line in &advice.machine {
        writeln!(out, "{}", wrap(line, "", "  "))?;
    }
    let [early, late, hold] = HEADS;
    writeln!(out, "\n{:<13}{early:<17}{late:<14}{hold}", "")?;
    for row in &advice.rows {
        let [early, late, hold] = row.cells.each_ref().map(|cell| cell.effect.word());
        writeln!(out, "{:<13}{early:<17}{late:<14}{hold}", row.goal.name())?;
    }
    for row in &advice.rows {
        writeln!(out, "\n{}", row.goal.name())?;
        for (heads, cell) in grouped(&row.cells) {
            let evidence = match cell.evidence.as_str() {
                "" => String::new(),
                evidence => format!(" ({evidence})"),
            };
            let line = format!("{heads}: {}, {}{evidence}", cell.effect.word(), cell.why);
            writeln!(out, "{}", wrap(&line, "  ", "    "))?;
        }
    }
    writeln!(out, "\ncost of early loading")?;
    for line in &advice.costs {
        writeln!(out, "{}", wrap(line, "  ", "    "))?;
    }
    writeln!(out, "\nadvice: {}", advice.choice.name())?;
    for line in &advice.why {
        writeln!(out, "{}", wrap(line, "  ", "    "))?;
    }
    let Lines { nixos, others, .. } = &advice.lines;
    let rest = if nixos.is_empty() { "on this machine" } else { "other systems" };
    for (who, lines) in [("NixOS", nixos), (rest, others)] {
        if !lines.is_empty() {
            writeln!(out, "\n{who}:")?;
        }
        for line in lines {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Cells with the choices that have them, the same cell once.
fn grouped(cells: &[Cell; 3]) -> Vec<(String, &Cell)> {
    let mut out: Vec<(String, &Cell)> = Vec::new();
    for (cell, choice) in cells.iter().zip(Choice::ALL) {
        let head = match choice {
            Choice::Early => "early",
            Choice::Late => "late",
            Choice::LateAndHold => "late + hold",
        };
        match out.iter_mut().find(|(_, known)| *known == cell) {
            Some((heads, _)) => *heads = format!("{heads}, {head}"),
            None => out.push((head.to_owned(), cell)),
        }
    }
    if let [(heads, _)] = out.as_mut_slice() {
        *heads = "early or late".to_owned();
    }
    out
}
