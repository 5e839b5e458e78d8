//! What do_name, do_symlink and maybe_link leave, entry by entry.

use super::super::*;
use super::codecs::{gzip, zst};
use super::{Archive, paths, read, text};
use crate::base::limits::Limits;
use crate::source::files::Files;
use nvpreflight::capture::Capture;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Tree, TreeExt};

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
    assert_eq!(image.dropped()[0].why, "its parent directory is missing");
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

#[test]
fn devices_keep_their_numbers_and_the_console_is_no_loss() {
    let mut archive = Archive::default().dir("dev");
    archive.raw_with(b"dev/console", [2, 0o20_600, 0, 0, 1, 0, 0, 0, 0, 5, 1]);
    archive.raw_with(b"dev/sda", [3, 0o60_660, 0, 6, 1, 0, 0, 0, 0, 8, 0]);
    let image = read(&archive.trailer());
    assert_eq!(image.dropped(), []);
    let stat = image.stat("dev/sda");
    assert_eq!(stat.yes().unwrap().device, (8, 0));
    assert_eq!(paths(&image), ["dev", "dev/console", "dev/sda"]);
}

#[test]
fn names_that_are_too_long_or_empty_are_passed_over_and_told() {
    let long = "n".repeat(300);
    let path = format!("{}x", "d/".repeat(2047));
    let mut archive = Archive::default().file(&long, b"1").file("ok", b"2").file(&path, b"3");
    archive.raw_with(b"", [1, 0o100_644, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let image = read(&archive.file(&"p".repeat(5000), b"4").trailer());
    assert_eq!(paths(&image), ["ok"]);
    assert_eq!(image.dropped_total(), 4);
    assert_eq!(image.stop(), None);
}

#[test]
fn a_header_whose_fields_are_split_between_chunks_is_no_less_read() {
    // The second header lies across the border of the first zstd chunk.
    let filler = vec![0u8; (1 << 17) - 110 - 4 - 60];
    let archive = Archive::default().file("f", &filler).file("g", b"after");
    let image = read(&zst(&archive.trailer()));
    assert_eq!(paths(&image), ["f", "g"]);
    assert_eq!(image.stop(), None);
}

#[test]
fn damage_keeps_what_came_before_and_says_what_the_kernel_says() {
    let good = Archive::default().file("a", b"1").trailer();
    let after = |bad: &[u8]| {
        let image = read(&[&good, bad].concat());
        assert_eq!(paths(&image), ["a"]);
        image.stop().map(|stop| (stop.message, stop.at))
    };
    let at = good.len() as u64;
    let magic = "invalid magic at start of compressed archive";
    assert_eq!(after(b"XXXX"), Some((magic, at)));
    assert_eq!(after(b"\x04\x22\x4d\x18...."), Some((magic, at)));
    assert_eq!(after(b"07070X").map(|s| s.0), Some(""));
    assert_eq!(after(&[b'0'; 110]).map(|s| s.0), Some("no cpio magic"));
    let mut odc = [b'0'; 110];
    odc[..6].copy_from_slice(b"070707");
    let method = "incorrect cpio method used: use -H newc option";
    assert_eq!(after(&odc).map(|s| s.0), Some(method));
    assert_eq!(after(b"\0\0\0\0"), None);
    let junk = zst(&[&good[..], b"junk"].concat());
    assert_eq!(after(&junk).map(|s| s.0), Some("junk within compressed archive"));
    let mut cut = zst(&good);
    cut.truncate(cut.len() - 3);
    assert_eq!(after(&cut).map(|s| s.0), Some("ZSTD-compressed data is truncated"));
}

#[test]
fn the_sums_of_a_crc_archive_are_checked() {
    let mut good = Archive::default().file("a", b"ab").trailer();
    good[5] = b'2';
    good[102..110].copy_from_slice(b"000000c3");
    assert_eq!(read(&good).stop(), None);
    good[109] = b'4';
    let image = read(&good);
    assert_eq!(image.stop().unwrap().message, "bad data checksum");
    assert_eq!(text(&image, "a"), "ab");
}

#[test]
fn limits_end_the_read_with_their_name() {
    let bytes = Archive::default().dir("a").dir("a/b").file("a/b/c", b"0123456789").trailer();
    let limited = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::DEFAULT;
        change(&mut limits);
        let source = Source::memory(&zst(&bytes));
        Image::read(source, Keep::Stack, &limits, &mut |_| {}).unwrap_err().to_string()
    };
    assert!(limited(&|l| l.entries = 2).contains("`entries`"));
    assert!(limited(&|l| l.names = 2).contains("`names`"));
    assert!(limited(&|l| l.depth = 1).contains("`depth`"));
    assert!(limited(&|l| l.unpacked = 100).contains("`unpacked`"));
    assert!(limited(&|l| l.segments = 0).contains("`segments`"));
}

/// What a tree says of a path, whichever tree it is.
fn told(tree: &dyn Tree, path: &str) -> String {
    let mut names = Vec::new();
    let listed = tree.list(path, &mut |n| names.push(String::from_utf8_lossy(n).into_owned()));
    names.sort();
    let mut buf = [0; 64];
    let read = tree.read(path, &mut buf).map(|r| (r.cut, buf[..r.len].to_vec()));
    let link = tree.link(path, &mut buf).map(|r| r.len);
    let kind = tree.stat(path).map(|s| s.kind);
    format!("{path}: {listed:?} {names:?} {read:?} {link:?} {kind:?}")
}

#[test]
fn an_image_answers_as_a_capture_of_it_does() {
    let capture = Capture::new(
        b"etc/modprobe.d/a.conf = one\nlib -> usr/lib\nusr/lib/x = two\nabs -> /usr/lib/x\n\
loop -> loop\ndangling -> nowhere\nempty =\n",
    );
    let image = read(
        &Archive::default()
            .dir("etc")
            .dir("etc/modprobe.d")
            .file("etc/modprobe.d/a.conf", b"one")
            .link("lib", "usr/lib")
            .dir("usr")
            .dir("usr/lib")
            .file("usr/lib/x", b"two")
            .link("abs", "/usr/lib/x")
            .link("loop", "loop")
            .link("dangling", "nowhere")
            .file("empty", b"")
            .trailer(),
    );
    for path in [
        "etc",
        "etc/modprobe.d/a.conf",
        "etc/modprobe.d",
        "lib",
        "lib/x",
        "abs",
        "loop",
        "loop/x",
        "dangling",
        "empty",
        "none",
        "none/below",
        "usr/lib/x",
    ] {
        assert_eq!(told(&image, path), told(&capture, path));
    }
    // A capture looks paths up as they are written, an image resolves them.
    assert!(image.read("usr/./lib/../lib/x", &mut [0; 8]).is_yes());
}
