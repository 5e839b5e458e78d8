//! Kinds of entries, and a name that comes again as something else
//! (init/initramfs.c, `clean_path`, `do_name`, `do_symlink`).

use crate::corpus::case::Case;
use crate::corpus::newc::kind;
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    again().into_iter().chain(kinds()).collect()
}

fn again() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("again-file-shorter", "A file again, shorter", |at| {
            vec![at.file("a", "0123456789"), at.file("a", "ab").mode(kind::FILE | 0o755)]
        }),
        Case::archive("again-file-empty", "A file again, empty", |at| {
            vec![at.file("a", "0123456789"), at.file("a", "").time(7)]
        }),
        Case::archive("again-file-directory", "A file, then a directory with a file", |at| {
            vec![at.file("a", "x"), at.dir("a"), at.file("a/b", "b")]
        }),
        Case::archive("again-empty-directory-file", "An empty directory, then a file", |at| {
            vec![at.dir("a"), at.file("a", "x")]
        }),
        Case::archive("again-full-directory-file", "A full directory, then a file", |at| {
            vec![at.dir("a"), at.file("a/b", "b"), at.file("a", "x"), at.file("c", "c")]
        }),
        Case::archive("again-directory", "A directory again, with another mode", |at| {
            let again = at.dir("a").mode(kind::DIR | 0o700).owner(3, 4).time(9);
            vec![at.dir("a"), at.file("a/b", "b"), again]
        }),
        Case::archive("again-symlink-file", "A link, then a file of that name", |at| {
            vec![at.file("target", "old"), at.link("a", "target"), at.file("a", "new")]
        }),
        Case::archive("again-symlink-directory", "A link to a folder, then a folder", |at| {
            vec![
                at.dir("usr"),
                at.link("lib", "usr"),
                at.file("lib/early", "1"),
                at.dir("lib"),
                at.file("lib/late", "2"),
            ]
        }),
        Case::archive("again-symlink-symlink", "A link, then another link", |at| {
            vec![at.link("a", "one"), at.link("a", "two").owner(1, 1).time(4)]
        }),
        Case::archive("again-file-symlink", "A file, then a link of that name", |at| {
            vec![at.file("a", "x"), at.link("a", "b")]
        }),
        Case::archive("again-empty-directory-symlink", "An empty directory, then a link", |at| {
            vec![at.dir("a"), at.link("a", "b")]
        }),
        Case::archive("again-full-directory-symlink", "A full directory, then a link", |at| {
            vec![at.dir("a"), at.file("a/b", "b"), at.link("a", "c").owner(7, 7)]
        }),
        Case::archive("again-node-file", "A device node, then a file", |at| {
            vec![at.entry("a", kind::CHAR | 0o600, "").device(1, 3), at.file("a", "x")]
        }),
        Case::archive("again-file-node", "A file, then a device node", |at| {
            vec![at.file("a", "x"), at.entry("a", kind::BLOCK | 0o600, "").device(7, 0)]
        }),
        Case::archive("again-node-node", "A device node, then another of that type", |at| {
            vec![
                at.entry("a", kind::CHAR | 0o600, "").device(1, 3),
                at.entry("a", kind::CHAR | 0o666, "").device(1, 5).owner(1, 2).time(3),
            ]
        }),
        Case::archive("again-fifo-socket", "A FIFO, then a socket", |at| {
            vec![at.entry("a", kind::FIFO | 0o600, ""), at.entry("a", kind::SOCKET | 0o644, "")]
        }),
        Case::archive("again-directory-in-file", "A file where a folder is needed", |at| {
            vec![at.file("a", "x"), at.file("a/b", "b"), at.dir("a/c"), at.link("a/d", "d")]
        }),
        Case::archive("again-directory-node", "A full directory, then a FIFO", |at| {
            vec![
                at.dir("a"),
                at.file("a/b", "b"),
                at.entry("a", kind::FIFO | 0o600, "").owner(5, 6).time(8),
            ]
        }),
    ]
}

