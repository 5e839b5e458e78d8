//! The balance of an input: what each of its lines was taken for, so that nobody has to
//! guess whether a line was read. Judges nothing, and holds no text but line numbers.

use super::programs;
use super::record::Record;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a line was taken for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// A record of the kernel, or a further line of one.
    Kernel,
    /// What this program says of the stack.
    Program(String),
    /// Another program's output, or a file; its name.
    Output(String),
    /// A line of a log about something else.
    Elsewhere,
    /// Blank, a fence, a tag, a prompt.
    Markup,
    /// Nothing that is known: the sender's own words, mostly.
    Unknown,
    /// Not taken, although it holds words that only the driver prints.
    Missed,
}

impl Taken {
    fn of(record: &Record) -> Self {
        if record.kernel {
            return Self::Kernel;
        }
        let who = record.identifier.as_deref().unwrap_or("a program");
        if programs::tells(record) { Self::Program(who.to_owned()) } else { Self::Elsewhere }
    }

    /// Its group in the sum, and its words.
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::Kernel => ("taken", "kernel log".to_owned()),
            Self::Program(who) => ("taken", format!("said by {who}")),
            Self::Output(what) => ("taken", what.clone()),
            Self::Elsewhere => ("passed", "log lines about something else".to_owned()),
            Self::Markup => ("passed", "blank or markup".to_owned()),
            Self::Unknown => ("unknown", "not understood".to_owned()),
            Self::Missed => ("unknown", "the driver's words, not understood".to_owned()),
        }
    }
}

/// Lines one below another that were taken for the same.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Span {
    first: usize,
    last: usize,
    taken: Taken,
}

/// The balance of one text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Balance {
    spans: Vec<Span>,
}

impl Balance {
    /// Notes what a line was taken for; the first that is said of a line holds.
    pub fn note(&mut self, line: usize, taken: Taken) {
        match self.spans.last_mut() {
            Some(span) if span.last >= line && span.first <= line => {}
            Some(span) if span.last + 1 == line && span.taken == taken => span.last = line,
            _ => self.spans.push(Span { first: line, last: line, taken }),
        }
    }

    /// Notes what runs of lines were taken for.
    pub(super) fn runs(&mut self, runs: impl Iterator<Item = (usize, usize)>, taken: &Taken) {
        let span = |(first, last)| Span { first, last, taken: taken.clone() };
        self.spans.extend(runs.map(span));
        self.spans.sort_by_key(|span| span.first);
    }

    /// Gives lines the numbers that they have in a longer text, and forgets those that
    /// have none.
    pub(super) fn renumber(&mut self, number: impl Fn(usize) -> Option<usize>) {
        for span in std::mem::take(&mut self.spans) {
            for line in (span.first..=span.last).filter_map(&number) {
                self.note(line, span.taken.clone());
            }
        }
    }

    /// Notes a record's line.
    pub fn record(&mut self, line: usize, record: &Record) {
        self.note(line, Taken::of(record));
    }

    /// Notes that the driver's words stand where a very long line was not read, whatever
    /// its beginning was taken for.
    pub(super) fn missed_in(&mut self, line: usize) {
        match self.spans.last_mut() {
            Some(span) if span.first == line => span.taken = Taken::Missed,
            Some(span) if span.last == line => {
                span.last -= 1;
                self.note(line, Taken::Missed);
            }
            _ => self.note(line, Taken::Missed),
        }
    }

    /// Notes a line that goes on the one before.
    pub fn further(&mut self, line: usize) {
        let taken = self.spans.last().map_or(Taken::Unknown, |span| span.taken.clone());
        self.note(line, taken);
    }

    /// Joins what was cut out of a text with what was read of the rest.
    pub fn join(&mut self, other: Self) {
        // The rest has blank lines where an output was cut out.
        let cut = |line: usize| {
            let next = self.spans.partition_point(|span| span.first <= line);
            let before = next.checked_sub(1).and_then(|at| self.spans.get(at));
            before.is_some_and(|span| line <= span.last)
        };
        let mut kept = Self::default();
        for span in other.spans {
            let lines =
                (span.first..=span.last).filter(|l| span.taken != Taken::Markup || !cut(*l));
            lines.for_each(|line| kept.note(line, span.taken.clone()));
        }
        self.spans.append(&mut kept.spans);
        self.spans.sort_by_key(|span| span.first);
    }

