//! The journal export format, and `journalctl -o verbose`, which shows the same
//! fields to people (systemd docs/JOURNAL_EXPORT_FORMATS.md).

use super::boots::Boots;
use super::fields::Fields;
use super::stamp::{self, Time};
use super::stream::Stream;

/// True for a stream that begins as an export does.
#[must_use]
pub fn looks_like_one(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"__CURSOR=")
}

/// Reads every entry. A field is `NAME=value`, or `NAME`, a length in eight bytes
/// little endian, and that many bytes; an empty line ends an entry.
pub fn read(stream: &mut Stream, boots: &mut Boots) {
    let mut fields = Fields::default();
    let mut entry = 1;
    let mut give = |fields: &mut Fields| {
        if let Some((mut record, boot)) = std::mem::take(fields).finish() {
            record.line = entry;
            entry += 1;
            boots.push(record, boot.as_deref());
        }
    };
    let mut name = Vec::new();
    while let Some(line) = stream.line() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            give(&mut fields);
        } else if let Some(at) = memchr::memchr(b'=', line) {
            let (name, value) = line.split_at_checked(at).unwrap_or((line, &[]));
            put(&mut fields, name, value.get(1..).unwrap_or(&[]));
        } else {
            name.clear();
            name.extend_from_slice(line);
            if let Some(value) = stream.sized() {
                put(&mut fields, &name, value);
            }
        }
    }
    give(&mut fields);
}

fn put(fields: &mut Fields, name: &[u8], value: &[u8]) {
    if let Ok(name) = std::str::from_utf8(name) {
        fields.put(name, &String::from_utf8_lossy(value));
    }
}

/// True for the line that begins an entry of `-o verbose`: a time, then the
/// entry's cursor in brackets.
#[must_use]
pub fn begins_verbose(line: &str) -> bool {
    line.ends_with(']') && line.contains(" [s=") && line.contains(";b=") && line.contains(";m=")
}

/// True for a text that begins so, behind a prompt or a heading at most: other text before
/// an entry is a paste's.
#[must_use]
pub fn looks_verbose(head: &str) -> bool {
    let aside = |line: &&str| line.starts_with(['$', '#', '-', '`']) || line.trim().is_empty();
    head.lines().find(|line| !aside(line)).is_some_and(begins_verbose)
}

/// Reads `-o verbose`. Its first line holds the boot's id and both times; fields
/// are indented by four blanks, further lines of a value by more.
pub fn read_verbose(stream: &mut Stream, boots: &mut Boots) {
    let mut fields = Fields::default();
    let (mut last, mut begun): (Option<(String, String)>, usize) = (None, 0);
    let mut give = |fields: &mut Fields, last: &mut Option<(String, String)>, line: usize| {
        if let Some((name, value)) = last.take() {
            fields.put(&name, &value);
        }
        if let Some((mut record, boot)) = std::mem::take(fields).finish() {
            record.line = line;
            boots.push(record, boot.as_deref());
        }
    };
    let mut number = 0;
    while let Some(line) = stream.line() {
        number += 1;
        let line = super::text::decode(line);
        let line = super::text::plain(&line);
        if begins_verbose(&line) {
            give(&mut fields, &mut last, begun);
            begun = number;
            cursor(&line, &mut fields);
        } else if let Some(field) = line.strip_prefix("    ") {
            match field.split_once('=').filter(|(name, _)| is_name(name)) {
                Some((name, value)) => {
                    if let Some((name, value)) = last.replace((name.to_owned(), value.to_owned())) {
                        fields.put(&name, &value);
                    }
                }
                None => {
                    if let Some((_, value)) = &mut last {
                        value.push('\n');
                        value.push_str(field.trim_start());
                    }
                }
            }
        }
    }
    give(&mut fields, &mut last, begun);
}

/// `Sun 2026-11-22 10:00:00.123456 UTC [s=…;i=…;b=BOOT;m=MONOTONIC;t=REALTIME;x=…]`,
/// numbers in hexadecimal.
fn cursor(line: &str, fields: &mut Fields) {
    let inside = line.rsplit_once(" [").map_or("", |(_, inside)| inside.trim_end_matches(']'));
    for part in inside.split(';') {
        let Some((key, value)) = part.split_once('=') else { continue };
        let number = || u64::from_str_radix(value, 16).map(|n| n.to_string());
        match (key, number()) {
            ("b", _) => fields.put("_BOOT_ID", value),
            ("m", Ok(us)) => fields.put("__MONOTONIC_TIMESTAMP", &us),
            ("t", Ok(us)) => fields.put("__REALTIME_TIMESTAMP", &us),
            _ => {}
        }
    }
    if let Some((Time::Wall { us, known: true }, ..)) = stamp::leading(line) {
        fields.put("__REALTIME_TIMESTAMP", &us.to_string());
    }
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::logs::Record;

    fn records(f: impl FnOnce(&mut Boots)) -> Vec<Record> {
        let mut boots = Boots::default();
        f(&mut boots);
        boots.finish().into_iter().flat_map(|boot| boot.records).collect()
    }

    #[test]
    fn a_binary_field_may_hold_line_feeds() {
        let mut stream = b"__CURSOR=s=1\n_TRANSPORT=kernel\nMESSAGE\n".to_vec();
        stream.extend(14_u64.to_le_bytes());
        stream
            .extend(b"NVRM: a\nNVRM: \nPRIORITY=3\n\n__CURSOR=s=2\nMESSAGE=b\n_TRANSPORT=stdout\n");
        let got = records(|boots| read(&mut Stream::new(&stream[..], u64::MAX), boots));
        assert_eq!(got[0].text, "NVRM: a\nNVRM: ");
        assert_eq!((got[0].kernel, got[0].priority, got[0].line), (true, Some(3), 1));
        assert_eq!((got[1].text.as_str(), got[1].kernel, got[1].line), ("b", false, 2));
    }

    #[test]
    fn a_length_beyond_the_end_loses_the_field_and_nothing_else() {
        let mut stream = b"__CURSOR=s=1\nMESSAGE\n".to_vec();
        stream.extend(u64::MAX.to_le_bytes());
        stream.extend(b"\n\nMESSAGE=b\n\n");
        assert!(
            records(|boots| read(&mut Stream::new(&stream[..], u64::MAX), boots))
                .iter()
                .any(|record| record.text == "b")
        );
    }

    #[test]
    fn the_form_for_people_has_the_same_fields() {
        let text = "Sun 2026-11-22 10:00:00.123456 UTC [s=a1;i=2;b=beef;m=4c4b40;t=5;x=6]\n    \
                    _TRANSPORT=kernel\n    MESSAGE=NVRM: a\n            NVRM: b\n    \
                    _SOURCE_MONOTONIC_TIMESTAMP=4000000\n";
        assert!(begins_verbose(text.lines().next().expect("a line")));
        let got = records(|boots| {
            read_verbose(&mut Stream::new(text.as_bytes(), u64::MAX), boots);
        });
        assert_eq!(got[0].text, "NVRM: a\nNVRM: b");
        assert_eq!(got[0].time, Some((crate::source::logs::Clock::Kernel, 4_000_000)));
        assert_eq!(got[0].wall_us, Some(1_795_341_600_123_456));
    }
}