fn kinds() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("kind-nodes", "Devices, a FIFO and a socket", |at| {
            vec![
                at.entry("null", kind::CHAR | 0o666, "").device(1, 3),
                at.entry("disk", kind::BLOCK | 0o660, "").device(259, 70_000).owner(0, 6),
                at.entry("fifo", kind::FIFO | 0o600, ""),
                at.entry("socket", kind::SOCKET | 0o755, ""),
            ]
        }),
        Case::archive("kind-huge-device", "Device numbers beyond what Linux has", |at| {
            vec![
                at.entry("a", kind::CHAR | 0o600, "").device(4095, 0xf_ffff),
                at.entry("b", kind::CHAR | 0o600, "").device(4096, 0x10_0000),
                at.entry("c", kind::BLOCK | 0o600, "").device(u32::MAX, u32::MAX),
            ]
        }),
        Case::archive("kind-zero-device", "A character device 0:0, overlayfs's whiteout", |at| {
            vec![at.entry("a", kind::CHAR, "").device(0, 0)]
        }),
        Case::archive("kind-special-bits", "setuid, setgid, sticky", |at| {
            vec![
                at.file("suid", "x").mode(kind::FILE | 0o4755).owner(1000, 100),
                at.file("sgid", "x").mode(kind::FILE | 0o2755).owner(1000, 100),
                at.file("none", "").mode(kind::FILE),
                at.dir("sticky").mode(kind::DIR | 0o1777),
                at.dir("sgid-dir").mode(kind::DIR | 0o2775).owner(0, 50),
                at.file("sgid-dir/file", "x"),
                at.dir("sgid-dir/dir"),
            ]
        }),
        Case::archive("kind-symlink-mode", "Links that say other modes than 0777", |at| {
            vec![at.link("a", "b").mode(kind::LINK), at.link("c", "d").mode(kind::LINK | 0o4644)]
        }),
        Case::archive("kind-no-type", "A mode without type bits, with and without data", |at| {
            vec![
                at.entry("a", 0o644, "data"),
                at.entry("b", 0o644, ""),
                at.file("old", "old"),
                at.entry("old", 0o644, ""),
                at.file("after", "after"),
            ]
        }),
        Case::archive("kind-unknown-type", "A type that Linux does not have", |at| {
            vec![
                at.entry("a", 0o150_644, "data"),
                at.entry("b", 0o030_644, ""),
                at.dir("empty"),
                at.entry("empty", 0o110_644, ""),
                at.file("after", "after"),
            ]
        }),
        Case::archive("kind-mode-high-bits", "Bits above the sixteen of a mode", |at| {
            vec![
                at.file("a", "a").mode(0x0001_0000 | kind::FILE | 0o644),
                at.dir("b").mode(0xffff_0000 | kind::DIR | 0o755),
            ]
        }),
        Case::archive("kind-directory-with-data", "A directory that has data", |at| {
            vec![at.entry("a", kind::DIR | 0o755, "data"), at.file("a/b", "b"), at.file("c", "c")]
        }),
        Case::archive("kind-fifo-with-data", "A FIFO that has data", |at| {
            vec![at.entry("a", kind::FIFO | 0o600, "data"), at.file("c", "c")]
        }),
        Case::archive("kind-owners", "Owners up to the largest", |at| {
            vec![
                at.file("a", "a").owner(u32::MAX, u32::MAX),
                at.file("b", "b").owner(u32::MAX - 1, 65_534),
                at.dir("c").owner(u32::MAX, 4),
                at.link("d", "d").owner(5, u32::MAX),
            ]
        }),
        Case::archive("kind-times", "Times from 1970 to 2106", |at| {
            vec![
                at.file("a", "a").time(0),
                at.file("b", "").time(u32::MAX),
                at.link("c", "c").time(0x8000_0000),
                at.dir("d").time(1),
                at.file("d/e", "e"),
                at.entry("f", kind::FIFO | 0o600, "").time(2),
            ]
        }),
        Case::archive("kind-time-of-replaced", "Times of directories that come again", |at| {
            vec![
                at.dir("twice").time(1),
                at.dir("twice").time(2),
                at.dir("gone").time(3),
                at.file("gone", "now a file").time(4),
                at.dir("linked").time(5),
                at.link("linked", "twice").time(6),
            ]
        }),
        Case::archive("kind-symlink-empty", "A link without a target", |at| {
            vec![
                at.file("a", "a"),
                at.link("a", ""),
                at.link("b", "").owner(3, 3),
                at.file("c", "c"),
            ]
        }),
        Case::archive("kind-symlink-4095", "A target of 4095 bytes, the longest", |at| {
            vec![at.link("a", "x".repeat(4095)), at.file("c", "c")]
        }),
        Case::archive("kind-symlink-4096", "A target of 4096 bytes", |at| {
            vec![at.link("a", "x".repeat(4096)), at.file("c", "c")]
        }),
        Case::archive("kind-symlink-4097", "A target of 4097 bytes", |at| {
            vec![at.file("a", "a"), at.link("a", "x".repeat(4097)), at.file("c", "c")]
        }),
        Case::archive("kind-symlink-nul", "A target with a NUL in it", |at| {
            vec![at.link("a", "one\0two"), at.link("b", "\0two"), at.file("c", "c")]
        }),
        Case::archive("kind-symlink-bytes", "Targets that are no text", |at| {
            vec![at.link("a", b"\xff\xfe\n\x1b[31m"), at.link("b", "b"), at.link("c", "/")]
        }),
    ]
}
