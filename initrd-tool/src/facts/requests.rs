//! Modules that an initrd's own scripts load by name: initramfs-tools' and
//! mkinitcpio's lists. modules-load.d and the command line are the library's.

use nvpreflight::facts::config::Request;
use nvpreflight::facts::{Facts, Place};
use nvpreflight::seen::Seen;
use nvpreflight::text::Name;
use nvpreflight::tree::{Flow, Tree};

/// One module a line, its parameters behind it (initramfs-tools
/// scripts/functions `load_modules`).
const INITRAMFS_TOOLS: &str = "conf/modules";
/// Shell assignments; `MODULES="…"` is what init gives to modprobe (mkinitcpio
/// init, `buildconfig`).
const MKINITCPIO: &str = "config";

/// Adds the requests of the generators' scripts.
pub(super) fn add(files: &dyn Tree, facts: &mut Facts) {
    let mut found = Vec::new();
    each(files, INITRAMFS_TOOLS, &mut |number, line| {
        let word = line.split(u8::is_ascii_whitespace).find(|word| !word.is_empty());
        if let Some(name) = word.filter(|word| !word.starts_with(b"#")) {
            found.push((Name::from_bytes(name), INITRAMFS_TOOLS, number));
        }
    });
    each(files, MKINITCPIO, &mut |number, line| {
        let Some(value) = line.strip_prefix(b"MODULES=") else { return };
        let words =
            value.split(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'(' | b')'));
        // A question mark asks for the module only where it exists.
        let words = words.filter(|word| !word.is_empty() && !word.ends_with(b"?"));
        found.extend(words.map(|name| (Name::from_bytes(name), MKINITCPIO, number)));
    });
    if found.is_empty() {
        return;
    }
    let requests = &mut facts.config.requests;
    if !matches!(requests, Seen::Yes(_) | Seen::Unreadable(_)) {
        *requests = Seen::Yes(Default::default());
    }
    if let Seen::Yes(kept) = requests {
        for (module, path, number) in found {
            let place = Place::line(path, number);
            facts.lost.keep(kept, Request { module, place }, "modules-load.d requests");
        }
    }
}

fn each(files: &dyn Tree, path: &str, f: &mut dyn FnMut(u32, &[u8])) {
    let mut number = 0u32;
    // An image of another generator has no such file.
    let _ = files.lines(path, &mut |line| {
        number = number.saturating_add(1);
        f(number, line);
        Flow::More
    });
}
