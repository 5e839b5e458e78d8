//! Network addresses: IPv4 with four numbers to 255 that no version is, IPv6 with
//! at least two colons that no PCI address is.

use super::{Found, How};

pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    let part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let mut from = 0;
    while let Some(start) = line.get(from..).and_then(|rest| rest.find(part)).map(|at| from + at) {
        let rest = line.get(start..).unwrap_or("");
        let end = start + rest.find(|c| !part(c)).unwrap_or(rest.len());
        let word = line.get(start..end).unwrap_or("");
        // A letter at either side makes it part of a name or a version.
        let joined =
            |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let before = line.get(..start).and_then(|l| l.chars().next_back());
        let alone = !joined(before) && !joined(line.get(end..).and_then(|l| l.chars().next()));
        let core = word.trim_matches(['.', ':']);
        // "::1" begins with what is trimmed of a sentence.
        if alone && (is_v4(core) || is_v6(word.trim_end_matches(['.', ':'])) || is_v6(core)) {
            found(Found::everywhere(start..end, How::Zero));
        }
        from = end;
    }
}

/// Four numbers as inet_aton(3) prints them. Of versions with four parts the first
/// is small: those of the kernel and of the driver have two or three.
fn is_v4(word: &str) -> bool {
    let word = word.rsplit_once(':').map_or(word, |(host, port)| match port.parse::<u16>() {
        Ok(_) => host,
        Err(_) => word,
    });
    word.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| !ip.is_unspecified())
}

/// A PCI address, "0000:01:00.0", has a dot and is none; a time of day has two
/// colons and no double one.
fn is_v6(word: &str) -> bool {
    let colons = word.matches(':').count();
    let full = colons == 7 || word.contains("::");
    full && word.parse::<std::net::Ipv6Addr>().is_ok_and(|ip| !ip.is_unspecified())
}
