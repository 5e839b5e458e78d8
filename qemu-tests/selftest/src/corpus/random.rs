//! Images by chance from a number: entries that get in each other's way, hard
//! links, odd paths, in random forms and orders. For finding what nobody thought
//! of; what it finds becomes a case.

use super::case::{Case, Folder};
use super::newc::{self, Entry, kind};
use super::pack::Form;
use std::io;

/// Numbers by chance, the same for the same start (Steele's SplitMix64).
struct Chance(u64);

impl Chance {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.number() % u64::from(limit.max(1))).unwrap_or_default()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        all.get(self.below(count) as usize).copied()
    }

    fn once_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }
}

/// The case of one number.
///
/// # Errors
/// A packer that failed.
pub fn case(seed: u64) -> io::Result<Case> {
    let name = format!("random-{seed}");
    Case::image(&name, "An image by chance", |at| {
        let mut chance = Chance(seed);
        let mut image = Vec::new();
        for segment in 0..=chance.below(3) {
            let form = chance.of(&FORMS).unwrap_or(Form::Plain);
            let mut entries = if segment == 0 { folders(at) } else { Vec::new() };
            for _ in 0..chance.below(12) {
                entries.push(entry(&mut chance, at));
            }
            if !chance.once_in(6) {
                entries.push(Entry::trailer());
            }
            let zeros = [0, 1, 2, 3, 4, 508];
            let plain = form == Form::Plain;
            if plain || chance.once_in(2) {
                newc::pad(&mut image, 4);
            } else {
                image.resize(image.len() + chance.of(&zeros).unwrap_or(0), 0);
            }
            image.extend(form.pack(&newc::open_archive(&entries))?);
        }
        Ok(image)
    })
}

/// Deep enough for links that lead up to stay in the case's folder.
const INSIDE: &str = "w/x/y/z/";

fn folders(at: &Folder) -> Vec<Entry> {
    let below = ["w", "w/x", "w/x/y", "w/x/y/z"].map(|name| at.dir(name));
    std::iter::once(at.top()).chain(below).collect()
}

/// lz4 leaves out its end, and takes what follows for a chunk: it is in the
/// written cases.
const FORMS: [Form; 8] = [
    Form::Plain,
    Form::Plain,
    Form::Plain,
    Form::Gzip,
    Form::Zstd,
    Form::Xz,
    Form::Lzma,
    Form::Bzip2,
];

const NAMES: [&str; 24] = [
    "a", "b", "c", "d", "l", "m", "a/a", "a/b", "b/a", "b/c", "l/a", "l/b", "m/a", "a/a/a", "d/d",
    "d//d/", "./a", "a/", "l/", "d/../b", "l/../c", "m/.", "d/.", "a\0b",
];

const TARGETS: [&str; 11] =
    ["a", "b", "d", "l", "m", "../z/d", ".", "..", "a/b", "missing", "/missing/d"];

fn entry(chance: &mut Chance, at: &Folder) -> Entry {
    let name = format!("{INSIDE}{}", chance.of(&NAMES).unwrap_or("a"));
    let mode = chance.below(0o10_000);
    let data = data(chance);
    let mut entry = match chance.below(16) {
        0..=5 => at.entry(name, kind::FILE | mode, &data),
        6..=9 => at.entry(name, kind::DIR | mode, ""),
        10..=12 => at.link(name, chance.of(&TARGETS).unwrap_or("a")),
        13 => at.entry(name, kind::FIFO | mode, ""),
        14 => {
            let minor = chance.below(300);
            at.entry(name, kind::CHAR | mode, "").device(chance.below(300), minor)
        }
        _ => {
            let odd = chance.of(&[0, 0o030_000, kind::SOCKET, kind::BLOCK, kind::DIR]);
            at.entry(name, odd.unwrap_or_default() | mode, if chance.once_in(2) { "" } else { "x" })
        }
    };
    if chance.once_in(3) {
        let links = chance.below(4);
        entry = entry.inode(chance.below(3), links);
    }
    if chance.once_in(4) {
        let user = chance.below(3000);
        entry = entry.owner(user, chance.below(3000));
    }
    if chance.once_in(5) {
        entry = entry.summed();
    }
    entry.time(chance.below(1_000_000_000))
}

fn data(chance: &mut Chance) -> Vec<u8> {
    let length = match chance.below(8) {
        0..=2 => 0,
        3..=6 => chance.below(40),
        _ => chance.below(50_000),
    };
    let letter = b'a' + u8::try_from(chance.below(26)).unwrap_or_default();
    vec![letter; length as usize]
}
