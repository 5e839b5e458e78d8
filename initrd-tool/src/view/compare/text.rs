//! A comparison for people: one line a change, those of one section together.

use super::{Change, NotCompared};
use std::io::{self, Write};

/// Changes of one section that are told one by one without `--all`.
const TOLD: usize = 12;

/// Writes the changes; without `all`, no more than a dozen of each section.
///
/// # Errors
/// Those of the writer.
pub fn section(changes: &[Change], all: bool, out: &mut dyn Write) -> io::Result<()> {
    for of_one in changes.chunk_by(|a, b| a.section == b.section) {
        let told = if all { of_one.len() } else { TOLD };
        let mut head = of_one.first().map_or("", |change| change.section);
        for change in of_one.iter().take(told) {
            writeln!(out, "{head:<10} {}", line(change))?;
            head = "";
        }
        if of_one.len() > told {
            writeln!(out, "{:<10} … and {} more (--all)", "", of_one.len() - told)?;
        }
    }
    Ok(())
}

/// One change: `~` changed, `+` is only in the second, `-` only in the first.
#[must_use]
pub fn line(change: &Change) -> String {
    let name = match change.name.as_str() {
        "" => String::new(),
        name => format!("{name}: "),
    };
    let bare = change.name.as_str();
    match (change.old.as_deref(), change.new.as_deref()) {
        (Some(old), Some(new)) => format!("~ {name}{old} → {new}"),
        (Some(""), None) => format!("- {bare}"),
        (Some(old), None) => format!("- {name}{old}"),
        (None, Some("")) => format!("+ {bare}"),
        (None, Some(new)) => format!("+ {name}{new}"),
        (None, None) => bare.to_owned(),
    }
}

/// Things of one reason that are named without `--all`.
const NAMED: usize = 4;

/// Writes what could not be compared; `names` are those of the two sides. Without `all`
/// one line for each side and reason.
///
/// # Errors
/// Those of the writer.
pub fn not_compared(
    list: &[NotCompared],
    names: [&str; 2],
    all: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut reasons: Vec<(&NotCompared, Vec<String>)> = Vec::new();
    for lack in list {
        let what = format!("{} {}", lack.section, lack.name).trim_end().to_owned();
        let same = |(first, _): &&mut (&NotCompared, Vec<String>)| {
            !all && first.new_lacks == lack.new_lacks && first.why == lack.why
        };
        match reasons.iter_mut().find(same) {
            Some((_, whats)) => whats.push(what),
            None => reasons.push((lack, vec![what])),
        }
    }
    let mut head = "not compared";
    for (lack, whats) in &reasons {
        let [old, new] = names;
        let side = if lack.new_lacks { new } else { old };
        let more = match whats.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!(" and {n} more (--all)"),
        };
        let whats: Vec<&str> = whats.iter().take(NAMED).map(String::as_str).collect();
        writeln!(out, "{head:<12} {}{more}: {side}: {}", whats.join(", "), lack.why)?;
        head = "";
    }
    Ok(())
}
