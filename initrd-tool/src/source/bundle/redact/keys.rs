//! Values behind keys: of secrets by the end of the key (`wifi.psk=`), of things that
//! name a machine by the whole key (`hostname=`).

use super::kept::is_kept;
use super::{Found, How};
use std::ops::Range;

/// Ends of a key's last part whose value is a secret; the parts of a key are divided
/// by dots, dashes and underscores.
const SECRETS: [&str; 14] = [
    "psk",
    "pass",
    "passwd",
    "password",
    "password2",
    "passphrase",
    "pwd",
    "pw",
    "key",
    "secret",
    "token",
    "pin",
    "credential",
    "credentials",
];
/// Words that end as a secret's key does and are none.
const NONE: [&str; 5] = ["bypass", "hotkey", "compass", "spin", "turnkey"];
/// Secrets that a colon may follow instead, as in what programs log.
const SPOKEN: [&str; 8] =
    ["psk", "passwd", "password", "passphrase", "secret", "token", "apikey", "bearer"];

/// Whole keys, or ends of them after a dot, whose value names a thing.
const NAMES: [&str; 34] = [
    "serial",
    "serialnumber",
    "serial#",
    "uuid",
    "partuuid",
    "label",
    "partlabel",
    "hostname",
    "ip",
    "ifname",
    "user",
    "username",
    "login",
    "account",
    "autologin",
    "logname",
    "ssid",
    "essid",
    "initiatorname",
    "initiator",
    "machine_id",
    "machine-id",
    "set_credential_binary",
    "nfsroot",
    "netroot",
    "netconsole",
    "cryptdevice",
    "rd.luks.name",
    "luks.name",
    "vg",
    "lv",
    "volume",
    "nameserver",
    "domain_name",
];
/// Of these keys the value's parts, divided by colons and the like, are names.
const DIVIDED: [&str; 11] = [
    "ip",
    "nfsroot",
    "netroot",
    "cryptdevice",
    "rd.luks.name",
    "luks.name",
    "rd.lvm.lv",
    "set_credential",
    "set_credential_binary",
    "netconsole",
    "rd.lvm.vg",
];
/// Words before a colon that a serial number or a name follows.
const SAID: [&str; 6] =
    ["serialnumber", "serial number", "serial no", "product serial", "machine id", "ssid"];

pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    for (at, sign) in line.char_indices().filter(|(_, c)| matches!(c, '=' | ':' | '#')) {
        let Some(key) = key(line, at) else { continue };
        let name = line.get(key.clone()).unwrap_or("").to_ascii_lowercase();
        let of = match sign {
            '=' => of_equals(&name),
            ':' => of_colon(line, at, &name),
            _ => None,
        };
        let Some(of) = of else { continue };
        // "#" and quotes around a key: `"token": "abc"`, `"wifi.pass=two words"`.
        let opened = line.get(..key.start).and_then(|l| l.chars().next_back());
        let value = value(line, at + 1, opened.filter(|c| sign == '=' && quote(*c)), of);
        let text = line.get(value.clone()).unwrap_or("");
        if text.is_empty() {
            continue;
        }
        let last = name.rsplit(['.', ' ']).next().unwrap_or("");
        if DIVIDED.iter().any(|key| *key == name || *key == last) {
            parts(&value, text, found);
        }
        found(Found { at: value, how: How::Cross, learn: !is_kept(text) && text.len() > 3 });
    }
}

/// What a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// A secret may hold any character but blanks.
    Secret,
    /// A name ends where a list goes on.
    Name,
}

fn of_equals(name: &str) -> Option<Of> {
    let last = name.rsplit(['.', '-', '_']).next().unwrap_or("");
    // "pw" and "pin" end other words too.
    let ends = |end: &&str| last == *end || end.len() > 3 && last.ends_with(*end);
    let secret = SECRETS.iter().any(ends) || last.ends_with("key");
    let secret = secret && !NONE.contains(&last);
    let whole = name.rsplit('.').next().unwrap_or("");
    let is = NAMES.contains(&name) || NAMES.contains(&whole) || DIVIDED.contains(&name);
    match (secret || name.ends_with("set_credential"), is) {
        (true, _) => Some(Of::Secret),
        (false, true) => Some(Of::Name),
        (false, false) => None,
    }
}

fn of_colon(line: &str, at: usize, name: &str) -> Option<Of> {
    let before = line.get(..at)?.trim_end_matches(['"', '\'']).to_ascii_lowercase();
    if SAID.iter().any(|said| before.ends_with(said)) {
        return Some(Of::Name);
    }
    let last = name.rsplit(['.', '-', '_', ' ']).next().unwrap_or("");
    // "password: " and `"psk":"…"`; an address "key:1" is none.
    SPOKEN.contains(&last).then_some(Of::Secret)
}

const fn quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// The word before the sign, without quotes around it.
fn key(line: &str, sign: usize) -> Option<Range<usize>> {
    let before = line.get(..sign)?;
    let end = before.trim_end_matches(['"', '\'', ' ', '\t', '\\']).len();
    // Only JSON and prose set blanks or quotes before their sign.
    if end < sign && line.as_bytes().get(sign) == Some(&b'=') {
        return None;
    }
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let text = before.get(..end)?;
    let start = text.rfind(|c| !word(c)).map_or(0, |at| {
        at + text.get(at..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)
    });
    (start < end).then_some(start..end)
}

/// Where the value behind the sign stands.
fn value(line: &str, from: usize, opened: Option<char>, of: Of) -> Range<usize> {
    let rest = line.get(from..).unwrap_or("");
    let is_colon = line.as_bytes().get(from.wrapping_sub(1)) == Some(&b':');
    let blanks = if is_colon { rest.len() - rest.trim_start_matches([' ', '\t']).len() } else { 0 };
    let mut start = from + blanks;
    let mut text = line.get(start..).unwrap_or("");
    if let Some(more) = text.strip_prefix('\\') {
        start += 1;
        text = more;
    }
    let quoted = text.chars().next().filter(|c| quote(*c));
    if let Some(mark) = quoted {
        start += mark.len_utf8();
        text = line.get(start..).unwrap_or("");
    }
    if let Some(end) = quoted.or(opened).and_then(|mark| text.find(mark)) {
        let inner = text.get(..end).unwrap_or("").trim_end_matches('\\');
        return start..start + inner.len();
    }
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || quote(c) || of == Of::Name && matches!(c, ',' | ';')
    };
    start..start + text.find(ends).unwrap_or(text.len())
}

/// The names within a value: of `UUID=…=cryptroot` and `server:user:word@host` each.
fn parts(value: &Range<usize>, text: &str, found: &mut dyn FnMut(Found)) {
    let mut from = value.start;
    for part in text.split([':', '@', '/', '=', ',']) {
        let at = from..from + part.len();
        from = at.end + 1;
        let name = part.chars().any(char::is_alphabetic) || part.len() > 5;
        if name && part.len() > 2 && !is_kept(part) {
            found(Found::everywhere(at, How::Cross));
        }
    }
}
