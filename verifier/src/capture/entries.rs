//! The text of a capture, entry by entry. Follows no link and knows no tree.

use crate::seen::Errno;
use crate::text::{decimal, find};

/// One entry of a capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry<'a> {
    pub(super) path: &'a [u8],
    pub(super) body: Body<'a>,
}

/// What it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Body<'a> {
    File(&'a [u8]),
    Link(&'a [u8]),
    Directory { inode: u64 },
    Device { major: u32, minor: u32 },
    Refused(Errno),
    NotCaptured,
}

/// Entries in file order.
pub(super) struct Entries<'a> {
    rest: &'a [u8],
    line: usize,
    pub(super) odd: Option<usize>,
}

impl<'a> Entries<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { rest: text, line: 0, odd: None }
    }

    fn take_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let end = self.rest.iter().position(|b| *b == b'\n');
        let (line, rest) = match end {
            Some(end) => (self.rest.get(..end)?, self.rest.get(end + 1..)?),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line)
    }

    /// The bytes up to a line that is `mark` alone.
    fn here_document(&mut self, mark: &[u8]) -> &'a [u8] {
        let start = self.rest;
        let mut len = 0;
        while let Some(line) = self.take_line() {
            if line == mark {
                break;
            }
            len += line.len() + 1;
        }
        start.get(..len.min(start.len())).unwrap_or(start)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let line = self.take_line()?;
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            if let Some(at) = find(line, b" <<") {
                let (path, mark) = (line.get(..at)?, line.get(at + 3..)?);
                if !path.contains(&b' ') {
                    return Some(Entry { path, body: Body::File(self.here_document(mark)) });
                }
            }
            if let Some(entry) = one_line(line) {
                return Some(entry);
            }
            self.odd.get_or_insert(self.line);
        }
    }
}

fn one_line(line: &[u8]) -> Option<Entry<'_>> {
    let at = line.iter().position(|b| *b == b' ')?;
    let (path, rest) = (line.get(..at)?, line.get(at + 1..)?);
    let directory = path.strip_suffix(b"/");
    let body = match (rest, directory) {
        (b"?", _) => Body::NotCaptured,
        (rest, Some(_)) => Body::Directory { inode: decimal(rest.strip_prefix(b"ino=")?)? },
        (b"=", None) => Body::File(b""),
        (rest, None) => {
            let (sign, value) = rest.split_at_checked(2)?;
            match (sign, value) {
                (b"= ", value) => Body::File(value),
                (b"->", value) => Body::Link(value.strip_prefix(b" ")?),
                (b"! ", value) => Body::Refused(errno(value)?),
                (b"@ ", value) => {
                    let colon = value.iter().position(|b| *b == b':')?;
                    let major = decimal(value.get(..colon)?)?.try_into().ok()?;
                    let minor = decimal(value.get(colon + 1..)?)?.try_into().ok()?;
                    Body::Device { major, minor }
                }
                _ => return None,
            }
        }
    };
    Some(Entry { path: directory.unwrap_or(path), body })
}

fn errno(name: &[u8]) -> Option<Errno> {
    (1..=133).map(Errno).find(|e| e.name().is_some_and(|n| n.as_bytes() == name))
}
