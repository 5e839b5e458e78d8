//! Requests to load modules: modules-load.d and the command line's lists.

use super::{better, refused};
use crate::evidence::conf_files::{ConfFiles, is_masked};
use crate::facts::config::Request;
use crate::facts::{Facts, Phase, Place};
use crate::parse::{cmdline, modules_load};
use crate::seen::Seen;
use crate::text::Name;
use crate::tree::{Flow, Tree};
use heapless::Vec;

/// systemd's directories in its order (man modules-load.d).
const MODULES_LOAD_D: [&str; 5] = [
    "etc/modules-load.d",
    "run/modules-load.d",
    "usr/local/lib/modules-load.d",
    "usr/lib/modules-load.d",
    "lib/modules-load.d",
];

type Requests = Vec<Request, { crate::facts::config::REQUEST_MAX }>;

/// Reads every request of this phase.
pub(super) fn read(tree: &dyn Tree, facts: &mut Facts) -> Seen<Requests> {
    let mut files = ConfFiles::default();
    let mut seen = Seen::NotLooked;
    for dir in MODULES_LOAD_D {
        seen = better(seen, files.insert_directory(tree, dir, &mut facts.lost));
    }
    if let Seen::Unreadable(e) = seen {
        return Seen::Unreadable(e);
    }
    let mut kept = Requests::new();
    let lost = &mut facts.lost;
    let mut keep = |module: &[u8], place: Place| {
        let request = Request { module: Name::from_bytes(module), place };
        lost.keep(&mut kept, request, "modules-load.d requests");
    };
    let mut unreadable = 0;
    for path in files.iter().filter(|path| !is_masked(tree, path)) {
        let mut number = 0u32;
        let read = tree.lines(path, &mut |line| {
            number = number.saturating_add(1);
            if let Some(module) = modules_load::line(line) {
                keep(module, Place::line(path, number));
            }
            Flow::More
        });
        unreadable += u64::from(refused(&read.status()));
    }
    if let Some(words) = facts.config.cmdline.yes() {
        seen = Seen::Yes(());
        for word in cmdline::words(&words.raw) {
            let (key, value) = word.key_value();
            let counts = match modules_load::asks(key) {
                Some(modules_load::Asks::Always) => true,
                Some(modules_load::Asks::InInitrd) => facts.phase != Phase::PreDisplay,
                None => false,
            };
            let modules = value.filter(|_| counts).unwrap_or(&[]).split(|b| *b == b',');
            for module in modules.filter(|m| !m.is_empty()) {
                keep(module, Place::Word(word.number));
            }
        }
    }
    facts.lost.count("unreadable configuration files", unreadable);
    seen.map(|()| kept)
}
