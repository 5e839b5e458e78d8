//! The program that the command line puts first: `rdinit=` in the image, `init=` on the
//! root where that is at hand. Looks whether it is there; starts nothing.

use super::paths::canonical;
use crate::source::files::Files;
use nvpreflight::facts::image::FirstProgram;
use nvpreflight::parse::cmdline;
use nvpreflight::text::Line;

/// What shows that a folder is a root that is started from, and not a part of one.
const OF_A_ROOT: [&str; 3] = ["usr/lib/systemd/systemd", "sbin/init", "nix/store"];

/// The last word of each kind, which is the one that counts (init/main.c `rdinit_setup`,
/// `init_setup`).
pub(super) fn collect(
    files: &dyn Files,
    root: Option<&dyn Files>,
    line: &[u8],
) -> Vec<FirstProgram> {
    let of = |key: &[u8], files: &dyn Files| {
        let words = cmdline::kernel_words(line);
        let (word, path) = words.filter_map(|w| named(w, key)).last()?;
        let exists = canonical(files, std::str::from_utf8(path).ok()?).is_some();
        let of_image = key == b"rdinit";
        Some(FirstProgram { path: Line::from_bytes(path), word, of_image, exists })
    };
    let in_image = of(b"rdinit", files);
    let whole = |root: &&dyn Files| OF_A_ROOT.iter().any(|path| canonical(*root, path).is_some());
    let on_root = root.filter(whole).and_then(|root| of(b"init", root));
    in_image.into_iter().chain(on_root).collect()
}

fn named<'a>(word: cmdline::Word<'a>, key: &[u8]) -> Option<(u32, &'a [u8])> {
    match word.key_value() {
        (name, Some(path)) if name == key && path.starts_with(b"/") => Some((word.number, path)),
        _ => None,
    }
}
