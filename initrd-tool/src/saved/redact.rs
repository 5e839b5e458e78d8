//! Takes out of saved facts what tells one machine from another and no rule reads:
//! UUIDs, MAC addresses, serial numbers, the host's name. Lengths stay, so that
//! columns of findings stay.

/// The text without them. `host` is the machine's name, where it is known.
#[must_use]
pub fn text(text: &str, host: Option<&str>) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let line = pattern(line, UUID, '0');
        let line = pattern(&line, MAC, '0');
        let line = serials(&line);
        match host.filter(|host| host.len() > 2) {
            Some(host) => out.push_str(&line.replace(host, &"x".repeat(host.chars().count()))),
            None => out.push_str(&line),
        }
    }
    out
}

/// `h` stands for a hexadecimal digit.
const UUID: &str = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
const MAC: &str = "hh:hh:hh:hh:hh:hh";

/// Replaces the digits of each stretch that fits the pattern and is no part of a
/// longer run of such digits.
fn pattern(line: &str, pattern: &str, with: char) -> String {
    let fits = |bytes: &[u8]| {
        bytes.len() == pattern.len()
            && bytes.iter().zip(pattern.bytes()).all(|(byte, want)| match want {
                b'h' => byte.is_ascii_hexdigit(),
                want => *byte == want,
            })
    };
    let mut bytes = line.as_bytes().to_vec();
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    for at in 0..bytes.len().saturating_sub(pattern.len() - 1) {
        let end = at + pattern.len();
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let alone = !word(before) && !word(bytes.get(end));
        let Some(found) = bytes.get_mut(at..end).filter(|found| alone && fits(found)) else {
            continue;
        };
        for (byte, want) in found.iter_mut().zip(pattern.bytes()) {
            if want == b'h' {
                *byte = with as u8;
            }
        }
    }
    // Only ASCII digits were replaced by another.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The value behind "Serial Number:" and "serial=".
fn serials(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let Some(at) = ["serial number:", "serialnumber:", "serial="]
        .iter()
        .find_map(|key| lower.find(key).map(|at| at + key.len()))
    else {
        return line.to_owned();
    };
    let (before, value) = line.split_at(at);
    let hidden = |c: char| if c.is_alphanumeric() { 'x' } else { c };
    format!("{before}{}", value.chars().map(hidden).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn what_names_the_machine_goes_and_lengths_stay() {
        let before = "root=UUID=6e2d4c1a-0b3f-4a9d-8c77-d2f1a0b9c8e7 quiet # on brunhild\n\
                      link 52:54:00:ab:cd:ef up\nSerial Number: \t 0412-ABC\n";
        let after = text(before, Some("brunhild"));
        assert_eq!(
            after,
            "root=UUID=00000000-0000-0000-0000-000000000000 quiet # on xxxxxxxx\n\
             link 00:00:00:00:00:00 up\nSerial Number: \t xxxx-xxx\n"
        );
    }

    #[test]
    fn addresses_of_devices_and_times_stay() {
        for line in ["0000:01:00.0", "nvidia 0000:0b:00.0: 12:34:56", "595.45.04 é"] {
            assert_eq!(text(line, None), line);
        }
    }
}
