//! Notes as a capture's text, which reads like a listing and replays as a tree.

use super::notes::{Note, Notes};
use nvpreflight::seen::Errno;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The text, and how many paths it could not hold: names with blanks or line
/// feeds, names that are no UTF-8, kinds and refusals that a capture has no word for.
pub(super) fn write(notes: &Notes) -> (String, usize) {
    let paths = notes.paths.borrow();
    let mut out = String::new();
    let mut left_out = 0;
    for (path, note) in paths.iter() {
        if !fits(path) {
            left_out += usize::from(!path.is_empty());
            continue;
        }
        left_out += usize::from(!entry(&mut out, path, note, &paths));
    }
    (out, left_out)
}

fn fits(path: &str) -> bool {
    !path.is_empty() && !path.contains([' ', '\n']) && !path.starts_with('#')
}

fn entry(out: &mut String, path: &str, note: &Note, all: &BTreeMap<String, Note>) -> bool {
    // Writing to a String cannot fail.
    let _ = match note {
        Note::File(bytes) => file(out, path, &String::from_utf8_lossy(bytes)),
        Note::Link(target) => match std::str::from_utf8(target) {
            Ok(target) if !target.contains('\n') => writeln!(out, "{path} -> {target}"),
            _ => return false,
        },
        Note::Directory { inode, names } => {
            let mut whole = true;
            let mut shown = false;
            for name in names {
                let name = std::str::from_utf8(name).ok().filter(|name| fits(name));
                let Some(name) = name else {
                    whole = false;
                    continue;
                };
                let child = format!("{path}/{name}");
                if !is_known(&child, all) {
                    let _ = writeln!(out, "{child} ?");
                }
                shown = true;
            }
            if *inode > 0 || !shown && !is_below(path, all) {
                let _ = writeln!(out, "{path}/ ino={inode}");
            }
            return whole;
        }
        Note::Device(major, minor) => writeln!(out, "{path} @ {major}:{minor}"),
        Note::Refused(e) => match e.name() {
            Some(name) => writeln!(out, "{path} ! {name}"),
            None => {
                let _ = writeln!(out, "{path} ?");
                return false;
            }
        },
        Note::Absent => writeln!(out, "{path} ! {}", Errno::ENOENT),
        Note::NotLooked => writeln!(out, "{path} ?"),
        Note::Other => return false,
    };
    true
}

/// True when an entry of its own says that the path exists.
fn is_known(path: &str, all: &BTreeMap<String, Note>) -> bool {
    all.get(path).is_some_and(|note| *note != Note::Absent) || is_below(path, all)
}

/// True when an entry below the path says that it exists.
fn is_below(path: &str, all: &BTreeMap<String, Note>) -> bool {
    let prefix = format!("{path}/");
    all.range(prefix.clone()..)
        .take_while(|(below, _)| below.starts_with(&prefix))
        .any(|(below, note)| *note != Note::Absent && fits(below))
}

fn file(out: &mut String, path: &str, content: &str) -> std::fmt::Result {
    let line = content.strip_suffix('\n').unwrap_or(content);
    if content.is_empty() {
        return writeln!(out, "{path} =");
    }
    if !line.contains('\n') && !line.is_empty() {
        return writeln!(out, "{path} = {line}");
    }
    let mut mark = String::from("EOF");
    while content.lines().any(|line| line == mark) {
        mark.push('_');
    }
    let end = if content.ends_with('\n') { "" } else { "\n" };
    writeln!(out, "{path} <<{mark}\n{content}{end}{mark}")
}
