//! Network addresses: IPv4 with four numbers to 255 that no version is, IPv6 with
//! at least two colons that no PCI address is.

/// The line without them.
pub(super) fn networks(line: &str) -> String {
    let part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(part) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !part(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        out.push_str(before);
        // A letter at either side makes it part of a name or a version.
        let joined =
            |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let alone = !joined(out.chars().next_back()) && !joined(after.chars().next());
        let core = word.trim_matches(['.', ':']);
        // "::1" begins with what is trimmed of a sentence.
        let is = alone && (is_v4(core) || is_v6(word.trim_end_matches(['.', ':'])) || is_v6(core));
        out.push_str(&if is { zeroed(word) } else { word.to_owned() });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn zeroed(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect()
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
