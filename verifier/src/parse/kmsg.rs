//! Kernel log records, as /dev/kmsg hands them out, and what programs print of them
//! (`printed`) as such records. Never judges, never guesses a time that a line does not
//! hold.
//!
//! /dev/kmsg: `prio,seq,us,flags[,more];text`, then dictionary lines that begin
//! with a blank (kernel Documentation/ABI/testing/dev-kmsg).

use crate::text::{Line, decimal, find, trim};
use heapless::Vec;

/// Longest text of one record: the kernel's own bound is 1024 bytes before
/// escaping (`PRINTK_MESSAGE_MAX`, kernel/printk/internal.h, less its prefix).
const TEXT_MAX: usize = 1024;

/// One record, its text still as it stands in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Sequence number; only /dev/kmsg has one. The first record of a boot is 0.
    pub seq: Option<u64>,
    /// Microseconds since boot; 0 when the line holds no kernel time.
    pub us: u64,
    /// 0 emergency to 7 debug; 6 when the line does not tell.
    pub level: u8,
    /// 0 for the kernel itself. User space cannot write a record with it
    /// (`devkmsg_write`, kernel/printk/printk.c); lines without one count as 0.
    pub facility: u32,
    text: &'a [u8],
    escapes: Escapes,
}

/// How bytes that would break a line are written in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escapes {
    /// They are not.
    None,
    /// `\xNN`, of any byte: /dev/kmsg (`msg_add_ext_text`).
    Bytes,
    /// `\x0a` of line feeds, which talosctl keeps.
    Breaks,
    /// `#012` of line feeds and `#011` of tabs: rsyslog
    /// ("$EscapeControlCharactersOnReceive").
    Rsyslog,
}

impl Escapes {
    /// Whether one may stand in a text: nearly none has any.
    #[must_use]
    pub fn stand_in(self, text: &[u8]) -> bool {
        let mark = match self {
            Self::None => return false,
            Self::Bytes | Self::Breaks => &b"\\x"[..],
            Self::Rsyslog => b"#01",
        };
        find(text, mark).is_some()
    }

    /// Hands out the bytes of a text without its escapes, until `put` returns false.
    pub fn undo(self, text: &[u8], put: &mut dyn FnMut(u8) -> bool) {
        let mut rest = text;
        while let [first, tail @ ..] = rest {
            let is = |escape: &[u8]| rest.strip_prefix(escape);
            let escape = match self {
                Self::None => None,
                Self::Bytes => rest.strip_prefix(b"\\x").and_then(|digits| {
                    let (digits, tail) = digits.split_at_checked(2)?;
                    Some((u8::try_from(crate::text::hex(digits)?).ok()?, tail))
                }),
                Self::Breaks => is(b"\\x0a").map(|tail| (b'\n', tail)),
                Self::Rsyslog => is(b"#012")
                    .map(|tail| (b'\n', tail))
                    .or_else(|| is(b"#011").map(|tail| (b' ', tail))),
            };
            let (byte, next) = escape.unwrap_or((*first, tail));
            if !put(byte) {
                return;
            }
            rest = next;
        }
    }
}

impl Record<'_> {
    /// Hands out each line of the text, printable and cut at [`Line`]'s length.
    /// A driver may print several lines in one record.
    pub fn lines(&self, f: &mut dyn FnMut(Line)) {
        let mut plain = Vec::<u8, TEXT_MAX>::new();
        let escaped = self.escapes.stand_in(self.text);
        if escaped {
            self.escapes.undo(self.text, &mut |byte| plain.push(byte).is_ok());
        }
        let text = if escaped { plain.as_slice() } else { self.text };
        for line in text.split(|b| *b == b'\n') {
            let line = trim(line);
            if !line.is_empty() {
                f(Line::from_bytes(line));
            }
        }
    }

    /// The text as it stands in the source, escapes and all.
    #[must_use]
    pub const fn raw(&self) -> &[u8] {
        self.text
    }

    /// The text without escapes is at hand only through [`Record::lines`]; this
    /// is the first of them, or an empty one.
    #[must_use]
    pub fn first_line(&self) -> Line {
        let mut first = None;
        self.lines(&mut |line| {
            first.get_or_insert(line);
        });
        first.unwrap_or_default()
    }
}

/// One record of /dev/kmsg; `None` for a dictionary line and for what is none.
#[must_use]
pub fn device(record: &[u8]) -> Option<Record<'_>> {
    if record.first().is_none_or(|b| *b == b' ') {
        return None;
    }
    let (head, rest) = split_at_byte(record, b';')?;
    // Dictionary lines follow the text in the same read.
    let text = rest.split(|b| *b == b'\n').next().unwrap_or(rest);
    let mut fields = head.split(|b| *b == b',');
    let prio = decimal(fields.next()?)?;
    let seq = decimal(fields.next()?)?;
    let us = decimal(fields.next()?)?;
    let facility = u32::try_from(prio >> 3).unwrap_or(u32::MAX);
    let level = u8::try_from(prio & 7).unwrap_or(6);
    Some(Record { seq: Some(seq), us, level, facility, text, escapes: Escapes::Bytes })
}

/// The facility that a record has here whose writer is a program: a daemon's (sys/syslog.h).
#[cfg(feature = "logs")]
const DAEMON: u32 = 3;