    /// Lines with the driver's words that were not taken.
    #[must_use]
    pub fn missed(&self) -> usize {
        let missed = self.spans.iter().filter(|span| span.taken == Taken::Missed);
        missed.map(|span| span.last + 1 - span.first).sum()
    }

    /// Whether nothing was noted: of an input that is not read line by line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Lines by group and words.
    fn sums(&self) -> BTreeMap<(&'static str, String), usize> {
        let mut sums = BTreeMap::new();
        for span in &self.spans {
            *sums.entry(span.taken.words()).or_default() += span.last + 1 - span.first;
        }
        sums
    }

    /// The balance for people: the sums, then each line.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_empty() {
            return "input: not a text that is read line by line\n".to_owned();
        }
        let sums = self.sums();
        let mut out = format!("input: {} lines\n", sums.values().sum::<usize>());
        for group in ["taken", "passed", "unknown"] {
            let of_group = sums.iter().filter(|((its, _), _)| *its == group);
            let parts: Vec<String> =
                of_group.map(|((_, words), n)| format!("{n} {words}")).collect();
            if !parts.is_empty() {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "  {group:7} {}", parts.join(", "));
            }
        }
        for Span { first, last, taken } in &self.spans {
            let lines = if first == last { format!("{first}") } else { format!("{first}-{last}") };
            let _ = writeln!(out, "  {lines:>11}  {}", taken.words().1);
        }
        out
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let sums = self.sums();
        let sum = |group| {
            sums.iter().filter(|((its, _), _)| *its == group).map(|(_, n)| n).sum::<usize>()
        };
        let lines: Vec<Value> = self
            .spans
            .iter()
            .map(|Span { first, last, taken }| {
                let (group, words) = taken.words();
                json!({ "first": first, "last": last, "group": group, "as": words })
            })
            .collect();
        json!({
            "taken": sum("taken"),
            "passed": sum("passed"),
            "unknown": sum("unknown"),
            "lines": lines,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, bytes};
    use crate::base::limits::Limits;

    const PASTE: &str = "My screen is black:\n```\n$ uname -r\n6.12.1-arch1-1\n```\n\
        01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA104 [10de:2484] (rev a1)\n\
        \tKernel driver in use: nvidia\n\
        Nov 22 10:00:00 box cupsd[9]: listening\n\
        [    6.310000] NVRM: API mismatch: the client\n               NVRM: has the version\n\
        modprobe: ERROR: could not insert 'nvidia': Key was rejected by service\n\
        thanks\n";

    #[test]
    fn every_line_is_accounted_for() {
        let log =
            bytes("paste", PASTE.as_bytes(), &Choice::default(), &Limits::DEFAULT).expect("a log");
        assert_eq!(
            log.balance.text(),
            "input: 12 lines\n  \
             taken   2 kernel log, 2 lspci, 1 said by modprobe, 1 uname\n  \
             passed  3 blank or markup, 1 log lines about something else\n  \
             unknown 2 not understood\n            \
             1  not understood\n          \
             2-3  blank or markup\n            \
             4  uname\n            \
             5  blank or markup\n          \
             6-7  lspci\n            \
             8  log lines about something else\n         \
             9-10  kernel log\n           \
             11  said by modprobe\n           \
             12  not understood\n"
        );
        let json = log.balance.json();
        assert_eq!(
            (&json["taken"], &json["passed"], &json["unknown"]),
            (&6.into(), &4.into(), &2.into())
        );
        assert_eq!(json["lines"][0]["as"], "not understood");
    }

    #[test]
    fn the_drivers_words_that_were_not_taken_are_said_and_never_pass() {
        let text = "[    1.000000] nvidia 0000:01:00.0: enabling device\nseenNVRM: GPU is lost\n";
        let log =
            bytes("paste", text.as_bytes(), &Choice::default(), &Limits::DEFAULT).expect("a log");
        assert_eq!(log.balance.missed(), 1);
        let said = log.cannot_show.join("; ");
        assert!(said.contains("1 line holds words of the driver and was not understood"), "{said}");
        let kmsg = log.text("dev/kmsg").expect("the log").into_owned();
        assert!(kmsg.contains("a report: not understood: 1"), "{kmsg}");
    }
}
