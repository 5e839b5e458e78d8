//! What lies in a root file system after unpacking, in the words of the recorded
//! answers: one line an entry. The guest hands it over as an archive of newc
//! form that busybox wrote; nothing here knows odd archives.

use super::newc::kind;
use anyhow::{Context, Result, bail, ensure};
use fnv::FnvHasher;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Bytes of a file's content that count; longer files are cut by the guest.
pub const CONTENT: usize = 1 << 20;
/// Times from 2020 to 2033 are the guest's own clock: cases use none of them.
pub const CLOCK: std::ops::Range<u32> = 1_577_836_800..2_000_000_000;
/// Paths, targets and contents longer than this are shown by a sum.
const SHOWN: usize = 300;
/// Bytes that are shown of a long path.
const START: usize = 40;

/// One entry of the root file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Type and permission bits.
    pub mode: u32,
    /// Owner.
    pub user: u32,
    /// Group.
    pub group: u32,
    /// Seconds since 1970.
    pub time: u32,
    /// Names of the inode; not compared for directories.
    pub links: u32,
    /// Bytes of a file, else 0.
    pub size: u64,
    /// Device numbers of a node.
    pub device: (u32, u32),
    /// Content of a file up to [`CONTENT`] bytes, target of a link.
    pub data: Vec<u8>,
}

/// Everything by path, the root folder as `.`.
pub type Listing = BTreeMap<Vec<u8>, Entry>;

/// Reads the archive that the guest made of its root. `sizes` has a line `SIZE
/// TIME ./PATH` for each file that was cut before.
///
/// # Errors
/// An archive that busybox did not write, or not to its end.
pub fn read(mut archive: &[u8], sizes: &str) -> Result<Listing> {
    let mut listing = Listing::new();
    let mut contents: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut inodes = Vec::new();
    loop {
        let (inode, path, entry) = next(&mut archive)?;
        // A file of that name has a type.
        if path == super::newc::TRAILER.as_bytes() && entry.mode == 0 {
            break;
        }
        if !entry.data.is_empty() {
            contents.insert(inode, entry.data.clone());
        }
        inodes.push((path.clone(), inode));
        ensure!(listing.insert(path, entry).is_none(), "a path came twice");
    }
    // busybox gives the data of an inode with several names only once.
    for (path, inode) in inodes {
        if let (Some(entry), Some(data)) = (listing.get_mut(&path), contents.get(&inode)) {
            entry.data.clone_from(data);
            if entry.mode & 0o170_000 == kind::FILE {
                entry.size = data.len() as u64;
            }
        }
    }
    for line in sizes.lines() {
        let mut words = line.splitn(3, ' ');
        let (size, time, path) = (words.next(), words.next(), words.next());
        let path =
            path.and_then(|path| path.strip_prefix("./")).context("no path of a large file")?;
        let entry = listing.get_mut(path.as_bytes()).context("a large file is not there")?;
        entry.size = size.context("no size")?.parse()?;
        entry.time = time.context("no time")?.parse()?;
    }
    Ok(listing)
}

/// One entry and what follows it.
fn next(archive: &mut &[u8]) -> Result<(u32, Vec<u8>, Entry)> {
    let head = take(archive, 110)?;
    ensure!(head.starts_with(b"070701"), "the guest's archive has no header where one should be");
    let field = |number: usize| -> Result<u32> {
        let at = 6 + number * 8;
        let digits = head.get(at..at + 8).context("a short header")?;
        Ok(u32::from_str_radix(std::str::from_utf8(digits)?, 16)?)
    };
    let size = field(6)?;
    let name_size = usize::try_from(field(11)?)?;
    let mut path = take(archive, name_size)?.to_owned();
    ensure!(path.pop() == Some(0), "a name does not end");
    take(archive, (4 - (110 + name_size) % 4) % 4)?;
    let data = take(archive, usize::try_from(size)?)?.to_owned();
    take(archive, (4 - data.len() % 4) % 4)?;
    let mode = field(1)?;
    let entry = Entry {
        mode,
        user: field(2)?,
        group: field(3)?,
        time: field(5)?,
        links: field(4)?,
        size: if mode & 0o170_000 == kind::FILE { u64::from(size) } else { 0 },
        device: (field(9)?, field(10)?),
        data,
    };
    Ok((field(0)?, path, entry))
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let Some((taken, rest)) = from.split_at_checked(count) else {
        bail!("the guest's archive is cut off");
    };
    *from = rest;
    Ok(taken)
}

