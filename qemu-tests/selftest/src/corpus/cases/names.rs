//! Names: how long, of what bytes, and where the kernel's path walk takes them
//! (init/initramfs.c, `do_header`, `do_name`; fs/namei.c).

use crate::corpus::case::{Case, Folder};
use crate::corpus::newc::{Entry, TRAILER, field, kind};
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    lengths().into_iter().chain(bytes()).chain(walks()).chain(parents()).chain(trailers()).collect()
}

/// `folder/`, slashes, `last`: `length` bytes that lead to a short path.
fn stretched(at: &Folder, last: &str, length: usize) -> Vec<u8> {
    let base = at.path("");
    let slashes = length.saturating_sub(base.len() + last.len());
    [base, vec![b'/'; slashes], last.as_bytes().to_owned()].concat()
}

fn lengths() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("name-size-0", "A name of no bytes, not even a NUL", |at| {
            vec![Entry::file("", "data").set(field::NAMESIZE, 0).unpadded(), at.file("c", "c")]
        }),
        Case::archive("name-empty", "Names of only a NUL: file, folder, link, FIFO", |at| {
            vec![
                Entry::file("", "data"),
                Entry::dir("").mode(kind::DIR | 0o700).owner(4, 4),
                Entry::link("", "target"),
                Entry::new("", kind::FIFO | 0o600, ""),
                at.file("c", "c"),
            ]
        })
        .map(Case::alone),
        Case::archive("name-4095", "A path of 4095 bytes, the longest", |at| {
            vec![Entry::file(stretched(at, "a", 4095), "a"), at.file("c", "c")]
        }),
        Case::archive("name-4096", "A path of 4096 bytes", |at| {
            vec![Entry::file(stretched(at, "a", 4096), "a"), at.file("c", "c")]
        }),
        Case::archive("name-5000", "A path of 5000 bytes, and a link and a folder of it", |at| {
            vec![
                Entry::file(stretched(at, "a", 5000), "a"),
                Entry::link(stretched(at, "b", 5000), "target"),
                Entry::dir(stretched(at, "d", 5000)),
                at.file("c", "c"),
            ]
        }),
        Case::archive("name-component-255", "A component of 255 bytes, the longest", |at| {
            let name = "x".repeat(255);
            vec![at.dir(&name), at.file(format!("{name}/{name}"), "a")]
        }),
        Case::archive("name-component-256", "A component of 256 bytes", |at| {
            let name = "x".repeat(256);
            vec![at.file(&name, "a"), at.dir(&name), at.link(&name, "b"), at.file("c", "c")]
        }),
        Case::archive("name-deep", "Sixty folders in each other, about 3700 bytes", |at| {
            let mut path = String::new();
            let mut entries = Vec::new();
            for _ in 0..60 {
                path.push_str(&"d".repeat(60));
                entries.push(at.dir(&path));
                path.push('/');
            }
            entries.push(at.file(format!("{path}file"), "deep"));
            entries
        }),
    ]
}

fn bytes() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("name-not-utf-8", "Names that are not UTF-8", |at| {
            vec![
                at.file(b"latin-\xe9", "1"),
                at.dir(b"\xff\xfe"),
                at.file(b"\xff\xfe/\xc3", "2"),
                at.link(b"\x80", b"\x81"),
            ]
        }),
        Case::archive("name-control", "Line feeds, an escape sequence, blanks, quotes", |at| {
            let names = ["a\nb", "\x1b[31mred", " ", "\t", "'\"\\", "*", "-rf", "\x7f"];
            names.map(|name| at.file(name, name)).to_vec()
        }),
        Case::archive("name-inner-nul", "Bytes behind the NUL that count as the name", |at| {
            vec![at.file("a\0hidden", "a"), at.link("b\0c", "target"), at.file("c", "c")]
        }),
        Case::archive("name-trailing-nuls", "Names with more than one NUL at their end", |at| {
            vec![at.file("a\0\0\0\0\0\0\0\0", "a"), at.dir("b\0\0"), at.file("b/c", "c")]
        }),
        Case::archive("name-without-nul", "A name without a NUL", |at| {
            vec![at.file("a", "a"), at.file("bcd", "b").without_nul(), at.file("c", "c")]
        }),
        Case::archive("name-link-without-nul", "A link's name without a NUL", |at| {
            vec![at.file("a", "a"), at.link("bcd", "b").without_nul(), at.file("c", "c")]
        }),
        Case::archive("name-size-short", "The name's size leaves out its end", |at| {
            let cut = at.file("abcdef", "x");
            vec![at.file("a", "a"), cut.set(field::NAMESIZE, 20), at.file("c", "c")]
        }),
        Case::archive("name-size-long", "The name's size reaches into the data", |at| {
            let long = at.file("abcdef", "x\0yz");
            vec![at.file("a", "a"), long.set(field::NAMESIZE, 28), at.file("c", "c")]
        }),
    ]
}

