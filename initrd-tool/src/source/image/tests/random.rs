//! Random images: nothing panics, and valid archives come back whatever the
//! segments, compressors and padding.

use super::super::*;
use super::codecs::{bz2, gzip, lz4, lzma, xz, zst};
use super::{Archive, paths};
use crate::base::limits::Limits;
use crate::source::files::Files;
use liblzma::stream::Check;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn packed(bytes: &[u8], how: u8) -> Vec<u8> {
    match how {
        0 => bytes.to_vec(),
        1 => gzip(bytes),
        2 => zst(bytes),
        3 => xz(bytes, Check::Crc32),
        4 => lz4(bytes),
        5 => bz2(bytes),
        _ => lzma(bytes),
    }
}

fn small() -> Limits {
    Limits { unpacked: 4 << 20, decoder: 256 << 20, ..Limits::DEFAULT }
}

/// A name in a directory that is there, and content.
fn file() -> impl Strategy<Value = (String, Vec<u8>)> {
    (0..12u8, vec(any::<u8>(), 0..600)).prop_map(|(n, body)| (format!("d{}/f{n}", n % 3), body))
}

fn whole(image: &[u8]) -> Image {
    let keep = Keep::Custom(|_, _| true);
    Image::read(Source::memory(image), keep, &small(), &mut |_| {}).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..4096), magic in 0..9usize) {
        let starts: [&[u8]; 9] = [
            b"", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"BZh9", b"\x5d\0\0\x10\0", b"\xfd7zXZ\0\0\x01",
            b"\x89LZO\0\r\n\x1a\n", b"\x02\x21\x4c\x18", b"\x28\xb5\x2f\xfd", b"070701",
        ];
        let image = [starts[magic], &bytes].concat();
        let _ = Image::read(Source::memory(&image), Keep::Stack, &small(), &mut |_| {});
    }

    #[test]
    fn damaged_images_never_panic(
        files in vec(file(), 1..6), how in 0..7u8, at in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let mut archive = Archive::default().dir("d0").dir("d1").link("d2", "d1");
        for (name, body) in &files {
            archive = archive.file(name, body);
        }
        let mut image = packed(&archive.trailer(), how);
        let at = at.index(image.len());
        image[at] = to;
        if let Ok(image) = Image::read(Source::memory(&image), Keep::Stack, &small(), &mut |_| {}) {
            let _ = paths(&image);
        }
    }

    #[test]
    fn valid_archives_come_back(
        segments in vec((vec(file(), 0..6), 0..7u8, 0..3usize), 1..5),
    ) {
        let mut want = BTreeMap::new();
        let first = Archive::default().dir("d0").dir("d1").dir("d2").trailer();
        let mut image = first;
        for (files, how, padding) in segments {
            let mut archive = Archive::default();
            for (name, body) in files {
                archive = archive.file(&name, &body);
                want.insert(name, body);
            }
            image.resize(image.len().next_multiple_of([4, 512, 4][padding]), 0);
            image.extend(packed(&archive.trailer(), how));
            if how == 4 || padding == 2 {
                image.extend([0; 4]);
            }
        }
        let image = whole(&image);
        prop_assert_eq!(image.stop(), None);
        let mut got = BTreeMap::new();
        for path in paths(&image) {
            if let Some(bytes) = image.load(path.as_bytes()).yes() {
                got.insert(path, bytes.to_vec());
            }
        }
        prop_assert_eq!(got, want);
    }
}
