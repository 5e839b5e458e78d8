//! The grammar of an image: plain and packed archives behind each other, with
//! and without padding, trailers and garbage (init/initramfs.c,
//! `unpack_to_rootfs`, `flush_buffer`, `do_reset`).

use crate::corpus::case::Case;
use crate::corpus::newc::{self, Entry, archive};
use crate::corpus::pack::{self, Form};
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    pairs().into_iter().chain(plain()).chain(inside()).chain(garbage()).chain(shapes()).collect()
}

/// Two archives in each form, and a plain one behind each form.
fn pairs() -> Vec<io::Result<Case>> {
    let mut cases = Vec::new();
    for form in Form::PACKED {
        for zeros in [0, 1, 4, 512] {
            let name = format!("pair-{0}-{0}-pad-{zeros}", form.name());
            let says = format!("Two {} segments, {zeros} zeros between them", form.name());
            cases.push(Case::image(&name, &says, |at| {
                let second = form.pack(&archive(&[at.file("b", "second")]))?;
                Ok([form.pack(&at.small("a"))?, vec![0; zeros], second].concat())
            }));
        }
        let name = format!("pair-{}-plain", form.name());
        let says = format!("{}, then a plain archive at a multiple of four", form.name());
        cases.push(Case::image(&name, &says, |at| {
            let mut image = form.pack(&at.small("a"))?;
            newc::pad(&mut image, 4);
            Ok([image, archive(&[at.file("b", "second")])].concat())
        }));
        let name = format!("pair-plain-{}", form.name());
        let says = format!("A plain archive, then {}", form.name());
        cases.push(Case::image(&name, &says, |at| {
            Ok([at.small("a"), form.pack(&archive(&[at.file("b", "second")]))?].concat())
        }));
        let name = format!("pair-{}-plain-odd", form.name());
        let says = format!("{}, then a plain archive at an odd offset", form.name());
        cases.push(Case::image(&name, &says, |at| {
            let mut image = form.pack(&at.small("a"))?;
            newc::pad(&mut image, 4);
            Ok([image, vec![0], archive(&[at.file("b", "second")])].concat())
        }));
    }
    cases
}

fn plain() -> Vec<io::Result<Case>> {
    vec![
        Case::image("plain-nothing", "An image of no bytes", |_| Ok(Vec::new())),
        Case::image("plain-zeros", "Only zeros", |_| Ok(vec![0; 4096])),
        Case::archive("plain-usual", "A folder, a file, a link: nothing is odd", |at| {
            vec![at.file("a", "hello\n"), at.dir("d"), at.link("d/l", "../a")]
        }),
        Case::image("plain-only-trailer", "Only a trailer", |_| Ok(Entry::trailer().bytes())),
        Case::image("plain-no-trailer", "An archive that ends without a trailer", |at| {
            Ok(at.open_archive(&[at.file("a", "a")]))
        }),
        Case::image("plain-plain", "Two archives, nothing between them", |at| {
            Ok([at.small("a"), archive(&[at.file("b", "b")])].concat())
        }),
        Case::image("plain-plain-pad-512", "Two archives, each filled up to 512", |at| {
            let mut image = at.small("a");
            newc::pad(&mut image, 512);
            image.extend(archive(&[at.file("b", "b")]));
            newc::pad(&mut image, 512);
            Ok(image)
        }),
        Case::image("plain-plain-no-trailer", "Two archives, neither with a trailer", |at| {
            Ok([at.open_archive(&[at.file("a", "a")]), newc::open_archive(&[at.file("b", "b")])]
                .concat())
        }),
        Case::image("plain-plain-odd", "The second archive at an odd offset", |at| {
            Ok([at.small("a"), vec![0], archive(&[at.file("b", "b")])].concat())
        }),
        Case::image("plain-odd-start", "One zero, then an archive", |at| {
            Ok([vec![0], at.small("a")].concat())
        }),
        Case::image("plain-zeros-before", "Eight zeros, then an archive", |at| {
            Ok([vec![0; 8], at.small("a")].concat())
        }),
        Case::image("plain-overrides", "A later archive replaces files of an earlier", |at| {
            Ok([
                at.archive(&[at.file("a", "early"), at.file("b", "early")]),
                archive(&[at.file("a", "late"), at.file("c", "late")]),
            ]
            .concat())
        }),
    ]
}

