//! What was asked for: modprobe.d as kmod reads it, the command line, requests
//! to load modules, and the module index. Keeps what concerns the stack.

mod index;
pub mod requests;

use crate::evidence::conf_files::{ConfFiles, is_masked};
use crate::facts::config::{CMDLINE_MAX, Cmdline};
use crate::facts::module::WATCHED;
use crate::facts::{ConfLine, Config, Directive, Facts, Lost, Origin, Place, STACK};
use crate::kmod::names::brackets_close;
use crate::kmod::places::MODPROBE_D;
use crate::parse::{cmdline, modprobe_d};
use crate::seen::Seen;
use crate::text::{Line, Name, Path, kernel_name};
use crate::tree::{Flow, Tree};
use heapless::Vec;

/// Reads everything that was asked for.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    facts.config.cmdline = command_line(tree, &mut facts.lost);
    let index = index::folder(tree, facts.system.release.yes().map(|r| r.as_str()));
    // Filled in place: a list of this size is not moved for nothing.
    facts.config.lines = Seen::Yes(Lines::new());
    let looked = lines(tree, index.as_deref(), &mut facts.config, &mut facts.lost);
    if !looked.is_yes() {
        facts.config.lines = looked.map(|()| Lines::new());
    }
    facts.config.requests = requests::read(tree, facts);
    facts.config.deps = match &index {
        Some(dir) => index::read(tree, dir, &mut facts.lost),
        None => Seen::Absent,
    };
}

fn command_line(tree: &dyn Tree, lost: &mut Lost) -> Seen<Cmdline> {
    let mut raw = Vec::<u8, CMDLINE_MAX>::new();
    // Filling up to the capacity cannot fail.
    let _ = raw.resize(CMDLINE_MAX, 0);
    let seen = tree.read("proc/cmdline", &mut raw);
    seen.map(|got| {
        lost.count("ends of an overlong command line", u64::from(got.cut));
        raw.truncate(got.len);
        while raw.last() == Some(&b'\n') {
            raw.pop();
        }
        Cmdline { raw }
    })
}

type Lines = Vec<ConfLine, { crate::facts::config::LINE_MAX }>;

fn lines(tree: &dyn Tree, index: Option<&str>, config: &mut Config, lost: &mut Lost) -> Seen<()> {
    let Config { lines: Seen::Yes(kept), cmdline, other_lines, .. } = config else {
        return Seen::NotLooked;
    };
    let mut files = ConfFiles::default();
    let softdep = index.map(|dir| Path::of(format_args!("{dir}/modules.softdep")));
    if let Some(path) = &softdep {
        files.insert(path.clone(), lost);
    }
    let mut seen = Seen::NotLooked;
    for dir in MODPROBE_D {
        seen = better(seen, files.insert_directory(tree, dir, lost));
    }
    config.files = seen;
    if let Seen::Unreadable(e) = seen {
        return Seen::Unreadable(e);
    }
    for path in files.iter() {
        let is_softdep = softdep.as_ref() == Some(path);
        let origin = if is_softdep { Origin::ModulesSoftdep } else { Origin::File };
        if !is_masked(tree, path) {
            let read = file(tree, path, origin, kept, other_lines, lost);
            seen = better(seen, if is_softdep { Seen::NotLooked } else { read });
            lost.count("unreadable configuration files", u64::from(refused(&read)));
        }
    }
    if let Some(words) = cmdline.yes() {
        from_command_line(&words.raw, kept, lost);
        seen = Seen::Yes(());
    }
    seen
}

/// Of two looks the one that has more details; a refusal is never covered up.
fn better(a: Seen<()>, b: Seen<()>) -> Seen<()> {
    let weight = |s: &Seen<()>| match s {
        Seen::NotLooked => 0,
        Seen::Absent => 1,
        Seen::Yes(()) => 2,
        Seen::Unreadable(_) => 3,
    };
    if weight(&b) > weight(&a) { b } else { a }
}

const fn refused(seen: &Seen<()>) -> bool {
    matches!(seen, Seen::Unreadable(_))
}

fn file(
    tree: &dyn Tree,
    path: &Path,
    origin: Origin,
    kept: &mut Lines,
    other: &mut u32,
    lost: &mut Lost,
) -> Seen<()> {
    let mut joiner: modprobe_d::Joiner = modprobe_d::Joiner::default();
    let mut take = |logical: modprobe_d::Logical<'_>| {
        let Some(parsed) = modprobe_d::line(logical.text) else { return };
        if !of_interest(parsed.module, parsed.rest) {
            *other = other.saturating_add(1);
            return;
        }
        let line = ConfLine {
            directive: parsed.directive,
            module: Name::from_bytes(parsed.module),
            rest: Line::from_bytes(parsed.rest),
            place: Place::line(path, logical.number),
            origin,
        };
        // Of a command only its first word is looked at.
        let command = matches!(line.directive, Directive::Install | Directive::Remove);
        let cut = (logical.cut || line.rest.is_cut()) && !command || line.module.is_cut();
        lost.count("ends of overlong configuration lines", u64::from(cut));
        lost.keep(kept, line, "configuration lines");
    };
    let seen = tree.lines(path, &mut |physical| {
        if let Some(logical) = joiner.push(physical) {
            take(logical);
        }
        Flow::More
    });
    if let Some(logical) = joiner.finish() {
        take(logical);
    }
    seen.map(|_| ())
}

/// Modules whose options matter to the stack although no rule follows them.
const ALSO: [&str; 2] = ["firmware_class", "modprobe"];
/// Parts of names that make a line worth keeping, in lower case.
const WORDS: [&[u8]; 5] = [b"nvidia", b"nouveau", b"nvreg_", b"nova_core", b"vfio"];

/// True when a line is worth keeping for the stack: `module` is its first argument,
/// or its first word where kmod ignores it.
#[must_use]
pub fn of_interest(module: &[u8], rest: &[u8]) -> bool {
    let name = kernel_name(module);
    let watched = |w: &&str| name.eq_ignore_ascii_case(w);
    WATCHED.iter().chain(&ALSO).any(watched)
        || WORDS.iter().any(|w| holds(module, w) || holds(rest, w))
        || STACK.iter().any(|m| crate::kmod::names::matches(&name, m))
}

/// `word` in `text`, case aside.
fn holds(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word))
}

fn from_command_line(raw: &[u8], kept: &mut Lines, lost: &mut Lost) {
    for parameter in cmdline::module_parameters(raw) {
        let place = Place::Word(parameter.word);
        let origin = Origin::Cmdline;
        if let Some(names) = parameter.blacklisted() {
            for name in names {
                let mut module = Name::new();
                name.iter().for_each(|piece| module.push_bytes(piece));
                if of_interest(module.as_bytes(), b"") {
                    let (directive, rest) = (Directive::Blacklist, Line::new());
                    let line = ConfLine { directive, module, rest, place: place.clone(), origin };
                    lost.keep(kept, line, "configuration lines");
                }
            }
            continue;
        }
        if !brackets_close(parameter.module) || !of_interest(parameter.module, b"") {
            continue;
        }
        let mut rest = Line::new();
        parameter.text().iter().for_each(|piece| rest.push_bytes(piece));
        let module = Name::from_bytes(parameter.module);
        lost.count("ends of overlong configuration lines", u64::from(rest.is_cut()));
        let line = ConfLine { directive: Directive::Options, module, rest, place, origin };
        lost.keep(kept, line, "configuration lines");
    }
}

#[cfg(test)]
mod tests;
