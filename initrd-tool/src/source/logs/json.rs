//! Logs as JSON: `journalctl -o json`, -sse, -seq and -pretty, and `dmesg --json`.

use super::boots::Boots;
use super::fields::Fields;
use super::record::{Clock, Record};
use super::stream::Stream;
use serde_json::{Deserializer, Value};
use std::borrow::Cow;

/// True for a text whose first object has a journal's or dmesg's keys.
#[must_use]
pub fn looks_like_one(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let begins =
        head.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1e}' | '\u{feff}'));
    let begins = begins.strip_prefix("data:").map_or(begins, str::trim_start);
    begins.starts_with(['{', '['])
        && ["\"__REALTIME_TIMESTAMP\"", "\"__CURSOR\"", "\"MESSAGE\"", "\"dmesg\"", "\"pri\""]
            .iter()
            .any(|key| head.contains(key))
}

/// Lines of which one has to be an entry: others may be damaged.
const FIRST_LINES: usize = 16;
/// Longest piece that is tried for an entry where the text as a whole is no JSON.
const PIECE_MAX: usize = 1 << 20;
/// Pieces of such a text that may be no entry, before the rest is given up.
const BAD_MAX: usize = 1000;

/// True for a text with an entry of the journal on each line.
#[must_use]
pub fn looks_like_lines(head: &[u8]) -> bool {
    let object = |line: &[u8]| {
        let value = serde_json::from_str::<Value>(&bare(line)).ok();
        value.is_some_and(|value| value.is_object() && value.get("dmesg").is_none())
    };
    let lines = || head.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
    // The entries of an array end in commas, but for the last one.
    let array = |line: &[u8]| {
        let line = bare(line);
        line.trim_start().starts_with('[') || line.trim_end().ends_with('[')
    };
    looks_like_one(head)
        && !lines().next().is_some_and(array)
        && lines().take(FIRST_LINES).any(object)
}

/// A line without a byte order mark and what event streams and JSON sequences put before
/// it (RFC 7464).
fn bare(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let line = line.strip_prefix(b"data:").unwrap_or(line);
    let line = line.strip_prefix(b"\x1e").unwrap_or(line);
    String::from_utf8_lossy(line)
}

/// Reads an entry from each line; the number of those that are none, such as the cut end
/// of a file.
pub fn read_lines(stream: &mut Stream, boots: &mut Boots) -> usize {
    let (mut number, mut bad) = (1, 0);
    while let Some(line) = stream.line() {
        match serde_json::from_str::<Value>(&bare(line)) {
            Ok(value) => take(&value, &mut number, boots),
            Err(_) => bad += usize::from(!line.trim_ascii().is_empty()),
        }
    }
    bad
}

/// Reads every entry of a text of any shape; the number of places that are no JSON. Behind
/// one, what begins like an object at the beginning of a line is tried for an entry.
pub fn read(text: &str, boots: &mut Boots) -> usize {
    let text: String = text
        .lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line).replace('\u{1e}', ""))
        .fold(String::new(), |all, line| all + &line + "\n");
    let (mut number, mut bad, mut at) = (1, 0, 0);
    while let Some(rest) = text.get(at..) {
        // After the first bad place a part of the text at a time: each try costs its length.
        let most = if bad == 0 { rest.len() } else { PIECE_MAX.min(rest.len()) };
        let end = (0..=most).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(0);
        let piece = rest.get(..end).unwrap_or("");
        let mut values = Deserializer::from_str(piece).into_iter::<Value>();
        let mut read = 0;
        while let Some(Ok(value)) = values.next() {
            read = values.byte_offset();
            match value {
                Value::Array(list) => {
                    list.iter().for_each(|value| take(value, &mut number, boots));
                }
                value => take(&value, &mut number, boots),
            }
        }
        let left = rest.get(read..).unwrap_or("");
        let Some(skip) = next_object(left) else {
            // Only what ends an array may be left.
            let ends =
                left.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}'));
            return bad + usize::from(!ends.is_empty());
        };
        // A comma behind an entry is no damage.
        let between = left.get(..skip).unwrap_or("").trim();
        bad += usize::from(!matches!(between, "," | ""));
        if bad > BAD_MAX {
            return bad;
        }
        at += read + skip;
    }
    bad
}

/// Where the next object at the beginning of a line begins, behind the first byte that is
/// no blank.
fn next_object(text: &str) -> Option<usize> {
    let first = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == ',').len();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start_matches([' ', '\t', ',', '[']).len();
        let begins = at + blanks;
        let is = line.get(blanks..).is_some_and(|rest| rest.starts_with('{'));
        // Where nothing was read the place itself has failed already.
        if is && (begins > first || begins == first && first > 0) {
            return Some(begins);
        }
        at += line.len();
    }
    None
}

fn take(value: &Value, number: &mut usize, boots: &mut Boots) {
    if let Some(list) = value.get("dmesg").and_then(Value::as_array) {
        list.iter().for_each(|value| boots_dmesg(value, number, boots));
        return;
    }
    let Some(object) = value.as_object() else { return };
    if object.contains_key("msg") && object.contains_key("pri") {
        boots_dmesg(value, number, boots);
        return;
    }
    let mut fields = Fields::default();
    for (name, value) in object {
        // A repeated field is an array of its values; an array of numbers is bytes
        // that are no UTF-8 text (systemd docs/JOURNAL_EXPORT_FORMATS.md).
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(list) => match list.first() {
                Some(Value::String(text)) => text.clone(),
                _ => {
                    let byte = |value: &Value| value.as_u64().and_then(|n| u8::try_from(n).ok());
                    let bytes: Vec<u8> = list.iter().filter_map(byte).collect();
                    String::from_utf8_lossy(&bytes).into_owned()
                }
            },
            _ => continue,
        };
        fields.put(name, &text);
    }
    if let Some((mut record, boot)) = fields.finish() {
        record.line = *number;
        boots.push(record, boot.as_deref());
    }
    *number += 1;
}