/// What stands inside of one packed segment.
fn inside() -> Vec<io::Result<Case>> {
    vec![
        Case::image("inside-two-archives", "Two archives in one gzip, padded to 512", |at| {
            let mut data = at.small("a");
            newc::pad(&mut data, 512);
            pack::gzip(&[data, archive(&[at.file("b", "b")])].concat())
        }),
        Case::image("inside-no-trailer", "No trailer within gzip", |at| {
            pack::gzip(&at.open_archive(&[at.file("a", "a")]))
        }),
        Case::image("inside-no-padding", "The last file's padding is missing within gzip", |at| {
            pack::gzip(&at.open_archive(&[at.file("a", "12345").unpadded()]))
        }),
        Case::image("inside-ends-in-data", "gzip ends in the middle of a file", |at| {
            let mut data = at.open_archive(&[at.file("a", "a"), at.file("b", vec![b'b'; 1000])]);
            data.truncate(data.len() - 500);
            pack::gzip(&data)
        }),
        Case::image("inside-ends-in-header", "gzip ends in the middle of a header", |at| {
            let mut data = at.open_archive(&[at.file("a", "a")]);
            data.extend_from_slice(b"070701000000");
            pack::gzip(&data)
        }),
        Case::image("inside-ends-in-data-goes-on", "The next segment has the file's rest", |at| {
            let data = at.archive(&[at.file("a", "a"), at.file("b", vec![b'b'; 1000])]);
            let (one, two) = data.split_at(data.len() - 600);
            Ok([pack::gzip(one)?, pack::gzip(two)?].concat())
        }),
        Case::image("inside-garbage", "Garbage behind the trailer within gzip", |at| {
            pack::gzip(&[at.small("a").as_slice(), b"garbage"].concat())
        }),
        Case::image("inside-odd", "The second archive at an odd offset within gzip", |at| {
            pack::gzip(&[at.small("a"), vec![0], archive(&[at.file("b", "b")])].concat())
        }),
        Case::image("inside-zeros-first", "Zeros before the archive within gzip", |at| {
            pack::gzip(&[vec![0; 8], at.small("a")].concat())
        }),
        Case::image("inside-zeros", "Only zeros within gzip", |at| {
            Ok([pack::gzip(&[0; 1000])?, pack::gzip(&at.small("a"))?].concat())
        }),
        Case::image("inside-nothing", "Nothing within gzip", |at| {
            Ok([pack::gzip(b"")?, pack::gzip(&at.small("a"))?].concat())
        }),
        Case::image("inside-text", "Text within gzip", |_| pack::gzip(b"no archive")),
        Case::image("inside-gzip", "gzip within gzip", |at| {
            pack::gzip(&pack::gzip(&at.small("a"))?)
        }),
        Case::image("inside-zstd", "zstd behind an archive within gzip", |at| {
            let inner = pack::zstd(&archive(&[at.file("b", "b")]), false)?;
            pack::gzip(&[at.small("a"), inner].concat())
        }),
    ]
}

fn garbage() -> Vec<io::Result<Case>> {
    vec![
        Case::image("garbage-after-plain", "Garbage behind a plain archive", |at| {
            Ok([at.small("a").as_slice(), b"garbage"].concat())
        }),
        Case::image("garbage-after-zeros", "Zeros, then garbage", |at| {
            Ok([at.small("a").as_slice(), &[0; 100], b"garbage"].concat())
        }),
        Case::image("garbage-one-byte", "One byte behind an archive", |at| {
            Ok([at.small("a").as_slice(), b"x"].concat())
        }),
        Case::image("garbage-between", "Garbage, then another archive", |at| {
            Ok([at.small("a").as_slice(), b"junk", &archive(&[at.file("b", "b")])].concat())
        }),
        Case::image("garbage-after-gzip", "Garbage behind gzip", |at| {
            Ok([pack::gzip(&at.small("a"))?.as_slice(), b"garbage"].concat())
        }),
        Case::image("garbage-after-zstd", "Garbage behind zstd", |at| {
            Ok([pack::zstd(&at.small("a"), true)?.as_slice(), b"garbage"].concat())
        }),
        Case::image("garbage-after-lz4", "Garbage behind lz4, which says no end", |at| {
            Ok([pack::lz4_legacy(&at.small("a")).as_slice(), b"garbage"].concat())
        }),
        Case::image("garbage-newline", "A line feed behind an archive", |at| {
            Ok([at.small("a").as_slice(), b"\n"].concat())
        }),
    ]
}

/// Images as tools make them.
fn shapes() -> Vec<io::Result<Case>> {
    vec![
        Case::image("shape-microcode-zstd", "An early plain archive, zeros, zstd", |at| {
            let mut image = at.archive(&[at.dir("kernel"), at.file("kernel/microcode.bin", "µ")]);
            newc::pad(&mut image, 512);
            Ok([image, pack::zstd(&archive(&[at.file("init", "init")]), true)?].concat())
        }),
        Case::image("shape-nixos-secrets", "zstd, then zstd with secrets, unpadded", |at| {
            let main = at.archive(&[at.dir("etc"), at.link("init", "/nix/store/x/init")]);
            let secrets = archive(&[at.file("etc/key", "secret").mode(0o100_600)]);
            Ok([pack::zstd(&main, true)?, pack::zstd(&secrets, true)?].concat())
        }),
        Case::image("shape-ukify", "Three zstd parts, each filled up to four", |at| {
            let mut image = Vec::new();
            for part in ["one", "two", "three"] {
                image.extend(pack::zstd(&at.small(part), true)?);
                newc::pad(&mut image, 4);
            }
            Ok(image)
        }),
        Case::image("shape-every-form", "Every form behind each other", |at| {
            let mut image = at.small("plain");
            for form in Form::PACKED {
                image.extend(form.pack(&archive(&[at.file(form.name(), form.name())]))?);
                newc::pad(&mut image, 4);
            }
            Ok(image)
        }),
        Case::image("shape-many-files", "A hundred files", |at| {
            let files: Vec<Entry> =
                (0..100).map(|number| at.file(format!("{number:02}"), "x")).collect();
            pack::zstd(&at.archive(&files), true)
        }),
    ]
}