/// The entry at `path` in the words of an answer.
pub fn line(path: &[u8], entry: &Entry) -> String {
    let kind = match entry.mode & 0o170_000 {
        kind::DIR => "dir",
        kind::FILE => "file",
        kind::LINK => "link",
        kind::CHAR => "char",
        kind::BLOCK => "block",
        kind::FIFO => "fifo",
        kind::SOCKET => "socket",
        _ => "unknown",
    };
    let mode = entry.mode & 0o7777;
    let (user, group) = (entry.user, entry.group);
    let time = if CLOCK.contains(&entry.time) { "boot".to_owned() } else { entry.time.to_string() };
    let mut text = format!("{kind} {mode:04o} {user}:{group} @{time} {}", quoted_path(path));
    if kind != "dir" && entry.links != 1 {
        text.push_str(&format!(" links={}", entry.links));
    }
    match kind {
        "file" => text.push_str(&format!(" size={} {}", entry.size, quoted(&entry.data))),
        "link" => text.push_str(&format!(" -> {}", quoted(&entry.data))),
        "char" | "block" => {
            text.push_str(&format!(" device={}:{}", entry.device.0, entry.device.1));
        }
        _ => {}
    }
    text
}

/// Bytes in quotes with everything escaped that is not plain ASCII, or a sum of
/// many.
fn quoted(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN {
        return format!("\"{}\"", bytes.escape_ascii());
    }
    format!("({} bytes, sum {})", bytes.len(), sum(bytes))
}

/// A path in quotes; of a long one the start, which tells whose it is, and a sum.
fn quoted_path(path: &[u8]) -> String {
    match path.get(..START) {
        Some(start) if path.len() > SHOWN => {
            format!("\"{}\"... {}", start.escape_ascii(), quoted(path))
        }
        _ => quoted(path),
    }
}

/// A sum that tells contents apart.
pub fn sum(bytes: &[u8]) -> String {
    let mut sum = FnvHasher::default();
    for part in [&b"corpus"[..], bytes] {
        sum.write(&(part.len() as u64).to_le_bytes());
        sum.write(part);
    }
    format!("{:016x}", sum.finish())
}

/// The lines of everything in `listing` that is not the same in `before`.
pub fn lines(listing: &Listing, before: &Listing) -> Vec<String> {
    let same = |path: &[u8], entry: &Entry| {
        before.get(path).is_some_and(|old| line(path, old) == line(path, entry))
    };
    let gone = before
        .keys()
        .filter(|path| !listing.contains_key(*path))
        .map(|path| format!("gone {}", quoted_path(path)));
    listing
        .iter()
        .filter(|(path, entry)| !same(path, entry))
        .map(|(path, entry)| line(path, entry))
        .chain(gone)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::newc::{self, archive};

    #[test]
    fn names_of_one_inode_share_the_data_that_came_once() {
        let bytes = archive(&[
            newc::Entry::file("a", "").inode(7, 2),
            newc::Entry::file("b", "data").inode(7, 2),
        ]);
        let listing = read(&bytes, "").unwrap();
        assert_eq!(
            lines(&listing, &Listing::new()),
            [
                "file 0644 0:0 @1000000000 \"a\" links=2 size=4 \"data\"",
                "file 0644 0:0 @1000000000 \"b\" links=2 size=4 \"data\"",
            ]
        );
    }

    #[test]
    fn a_cut_archive_is_no_listing() {
        let bytes = archive(&[newc::Entry::file("a", "data")]);
        assert!(read(&bytes[..bytes.len() - 4], "").is_err());
        assert!(read(&bytes[..120], "").is_err());
        assert!(read(b"", "").is_err());
    }

    #[test]
    fn a_large_file_has_the_size_it_had_before_it_was_cut() {
        let bytes = archive(&[newc::Entry::file("big file", "start")]);
        let listing = read(&bytes, "4294967295 5 ./big file\n").unwrap();
        let text = lines(&listing, &Listing::new()).concat();
        assert_eq!(text, "file 0644 0:0 @5 \"big file\" size=4294967295 \"start\"");
        assert!(read(&bytes, "5 5 ./other\n").is_err());
    }

    #[test]
    fn what_was_there_before_is_left_out_and_what_is_gone_is_named() {
        let before =
            read(&archive(&[newc::Entry::dir("dev"), newc::Entry::dir("root")]), "").unwrap();
        let after = read(
            &archive(&[newc::Entry::dir("dev"), newc::Entry::new("x", kind::FIFO | 0o600, "")]),
            "",
        )
        .unwrap();
        assert_eq!(lines(&after, &before), ["fifo 0600 0:0 @1000000000 \"x\"", "gone \"root\""]);
    }
}
