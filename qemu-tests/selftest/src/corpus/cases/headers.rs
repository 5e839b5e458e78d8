//! Header fields that are not as they should be, formats other than newc, and
//! sums (init/initramfs.c, `parse_header`, `do_header`, `do_copy`).

use crate::corpus::case::Case;
use crate::corpus::newc::{Entry, field};
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    digits().into_iter().chain(sizes()).chain(formats()).chain(sums()).collect()
}

fn digits() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("hex-upper", "Upper-case digits", |at| {
            vec![
                at.file("a", "x".repeat(0xab)).text(field::SIZE, "000000AB").text(5, "3B9ACA0A"),
                at.file("c", "c"),
            ]
        }),
        Case::archive("hex-blanks", "Blanks before and behind the digits", |at| {
            vec![
                at.file("a", "").text(field::SIZE, "       4"),
                at.file("b", "data").text(field::SIZE, "4       "),
                at.file("c", "c"),
            ]
        })
        .map(Case::alone),
        Case::archive("hex-prefix", "0x before the digits", |at| {
            vec![
                at.file("a", "data").text(field::SIZE, "0x000004"),
                at.file("b", "data").text(field::SIZE, "0X4     "),
                at.file("c", "c"),
            ]
        }),
        Case::archive("hex-signs", "A minus and a plus", |at| {
            vec![
                at.file("a", "").text(field::SIZE, "-0000004"),
                at.file("b", "").text(field::SIZE, "+0000004"),
                at.file("c", "c"),
            ]
        })
        .map(Case::alone),
        Case::archive("hex-garbage", "Letters that are no digits", |at| {
            vec![
                at.file("a", "data").text(field::SIZE, "00000004").text(2, "zzzzzzzz"),
                at.file("b", "").text(field::SIZE, "g0000004").text(3, "12g00000"),
                at.file("c", "c"),
            ]
        }),
        Case::archive("hex-nuls", "Fields of NULs", |at| {
            vec![
                at.file("a", "a").text(2, "\0\0\0\0\0\0\0\0").text(5, "1\x002345678"),
                at.file("c", "c"),
            ]
        }),
        Case::archive("hex-name-size", "A name's size that is no number", |at| {
            vec![
                at.file("a", "a"),
                at.file("b", "b").text(field::NAMESIZE, "  nine  "),
                at.file("c", "c"),
            ]
        }),
        Case::archive("hex-mode", "A mode in octal, as odc has it", |at| {
            vec![at.file("a", "a").text(field::MODE, "00100644"), at.file("c", "c")]
        }),
    ]
}

fn sizes() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("size-4g", "A file of 4 GiB less one of which nothing comes", |at| {
            vec![at.file("a", "a"), at.file("huge", "").set(field::SIZE, u32::MAX)]
        })
        .map(Case::alone),
        Case::archive("size-4g-lost", "The same, its folder missing", |at| {
            vec![at.file("a", "a"), at.file("none/huge", "").set(field::SIZE, u32::MAX)]
        })
        .map(Case::alone),
        Case::archive("size-3g-directory", "A folder with 3 GiB of data", |at| {
            vec![at.file("a", "a"), at.dir("huge").set(field::SIZE, 0xc000_0000), at.file("c", "c")]
        })
        .map(Case::alone),
        Case::archive("size-4g-name", "A name of 4 GiB less one", |at| {
            vec![
                at.file("a", "a"),
                at.file("huge", "").set(field::NAMESIZE, u32::MAX),
                at.file("c", "c"),
            ]
        })
        .map(Case::alone),
        Case::archive("size-4g-both", "A name and data of 4 GiB less one", |at| {
            let huge = at.file("huge", "").set(field::NAMESIZE, u32::MAX);
            vec![at.file("a", "a"), huge.set(field::SIZE, u32::MAX), at.file("c", "c")]
        })
        .map(Case::alone),
        Case::archive("size-swallows", "A file said longer swallows the next entry", |at| {
            let next = at.file("b", "b").bytes().len();
            let size = u32::try_from(next).unwrap_or_default() + 4;
            vec![at.file("a", "data").set(field::SIZE, size), at.file("b", "b"), at.file("c", "c")]
        }),
        Case::archive(
            "size-short",
            "A file said shorter: its rest stands where a header should",
            |at| vec![at.file("a", "0123456789ab").set(field::SIZE, 4), at.file("c", "c")],
        ),
        Case::archive("size-short-zeros", "The same, but the rest is zeros", |at| {
            vec![at.file("a", "0123\0\0\0\0\0\0\0\0").set(field::SIZE, 4), at.file("c", "c")]
        }),
        Case::archive("size-unaligned", "No padding behind the data", |at| {
            vec![at.file("a", "12345").unpadded(), at.file("c", "c")]
        }),
    ]
}

