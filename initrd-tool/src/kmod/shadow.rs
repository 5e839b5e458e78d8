//! Lines that do nothing, and why: what another line shadows, what kmod passes over
//! without a word. Only lines that concern the modules of a plan are told.

mod files;
pub(super) mod options;

use super::Kmod;
use super::config::{Deps, Item, Place};
use super::names::{printable, underscores};
use super::resolve::{Outcome, Resolver};
use nvpreflight::kmod::fnmatch::fnmatch;
use std::collections::BTreeSet;

/// A line or file without the effect that its author may expect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// A stable word for what is meant, for machines.
    pub kind: &'static str,
    /// The line, as it reads.
    pub line: String,
    /// Where it stands.
    pub place: String,
    /// Why it does nothing, a sentence without its period.
    pub why: String,
    /// The line that takes its place.
    pub by: Option<String>,
}

/// Everything without effect that concerns the modules of these outcomes, in the
/// order of kinds and lines.
#[must_use]
pub fn notes(kmod: &Kmod<'_>, outcomes: &[Outcome]) -> Vec<Note> {
    let probes = || outcomes.iter().flat_map(|o| &o.probes);
    let modules: BTreeSet<&[u8]> = probes()
        .flat_map(|p| p.steps.iter().map(|s| &s.module[..]).chain([&p.module[..]]))
        .collect();
    let mut out = Vec::new();
    files::index(kmod, &modules, &mut out);
    for module in &modules {
        softdeps(kmod, module, &mut out);
        first_only(&kmod.config.install, module, "install", &mut out);
        options::overridden(kmod, module, &mut out);
    }
    for step in probes().flat_map(|p| &p.steps) {
        if let Some(line) = &step.unused_install {
            out.push(Note {
                kind: "install-unused",
                line: format!("install {} {}", printable(&line.name), printable(&line.text)),
                place: line.place.to_string(),
                why: format!(
                    "a softdep of {} is in force: kmod then inserts the module directly",
                    printable(&step.module)
                ),
                by: kmod.config.softdep_of(&step.module).map(|d| d.place.to_string()),
            });
        }
    }
    options::for_nobody(kmod, &modules, &mut out);
    blacklists(kmod, outcomes, &modules, &mut out);
    weakdeps(kmod, &modules, &mut out);
    files::ignored(kmod, &modules, &mut out);
    files::hidden(kmod, &mut out);
    let mut told = Vec::new();
    out.retain(|note| {
        let new = !told.contains(note);
        if new {
            told.push(note.clone());
        }
        new
    });
    out
}

fn softdep_line(line: &Deps) -> String {
    format!("softdep {} {}", printable(&line.name), printable(&line.text))
}

/// Whether both name the same modules, in any order and spelling, as NVP108 takes them
/// (`reading::softdeps`).
fn same_targets(a: &[Vec<u8>], b: &[Vec<u8>]) -> bool {
    let same = |one: &[u8], other: &[u8]| {
        one == other || underscores(one).is_some_and(|one| underscores(other) == Some(one))
    };
    let within =
        |a: &[Vec<u8>], b: &[Vec<u8>]| a.iter().all(|one| b.iter().any(|other| same(one, other)));
    within(a, b) && within(b, a)
}

fn softdeps(kmod: &Kmod<'_>, module: &[u8], out: &mut Vec<Note>) {
    let mut matching = kmod.config.softdeps.iter().filter(|l| fnmatch(&l.name, module));
    let Some(first) = matching.next() else { return };
    for line in matching {
        // Who says the same in other words loses nothing.
        if same_targets(&line.pre, &first.pre) && same_targets(&line.post, &first.post) {
            continue;
        }
        out.push(Note {
            kind: "softdep-shadowed",
            line: softdep_line(line),
            place: line.place.to_string(),
            why: format!("kmod uses only the first softdep of {}", printable(module)),
            by: Some(first.place.to_string()),
        });
    }
    let mut resolver = Resolver::new(kmod);
    let targets = || first.pre.iter().chain(&first.post);
    for target in targets().filter(|t| !resolver.knows(t)).collect::<Vec<_>>() {
        out.push(Note {
            kind: "softdep-unknown-target",
            line: softdep_line(first),
            place: first.place.to_string(),
            why: match target.contains(&b',') {
                true => {
                    format!("kmod reads `{}` as one name, and no module has it", printable(target))
                }
                false => format!("no module or alias is named {}", printable(target)),
            },
            by: None,
        });
    }
    if targets().next().is_none() {
        out.push(Note {
            kind: "softdep-empty",
            line: softdep_line(first),
            place: first.place.to_string(),
            why: "it names nothing after an exact `pre:` or `post:`".into(),
            by: None,
        });
    }
}

fn first_only(lines: &[Item], module: &[u8], word: &str, out: &mut Vec<Note>) {
    let mut matching = lines.iter().filter(|l| fnmatch(&l.name, module));
    let Some(first) = matching.next() else { return };
    for line in matching.filter(|l| l.text != first.text) {
        out.push(Note {
            kind: "install-shadowed",
            line: format!("{word} {} {}", printable(&line.name), printable(&line.text)),
            place: line.place.to_string(),
            why: format!("kmod uses only the first {word} line of {}", printable(module)),
            by: Some(first.place.to_string()),
        });
    }
}

fn blacklists(
    kmod: &Kmod<'_>,
    outcomes: &[Outcome],
    modules: &BTreeSet<&[u8]>,
    out: &mut Vec<Note>,
) {
    let blocks = |place: &Place| {
        outcomes.iter().flat_map(|o| &o.probes).any(|p| p.blocked.as_ref() == Some(place))
    };
    for line in kmod.config.blacklist.iter().filter(|l| !blocks(&l.place)) {
        let spelled = underscores(&line.name).unwrap_or_default();
        let why = if modules.contains(&line.name[..]) {
            "a blacklist only stops loading by alias or by \
             systemd, not loading as a dependency or with modprobe"
                .to_owned()
        } else if modules.contains(&spelled[..]) {
            format!(
                "kmod does not convert dashes in modprobe.blacklist=, and no module \
                 name has a dash: write {}",
                printable(&spelled)
            )
        } else {
            continue;
        };
        out.push(Note {
            kind: "blacklist-without-effect",
            line: format!("blacklist {}", printable(&line.name)),
            place: line.place.to_string(),
            why,
            by: None,
        });
    }
}

fn weakdeps(kmod: &Kmod<'_>, modules: &BTreeSet<&[u8]>, out: &mut Vec<Note>) {
    for line in &kmod.config.weakdeps {
        if modules.iter().any(|module| fnmatch(&line.name, module)) {
            out.push(Note {
                kind: "weakdep-loads-nothing",
                line: format!("weakdep {} {}", printable(&line.name), printable(&line.text)),
                place: line.place.to_string(),
                why: "a weakdep only tells initrd generators what to include; \
                      kmod before 33 ignores the line with a message"
                    .into(),
                by: None,
            });
        }
    }
}
