//! Names where their place shows them: in paths, and in the sentences of systemd,
//! logind, PAM, sudo, sshd, cryptsetup and NetworkManager.

use super::kept::is_kept;
use super::{Found, How};
use std::ops::Range;

/// Beginnings, and the characters that end the name behind them.
const PLACES: [(&str, &str); 33] = [
    ("/home/", "/ \t\"':;,)"),
    ("/Users/", "/ \t\"':;,)"),
    ("/run/media/", "/ \t\"':;,)"),
    ("/run/user/", "/ \t\"':;,)"),
    ("/dev/mapper/", "/ \t\"':;,)]"),
    ("disk/by-id/", " \t\"':;,)/"),
    ("disk/by-uuid/", " \t\"':;,)/"),
    ("disk/by-label/", " \t\"':;,)/"),
    ("disk/by-partlabel/", " \t\"':;,)/"),
    (r"dev-disk-by\x2did-", " \t\"':;,)./"),
    (r"dev-disk-by\x2dlabel-", " \t\"':;,)./"),
    ("dev-mapper-", " \t\"':;,)./"),
    ("Hostname set to <", ">"),
    ("hostname to <", ">"),
    ("set hostname to '", "'"),
    ("Invalid user ", " \t"),
    ("invalid user ", " \t"),
    ("session opened for user ", " \t(."),
    ("session closed for user ", " \t(."),
    ("Accepted password for ", " \t"),
    ("Accepted publickey for ", " \t"),
    ("Failed password for ", " \t"),
    ("Automatic login of ", " \t.,"),
    ("systemd-cryptsetup@", " \t\"'."),
    ("Cryptography Setup for ", " \t.,"),
    ("passphrase for disk ", " \t:(!"),
    ("SSID '", "'"),
    ("SSID \"", "\""),
    ("SSID ", " \t'\",;"),
    ("wireless network \"", "\""),
    ("wireless network '", "'"),
    ("Wi-Fi network \"", "\""),
    ("Wi-Fi network '", "'"),
];

/// Ends that a name stands in front of, back to a blank or an opening sign.
const BEFORE: [&str; 3] =
    [" Secure Boot Module Signature key", " : TTY=", "'s Secure Boot signing key"];

pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    for (before, ends) in PLACES {
        for (at, _) in line.match_indices(before) {
            let start = at + before.len();
            let rest = line.get(start..).unwrap_or("");
            let end = rest.find(|c: char| ends.contains(c) || c.is_control());
            name(line, start..start + end.unwrap_or(rest.len()), found);
        }
    }
    for after in BEFORE {
        for (end, _) in line.match_indices(after) {
            let head = line.get(..end).unwrap_or("").trim_end();
            let start = head.rfind([' ', '\'', '"', '=', '(', ':']).map_or(0, |at| at + 1);
            name(line, start..head.len(), found);
        }
    }
    of_user(line, found);
    at_host(line, found);
}

/// A name with its address before or behind: "(karla@brunhild)" of build lines and
/// "karla@example.org"; units have an `@` too and are none.
fn at_host(line: &str, found: &mut dyn FnMut(Found)) {
    const UNITS: [&str; 12] = [
        "service",
        "target",
        "socket",
        "mount",
        "slice",
        "scope",
        "timer",
        "device",
        "path",
        "swap",
        "automount",
        "conf",
    ];
    let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    for (at, _) in line.match_indices('@') {
        let (head, tail) = (line.get(..at).unwrap_or(""), line.get(at + 1..).unwrap_or(""));
        let start = head.rfind(|c| !word(c)).map_or(0, |at| {
            at + head.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)
        });
        let len = tail.find(|c| !word(c)).unwrap_or(tail.len());
        let host = tail.get(..len).unwrap_or("");
        let closed = head.get(..start).is_some_and(|h| h.ends_with('('))
            && tail.get(len..).is_some_and(|t| t.starts_with(')'));
        let ending = host.rsplit('.').next().unwrap_or("");
        let mail = host.contains('.')
            && !UNITS.contains(&ending)
            && ending.len() > 1
            && ending.chars().all(char::is_alphabetic);
        let prompt = tail.get(len..).is_some_and(|t| t.starts_with(":~") || t.starts_with(":/"));
        if closed || mail || prompt {
            name(line, start..at, found);
            name(line, at + 1..at + 1 + len, found);
            let first = host.split('.').next().unwrap_or("");
            name(line, at + 1..at + 1 + first.len(), found);
        }
    }
}

/// "for user karla.", "of user karla", "User Manager for UID 1000 (karla)",
/// "User=karla"; "of user space" is no user.
fn of_user(line: &str, found: &mut dyn FnMut(Found)) {
    let ends = |c: char| c.is_whitespace() || ".,:;()'\"".contains(c);
    for before in [" for user ", " of user ", " by user ", " user: "] {
        for (at, _) in line.match_indices(before) {
            let start = at + before.len();
            let rest = line.get(start..).unwrap_or("");
            let end = rest.find(ends).unwrap_or(rest.len());
            let last = rest.get(end..).is_some_and(|r| r.is_empty() || r.starts_with(['.', '(']));
            if last {
                name(line, start..start + end, found);
            }
        }
    }
    for (at, _) in line.match_indices("for UID ") {
        let rest = line.get(at..).unwrap_or("");
        if let (Some(open), Some(close)) = (rest.find('('), rest.find(')')) {
            if open < close {
                name(line, at + open + 1..at + close, found);
            }
        }
    }
}

/// Takes out a name unless it is a word that stays; learned where it is more than a
/// number.
fn name(line: &str, at: Range<usize>, found: &mut dyn FnMut(Found)) {
    let Some(text) = line.get(at.clone()).filter(|text| !text.is_empty()) else { return };
    if is_kept(text) {
        return;
    }
    let learn = text.chars().count() > 2 && text.chars().any(char::is_alphabetic);
    found(Found { at, how: How::Cross, learn });
}
