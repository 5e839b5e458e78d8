//! UUIDs, MAC addresses, machine ids, and values behind keys that name a secret or
//! a serial number.

use super::crossed;

/// `h` stands for a hexadecimal digit.
const PATTERNS: [&str; 4] = [
    "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh",
    "hh:hh:hh:hh:hh:hh",
    "hh-hh-hh-hh-hh-hh",
    // A machine or boot id; longer runs are hashes of files and stay.
    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
];

/// Keys, in lower case, whose value up to the next blank names a thing or a secret.
const KEYS: [&str; 16] = [
    "serialnumber:",
    "serial number:",
    "serial=",
    "serial#",
    "uuid=",
    "partuuid=",
    "partlabel=",
    "label=",
    "hostname=",
    "systemd.hostname=",
    "ip=",
    "ifname=",
    "rd.luks.key=",
    "password=",
    "token=",
    "set_credential=",
];
/// Folders of links whose names carry serial numbers.
const BY_ID: [&str; 4] = ["disk/by-id/", "disk/by-uuid/", "disk/by-label/", "disk/by-partlabel/"];

/// Replaces the digits of each stretch that fits a pattern.
pub(super) fn patterns(line: &str) -> String {
    PATTERNS.iter().fold(line.to_owned(), |line, pattern| fitted(&line, pattern))
}

/// Replaces the digits where the stretch is no part of a longer run of such digits.
fn fitted(line: &str, pattern: &str) -> String {
    let fits = |bytes: &[u8]| {
        bytes.len() == pattern.len()
            && bytes.iter().zip(pattern.bytes()).all(|(byte, want)| match want {
                b'h' => byte.is_ascii_hexdigit(),
                want => *byte == want,
            })
    };
    let mut bytes = line.as_bytes().to_vec();
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    for at in 0..(bytes.len() + 1).saturating_sub(pattern.len()) {
        let end = at + pattern.len();
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let alone = !word(before) && !word(bytes.get(end));
        let Some(found) = bytes.get_mut(at..end).filter(|found| alone && fits(found)) else {
            continue;
        };
        for (byte, want) in found.iter_mut().zip(pattern.bytes()) {
            if want == b'h' {
                *byte = b'0';
            }
        }
    }
    // Only ASCII digits were replaced by another.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Crosses out values behind keys and names below by-id folders.
pub(super) fn values(line: &str) -> String {
    let mut out = line.to_owned();
    for key in KEYS {
        out = behind(&out, key, |c| c.is_ascii_whitespace() || matches!(c, '"' | ',' | ';'));
    }
    for folder in BY_ID {
        out = behind(&out, folder, |c| !(c.is_alphanumeric() || "-_.:+\\".contains(c)));
    }
    out
}

/// Crosses out what follows each `key`, blanks in front of it aside, up to `ends`.
fn behind(line: &str, key: &str, ends: impl Fn(char) -> bool) -> String {
    let lower = line.to_ascii_lowercase();
    let mut out = String::with_capacity(line.len());
    let mut done = 0;
    while let Some(at) = lower.get(done..).and_then(|rest| rest.find(key)).map(|at| done + at) {
        let start = at + key.len();
        // "ip=" is no key at the end of "chip=".
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        if line.get(..at).and_then(|l| l.chars().next_back()).is_some_and(joined) {
            out.push_str(line.get(done..start).unwrap_or(""));
            done = start;
            continue;
        }
        let rest = line.get(start..).unwrap_or("");
        let blanks = match key.ends_with(':') {
            true => rest.len() - rest.trim_start_matches([' ', '\t']).len(),
            false => usize::from(rest.starts_with('"')),
        };
        let value = rest.get(blanks..).unwrap_or("");
        let end = value.find(&ends).unwrap_or(value.len());
        out.push_str(line.get(done..start + blanks).unwrap_or(""));
        out.push_str(&crossed(value.get(..end).unwrap_or("")));
        done = start + blanks + end;
    }
    out.push_str(line.get(done..).unwrap_or(""));
    out
}