fn walks() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("path-dot", "Entries called . and ./", |at| {
            vec![
                Entry::dir(at.path(".")).mode(kind::DIR | 0o750),
                at.file("./a", "a"),
                at.file("b/./c", "lost: b is missing"),
                at.dir("b/"),
                at.file("b/./c", "c"),
            ]
        }),
        Case::archive("path-dot-file", "A file, a link and a FIFO called .", |at| {
            vec![
                at.file(".", "x"),
                at.link(".", "target"),
                at.entry(".", kind::FIFO | 0o600, ""),
                at.file("c", "c"),
            ]
        }),
        Case::archive("path-root", "The root folder as . / and ./", |at| {
            vec![
                Entry::dir(".").mode(kind::DIR | 0o711),
                Entry::dir("/").owner(8, 9).mode(kind::DIR | 0o711),
                at.file("c", "c"),
                Entry::dir("./").mode(kind::DIR | 0o775).time(77),
            ]
        })
        .map(Case::alone),
        Case::archive("path-dot-dot", "Paths that go up, beyond the root too", |at| {
            vec![
                at.dir("a"),
                at.file("a/../b", "b"),
                at.file("../../../../path-dot-dot/c", "c"),
                at.file("none/../d", "lost: none is missing"),
                at.file("..", "x"),
                at.dir("a/..").mode(kind::DIR | 0o700).time(3),
            ]
        }),
        Case::archive("path-slashes", "Doubled, leading and trailing slashes", |at| {
            let absolute = [b"//".as_slice(), &at.path("a//b")].concat();
            vec![
                at.dir("a//"),
                Entry::file(absolute, "b"),
                at.file("file/", "a file cannot end so"),
                at.link("link/", "target"),
                at.entry("fifo/", kind::FIFO | 0o600, ""),
                at.file("plain", "x"),
                at.dir("plain/"),
            ]
        }),
        Case::archive("path-absolute", "A path that starts at the root", |at| {
            vec![Entry::file([b"/".as_slice(), &at.path("a")].concat(), "a")]
        }),
        Case::archive("path-through-link", "A folder reached through links", |at| {
            vec![
                at.dir("real"),
                at.link("relative", "real"),
                at.link("absolute", "/path-through-link/real"),
                at.link("up", "../path-through-link/real"),
                at.link("twice", "relative"),
                at.file("relative/a", "a"),
                at.file("absolute/b", "b"),
                at.file("up/c", "c"),
                at.file("twice/d", "d"),
                at.dir("twice/e"),
                at.link("absolute/f", "f"),
            ]
        }),
        Case::archive("path-through-dot-dot-link", ".. behind a link is the target's", |at| {
            vec![at.dir("x"), at.dir("x/y"), at.link("l", "x/y"), at.file("l/../a", "in x")]
        }),
        Case::archive("path-link-out", "Links above the root lead to the root", |at| {
            vec![
                at.link("out", "../../../../../path-link-out"),
                at.file("out/a", "a"),
                at.link("etc", "/path-link-out"),
                at.file("etc/b", "b"),
            ]
        }),
        Case::archive("path-link-dangling", "A folder that is a dangling link", |at| {
            vec![
                at.link("a", "missing"),
                at.file("a/b", "b"),
                at.dir("missing"),
                at.file("a/c", "c"),
            ]
        }),
        Case::archive("path-link-loop", "Links in a ring, and one to itself", |at| {
            vec![
                at.link("a", "b"),
                at.link("b", "a"),
                at.link("self", "self"),
                at.file("a/x", "x"),
                at.file("self/x", "x"),
                at.file("c", "c"),
            ]
        }),
        Case::archive("path-links-40", "Chains of 40 links and of 41", |at| {
            let mut entries = vec![at.dir("l0")];
            for number in 1..=41 {
                entries.push(at.link(format!("l{number}"), format!("l{}", number - 1)));
            }
            entries.push(at.file("l40/a", "40 links"));
            entries.push(at.file("l41/b", "41 links"));
            entries
        }),
        Case::archive("path-link-to-file", "A file written where a link is", |at| {
            vec![
                at.file("file", "old"),
                at.link("l", "file"),
                at.file("l", "new: the link is gone"),
                at.link("d", "/path-link-to-file"),
                at.dir("d/").mode(kind::DIR | 0o701),
            ]
        }),
    ]
}

fn parents() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("parent-missing", "Folders that are missing", |at| {
            vec![
                at.file("a/b", "b"),
                at.dir("a/c"),
                at.link("a/d", "d"),
                at.entry("a/e", kind::FIFO | 0o600, ""),
                at.file("c", "c"),
            ]
        }),
        Case::archive("parent-late", "A folder after its file", |at| {
            vec![at.file("a/b", "b"), at.dir("a"), at.file("a/c", "c")]
        }),
        Case::archive("parent-summed", "A lost file with a wrong sum", |at| {
            vec![at.file("a/b", "b").summed().set(field::CHECK, 1), at.file("c", "c").summed()]
        }),
    ]
}

fn trailers() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("trailer-file", "A file called as the trailer, with data", |at| {
            vec![at.file("a", "a"), Entry::file(TRAILER, "data"), at.file("b", "after it")]
        }),
        Case::archive("trailer-other-types", "A folder and a link called as the trailer", |at| {
            vec![
                at.file("a", "").inode(1, 2),
                Entry::dir(TRAILER),
                at.file("b", "no link of a").inode(1, 2),
                Entry::link(TRAILER, "a link it is"),
                at.file("c", "c"),
            ]
        })
        .map(Case::alone),
        Case::archive("trailer-below", "The trailer's name in a folder, and as ./", |at| {
            vec![
                at.file(TRAILER, "a file"),
                at.dir("d"),
                at.dir(format!("d/{TRAILER}")),
                Entry::file(format!("./{}/./{TRAILER}2", "trailer-below"), "a file"),
            ]
        }),
        Case::archive("trailer-inner-nul", "The trailer's name, a NUL, and more", |at| {
            vec![
                at.file("a", "").inode(1, 2),
                Entry::file("TRAILER!!!\0x", ""),
                at.file("b", "b").inode(1, 2),
            ]
        }),
        Case::archive("trailer-twice", "Two trailers, the first in the middle", |at| {
            vec![at.file("a", "a"), Entry::trailer(), at.file("b", "b")]
        }),
    ]
}
