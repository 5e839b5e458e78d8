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
    let begins = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{1e}');
    let begins = begins.strip_prefix("data:").map_or(begins, str::trim_start);
    begins.starts_with(['{', '['])
        && ["\"__REALTIME_TIMESTAMP\"", "\"__CURSOR\"", "\"MESSAGE\"", "\"dmesg\""]
            .iter()
            .any(|key| head.contains(key))
}

/// True for a text with an entry of the journal on each line.
#[must_use]
pub fn looks_like_lines(head: &[u8]) -> bool {
    let first = head.split(|b| *b == b'\n').map(bare).find(|line| !line.trim().is_empty());
    let object = first.and_then(|line| serde_json::from_str::<Value>(&line).ok());
    object.is_some_and(|value| value.is_object() && value.get("dmesg").is_none())
        && looks_like_one(head)
}

/// A line without what event streams and JSON sequences put before it (RFC 7464).
fn bare(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_prefix(b"data:").unwrap_or(line);
    let line = line.strip_prefix(b"\x1e").unwrap_or(line);
    String::from_utf8_lossy(line)
}

/// Reads an entry from each line; what is none, such as the cut end of a file, is passed
/// over.
pub fn read_lines(stream: &mut Stream, boots: &mut Boots) {
    let mut number = 1;
    while let Some(line) = stream.line() {
        if let Ok(value) = serde_json::from_str::<Value>(&bare(line)) {
            take(&value, &mut number, boots);
        }
    }
}

/// Reads every entry of a text of any shape; what is no JSON ends the reading, and what
/// came before it stays.
pub fn read(text: &str, boots: &mut Boots) {
    let text: String = text
        .lines()
        .map(|line| line.strip_prefix("data:").unwrap_or(line).replace('\u{1e}', ""))
        .fold(String::new(), |all, line| all + &line + "\n");
    let mut number = 1;
    for value in Deserializer::from_str(&text).into_iter::<Value>().map_while(|value| value.ok()) {
        match value {
            Value::Array(list) => {
                for value in list {
                    take(&value, &mut number, boots);
                }
            }
            value => take(&value, &mut number, boots),
        }
    }
}

fn take(value: &Value, number: &mut usize, boots: &mut Boots) {
    if let Some(list) = value.get("dmesg").and_then(Value::as_array) {
        for value in list {
            if let Some(record) = dmesg(value, *number) {
                boots.push(record, None);
            }
            *number += 1;
        }
        return;
    }
    let Some(object) = value.as_object() else { return };
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
        match looks_like_lines(text.as_bytes()) {
            true => read_lines(&mut Stream::new(text.as_bytes(), u64::MAX), &mut boots),
            false => read(text, &mut boots),
        }
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
}
