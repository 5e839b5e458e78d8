//! Kernel log records, as /dev/kmsg hands them out and as dmesg and journalctl
//! print them. Never judges, never guesses a time that a line does not hold.
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
    escaped: bool,
}

impl Record<'_> {
    /// Hands out each line of the text, printable and cut at [`Line`]'s length.
    /// A driver may print several lines in one record.
    pub fn lines(&self, f: &mut dyn FnMut(Line)) {
        let mut plain = Vec::<u8, TEXT_MAX>::new();
        if self.escaped {
            unescape(self.text, &mut plain);
        }
        let text = if self.escaped { plain.as_slice() } else { self.text };
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
    Some(Record { seq: Some(seq), us, escaped: true, ..prioritised(prio, text) })
}

/// One line of dmesg or journalctl output; `None` only for an empty line.
///
/// Taken are `<6>[   12.345678] text`, the same without level, with the
/// caller's id (`[   12.345678][  T150] text`), `journalctl -k -o
/// short-monotonic`, its default form and `dmesg -T` (no kernel time, so 0),
/// syslog files with both, and bare text.
#[must_use]
pub fn printed(line: &[u8]) -> Option<Record<'_>> {
    let line = trim(line);
    if line.is_empty() {
        return None;
    }
    let (prio, rest) = priority(line).unwrap_or((6, line));
    let (us, text) = match stamp(rest) {
        Some((us, text)) => (us, without_caller(text)),
        None => (0, without_date(rest)),
    };
    // syslog files hold the kernel's own stamp behind the date and the host.
    let text = without_journal(text);
    let (us, text) = stamp(text).filter(|_| us == 0).unwrap_or((us, text));
    Some(Record { seq: None, us, escaped: false, ..prioritised(prio, text) })
}

fn prioritised(prio: u64, text: &[u8]) -> Record<'_> {
    Record {
        seq: None,
        us: 0,
        level: u8::try_from(prio & 7).unwrap_or(6),
        facility: u32::try_from(prio >> 3).unwrap_or(u32::MAX),
        text,
        escaped: false,
    }
}

/// `<30>` and what follows.
fn priority(line: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = split_at_byte(line.strip_prefix(b"<")?, b'>')?;
    Some((decimal(digits)?, rest))
}

/// `[   12.345678]` in microseconds, and what follows.
fn stamp(line: &[u8]) -> Option<(u64, &[u8])> {
    let (inside, rest) = split_at_byte(line.strip_prefix(b"[")?, b']')?;
    Some((microseconds(trim(inside))?, trim(rest)))
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

/// `dmesg -T` prints `[Sun May 17 15:55:50 2026]` in the stamp's place (ctime(3)).
fn without_date(text: &[u8]) -> &[u8] {
    let date = || {
        let (inside, rest) = split_at_byte(text.strip_prefix(b"[")?, b']')?;
        let year = inside.last_chunk::<4>()?;
        let is_date = inside.len() == 24 && inside.get(13) == Some(&b':');
        (is_date && year.iter().all(u8::is_ascii_digit)).then(|| trim(rest))
    };
    date().unwrap_or(text)
}

/// CONFIG_PRINTK_CALLER adds `[  T150]` or `[    C0]`.
fn without_caller(text: &[u8]) -> &[u8] {
    let id = || {
        let (inside, rest) = split_at_byte(text.strip_prefix(b"[")?, b']')?;
        let number = trim(inside).strip_prefix(b"T").or(trim(inside).strip_prefix(b"C"))?;
        decimal(number).map(|_| trim(rest))
    };
    id().unwrap_or(text)
}

/// journalctl puts the host and `kernel:` before the text, and a date in front
/// of both when it prints wall clock times.
fn without_journal(text: &[u8]) -> &[u8] {
    const MARK: &[u8] = b" kernel: ";
    let Some(at) = find(text, MARK) else { return text };
    let words = text.get(..at).map_or(0, |head| crate::text::words(head).count());
    // "host" alone, or "Nov 22 15:12:28 host".
    if matches!(words, 1 | 4) { text.get(at + MARK.len()..).unwrap_or(text) } else { text }
}

/// Undoes `\xNN`, the only escape the kernel makes (`msg_add_ext_text`).
fn unescape<const N: usize>(text: &[u8], out: &mut Vec<u8, N>) {
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        let escape = || {
            let digits = rest.strip_prefix(b"\\x")?.get(..2)?;
            u8::try_from(crate::text::hex(digits)?).ok().zip(rest.get(4..))
        };
        let (byte, next) = escape().unwrap_or((*first, tail));
        if out.push(byte).is_err() {
            return;
        }
        rest = next;
    }
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

    #[test]
    fn every_printed_form_gives_the_same_text() {
        for (line, us) in [
            ("<3>[   12.763251] NVRM: x", 12_763_251),
            ("[   12.763251] NVRM: x", 12_763_251),
            ("<3>[   12.763251][  T150] NVRM: x", 12_763_251),
            ("[   12.763251] box kernel: NVRM: x", 12_763_251),
            ("Nov 22 15:12:28 box kernel: NVRM: x", 0),
            ("Nov 22 15:12:28 box kernel: [   12.763251] NVRM: x", 12_763_251),
            ("[Sun Nov 22 15:12:28 2026] NVRM: x", 0),
            ("NVRM: x", 0),
        ] {
            let r = printed(line.as_bytes()).unwrap();
            assert_eq!((r.us, texts(&r)), (us, [std::string::String::from("NVRM: x")].into()));
        }
    }

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
            for record in [device(&bytes), printed(&bytes)].into_iter().flatten() {
                record.lines(&mut |line| assert!(!line.contains('\n')));
            }
        }
    }
}
