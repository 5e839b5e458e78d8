//! What each of the kernel's decoders takes and refuses, apart from damage
//! (lib/decompress_*.c, lib/xz, lib/zstd).

use crate::corpus::case::{Case, Folder, noise};
use crate::corpus::newc::archive;
use crate::corpus::pack::{self, Form};
use liblzma::stream::{Check, Filters};
use std::io;

/// The cases of this file.
pub fn cases() -> io::Result<Vec<Case>> {
    sizes()
        .into_iter()
        .chain(gzip())
        .chain(zstd())
        .chain(xz())
        .chain(lz4())
        .chain(others())
        .collect()
}

/// A folder with a file of 100 kB, so that data crosses the decoders' windows.
fn large(at: &Folder) -> Vec<u8> {
    at.archive(&[at.file("noise", noise(100_000)), at.file("z", vec![b'z'; 300_000])])
}

fn sizes() -> Vec<io::Result<Case>> {
    Form::PACKED
        .iter()
        .map(|form| {
            let name = format!("{}-large", form.name());
            let says = format!("{}: files larger than a window", form.name());
            Case::image(&name, &says, |at| form.pack(&large(at)))
        })
        .collect()
}

/// A gzip header with these flags and what they promise, around the body of a
/// usual member.
fn gzip_with(at: &Folder, flags: u8, extra: &[u8]) -> io::Result<Vec<u8>> {
    let member = pack::gzip(&at.small("a"))?;
    let body = member.get(10..).unwrap_or_default();
    Ok([&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], extra, body].concat())
}

fn gzip() -> Vec<io::Result<Case>> {
    vec![
        Case::image("gzip-name", "gzip with a file name", |at| gzip_with(at, 8, b"initrd\0")),
        Case::image("gzip-comment", "gzip with a comment", |at| gzip_with(at, 16, b"comment\0")),
        Case::image("gzip-extra", "gzip with an extra field", |at| {
            gzip_with(at, 4, b"\x06\0ab\x02\0xy")
        }),
        Case::image("gzip-text-flag", "gzip that says it holds text", |at| gzip_with(at, 1, b"")),
        Case::image("gzip-magic-9e", "The other magic that the kernel calls gzip", |at| {
            let mut image = pack::gzip(&at.small("a"))?;
            if let Some(byte) = image.get_mut(1) {
                *byte = 0x9e;
            }
            Ok(image)
        }),
        Case::image("gzip-wrong-crc", "gzip whose CRC is wrong", |at| {
            let mut image = pack::gzip(&at.small("a"))?;
            let at_crc = image.len() - 8;
            if let Some(byte) = image.get_mut(at_crc) {
                *byte ^= 0xff;
            }
            Ok([image, pack::gzip(&archive(&[at.file("b", "after it")]))?].concat())
        }),
        Case::image("gzip-two-members", "An archive that goes on in a second member", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::gzip(one)?, pack::gzip(two)?].concat())
        }),
        Case::image("gzip-two-members-at-file", "Members that meet between two files", |at| {
            let one = at.open_archive(&[at.file("a", "a")]);
            let two = archive(&[at.file("b", "b")]);
            Ok([pack::gzip(&one)?, pack::gzip(&two)?].concat())
        }),
    ]
}

fn zstd() -> Vec<io::Result<Case>> {
    vec![
        Case::image("zstd-checksum", "zstd with a checksum", |at| pack::zstd(&large(at), true)),
        Case::image("zstd-wrong-checksum", "zstd with a wrong checksum", |at| {
            let mut image = pack::zstd(&at.small("a"), true)?;
            if let Some(byte) = image.last_mut() {
                *byte ^= 0xff;
            }
            Ok(image)
        }),
        Case::image("zstd-two-frames", "An archive that goes on in a second frame", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::zstd(one, true)?, pack::zstd(two, true)?].concat())
        }),
        Case::image("zstd-skippable-first", "A skippable frame before the archive", |at| {
            let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0skip";
            Ok([skippable.as_slice(), &pack::zstd(&at.small("a"), true)?].concat())
        }),
        Case::image("zstd-skippable-between", "A skippable frame between two others", |at| {
            let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0skip";
            let second = pack::zstd(&archive(&[at.file("b", "b")]), true)?;
            Ok([&pack::zstd(&at.small("a"), true)?, skippable.as_slice(), &second].concat())
        }),
        Case::image("zstd-empty-frame", "A frame of no bytes before the archive", |at| {
            Ok([pack::zstd(b"", true)?, pack::zstd(&at.small("a"), true)?].concat())
        }),
        Case::image("zstd-window-27", "zstd with a window of 128 MiB, the most of -19", |at| {
            pack::zstd_window(&large(at), 27)
        }),
        Case::image("zstd-window-28", "zstd with a window of 256 MiB", |at| {
            pack::zstd_window(&large(at), 28)
        }),
        Case::image("zstd-old-magic", "A frame of zstd 0.7", |at| {
            let mut image = pack::zstd(&at.small("a"), true)?;
            if let Some(byte) = image.first_mut() {
                *byte = 0x27;
            }
            Ok(image)
        }),
    ]
}