/// One line of dmesg or journalctl output as a record; `None` only for an empty line:
/// what shows no form of a log is the kernel's text. A wall clock is no time of a record.
#[cfg(feature = "logs")]
#[must_use]
pub fn printed(line: &[u8]) -> Option<Record<'_>> {
    use super::printed::{self, Time};
    let line = trim(line);
    let bare =
        Record { seq: None, us: 0, level: 6, facility: 0, text: line, escapes: Escapes::None };
    // Prefixes are text, whatever follows.
    let valid = line.utf8_chunks().next()?.valid();
    let Some(found) = printed::line(valid) else { return Some(bare) };
    // It is the line's end but for white space.
    let at = valid.trim_end().len().checked_sub(found.spoken.trim_end().len());
    let us = match found.time {
        Some(Time::Kernel(us) | Time::Monotonic(us)) => us,
        _ => 0,
    };
    Some(Record {
        us,
        level: found.level.unwrap_or(6),
        facility: if found.kernel { 0 } else { DAEMON },
        text: at.and_then(|at| line.get(at..)).unwrap_or(line),
        escapes: found.escapes,
        ..bare
    })
}

/// `12.345678` with six decimals, as printk and the trace print it.
#[must_use]
pub fn microseconds(text: &[u8]) -> Option<u64> {
    let (seconds, fraction) = split_at_byte(text, b'.')?;
    if fraction.len() != 6 {
        return None;
    }
    decimal(seconds)?.checked_mul(1_000_000)?.checked_add(decimal(fraction)?)
}

fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|b| *b == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn texts(record: &Record<'_>) -> Vec<std::string::String> {
        let mut out = Vec::new();
        record.lines(&mut |l| out.push(l.as_str().into()));
        out
    }

    #[test]
    fn a_device_record_gives_number_time_level_and_text() {
        let r = device(b"4,380,12903355,c;NVRM: loading NVIDIA\n SUBSYSTEM=pci\n").unwrap();
        assert_eq!((r.seq, r.us, r.level, r.facility), (Some(380), 12_903_355, 4, 0));
        assert_eq!(r.first_line(), "NVRM: loading NVIDIA");
    }

    #[test]
    fn user_space_shows_by_its_facility() {
        let r = device(b"30,9,1,-;systemd-modules-load[99]: Inserted module 'nvidia'").unwrap();
        assert_eq!((r.level, r.facility), (6, 3));
    }

    #[test]
    fn escaped_line_feeds_are_lines_and_other_escapes_bytes() {
        let r = device(br"3,1,2,-;NVRM: a\x0aNVRM: \xc3\xa4 \x1b[0m\xZZ").unwrap();
        assert_eq!(texts(&r), ["NVRM: a", r"NVRM: ä  [0m\xZZ"]);
    }

    #[test]
    fn dictionary_lines_and_rubbish_are_no_records() {
        for odd in [&b""[..], b" DEVICE=+pci:0000:01:00.0", b"no semicolon", b"x,1,2,-;t"] {
            assert_eq!(device(odd), None);
        }
    }

    #[cfg(feature = "logs")]
    #[test]
    fn every_printed_form_gives_the_same_text() {
        let forms = crate::parse::printed::tests::FORMS;
        for line in forms.into_iter().chain(["NVRM: x", "  NVRM: x\r"]) {
            let r = printed(line.as_bytes()).unwrap();
            let us = if line.contains("12.903355") { 12_903_355 } else { 0 };
            assert_eq!((r.us, r.facility), (us, 0), "{line}");
            assert_eq!(texts(&r), ["NVRM: x"], "{line}");
        }
    }

    #[cfg(feature = "logs")]
    #[test]
    fn a_program_keeps_its_name_and_no_kernels_facility() {
        for line in [
            "[   12.763251] systemd[1]: Switching root.",
            "<30>[   12.763251] systemd[1]: Switching root.",
            "[   12.763251] box systemd[1]: Switching root.",
            "Nov 22 10:00:00 box systemd[1]: Switching root. ",
            "2026-11-22T10:00:00.000000+01:00 box systemd[1]: Switching root.",
        ] {
            let r = printed(line.as_bytes()).unwrap();
            let us = if line.contains("12.763251") { 12_763_251 } else { 0 };
            assert_eq!((r.us, r.facility), (us, DAEMON), "{line}");
            assert_eq!(r.first_line(), "systemd[1]: Switching root.", "{line}");
        }
    }

    #[cfg(feature = "logs")]
    #[test]
    fn escapes_of_line_feeds_are_lines_again_and_odd_bytes_stay() {
        let lines = |line: &[u8]| texts(&printed(line).unwrap());
        let line = b"Jun 30 11:07:05 box kernel: NVRM: a, but#012NVRM: b";
        assert_eq!(lines(line), ["NVRM: a, but", "NVRM: b"]);
        let line = b"kern: warning: [2026-09-14T03:08:37.411164757Z]: NVRM: a\\x0aNVRM: b";
        assert_eq!(lines(line), ["NVRM: a", "NVRM: b"]);
        assert_eq!(lines(b"[    1.000000] NVRM: \xff x"), ["NVRM: \u{fffd} x"]);
    }

    #[cfg(feature = "logs")]
    #[test]
    fn a_bracket_that_is_no_time_belongs_to_the_text() {
        let r = printed(b"<6>[   15.8] [drm] x").unwrap();
        assert_eq!((r.us, r.first_line().as_str()), (0, "[   15.8] [drm] x"));
        let r = printed(b"[   15.814797] [drm] Initialized nvidia-drm").unwrap();
        assert_eq!(r.first_line(), "[drm] Initialized nvidia-drm");
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let records = [
                device(&bytes),
                #[cfg(feature = "logs")]
                printed(&bytes),
            ];
            for record in records.into_iter().flatten() {
                record.lines(&mut |line| assert!(!line.contains('\n')));
            }
        }
    }
}
