//! Very long texts. Up to a bound a text is held whole. Of what comes behind it, the
//! lines of a log that concern neither the stack nor the machine are left out, each run
//! of them by one empty line; the others are told their numbers afterwards.

use super::balance::{Balance, Taken};
use super::elsewhere::Elsewhere;
use super::stream::Stream;
use super::unpack::{LOG_MAX, too_long};
use crate::base::error::Result;

/// Bytes of a text that are held whatever they tell: a boot's whole log has some. Tests
/// cross the bound with less.
const WHOLE: usize = if cfg!(test) { 1 << 20 } else { 16 << 20 };

/// A text as far as it is held.
pub struct Text {
    pub bytes: Vec<u8>,
    pub left_out: LeftOut,
}

/// Runs of lines that were left out.
#[derive(Default)]
pub struct LeftOut(Vec<Run>);

/// Lines from the first to the last, counted from 1.
struct Run {
    first: usize,
    last: usize,
    /// The empty line in the text that is held.
    at: usize,
}

impl LeftOut {
    /// Whether the text is held whole.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many lines they are.
    pub fn lines(&self) -> usize {
        self.0.iter().map(|run| run.last + 1 - run.first).sum()
    }

    /// The number of a line of the text that is held.
    pub fn number(&self, line: usize) -> usize {
        let before = self.0.partition_point(|run| run.at < line);
        let run = before.checked_sub(1).and_then(|last| self.0.get(last));
        line + run.map_or(0, |run| run.last - run.at)
    }

    /// Says in the balance of the text that is held which lines they were.
    pub fn told_in(&self, balance: &mut Balance) {
        let stands_for_others = |line| self.0.binary_search_by_key(&line, |run| run.at).is_ok();
        balance.renumber(|line| (!stands_for_others(line)).then(|| self.number(line)));
        balance.runs(self.0.iter().map(|run| (run.first, run.last)), &Taken::Elsewhere);
    }
}

/// Reads a text to its end.
///
/// # Errors
/// More to be held than memory should be given for.
pub fn read(stream: &mut Stream) -> Result<Text> {
    let mut bytes = stream.up_to(WHOLE);
    let mut left_out = LeftOut::default();
    // PowerShell's text has no lines of bytes.
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if bytes.len() < WHOLE || wide {
        bytes.extend(stream.up_to(LOG_MAX));
        return if stream.is_done() { Ok(Text { bytes, left_out }) } else { Err(too_long()) };
    }
    // The line that the bound cut.
    if let Some(rest) = stream.line() {
        bytes.extend_from_slice(rest);
        bytes.push(b'\n');
    }
    let mut at = memchr::memchr_iter(b'\n', &bytes).count();
    let mut number = at;
    let mut follows = false;
    let about = Elsewhere::new();
    while let Some(line) = stream.line() {
        number += 1;
        let elsewhere = about.is(line);
        match left_out.0.last_mut().filter(|_| elsewhere && follows) {
            Some(run) => run.last = number,
            None => {
                at += 1;
                if elsewhere {
                    left_out.0.push(Run { first: number, last: number, at });
                } else {
                    bytes.extend_from_slice(line);
                }
                bytes.push(b'\n');
            }
        }
        follows = elsewhere;
        if bytes.len() > LOG_MAX {
            return Err(too_long());
        }
    }
    Ok(Text { bytes, left_out })
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Stream, stream};
    use super::WHOLE;
    use crate::base::limits::Limits;
    use std::io::Read;

    /// A log of so many bytes about something else, and a last line.
    fn log(bytes: usize, last: &'static str) -> impl Read {
        let other = |n| format!("[{:>5}.000000] usb 1-1: new device\n", 1 + n / 1000);
        let lines = (0..bytes / 35).map(other).chain([last.to_owned()]);
        let mut lines = lines.map(String::into_bytes);
        let mut held = std::io::Cursor::new(Vec::new());
        // Nothing of this size should stand in memory at once.
        struct Lines<F>(F);
        impl<F: FnMut(&mut [u8]) -> usize> Read for Lines<F> {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                Ok((self.0)(into))
            }
        }
        Lines(move |into: &mut [u8]| {
            loop {
                match held.read(into) {
                    Ok(0) => match lines.next() {
                        Some(line) => held = std::io::Cursor::new(line),
                        None => return 0,
                    },
                    Ok(n) => return n,
                    Err(_) => return 0,
                }
            }
        })
    }

    #[test]
    fn a_fault_behind_the_bound_is_found_and_what_was_left_out_is_said() {
        let last = "[99999.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
        let stream_of = |bytes| Stream::new(log(bytes, last), u64::MAX);
        let choice = Choice::default();
        let got = stream("a log", stream_of(2 * WHOLE), &choice, &Limits::DEFAULT).expect("a log");
        let text = got.text("dev/kmsg").expect("the log").into_owned();
        assert!(text.contains("Xid (PCI:0000:01:00): 79"));
        let said = got.cannot_show.join("; ");
        assert!(said.contains("lines about something else or said before"), "{said}");
        let balance = got.balance.text();
        assert!(balance.contains("log lines about something else"), "{balance}");
        let lines = 2 * WHOLE / 35 + 1;
        assert!(balance.starts_with(&format!("input: {lines} lines\n")), "{balance:.200}");
    }

    #[test]
    fn what_is_left_out_of_a_bug_report_is_said_too() {
        let line = "_".repeat(44);
        let head = format!(
            "{line}\n\nStart of NVIDIA bug report log file.\n{line}\n\ndmesg:\n\n\
             [    1.000000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.54.14\n"
        );
        let last = "[99999.000000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n";
        let report = head.as_bytes().chain(log(WHOLE + WHOLE / 8, last));
        let report = Stream::new(report, u64::MAX);
        let got = stream("a report", report, &Choice::default(), &Limits::DEFAULT).expect("a log");
        assert_eq!(got.kind, "NVIDIA bug report");
        assert!(got.text("dev/kmsg").expect("the log").contains("fallen off"));
        assert!(got.cannot_show.join("; ").contains("lines about something else"));
        let last = got.records.last().expect("a record");
        assert_eq!(last.line, 8 + (WHOLE + WHOLE / 8) / 35 + 1);
    }
}
