//! Index files that kmod does not read, configuration files that are hidden, lines
//! that it ignores with a message.

use super::Note;
use crate::kmod::Kmod;
use crate::kmod::config::State;
use crate::kmod::index::{Form, Which};
use crate::kmod::names::printable;
use std::collections::BTreeSet;

/// What is odd about the index.
pub fn index(kmod: &Kmod<'_>, modules: &BTreeSet<&[u8]>, out: &mut Vec<Note>) {
    let (binary, text) = Which::Dep.names();
    let place = |name: &str| format!("{}/{name}", printable(&kmod.folder));
    let why = match kmod.indexes.form(Which::Dep) {
        Form::Binary | Form::Unread(_) => None,
        Form::Text => Some(format!(
            "{binary} is missing: modprobe finds no module here; \
             this plan uses {text}, which busybox reads"
        )),
        Form::Refused => Some(format!("{binary} is not a kmod index: modprobe rejects it")),
        Form::None => Some("no module index: modprobe finds no module here".into()),
    };
    if let Some(why) = why {
        let place = place(text);
        out.push(Note { kind: "index-missing", line: text.into(), place, why, by: None });
    }
    for which in [Which::Alias, Which::Builtin] {
        let (binary, text) = which.names();
        let why = match kmod.indexes.form(which) {
            Form::Text => format!(
                "{binary} is missing: modprobe does not \
                 read {text}"
            ),
            Form::Refused => format!("{binary} is not a kmod index: modprobe rejects it"),
            Form::Binary | Form::Unread(_) | Form::None => continue,
        };
        out.push(Note {
            kind: "index-missing",
            line: text.into(),
            place: place(text),
            why,
            by: None,
        });
    }
    for module in modules.iter().filter(|m| kmod.indexes.dep_forms_differ(m)) {
        out.push(Note {
            kind: "index-forms-differ",
            line: text.into(),
            place: place(text),
            why: format!(
                "it differs from {} for {binary}, and kmod reads the latter",
                printable(module)
            ),
            by: Some(place(binary)),
        });
    }
}

/// Lines that kmod ignores and that name a module of the plan or concern the stack, as
/// the end of a continued line that was not continued does (NVP318).
pub fn ignored(kmod: &Kmod<'_>, modules: &BTreeSet<&[u8]>, out: &mut Vec<Note>) {
    for line in &kmod.config.ignored {
        let plain: Vec<u8> = line.text.iter().map(|b| if *b == b'-' { b'_' } else { *b }).collect();
        let of_stack = nvpreflight::evidence::config::of_interest(&line.name, &line.text);
        let mut words = plain.split(|b| b.is_ascii_whitespace());
        if of_stack || words.any(|word| modules.contains(word)) {
            out.push(Note {
                kind: "line-ignored",
                line: printable(&line.text),
                place: line.place.to_string(),
                why: "kmod does not understand the line and ignores it".into(),
                by: None,
            });
        }
    }
}

/// Configuration files that are not read.
pub fn hidden(kmod: &Kmod<'_>, out: &mut Vec<Note>) {
    let files = &kmod.config.files;
    for file in files {
        let name = |path: &[u8]| path.rsplit(|b| *b == b'/').next().map(<[u8]>::to_vec);
        let (why, by) = match &file.state {
            State::HiddenBy(winner) => {
                ("hidden by a file of the same name in an earlier directory", Some(winner))
            }
            State::Dangling
                if files.iter().any(|f| *f != *file && name(&f.path) == name(&file.path)) =>
            {
                (
                    "dangling link: kmod 34 ignores it; in earlier versions it usually \
                 hides the other file of the same name",
                    None,
                )
            }
            _ => continue,
        };
        out.push(Note {
            kind: "file-not-read",
            line: printable(file.path.rsplit(|b| *b == b'/').next().unwrap_or(&file.path)),
            place: printable(&file.path),
            why: why.into(),
            by: by.map(|path| printable(path)),
        });
    }
}
