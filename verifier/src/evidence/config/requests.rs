//! Requests to load modules by name: the one collector of who asks. Reads lists,
//! never what becomes of them; udev, which asks by alias, has no list.

use super::{better, refused};
use crate::evidence::conf_files::{ConfFiles, is_masked};
use crate::facts::config::{Asker, Request};
use crate::facts::{Facts, Lost, Phase, Place};
use crate::parse::{cmdline, modules_load};
use crate::seen::Seen;
use crate::text::Name;
use crate::tree::{Flow, Tree};
use heapless::Vec;

#[cfg(feature = "image")]
mod generators;

type Requests = Vec<Request, { crate::facts::config::REQUEST_MAX }>;

/// Reads every request of this phase.
pub(super) fn read(tree: &dyn Tree, facts: &mut Facts) -> Seen<Requests> {
    let mut kept = Requests::new();
    let (mut read, mut over) = (Lost::new(), Lost::new());
    let words = facts.config.cmdline.yes().map(|words| words.raw.as_slice());
    let seen = each(tree, words, facts.phase, &mut read, &mut |module, place, by| {
        let request = Request { module: Name::from_bytes(module), place, by };
        over.keep(&mut kept, request, "modules-load.d requests");
    });
    for (what, n) in read.kinds().iter().chain(over.kinds()) {
        facts.lost.count(what, *n);
    }
    seen.map(|()| kept)
}

/// Hands out every request in the order of the sources, the name as written, however
/// many there are. `words` is the command line, where it is known. The lists of an
/// initrd's own scripts are read of an image only.
pub fn each(
    tree: &dyn Tree,
    words: Option<&[u8]>,
    phase: Phase,
    lost: &mut Lost,
    take: &mut dyn FnMut(&[u8], Place, Asker),
) -> Seen<()> {
    let mut files = ConfFiles::default();
    let mut seen = Seen::NotLooked;
    for dir in modules_load::FOLDERS {
        seen = better(seen, files.insert_directory(tree, dir, lost));
    }
    if let Seen::Unreadable(e) = seen {
        return Seen::Unreadable(e);
    }
    let mut unreadable = 0;
    for path in files.iter().filter(|path| !is_masked(tree, path)) {
        let mut number = 0u32;
        let read = tree.lines(path, &mut |line| {
            number = number.saturating_add(1);
            if let Some(module) = modules_load::line(line) {
                take(module, Place::line(path, number), Asker::ModulesLoad);
            }
            Flow::More
        });
        unreadable += u64::from(refused(&read.status()));
    }
    if let Some(words) = words {
        seen = Seen::Yes(());
        for word in cmdline::words(words) {
            let place = Place::Word(word.number);
            from_word(&word, phase, &mut |module, by| take(module, place.clone(), by));
        }
    }
    #[cfg(feature = "image")]
    if phase == Phase::Image {
        seen = better(seen, generators::each(tree, take));
    }
    lost.count("unreadable configuration files", unreadable);
    seen
}

/// The modules that a word of the command line asks for in this phase.
fn from_word(word: &cmdline::Word<'_>, phase: Phase, take: &mut dyn FnMut(&[u8], Asker)) {
    let (key, value) = word.key_value();
    let by = match modules_load::asks(key) {
        Some(modules_load::Asks::Always) => Asker::ModulesLoad,
        Some(modules_load::Asks::InInitrd) if phase == Phase::PreDisplay => return,
        Some(modules_load::Asks::InInitrd) => Asker::ModulesLoad,
        Some(modules_load::Asks::OfDracut) if phase == Phase::PreDisplay => return,
        Some(modules_load::Asks::OfDracut) => Asker::Dracut,
        None => return,
    };
    for module in value.unwrap_or(&[]).split(|b| *b == b',').filter(|m| !m.is_empty()) {
        take(module, by);
    }
}
