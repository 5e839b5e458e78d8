//! One line of a kernel log or a journal as a record, whatever program printed it: the
//! library's readers take it apart.

use super::record::{Clock, Record};
use super::stamp;
use nvpreflight::driver::said::{nvidia, programs};
use nvpreflight::parse::kmsg::{self, Escapes};
use nvpreflight::parse::printed::{self, Time};

/// A line that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The record, without its place in the source.
    pub record: Record,
    /// Time since the line before, where that is what the line tells.
    pub after_us: Option<u64>,
}

/// Takes a line apart; `None` for one that shows no form of a log.
#[must_use]
pub fn parse(line: &str) -> Option<Line> {
    device(line).or_else(|| printed(line))
}

/// A record of /dev/kmsg.
fn device(line: &str) -> Option<Line> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let record = kmsg::device(line.as_bytes())?;
    let mut lines = Vec::new();
    record.lines(&mut |line| lines.push(line.to_string()));
    let text = lines.join("\n");
    let mut out = Record {
        time: Some((Clock::Kernel, record.us)),
        priority: Some(record.level),
        kernel: record.facility == 0,
        ..Record::default()
    };
    match printed::writer(&text).filter(|_| !out.kernel) {
        Some((name, pid, text)) => {
            out.identifier = Some(name.to_owned());
            out.pid = pid;
            out.text = text.to_owned();
        }
        None => out.text = text,
    }
    Some(Line { record: out, after_us: None })
}

fn printed(line: &str) -> Option<Line> {
    let said = printed::line(line)?;
    let (time, wall_us) = said.time.map_or((None, None), stamp::clocked);
    let (name, pid) = said.writer.unzip();
    let after_us = match said.time {
        Some(Time::After(us)) => Some(us),
        _ => None,
    };
    let mut record = Record {
        time,
        wall_us,
        kernel: said.kernel,
        priority: said.level,
        identifier: name.map(str::to_owned),
        pid: pid.flatten(),
        text: plain(said.text, said.escapes),
        ..Record::default()
    };
    // A person left "kernel:" out, and the driver's own name stands in its place.
    let is_drivers =
        |name: &&str| nvidia::NAMES.iter().any(|own| own.strip_suffix(": ") == Some(*name));
    if let Some(name) = name.filter(is_drivers).filter(|_| record.pid.is_none()) {
        record.kernel = true;
        record.identifier = Some(programs::KERNEL.to_owned());
        record.text = format!("{name}: {}", record.text);
    }
    Some(Line { record, after_us })
}

/// A text without its escapes.
pub fn plain(text: &str, escapes: Escapes) -> String {
    if !escapes.stand_in(text.as_bytes()) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    escapes.undo(text.as_bytes(), &mut |byte| {
        bytes.push(byte);
        true
    });
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_line_comes_into_its_record() {
        let record = |line| parse(line).expect("a line").record;
        let got = record("<29>[   12.903355] box sddm[7]: a#012b");
        assert_eq!(got.time, Some((Clock::Monotonic, 12_903_355)));
        assert_eq!((got.priority, got.kernel, got.pid), (Some(5), false, Some(7)));
        assert_eq!((got.identifier.as_deref(), got.text.as_str()), (Some("sddm"), "a#012b"));
        let got = record("2026-11-22T10:00:00Z box kernel: a#012b");
        let us = 1_795_341_600_000_000;
        assert_eq!((got.time, got.wall_us), (Some((Clock::Wall, us)), Some(us)));
        assert_eq!((got.kernel, got.text.as_str()), (true, "a\nb"));
        let got = record("kern: warning: [2026-09-14T03:08:37.411164757Z]: NVRM: a\\x0aNVRM: b");
        assert_eq!(
            (got.identifier.as_deref(), got.text.as_str()),
            (Some("kernel"), "NVRM: a\nNVRM: b")
        );
        assert_eq!(parse("[  +0.000012] x").and_then(|line| line.after_us), Some(12));
    }

    #[test]
    fn the_drivers_name_in_the_kernels_place_is_the_kernels_line() {
        for line in ["Nov 22 10:00:00 ... kernel: NVRM: x", "Nov 22 10:00:00 ... NVRM: x"] {
            let got = parse(line).expect(line).record;
            assert_eq!((got.kernel, got.text.as_str()), (true, "NVRM: x"), "{line}");
        }
    }

    #[test]
    fn a_record_of_the_device_names_its_writer() {
        let got = parse("4,380,12903355,c;NVRM: x").expect("a record").record;
        assert_eq!((got.kernel, got.text.as_str()), (true, "NVRM: x"));
        let got = parse("30,9,12903355,-;systemd[1]: Switching root.").expect("a record").record;
        assert_eq!((got.kernel, got.pid, got.text.as_str()), (false, Some(1), "Switching root."));
    }
}
