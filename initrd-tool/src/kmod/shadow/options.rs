//! Options that a later line overrides, and options that reach no module.

use super::Note;
use crate::kmod::Kmod;
use crate::kmod::config::Item;
use crate::kmod::names::printable;
use nvpreflight::parse::cmdline::{Word, words};
use nvpreflight::reading::options::same_setting;
use std::collections::{BTreeSet, HashMap};

/// Parameters of a module that are set again to something else: the kernel takes the
/// last (kernel/params.c `parse_args`).
pub fn overridden(kmod: &Kmod<'_>, module: &[u8], out: &mut Vec<Note>) {
    let mut last: HashMap<Vec<u8>, (Word<'_>, &Item)> = HashMap::new();
    for line in kmod.config.options.iter().filter(|l| l.name == module) {
        for word in words(&line.text) {
            // Dash and underscore are one (kernel/params.c `parameq`).
            let name = Vec::from_iter(word.key_value().0.iter().map(|b| match b {
                b'-' => b'_',
                byte => *byte,
            }));
            let Some((before, place)) = last.insert(name, (word, line)) else { continue };
            if !same(module, &before, &word) {
                out.push(Note {
                    kind: "option-overridden",
                    line: format!("options {} {}", printable(module), printable(before.raw)),
                    place: place.place.to_string(),
                    why: format!("the last setting wins: {}", printable(word.raw)),
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

/// True when two settings of a parameter mean the same to the kernel.
fn same(module: &[u8], a: &Word<'_>, b: &Word<'_>) -> bool {
    let (name, a) = a.key_value();
    let b = b.key_value().1;
    let text = |value: Option<&[u8]>| value.map(|v| String::from_utf8_lossy(v).into_owned());
    let [module, name] = [module, name].map(String::from_utf8_lossy);
    // What may mean the same to a type that is not known is not called another value.
    a == b || same_setting(&module, &name, text(a).as_deref(), text(b).as_deref()) != Some(false)
}
