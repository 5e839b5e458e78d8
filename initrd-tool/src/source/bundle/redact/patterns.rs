//! What its form alone shows: UUIDs, hardware addresses, machine ids, fingerprints,
//! world wide names.

use super::{Found, How};

/// `h` stands for a hexadecimal digit. systemd writes a dash in a unit's name as
/// `\x2d` (systemd.unit(5), "String escaping").
const PATTERNS: [&str; 6] = [
    "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh",
    r"hhhhhhhh\x2dhhhh\x2dhhhh\x2dhhhh\x2dhhhhhhhhhhhh",
    "hhhhhhhh_hhhh_hhhh_hhhh_hhhhhhhhhhhh",
    "hh:hh:hh:hh:hh:hh",
    "hh-hh-hh-hh-hh-hh",
    // A machine or boot id; longer runs are hashes of files and stay.
    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
];

/// Beginnings of names whose digits are a hardware address or a world wide name, and
/// how many there are at least: interfaces by address (systemd.net-naming-scheme(7)),
/// disks (udev's by-id links, T10 and NVMe identifiers).
const PREFIXES: [(&str, usize); 8] = [
    ("enx", 12),
    ("wlx", 12),
    ("wwx", 12),
    ("wwn-0x", 16),
    ("naa.", 16),
    ("eui.", 16),
    ("t10.", 8),
    ("nvme.", 8),
];

/// Beginnings of what is crossed out up to its end: names of iSCSI nodes (RFC 3720),
/// fingerprints of SSH keys.
const WORDS: [&str; 3] = ["iqn.", "SHA256:", "MD5:"];

pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    for pattern in PATTERNS {
        fitted(line, pattern, found);
    }
    for (prefix, least) in PREFIXES {
        for (at, _) in line.match_indices(prefix).filter(|(at, _)| begins(line, *at)) {
            let from = at + prefix.len();
            let rest = line.get(from..).unwrap_or("");
            let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
            if end >= least {
                found(Found::everywhere(from..from + end, How::Zero));
            }
        }
    }
    for prefix in WORDS {
        for (at, _) in line.match_indices(prefix).filter(|(at, _)| begins(line, *at)) {
            let rest = line.get(at..).unwrap_or("");
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ')');
            let end = rest.find(ends).unwrap_or(rest.len());
            if end > prefix.len() + 7 {
                found(Found::everywhere(at + prefix.len()..at + end, How::Cross));
            }
        }
    }
}

/// True where a word begins.
fn begins(line: &str, at: usize) -> bool {
    !line.get(..at).and_then(|l| l.chars().next_back()).is_some_and(char::is_alphanumeric)
}

/// Stretches that fit and are no part of a longer run of such digits.
fn fitted(line: &str, pattern: &str, found: &mut dyn FnMut(Found)) {
    let bytes = line.as_bytes();
    let fits = |bytes: &[u8]| {
        bytes.iter().zip(pattern.bytes()).all(|(byte, want)| match want {
            b'h' => byte.is_ascii_hexdigit(),
            want => *byte == want,
        })
    };
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    let mut at = 0;
    while let Some(window) = bytes.get(at..at + pattern.len()) {
        let end = at + pattern.len();
        let before = bytes.get(..at).unwrap_or(&[]);
        // The last digit of an escaped dash is no digit of the number.
        let alone = !word(before.last()) || before.ends_with(br"\x2d");
        if alone && !word(bytes.get(end)) && fits(window) {
            found(Found::everywhere(at..end, How::Zero));
            at = end;
        } else {
            at += 1;
        }
    }
}