/// An entry of the portable format, octal (cpio(5), "Portable ASCII Format").
fn odc(name: &str, mode: u32, data: &str) -> Vec<u8> {
    let size = (name.len() + 1, data.len());
    let head = format!("070707{:06o}{:06o}{mode:06o}", 0, 1);
    let rest =
        format!("{:06o}{:06o}{:06o}{:06o}{:011o}{:06o}{:011o}", 0, 0, 1, 0, 0, size.0, size.1);
    [head.as_bytes(), rest.as_bytes(), name.as_bytes(), b"\0", data.as_bytes()].concat()
}

fn formats() -> Vec<io::Result<Case>> {
    vec![
        Case::image("format-odc", "The portable format behind a good archive", |at| {
            Ok([at.small("a"), odc("format-odc/b", 0o100_644, "b"), odc("TRAILER!!!", 0, "")]
                .concat())
        }),
        Case::image("format-odc-gzip", "The portable format, packed", |_| {
            crate::corpus::pack::gzip(
                &[odc("format-odc-gzip", 0o040_755, ""), odc("TRAILER!!!", 0, "")].concat(),
            )
        }),
        Case::image("format-binary", "The old binary format behind a good archive", |at| {
            let head = [0xc7u8, 0x71, 0, 0, 1, 0, 0xa4, 0x81, 0, 0, 0, 0, 1, 0];
            Ok([at.small("a").as_slice(), &head, &[0; 12], b"b\0"].concat())
        }),
        Case::image("format-swapped-binary", "The same in the other byte order", |at| {
            Ok([at.small("a").as_slice(), b"\x71\xc7\0\0\0\x01", &[0; 20]].concat())
        }),
        Case::archive("format-070703", "A magic that does not exist", |at| {
            vec![at.file("a", "a"), at.file("b", "b").magic("070703"), at.file("c", "c")]
        }),
        Case::archive("format-magic-octal", "A zero, and no magic", |at| {
            vec![at.file("a", "a"), at.file("b", "b").magic("0xyzzy"), at.file("c", "c")]
        }),
        Case::image("format-tar", "A tar archive behind a good one", |at| {
            let mut header = b"file".to_vec();
            header.resize(512, 0);
            Ok([at.small("a"), header].concat())
        }),
        Case::image("format-text", "A text file, no archive at all", |_| {
            Ok(b"Hello, kernel. This is not an initramfs.\n".to_vec())
        }),
    ]
}

fn sums() -> Vec<io::Result<Case>> {
    vec![
        Case::archive("sum-good", "070702 with right sums", |at| {
            vec![
                at.file("a", "hello").summed(),
                at.file("empty", "").summed(),
                at.dir("d").summed(),
                at.link("l", "a").magic("070702"),
                at.file("d/noise", crate::corpus::case::noise(5000)).summed(),
                Entry::trailer().magic("070702"),
            ]
        }),
        Case::archive("sum-bad", "070702 with a wrong sum", |at| {
            vec![
                at.file("a", "a").summed(),
                at.file("b", "hello").summed().set(field::CHECK, 1),
                at.file("c", "c"),
            ]
        }),
        Case::archive("sum-bad-empty", "A wrong sum of no data", |at| {
            vec![at.file("a", "").summed().set(field::CHECK, 7), at.file("c", "c")]
        }),
        Case::archive("sum-bad-directory", "A wrong sum of a folder and a link", |at| {
            vec![
                at.dir("a").summed().set(field::CHECK, 7),
                at.link("b", "x").magic("070702").set(field::CHECK, 7),
                at.file("c", "c"),
            ]
        }),
        Case::archive("sum-unasked", "070701 with a wrong sum", |at| {
            vec![at.file("a", "a").set(field::CHECK, 7), at.file("c", "c")]
        }),
        Case::archive("sum-mixed", "070701 and 070702 in one archive", |at| {
            vec![at.file("a", "a"), at.file("b", "b").summed(), at.file("c", "c")]
        }),
        Case::image("sum-packed", "070702 in gzip, the data over several windows", |at| {
            let data = crate::corpus::case::noise(100_000);
            crate::corpus::pack::gzip(
                &at.archive(&[at.file("a", data).summed(), at.file("c", "c")]),
            )
        }),
        Case::image("sum-bad-packed", "A wrong sum in gzip", |at| {
            crate::corpus::pack::gzip(
                &at.archive(&[
                    at.file("a", "hello").summed().set(field::CHECK, 1),
                    at.file("c", "c"),
                ]),
            )
        }),
    ]
}