fn xz() -> Vec<io::Result<Case>> {
    let filtered = |name: &str, says: &str, add: fn(&mut Filters) -> io::Result<()>| {
        Case::image(name, says, |at| pack::xz_filtered(&large(at), add))
    };
    vec![
        Case::image("xz-crc64", "xz with CRC64, xz's own default", |at| {
            pack::xz(&at.small("a"), Check::Crc64)
        }),
        Case::image("xz-no-check", "xz without a check", |at| pack::xz(&large(at), Check::None)),
        Case::image("xz-sha256", "xz with SHA-256", |at| pack::xz(&at.small("a"), Check::Sha256)),
        filtered("xz-x86", "xz with the x86 filter", |filters| {
            filters.x86();
            Ok(())
        }),
        filtered("xz-arm64", "xz with the ARM64 filter", |filters| {
            filters.arm64();
            Ok(())
        }),
        filtered("xz-arm", "xz with the ARM filter", |filters| {
            filters.arm();
            Ok(())
        }),
        filtered("xz-delta", "xz with the delta filter", |filters| {
            Ok(filters.delta_properties(&[0]).map(drop)?)
        }),
        Case::image("xz-two-streams", "An archive that goes on in a second stream", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::xz(one, Check::Crc32)?, pack::xz(two, Check::Crc32)?].concat())
        }),
        Case::image("xz-empty", "A stream of no bytes before the archive", |at| {
            Ok([pack::xz(b"", Check::Crc32)?, pack::xz(&at.small("a"), Check::Crc32)?].concat())
        }),
    ]
}

fn lz4() -> Vec<io::Result<Case>> {
    vec![
        Case::image("lz4-frame", "lz4's frame format", |at| pack::lz4_frame(&at.small("a"))),
        Case::image("lz4-two-chunks", "lz4 with a second chunk of 8 MiB", |at| {
            let data = at.archive(&[at.file("zeros", vec![0; 9 << 20]), at.file("c", "c")]);
            Ok(pack::lz4_legacy(&data))
        }),
        Case::image("lz4-three-zeros", "lz4, three zeros at the end", |at| {
            Ok([pack::lz4_legacy(&at.small("a")), vec![0; 3]].concat())
        })
        .map(Case::alone),
        Case::image("lz4-goes-on", "An archive that goes on in a second lz4", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::lz4_legacy(one), pack::lz4_legacy(two)].concat())
        }),
        Case::image("lz4-gzip", "lz4, then gzip at once", |at| {
            let second = pack::gzip(&archive(&[at.file("b", "b")]))?;
            Ok([pack::lz4_legacy(&at.small("a")), second].concat())
        }),
        Case::image("lz4-zeros-gzip", "lz4, four zeros, gzip", |at| {
            let second = pack::gzip(&archive(&[at.file("b", "b")]))?;
            Ok([pack::lz4_legacy(&at.small("a")), vec![0; 4], second].concat())
        }),
    ]
}

fn others() -> Vec<io::Result<Case>> {
    vec![
        Case::image("bzip2-two-streams", "An archive that goes on in a second bzip2", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::bzip2(one)?, pack::bzip2(two)?].concat())
        }),
        Case::image("lzma-goes-on", "An archive that goes on in a second lzma", |at| {
            let data = large(at);
            let (one, two) = data.split_at(data.len() / 2);
            Ok([pack::lzma(one)?, pack::lzma(two)?].concat())
        }),
        Case::image("lzma-known-size", "lzma that says its size and has no end marker", |at| {
            // The marker is kept: decoders stop at the size.
            let data = at.small("a");
            let mut image = pack::lzma(&data)?;
            if let Some(size) = image.get_mut(5..13) {
                size.copy_from_slice(&u64::try_from(data.len()).unwrap_or_default().to_le_bytes());
            }
            Ok(image)
        })
        .map(Case::alone),
    ]
}
