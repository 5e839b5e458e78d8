//! Provenance tables for people: the value first, then every line in the order in
//! which the kernel sees them.

use super::{Default, Effect, InForce, Line, Provenance};
use crate::base::clean;
use nvpreflight::reading::options::same_value;
use std::fmt::Write;

/// The tables, one block a parameter. Nothing in it can drive a terminal.
#[must_use]
pub fn render(tables: &[Provenance]) -> String {
    let mut out = String::new();
    for table in tables {
        let name = format!("{}.{}", table.module, table.parameter);
        let _ = writeln!(out, "{}: {}", safe(&name), safe(&in_force_words(table)));
        let _ = writeln!(out, "  {:<9}  {}", "default", safe(&default_words(&table.default)));
        let values: Vec<String> = table.lines.iter().map(value).collect();
        let width = values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        for (line, value) in table.lines.iter().zip(values) {
            let effect = effect_words(&line.effect);
            let stage = line.stage.name();
            let place = safe(&line.place);
            let _ = writeln!(out, "  {stage:<9}  {value:<width$}  {place}  {}", safe(&effect));
        }
    }
    out
}

fn safe(text: &str) -> String {
    clean::line(text.as_bytes())
}

fn value(line: &Line) -> String {
    line.value.as_deref().map_or_else(|| "(no value)".to_owned(), safe)
}

/// The value in force and where it comes from, in a few words.
#[must_use]
pub fn in_force_words(table: &Provenance) -> String {
    match &table.in_force {
        InForce::Read { value, source, set_by } => {
            let by = match set_by {
                Some(by) => format!("set by {by}"),
                None => nobody_words(table),
            };
            format!("{} in force, {by} (read from {source})", shown(value))
        }
        InForce::Predicted { value, source, because } => {
            format!("will be {}, by {source} ({because})", shown(value))
        }
        InForce::Unknown { why } => format!("unknown: {why}"),
    }
}

/// What is said of a value that no line seen sets.
#[must_use]
pub fn nobody_words(table: &Provenance) -> String {
    let value = table.in_force.value().unwrap_or_default();
    match &table.default {
        Default::Is { value: default, as_of: None } if same_value(default, value) => {
            "the driver's default, as far as known".to_owned()
        }
        _ => "set by no known line".to_owned(),
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

/// The default in a few words.
#[must_use]
pub fn default_words(default: &Default) -> String {
    match default {
        Default::Is { value, as_of: None } => value.clone(),
        Default::Is { value, as_of: Some(newest) } => {
            format!("{value} in {newest}, the newest version known")
        }
        Default::NoParameter => "this version has no such parameter".to_owned(),
        Default::Unknown { why } => format!("unknown: {why}"),
    }
}

/// What becomes of a line, in a few words.
#[must_use]
pub fn effect_words(effect: &Effect) -> String {
    match effect {
        Effect::Counts => "counts".to_owned(),
        Effect::Overridden { by, same: true } => format!("repeated by {by}"),
        Effect::Overridden { by, same: false } => format!("overridden by {by}"),
        Effect::OtherStage { why } | Effect::Misses { why } => format!("no effect: {why}"),
    }
}
