//! What GNU cpio lists of a file of plain archives behind one another. It reads
//! one archive and no further, so it is started at the beginning of each.

use anyhow::{Context, Result, ensure};
use nvpreflight_harness::base::host;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::Command;

/// Bytes of a header: the magic and 13 numbers of eight digits
/// (Documentation/driver-api/early-userspace/buffer-format.rst).
const HEADER: usize = 110;
const TRAILER: &[u8] = b"TRAILER!!!\0";
/// Longest name that these archives have.
const NAME_LIMIT: u64 = 4096;

/// The names in each archive.
///
/// # Errors
/// A file that cannot be read or has anything between its archives; cpio not
/// installed or not content.
pub fn listed(file: &Path) -> Result<Vec<Vec<String>>> {
    let read = || -> Result<Vec<Vec<String>>> {
        let starts = starts(BufReader::new(File::open(file)?))?;
        starts.into_iter().map(|start| list(file, start)).collect()
    };
    read().with_context(|| format!("cannot list `{}`", file.display()))
}

fn list(file: &Path, start: u64) -> Result<Vec<String>> {
    let mut archive = File::open(file)?;
    archive.seek(SeekFrom::Start(start))?;
    let text = host::run(Command::new("cpio").args(["--list", "--quiet"]).stdin(archive))?;
    Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
}

/// Where archives begin. Between them are only zeros.
fn starts(mut file: impl Read + Seek) -> Result<Vec<u64>> {
    let mut starts = Vec::new();
    let mut at = 0;
    let mut inside = false;
    while let Some(first) = next(&mut file)? {
        if first == 0 && !inside {
            at += 1;
            continue;
        }
        let mut header = [first; HEADER];
        file.read_exact(header.get_mut(1..).unwrap_or_default())?;
        ensure!(header.starts_with(b"07070"), "there is no archive at byte {at}");
        if !inside {
            starts.push(at);
        }
        let (size, name_size) = (field(&header, 6)?, field(&header, 11)?);
        ensure!(name_size <= NAME_LIMIT, "a name of {name_size} bytes at byte {at}");
        let mut name = Vec::new();
        (&mut file).take(name_size).read_to_end(&mut name)?;
        inside = name != TRAILER;
        at = (at + HEADER as u64 + name_size).next_multiple_of(4) + size.next_multiple_of(4);
        file.seek(SeekFrom::Start(at))?;
    }
    ensure!(!inside, "an archive is cut off");
    Ok(starts)
}

fn next(file: &mut impl Read) -> io::Result<Option<u8>> {
    let mut byte = [0];
    Ok(match file.read(&mut byte)? {
        0 => None,
        _ => Some(byte[0]),
    })
}

fn field(header: &[u8; HEADER], number: usize) -> Result<u64> {
    let digits = header.get(6 + number * 8..14 + number * 8).context("no such field")?;
    Ok(u64::from_str_radix(std::str::from_utf8(digits)?, 16)?)
}

#[cfg(test)]
mod tests {
    use super::starts;
    use nvpreflight_harness::image::archive::Archive;
    use std::io::Cursor;

    fn one() -> Vec<u8> {
        let mut archive = Archive::new(Vec::new());
        archive.file("a", 0o644, b"hello").unwrap();
        archive.finish().unwrap()
    }

    #[test]
    fn archives_behind_one_another_are_told_apart() {
        let length = one().len() as u64;
        assert_eq!(starts(Cursor::new([one(), one()].concat())).unwrap(), [0, length]);
        let padded = [one(), vec![0; 512], one(), vec![0; 3]].concat();
        assert_eq!(starts(Cursor::new(padded)).unwrap(), [0, length + 512]);
        assert_eq!(starts(Cursor::new([])).unwrap(), [0u64; 0]);
    }

    #[test]
    fn what_is_no_archive_is_never_passed_over() {
        let cut = one().len() - 124;
        assert!(starts(Cursor::new(&one()[..cut])).is_err());
        assert!(starts(Cursor::new([one(), vec![b'x'; 200]].concat())).is_err());
    }
}
