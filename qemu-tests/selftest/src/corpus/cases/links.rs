//! Hard links: which names share a file, which lose it, and where the data
//! comes from (init/initramfs.c, `maybe_link`).

use crate::corpus::case::Case;
use crate::corpus::newc::{Entry, archive, kind};
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    let same = [
        Case::archive("links-data-last", "Two names of one file, data with the last", |at| {
            vec![at.file("a", "").inode(1, 2), at.file("b", "hello").inode(1, 2)]
        }),
        Case::archive("links-data-first", "Two names of one file, data with the first", |at| {
            vec![at.file("a", "hello").inode(1, 2), at.file("b", "").inode(1, 2)]
        }),
        Case::archive("links-data-twice", "Two names of one file, each with other data", |at| {
            vec![at.file("a", "hello, world").inode(1, 2), at.file("b", "bye").inode(1, 2)]
        }),
        Case::archive("links-data-middle", "Three names, data with the second", |at| {
            vec![
                at.file("a", "").inode(1, 3),
                at.file("b", "hello").inode(1, 3),
                at.file("c", "").inode(1, 3),
            ]
        }),
        Case::archive("links-one-link", "One inode number, but each says one link", |at| {
            vec![at.file("a", "one").inode(1, 1), at.file("b", "two").inode(1, 1)]
        }),
        Case::archive("links-too-many", "Says seven links, two come", |at| {
            vec![at.file("a", "").inode(1, 7), at.file("b", "two").inode(1, 7)]
        }),
        Case::archive("links-count-differs", "Says two links, then one, then two", |at| {
            vec![
                at.file("a", "a").inode(1, 2),
                at.file("b", "b").inode(1, 1),
                at.file("c", "c").inode(1, 2),
            ]
        }),
        Case::archive("links-other-device", "Same inode number on three devices", |at| {
            vec![
                at.file("a", "a").inode(1, 2).on(8, 1),
                at.file("b", "b").inode(1, 2).on(8, 2),
                at.file("c", "c").inode(1, 2).on(9, 1),
                at.file("d", "").inode(1, 2).on(8, 1),
            ]
        }),
        Case::archive("links-other-mode", "Two names with other permissions and owners", |at| {
            vec![
                at.file("a", "a").mode(kind::FILE | 0o600).inode(1, 2).owner(1, 2),
                at.file("b", "").mode(kind::FILE | 0o4755).inode(1, 2).owner(3, 4).time(5),
            ]
        }),
        Case::archive("links-other-type", "A FIFO and a file with one inode number", |at| {
            vec![
                at.entry("fifo", kind::FIFO | 0o600, "").inode(1, 2),
                at.file("file", "x").inode(1, 2),
            ]
        }),
        Case::archive("links-itself", "One name twice, said to be two links", |at| {
            vec![at.file("a", "first").inode(1, 2), at.file("a", "second").inode(1, 2)]
        }),
        Case::archive("links-itself-thrice", "One name three times, said to be links", |at| {
            vec![
                at.file("a", "1").inode(1, 3),
                at.file("a", "2").inode(1, 3),
                at.file("a", "3").inode(1, 3),
            ]
        }),
        Case::archive("links-over-file", "The second name is an older file", |at| {
            vec![at.file("b", "old"), at.file("a", "new").inode(1, 2), at.file("b", "").inode(1, 2)]
        }),
        Case::archive("links-over-empty-directory", "The second name is a directory", |at| {
            vec![at.dir("b"), at.file("a", "new").inode(1, 2), at.file("b", "").inode(1, 2)]
        }),
        Case::archive("links-over-full-directory", "The second name is a full directory", |at| {
            vec![
                at.dir("b"),
                at.file("b/c", "c"),
                at.file("a", "new").inode(1, 2),
                at.file("b", "data").inode(1, 2),
            ]
        }),
        Case::archive("links-over-symlink", "The second name is a symbolic link", |at| {
            vec![
                at.file("target", "target"),
                at.link("b", "target"),
                at.file("a", "new").inode(1, 2),
                at.file("b", "").inode(1, 2),
            ]
        }),
        Case::archive("links-first-lost", "The first name's folder is missing", |at| {
            vec![at.file("none/a", "one").inode(1, 2), at.file("b", "two").inode(1, 2)]
        }),
        Case::archive("links-second-lost", "The second name's folder is missing", |at| {
            vec![at.file("a", "").inode(1, 2), at.file("none/b", "data").inode(1, 2)]
        }),
        Case::archive("links-first-replaced", "The first name becomes another file", |at| {
            vec![
                at.file("a", "one").inode(1, 2),
                at.link("a", "elsewhere"),
                at.file("b", "two").inode(1, 2),
            ]
        }),
        Case::archive("links-to-symlink", "The first name is a link by then, to a file", |at| {
            vec![
                at.file("a", "one").inode(1, 2),
                at.file("file", "file"),
                at.link("a", "file"),
                at.file("b", "two").inode(1, 2),
            ]
        }),
        Case::archive("links-shorter-data", "Less data with the second name", |at| {
            vec![at.file("a", "0123456789").inode(1, 2), at.file("b", "ab").inode(1, 2)]
        }),
        Case::archive("links-summed", "Two names in an archive with sums, data last", |at| {
            vec![at.file("a", "").inode(1, 2).summed(), at.file("b", "hello").inode(1, 2).summed()]
        }),
        Case::archive("links-nodes", "Two names of a FIFO, and of a device", |at| {
            vec![
                at.entry("fifo", kind::FIFO | 0o600, "").inode(1, 2),
                at.entry("fifo2", kind::FIFO | 0o644, "").inode(1, 2),
                at.entry("null", kind::CHAR | 0o666, "").inode(2, 2).device(1, 3),
                at.entry("zero", kind::CHAR | 0o600, "").inode(2, 2).device(1, 5),
            ]
        }),
        Case::archive("links-symlinks", "Two symbolic links of one inode number", |at| {
            vec![at.link("a", "one").inode(1, 2), at.link("b", "two").inode(1, 2)]
        }),
        Case::archive("links-directories", "Two directories of one inode number", |at| {
            vec![at.dir("a").inode(1, 2), at.dir("b").inode(1, 2), at.file("b/c", "c")]
        }),
        Case::archive("links-inode-zero", "Two names of inode 0", |at| {
            vec![at.file("a", "").inode(0, 2), at.file("b", "zero").inode(0, 2)]
        }),
    ];
    let borders = [
        Case::image("links-across-trailer", "Two names, a trailer between them", |at| {
            Ok([
                at.archive(&[at.file("a", "one").inode(1, 2)]),
                archive(&[at.file("b", "two").inode(1, 2)]),
            ]
            .concat())
        }),
        Case::image("links-across-segments", "Two names, no trailer between them", |at| {
            Ok([
                at.open_archive(&[at.file("a", "one").inode(1, 2)]),
                vec![0; 512],
                archive(&[at.file("b", "two").inode(1, 2)]),
            ]
            .concat())
        }),
        Case::image("links-across-forms", "Two names, one packed, no trailer between", |at| {
            let first =
                crate::corpus::pack::gzip(&at.open_archive(&[at.file("a", "one").inode(1, 2)]))?;
            let second = crate::corpus::pack::zstd(
                &archive(&[at.file("b", "").inode(1, 2), Entry::dir(at.path("c"))]),
                false,
            )?;
            Ok([first, second].concat())
        }),
    ];
    same.into_iter().chain(borders).collect()
}
