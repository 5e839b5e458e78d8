//! Whether a line of a very long log is about something else: neither about the stack nor
//! about the machine. Most are told so by one search for all texts that are looked for.

use super::boots::{MACHINE, concerns};
use super::{before, line, programs, stamp, text};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use nvpreflight::evidence::kmsg;
use nvpreflight::parse::printed;

/// How escapes of what prints logs begin: behind one a text may be hidden.
const ESCAPES: [&str; 2] = ["\\x", "#01"];

/// Tells such lines.
pub struct Elsewhere {
    /// Every line that is not one holds one of these; `None` where that cannot be said.
    any: Option<AhoCorasick>,
}

impl Elsewhere {
    /// Takes some milliseconds: for logs that are very long.
    pub fn new() -> Self {
        let looked_for = kmsg::parts()
            .chain(before::distinct())
            .chain(programs::NAMES)
            .chain(MACHINE)
            .map(told_apart)
            .chain(ESCAPES);
        let all: Vec<&str> = looked_for.collect();
        let dfa = || AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(&all).ok();
        Self { any: if all.contains(&"") { None } else { dfa() } }
    }

    /// Whether it is a log's line about something else.
    pub fn is(&self, line: &[u8]) -> bool {
        self.by_its_bytes(line) || by_its_record(line)
    }

    /// Whether its bytes alone tell that; false where it takes a closer look.
    fn by_its_bytes(&self, line: &[u8]) -> bool {
        let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
        let Some(any) = &self.any else { return false };
        let Ok(text) = std::str::from_utf8(line) else { return false };
        line.iter().all(plain)
            && stamp::begins(text)
            && !any.is_match(line)
            && printed::line(text).is_some()
    }
}

/// The same, from the record that the line is.
fn by_its_record(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line);
    let line = text::plain(&line);
    stamp::begins(&line)
        && !before::is_drivers(&line)
        && line::parse(&line).is_some_and(|found| !concerns(&found.record))
}

/// What of a text stands in a line that tells it as `program[7]: words`, where the text has
/// `program: words`: the longer side.
fn told_apart(text: &'static str) -> &'static str {
    match text.split_once(": ") {
        Some((program, words)) if words.len() > program.len() => words,
        Some((program, _)) => program,
        None => text.strip_suffix(':').unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static ELSEWHERE: LazyLock<Elsewhere> = LazyLock::new(Elsewhere::new);

    #[test]
    fn a_search_can_be_made_and_tells_most_lines() {
        assert!(ELSEWHERE.any.is_some());
        for line in [
            "[    3.100000] usb 1-1: new high-speed USB device number 5 using xhci_hcd",
            "Nov 22 10:00:00 box CRON[7]: (root) CMD (test -x /usr/sbin/anacron)",
            "Nov 22 10:00:00 box kernel: [    3.1] audit: type=1400 apparmor=\"STATUS\"",
        ] {
            assert!(ELSEWHERE.by_its_bytes(line.as_bytes()), "{line}");
        }
    }

    proptest::proptest! {
        /// Nothing that the closer look keeps is passed over: lines made of what is looked
        /// for, as every writer and behind every kind of stamp.
        #[test]
        fn the_bytes_never_hide_what_a_record_tells(
            stamp in proptest::sample::select(vec![
                "[    3.100000] ", "Nov 22 10:00:00 box ", "2026-11-22T10:00:00+00:00 box ",
                "Nov 22 10:00:00 box kernel: [    3.1] ", "",
            ]),
            writer in proptest::sample::select(vec!["", "kernel: ", "systemd[1]: ", "modprobe[77]: ", "x: "]),
            own_writer in proptest::prelude::any::<bool>(),
            text in proptest::sample::select(
                kmsg::parts().chain(before::distinct()).chain(MACHINE).chain(["nothing"]).collect::<Vec<_>>(),
            ),
            more in proptest::sample::select(
                kmsg::parts().chain(["", " of 0000:01:00.0"]).collect::<Vec<_>>(),
            ),
        ) {
            // The program that a text names writes it, with its process.
            let told = match text.split_once(": ") {
                Some((program, words)) if own_writer => format!("{program}[9]: {words}"),
                _ => format!("{writer}{text}"),
            };
            let line = format!("{stamp}{told}{more}");
            if ELSEWHERE.by_its_bytes(line.as_bytes()) {
                proptest::prop_assert!(by_its_record(line.as_bytes()), "{}", line);
            }
        }
    }
}
