//! Options by what is in force, or will be; where one side cannot tell, by what the
//! lines that count ask for. The same value from another line is no change.

use super::{Change, Compared, NotCompared, both};
use crate::view::provenance::{Default, Effect, InForce, Line, Provenance, nobody_words};
use nvpreflight::reading::options::{boolean, number};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(
    old: &Result<Vec<Provenance>, String>,
    new: &Result<Vec<Provenance>, String>,
    out: &mut Compared,
) {
    let Some((old, new)) = both("options", old, new, out) else { return };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (before, after) = (old.get(name).copied(), new.get(name).copied());
        let value = |side: Option<&Provenance>| side.and_then(in_force);
        let (was, is) = (value(before), value(after));
        let asked = |side: Option<&Provenance>| side.and_then(asks);
        let (old, new) = match (was, is) {
            (Some(was), Some(is)) => (Some(was), Some(is)),
            _ if meaning(&asked(before)) == meaning(&asked(after)) => {
                note(name, before, after, out);
                continue;
            }
            _ => (asked(before), asked(after)),
        };
        if meaning(&old) == meaning(&new) {
            continue;
        }
        let shown = |side: Option<(String, String)>| side.map(|(_, shown)| shown);
        out.changes.push(Change {
            section: "options",
            name: name.clone(),
            old: shown(old),
            new: shown(new),
        });
    }
}

fn by_name(tables: &[Provenance]) -> BTreeMap<String, &Provenance> {
    tables.iter().map(|table| (format!("{}.{}", table.module, table.parameter), table)).collect()
}

fn meaning(side: &Option<(String, String)>) -> Option<&str> {
    side.as_ref().map(|(means, _)| means.as_str())
}

/// Says that one side has a value in force and the other cannot tell.
fn note(name: &str, old: Option<&Provenance>, new: Option<&Provenance>, out: &mut Compared) {
    let why = |side: Option<&Provenance>| match side.map(|side| &side.in_force) {
        Some(InForce::Unknown { why }) => Some(why.clone()),
        _ => None,
    };
    let known = |side: Option<&Provenance>| side.and_then(in_force).is_some();
    // A parameter that came or went with the version is no riddle.
    let lacks =
        |side: Option<&Provenance>| side.is_some_and(|side| side.default == Default::NoParameter);
    if lacks(old) || lacks(new) {
        return;
    }
    let (new_lacks, why) = match (why(old), why(new)) {
        (None, Some(why)) if known(old) => (true, why),
        (Some(why), None) if known(new) => (false, why),
        _ => return,
    };
    out.not_compared.push(NotCompared { section: "options", name: name.into(), new_lacks, why });
}

/// What a value means, and how it is shown with its source.
fn in_force(table: &Provenance) -> Option<(String, String)> {
    let (value, by) = match &table.in_force {
        InForce::Read { value, set_by: Some(by), .. } => (value, by.clone()),
        InForce::Read { value, set_by: None, .. } => (value, nobody_words(table)),
        InForce::Predicted { value, source, .. } => (value, source.clone()),
        InForce::Unknown { .. } => return None,
    };
    let bare = value.is_empty() && table.lines.iter().any(|l| l.value.is_none() && counts(l));
    let means = if bare { "1".to_owned() } else { means(value) };
    let shown = if value.is_empty() { "\"\"" } else { value };
    Some((means, format!("{shown} ({by})")))
}

/// What the line that counts asks for, the same form; where none counts in what was
/// looked at, the last one that would count for another stage: a line of an initrd
/// without the module is still a line that somebody changed.
fn asks(table: &Provenance) -> Option<(String, String)> {
    let elsewhere = |line: &&Line| matches!(line.effect, Effect::OtherStage { .. });
    let counting = table.lines.iter().find(|line| counts(line));
    let line = counting.or_else(|| table.lines.iter().rfind(elsewhere))?;
    let value = line.value.as_deref().unwrap_or("1");
    Some((means(value), format!("{value} ({})", line.place)))
}

fn counts(line: &Line) -> bool {
    line.effect == Effect::Counts
}

/// One spelling for values that the kernel reads alike: 1, Y and on; 0x10 and 16.
fn means(value: &str) -> String {
    if let Some(number) = number(value) {
        return number.to_string();
    }
    let letter = value.len() == 1 || matches!(value, "on" | "off");
    match boolean(value).filter(|_| letter) {
        Some(true) => "1".to_owned(),
        Some(false) => "0".to_owned(),
        None => value.to_owned(),
    }
}
