//! Options that a later line overrides, and options that reach no module.

use super::Note;
use crate::kmod::Kmod;
use crate::kmod::config::Item;
use crate::kmod::names::printable;
use nvpreflight::reading::options::same_value;
use std::collections::{BTreeSet, HashMap};
use std::str;

/// Parameters of a module that are set again to something else: the kernel takes the
/// last (kernel/params.c `parse_args`).
pub fn overridden(kmod: &Kmod<'_>, module: &[u8], out: &mut Vec<Note>) {
    let mut last: HashMap<Vec<u8>, (&[u8], &Item)> = HashMap::new();
    for line in kmod.config.options.iter().filter(|l| l.name == module) {
        for word in words(&line.text) {
            let name = word.split(|b| *b == b'=').next().unwrap_or(word);
            let name: Vec<u8> = name.iter().map(|b| if *b == b'-' { b'_' } else { *b }).collect();
            let Some((before, place)) = last.insert(name, (word, line)) else { continue };
            if !same(value(before), value(word)) {
                out.push(Note {
                    kind: "option-overridden",
                    line: format!("options {} {}", printable(module), printable(before)),
                    place: place.place.to_string(),
                    why: format!("the last setting wins: {}", printable(word)),
                    by: Some(line.place.to_string()),
                });
            }
        }
    }
}

/// Options for a pattern or for a name in another case: kmod compares names exactly.
pub fn for_nobody(kmod: &Kmod<'_>, modules: &BTreeSet<&[u8]>, out: &mut Vec<Note>) {
    for line in kmod.config.options.iter().filter(|l| !modules.contains(&l.name[..])) {
        let wild = line.name.iter().any(|b| matches!(b, b'*' | b'?' | b'['));
        let near = |module: &&&[u8]| match wild {
            true => nvpreflight::kmod::fnmatch::fnmatch(&line.name, module),
            false => module.eq_ignore_ascii_case(&line.name),
        };
        if let Some(module) = modules.iter().find(near) {
            out.push(Note {
                kind: "options-for-nobody",
                line: format!("options {} {}", printable(&line.name), printable(&line.text)),
                place: line.place.to_string(),
                why: format!(
                    "kmod compares the module name in an options line exactly; the module is {}",
                    printable(module)
                ),
                by: None,
            });
        }
    }
}

/// True when two settings mean the same to the kernel: `1` and `Y` are no conflict.
fn same(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    let [a_text, b_text] = [a, b].map(|value| value.and_then(|v| str::from_utf8(v).ok()));
    match (a_text, b_text) {
        (Some(a), Some(b)) => same_value(a.trim_matches('"'), b.trim_matches('"')),
        _ => a == b,
    }
}

fn value(word: &[u8]) -> Option<&[u8]> {
    let at = word.iter().position(|b| *b == b'=')?;
    word.get(at + 1..)
}

/// Words as the kernel cuts them: at white space outside double quotes (lib/cmdline.c
/// `next_arg`).
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    nvpreflight::parse::cmdline::words(text).map(|word| word.raw)
}
