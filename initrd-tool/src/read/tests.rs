//! Images built in memory and read back: what the kernel would have of them.

use super::*;
use crate::files::Files;
use crate::limits::Limits;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Tree, TreeExt};
use std::fmt::Write as _;

/// An archive under construction.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    ino: u32,
}

impl Archive {
    fn entry(mut self, name: &str, mode: u32, body: &[u8]) -> Self {
        self.ino += 1;
        let ino = self.ino;
        self.raw(name.as_bytes(), mode, ino, 1, body);
        self
    }

    fn dir(self, name: &str) -> Self {
        self.entry(name, 0o40755, b"")
    }

    fn file(self, name: &str, body: &[u8]) -> Self {
        self.entry(name, 0o100_644, body)
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.entry(name, 0o120_777, target.as_bytes())
    }

    fn hard(mut self, name: &str, ino: u32, nlink: u32, body: &[u8]) -> Self {
        self.raw(name.as_bytes(), 0o100_644, ino, nlink, body);
        self
    }

    fn raw(&mut self, name: &[u8], mode: u32, ino: u32, nlink: u32, body: &[u8]) {
        let mut head = String::from("070701");
        let fields =
            [ino, mode, 0, 0, nlink, 7, body.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        for field in fields {
            write!(head, "{field:08x}").unwrap();
        }
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.pad(4);
        self.bytes.extend_from_slice(body);
        self.pad(4);
    }

    fn pad(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    fn trailer(mut self) -> Vec<u8> {
        self.raw(b"TRAILER!!!", 0, 0, 1, b"");
        self.bytes
    }
}

fn read(bytes: &[u8]) -> Image {
    Image::read(Source::memory(bytes), Keep::Stack, &Limits::DEFAULT, &mut |_| {}).unwrap()
}

fn paths(image: &Image) -> Vec<String> {
    let mut out = Vec::new();
    image.walk(&mut |w| out.push(w.path.escape_ascii().to_string())).unwrap();
    out
}

fn text(image: &Image, path: &str) -> String {
    String::from_utf8(image.load(path.as_bytes()).yes().unwrap().to_vec()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

#[test]
fn segments_of_every_kind_follow_one_another_padded_or_not() {
    let first = Archive::default().dir("etc").file("etc/a", b"one").trailer();
    let second = Archive::default().file("etc/b", b"two").trailer();
    let third = Archive::default().file("etc/c", b"three").trailer();
    for padding in [0, 4, 512] {
        let mut image = first.clone();
        let at = image.len();
        image.extend(zst(&second));
        let packed = image.len() - at;
        image.resize(image.len().next_multiple_of(padding.max(1)), 0);
        image.extend(gzip(&third));
        let image = read(&image);
        assert_eq!(image.stop(), None);
        assert_eq!(paths(&image), ["etc", "etc/a", "etc/b", "etc/c"]);
        assert_eq!(text(&image, "etc/c"), "three");
        let forms: Vec<_> = image.segments().iter().map(|s| (s.form.name(), s.entries)).collect();
        assert_eq!(forms, [("cpio", 2), ("zstd", 1), ("gzip", 1)]);
        assert_eq!(image.segments()[1].packed, packed as u64);
        assert_eq!(image.segments()[1].at, at as u64);
    }
}

#[test]
fn a_later_entry_wins_and_may_change_the_type() {
    let bytes = Archive::default()
        .dir("a")
        .file("b", b"old")
        .link("c", "b")
        .dir("full")
        .file("full/x", b"")
        .file("a", b"now a file")
        .dir("b")
        .file("c", b"no link")
        .file("full", b"does not replace it")
        .trailer();
    let image = read(&bytes);
    assert_eq!(paths(&image), ["a", "b", "c", "full", "full/x"]);
    assert_eq!(text(&image, "a"), "now a file");
    assert_eq!(text(&image, "c"), "no link");
    assert_eq!(image.dropped().len(), 1);
    assert_eq!(&*image.dropped()[0].path, b"full");
}

#[test]
fn a_file_without_its_directory_is_dropped_and_told() {
    let image = read(&Archive::default().file("no/such", b"x").file("dev/x", b"y").trailer());
    assert_eq!(paths(&image), ["dev", "dev/x"]);
    assert_eq!(image.dropped()[0].why, "its directory is not there");
    assert_eq!(image.stop(), None);
}

#[test]
fn hard_links_share_content_whichever_name_carries_it() {
    let image = read(
        &Archive::default()
            .hard("a", 9, 2, b"")
            .hard("b", 9, 2, b"data")
            .hard("c", 8, 2, b"first")
            .hard("d", 8, 2, b"")
            .trailer(),
    );
    for (path, want) in [("a", "data"), ("b", "data"), ("c", "first"), ("d", "first")] {
        assert_eq!(text(&image, path), want);
    }
    let again = read(&Archive::default().hard("a", 9, 2, b"x").hard("a", 9, 2, b"y").trailer());
    // The second removes the first, and then has nothing to link to.
    assert_eq!(paths(&again), Vec::<String>::new());
}

#[test]
fn links_are_followed_inside_the_root_and_loops_end() {
    let image = read(
        &Archive::default()
            .dir("usr")
            .dir("usr/lib")
            .link("lib", "usr/lib")
            .file("lib/x", b"through")
            .link("etc", "/../usr/lib")
            .link("loop", "loop")
            .trailer(),
    );
    assert_eq!(text(&image, "usr/lib/x"), "through");
    assert_eq!(text(&image, "etc/x"), "through");
    assert_eq!(image.text::<8>("etc/x").yes().unwrap().as_str(), "through");
    assert_eq!(image.load(b"loop/x"), Seen::Unreadable(Errno(40)));
    assert_eq!(image.exists("nothing"), Seen::Yes(false));
    let mut names = Vec::new();
    assert!(image.list("etc", &mut |n| names.push(n.to_vec())).is_yes());
    assert_eq!(names, [b"x"]);
}

#[test]
fn what_is_not_kept_is_read_again_when_asked() {
    let big = vec![b'z'; 300_000];
    let bytes = zst(&Archive::default().file("big", &big).file("after", b"a").trailer());
    let mut image = read(&bytes);
    assert_eq!(image.load(b"big"), Seen::NotLooked);
    image.prepare(&[b"big".to_vec(), b"none".to_vec()]).unwrap();
    assert_eq!(image.load(b"big").yes().unwrap().len(), big.len());
}

#[test]
fn a_truncated_plain_archive_leaves_the_file_filled_with_zeros() {
    let mut bytes = Archive::default().file("f", b"0123456789").bytes;
    bytes.truncate(bytes.len() - 7);
    let mut image = read(&bytes);
    assert_eq!(image.stop().unwrap().message, "");
    image.prepare(&[b"f".to_vec()]).unwrap();
    assert_eq!(text(&image, "f"), "01234\0\0\0\0\0");
}