fn boots_dmesg(value: &Value, number: &mut usize, boots: &mut Boots) {
    if let Some(record) = dmesg(value, *number) {
        boots.push(record, None);
    }
    *number += 1;
}

/// `{"pri":6,"time":12.345678,"msg":"…"}` (util-linux dmesg.c `print_record`).
fn dmesg(value: &Value, line: usize) -> Option<Record> {
    let text = value.get("msg")?.as_str()?;
    let time = value.get("time").map(|time| match time {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let level = value.get("pri").and_then(Value::as_u64).unwrap_or(6);
    let prefix = format!("<{}>", level.min(191));
    let mut record = super::line::parse(&format!("{prefix}{text}"))?.record;
    record.time = time.as_deref().and_then(micros).map(|us| (Clock::Kernel, us));
    record.line = line;
    Some(record)
}

/// Seconds with any number of decimals.
fn micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    super::stamp::seconds(&format!("{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Record> {
        assert!(looks_like_one(text.as_bytes()), "{text}");
        let mut boots = Boots::default();
        let _ = match looks_like_lines(text.as_bytes()) {
            true => read_lines(&mut Stream::new(text.as_bytes(), u64::MAX), &mut boots),
            false => read(text, &mut boots),
        };
        boots.finish().into_iter().flat_map(|boot| boot.records).collect()
    }

    const ENTRY: &str = r#"{"__CURSOR":"s=1","_TRANSPORT":"kernel","MESSAGE":"NVRM: x","PRIORITY":"3","__MONOTONIC_TIMESTAMP":"9","_SOURCE_MONOTONIC_TIMESTAMP":"5"}"#;

    #[test]
    fn every_json_form_of_journalctl_gives_the_same_record() {
        let seq = format!("\u{1e}{ENTRY}\n");
        let sse = format!("data: {ENTRY}\n\n");
        let pretty = serde_json::from_str::<Value>(ENTRY).expect("JSON");
        let pretty = serde_json::to_string_pretty(&pretty).expect("JSON");
        for text in [ENTRY, &seq, &sse, &pretty, &format!("[{ENTRY}]")] {
            let got = records(text);
            assert_eq!(got.len(), 1, "{text}");
            assert_eq!((got[0].text.as_str(), got[0].priority), ("NVRM: x", Some(3)));
            assert_eq!(got[0].time, Some((Clock::Kernel, 5)));
        }
    }

    #[test]
    fn bytes_and_repeated_fields_are_text() {
        let got = records(r#"{"MESSAGE":[78,86,82,77],"SYSLOG_IDENTIFIER":["a","b"]}"#);
        assert_eq!((got[0].text.as_str(), got[0].identifier.as_deref()), ("NVRM", Some("a")));
    }

    #[test]
    fn dmesg_has_json_too() {
        let got = records(r#"{"dmesg":[{"pri":4,"time":12.903355,"msg":"NVRM: x"}]}"#);
        assert_eq!(got[0].time, Some((Clock::Kernel, 12_903_355)));
        assert_eq!((got[0].kernel, got[0].priority), (true, Some(4)));
    }

    #[test]
    fn a_cut_file_keeps_what_came_before() {
        assert_eq!(records(&format!("{ENTRY}\n{{\"MESS")).len(), 1);
    }

    #[test]
    fn a_bad_place_costs_itself_and_is_counted() {
        let pretty = serde_json::from_str::<Value>(ENTRY).expect("JSON");
        let pretty = serde_json::to_string_pretty(&pretty).expect("JSON");
        let dmesg = r#"{"dmesg":[{"pri":4,"time":1.5,"msg":"NVRM: x"}]}"#;
        let each = r#"{"pri":4,"time":1.5,"msg":"NVRM: x"}"#;
        let cut = "{\"__CURSOR\": \"s=1\", \"MESSAGE\": \"cut";
        for (text, entries, bad) in [
            (format!("\u{feff}{ENTRY}\n{{\"cut\n{ENTRY}\n"), 2, 1),
            (format!("{cut}\n{ENTRY}\n{ENTRY}\n"), 2, 1),
            (format!("{pretty}\n-- Reboot --\n{pretty}\n"), 2, 1),
            (format!("{dmesg}\n{{\"dmesg\":[{{\n{dmesg}\n"), 2, 1),
            (format!("[{ENTRY},\n{ENTRY},\n{{\"MESS"), 2, 2),
            (format!("{{\"dmesg\": [\n  {each},\n  {each},\n  {{\"pri\""), 2, 2),
            (format!("{each}\n{each}\n"), 2, 0),
            (format!("[{ENTRY},\n{ENTRY}]\n"), 2, 0),
            (format!("[\n{ENTRY},\n{ENTRY}\n]\n"), 2, 0),
            (format!("{{\"dmesg\": [\n{each},\n{each}\n]}}\n"), 2, 0),
        ] {
            let mut boots = Boots::default();
            let lines = looks_like_lines(text.as_bytes());
            assert!(lines || looks_like_one(text.as_bytes()), "{text}");
            let got = match lines {
                true => read_lines(&mut Stream::new(text.as_bytes(), u64::MAX), &mut boots),
                false => read(&text, &mut boots),
            };
            let found: usize = boots.finish().iter().map(|boot| boot.records.len()).sum();
            assert_eq!((found, got), (entries, bad), "{text}");
        }
    }
}
