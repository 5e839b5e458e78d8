//! Lines of a text that people or programs handled: quoted, numbered, escaped for
//! HTML, wrapped, several logs one below another. Never takes prose for a log.

use super::balance::Taken;
use super::before::{bare, is_drivers, is_kernels, without_number};
use super::boots::Boots;
use super::code::Source;
use super::examples::{Example, Examples};
use super::hardware::Hardware;
use super::line::Line;
use super::lists::Lists;
use super::markup;
use super::printed;
use super::programs;
use super::record::{Clock, Record};
use super::stamp;
use super::text::plain;

/// Longest line that is looked at; the kernel's have at most some 2000 bytes.
const LINE_MAX: usize = 16 << 10;
/// Longest text of one record that is put together from several lines.
const TEXT_MAX: usize = 64 << 10;

/// Reads lines of any form of log, in the order of the text.
pub fn read<'a>(lines: impl Iterator<Item = &'a str>, boots: &mut Boots) {
    read_lines(lines, 1, boots);
}

/// The same for a part of a text that begins at that line.
pub fn read_from(text: &str, first: usize, boots: &mut Boots) {
    read_lines(text.lines(), first, boots);
}

fn read_lines<'a>(lines: impl Iterator<Item = &'a str>, first: usize, boots: &mut Boots) {
    let build = programs::BuildLog::default();
    let mut reader = Reader {
        follows: false,
        running_us: 0,
        build,
        lists: Lists::default(),
        source: Source::default(),
        hardware: Hardware::default(),
        nouveau: false,
        named: false,
        examples: Examples::default(),
        boots,
    };
    for (line, number) in lines.zip(first..) {
        if line.len() <= LINE_MAX {
            reader.raw(line, number);
            continue;
        }
        // A power cut leaves NULs, progress bars carriage returns, a program's string its
        // own escapes: what stands between them are lines.
        for part in line.split(['\0', '\r']).flat_map(|part| part.split("\\n")) {
            let end = (0..=LINE_MAX.min(part.len())).rev().find(|at| part.is_char_boundary(*at));
            let (part, rest) = part.split_at_checked(end.unwrap_or(0)).unwrap_or((part, ""));
            if !part.is_empty() {
                reader.raw(part, number);
            }
            if is_drivers(rest) {
                reader.boots.balance.missed_in(number);
            }
        }
    }
}

struct Reader<'a> {
    /// Whether the line before was a record that a line may go on.
    follows: bool,
    /// Time so far, of logs that tell the time between lines only.
    running_us: u64,
    /// The build log that is being read, if any.
    build: programs::BuildLog,
    /// The list of modules that is being read, if any.
    lists: Lists,
    /// The strings of a program's source.
    source: Source,
    /// The graphics card that a listing of hardware is telling of, if any.
    hardware: Hardware,
    /// Whether the sender said that nouveau is the choice.
    nouveau: bool,
    /// Whether prose named NVIDIA already.
    named: bool,
    /// Which lines are a program's input, or what others could see.
    examples: Examples,
    boots: &'a mut Boots,
}

impl Reader<'_> {
    /// A line as it stands in the text.
    fn raw(&mut self, line: &str, number: usize) {
        let line = plain(line);
        let line = markup::unescaped(&line);
        let line = markup::without_colours(&line);
        let line = markup::without_forum_tags(&line);
        let line = markup::without_end(&line);
        match stamp::reopened(line) {
            Some(line) => self.line(&line, number),
            None => self.line(line, number),
        }
    }

    fn line(&mut self, line: &str, number: usize) {
        if let Some(id) = separator(line) {
            self.boots.next_of(Some(id).filter(|id| !id.is_empty()));
            self.boots.balance.note(number, Taken::Markup);
            self.follows = false;
            return;
        }
        let example = self.examples.line(line);
        let source = self.source.is(line) || example.is_some();
        let indented = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        // What numbers lines fills the number up with blanks.
        let further = self.follows
            && indented
            && without_number(line.trim_start()).is_none()
            && self
                .boots
                .last_mut()
                .is_some_and(|last| last.kernel || !is_kernels(line.trim_start()));
        // A line with a log's stamp begins no list and no device.
        let open = self.lists.is_open() || self.hardware.is_open();
        let whole = open || !stamp::begins(line);
        let several = self.build.line(line).or_else(|| {
            let list = whole.then(|| self.lists.line(line)).flatten();
            list.or_else(|| whole.then(|| self.hardware.line(line)).flatten())
        });
        if let Some(record) = several {
            self.record(Line { record, after_us: None }, number);
            self.follows = false;
        } else if programs::is_listed(line) {
            self.follows = false;
            self.prose(line, number);
        } else if source {
            // No machine printed what a program's source or a change of it holds. What only a
            // sentence calls an example may be the sender's own.
            self.follows = false;
            let own = example == Some(Example::Told) && is_drivers(line);
            self.boots.balance.note(number, if own { Taken::Missed } else { Taken::Unknown });
        } else if let Some(found) = bare(line, !further) {
            self.record(found, number);
        } else if further {
            // dmesg and journalctl indent the further lines of a record.
            self.boots.balance.further(number);
            if let Some(last) = self.boots.last_mut().filter(|last| last.text.len() < TEXT_MAX) {
                // Lines of one record each name the module; where none is named, a person or
                // a terminal broke the line.
                if last.kernel && !is_kernels(line.trim()) {
                    last.text.truncate(last.text.trim_end().len());
                    last.text.push(' ');
                } else {
                    last.text.push('\n');
                }
                last.text.push_str(line.trim());
            }
        } else {
            self.follows = false;
            self.prose(line, number);
        }
    }

    /// A line that is nobody's: the sender's own words.
    fn prose(&mut self, line: &str, number: usize) {
        let taken = if is_markup(line) {
            Taken::Markup
        } else if is_drivers(line) || programs::worries(line) {
            Taken::Missed
        } else {
            Taken::Unknown
        };
        self.boots.balance.note(number, taken);
        if let Some(record) = programs::told_xid(line) {
            self.boots.balance.note(number, Taken::Unknown);
            self.boots.push(Record { line: number, ..record }, None);
        }
        if let Some(record) = programs::chosen(line).filter(|_| !self.nouveau) {
            self.nouveau = true;
            self.boots.push(Record { line: number, ..record }, None);
        }
        if self.named {
            return;
        }
        if let Some(record) = programs::mention(line) {
            self.named = true;
            self.boots.push(Record { line: number, ..record }, None);
        }
    }

    fn record(&mut self, found: Line, number: usize) {
        let Line { mut record, after_us } = found;
        match (after_us, record.time) {
            (Some(us), _) => {
                self.running_us = self.running_us.saturating_add(us);
                record.time = Some((Clock::Wall, self.running_us));
            }
            (None, Some((Clock::Wall, us))) => self.running_us = us,
            _ => {}
        }
        record.line = number;
        // A program's log may name the maker where its decisive line does not.
        let named = (!self.named && !record.kernel && !programs::is_said(&record))
            .then(|| programs::mention(&record.text))
            .flatten();
        if let Some(mention) = named {
            self.named = true;
            self.boots.push(Record { line: number, ..mention }, None);
        }
        self.boots.balance.record(number, &record);
        self.follows = true;
        self.boots.push(record, None);
    }
}

/// A line that says nothing by itself: blank, a fence, a heading's rule, a tag, a prompt.
fn is_markup(line: &str) -> bool {
    let line = line.trim().trim_start_matches('>').trim();
    let tag = line.starts_with('<') && line.ends_with('>')
        || line.starts_with('[') && line.ends_with(']');
    line.is_empty()
        || line.starts_with("```")
        || line.chars().all(|c| c.is_ascii_punctuation())
        || tag && !line.contains(' ')
        || printed::is_prompt(line)
}

/// What journalctl prints between boots: `-- Boot ID --`, older `-- Reboot --`; the
/// id, which may be empty.
fn separator(line: &str) -> Option<&str> {
    let said = line.trim().strip_prefix("-- ")?.strip_suffix(" --")?;
    match said.strip_prefix("Boot ") {
        Some(id) => Some(id).filter(|id| id.bytes().all(|b| b.is_ascii_hexdigit())),
        None => (said == "Reboot").then_some(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Record> {
        let mut boots = Boots::default();
        read(text.lines(), &mut boots);
        let records = boots.finish().into_iter().flat_map(|boot| boot.records);
        records.filter(|record| !programs::is_mention(record)).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        records(text).into_iter().map(|record| record.text).collect()
    }

    #[test]
    fn what_others_may_see_is_no_log_of_a_machine() {
        let log = "[   12.903355] NVRM: x";
        for before in [
            "The kernel log will contain something like:\n",
            "On such a board `nvidia-smi` may fail with:\n\n",
            "## Examples\n\nSome of them.\n",
        ] {
            assert!(texts(&format!("{before}```\n{log}\n```\n")).is_empty(), "{before}");
            assert_eq!(texts(&format!("{before}```\nx\n```\n## Mine\n{log}\n")).len(), 1);
        }
        assert!(texts(&format!("It may fail with:\n`{log}`\n")).is_empty());
        let mine = format!("```\n# Example: what I have\nblacklist x\n```\n{log}\n");
        assert_eq!(texts(&mine).len(), 1, "a comment is no heading");
        let glued = format!("It may fail with:\n```\n{log}```\n{log}\n");
        assert_eq!(texts(&glued).len(), 1, "the block ends behind its words");
        let mut boots = Boots::default();
        let always = format!("On every boot the log will contain:\n```\n{log}\n```\n");
        read(always.lines(), &mut boots);
        assert_eq!(boots.balance.missed(), 1, "it is said that a line was left out");
        for before in ["I may see it again:\n", "This is an example of my log:\n", "## Log\n"] {
            assert_eq!(texts(&format!("{before}```\n{log}\n```\n")).len(), 1, "{before}");
        }
    }

    #[test]
    fn what_a_tracker_does_to_a_log_is_undone() {
        for line in [
            "> [   12.903355] NVRM: x",
            "> > [   12.903355] NVRM: x",
            "    [   12.903355] NVRM: x",
            "`[   12.903355] NVRM: x",
            "123: [   12.903355] NVRM: x",
            "   123\t[   12.903355] NVRM: x",
            "dmesg.txt:123:[   12.903355] NVRM: x",
            "&lt;4&gt;[   12.903355] NVRM: x",
            "\u{1b}[32m[   12.903355] \u{1b}[0m\u{1b}[33mNVRM: \u{1b}[0mx\r",
            "<pre>[   12.903355] NVRM: x</pre>",
            "[code][   12.903355] NVRM: x",
            "NVRM: x",
            "> NVRM: x",
        ] {
            assert_eq!(texts(&format!("Hello,\n```\n{line}\n```\nThanks")), ["NVRM: x"], "{line}");
        }
    }

    #[test]
    fn indented_lines_go_on_the_record_before() {
        let text = "[   12.903355] NVRM: API mismatch: the client\n               \
                    NVRM: has the version\nI then rebooted.\n  And again.\n[   13.000000] b";
        assert_eq!(texts(text), ["NVRM: API mismatch: the client\nNVRM: has the version", "b"]);
    }

    #[test]
    fn a_line_that_somebody_broke_is_whole_again() {
        let text = "Jun 30 01:35:17 box kernel: NVRM: GPU 0000:01:00.0: Preserve module\n          \
                    parameter is set.\n[   13.000000] b";
        assert_eq!(texts(text), ["NVRM: GPU 0000:01:00.0: Preserve module parameter is set.", "b"]);
    }

    #[test]
    fn a_comment_holds_a_log_and_a_programs_source_none() {
        let line = "    # Aug 23 00:54:56 box kernel: NVRM: GPU0 x: failed";
        assert_eq!(texts(line), ["NVRM: GPU0 x: failed"]);
        assert_eq!(texts("    \"NVRM: GPU0 x: failed\","), Vec::<String>::new());
    }

    #[test]
    fn the_drivers_lines_below_a_programs_sentence_are_their_own() {
        let text =
            "  - nvidia-smi says \"No devices were found\"\n    NVRM: numa memblock size of zero";
        assert_eq!(
            texts(text).last().map(String::as_str),
            Some("NVRM: numa memblock size of zero")
        );
    }

    #[test]
    fn what_a_sentence_quotes_is_the_log_it_quotes() {
        for (line, text) in [
            (
                "Journalctl shows `nvidia_drm: unknown parameter \\`fbdev\\` ignored` when I boot",
                "nvidia_drm: unknown parameter 'fbdev' ignored",
            ),
            (
                "[COLOR=#111][FONT=Arial]nvidia: version magic '6.1' x[/FONT]",
                "nvidia: version magic '6.1' x",
            ),
        ] {
            assert_eq!(texts(line), [text], "{line}");
        }
        let harmless =
            "Expected harmless errors while the card is out: `NVRM: No NVIDIA GPU found`";
        assert_eq!(texts(harmless), Vec::<String>::new());
        let mut boots = Boots::default();
        read(harmless.lines(), &mut boots);
        assert_eq!(boots.balance.missed(), 1, "it is said that it was not understood");
        let but = "It is harmless, they say, but box kernel: NVRM: GPU 0000:01:00.0: RmInitAdapter failed!";
        assert_eq!(texts(but), ["NVRM: GPU 0000:01:00.0: RmInitAdapter failed!"]);
        for other in [
            "If it was built for another kernel, `dmesg` shows `nvidia: version magic '6.1' x`",
            "| `nvidia: version magic '6.1' x` | the kernel was updated | build again |",
            "msg: \"nvidia: version magic '6.1 ' should be '6.2 '\"",
            "My kernel says \"Linux version 6.8.0-41-generic\"",
            "- `[    0.000000] Linux version 6.8.0 (b)` is what I see",
            "I boot with \"Kernel command line: quiet nvidia-drm.modeset=0\" in the docs",
            "- Linux version 6.8.0-41-generic, Ubuntu 24.04",
            "Check that the GPU does not have the necessary power cables connected halfway",
        ] {
            assert_eq!(texts(other), Vec::<String>::new(), "{other}");
        }
        assert_eq!(
            texts("I set `nvidia` and `modeset=1`, \"nothing\" helps"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_a_program_is_given_in_a_change_of_it_is_no_log() {
        let xid = "NVRM: Xid (PCI:0019:01:00): 149, NETIR Fatal";
        let fenced =
            |heading: &str| texts(&format!("{heading}\n```\n{xid}\n```\n[   12.903355] b"));
        assert_eq!(fenced("**kmsg input:**"), ["b"]);
        assert_eq!(fenced("Output of dmesg:"), [xid, "b"]);
        let made =
            format!("kmsg input:\n```\n{xid}\n```\n\n**After (this branch):**\n```\n{xid}\n```\n");
        assert_eq!(texts(&made), Vec::<String>::new());
        assert_eq!(texts(&format!("kmsg input:\n{xid}")), [xid], "not fenced");
    }

    #[test]
    fn times_between_lines_add_up() {
        let got = records("[Nov22 10:00] a\n[  +0.000012] b\n[  +1.000000] c\n");
        let us = |at: usize| got[at].time.expect("a time").1;
        assert_eq!((us(1) - us(0), us(2) - us(0)), (12, 1_000_012));
    }

    #[test]
    fn prose_is_no_log() {
        let novel = "Call me Ishmael. Some years ago - never mind how long precisely -\n\
                     having little: or no money.\n1851 was long ago: I was nvidia-free.\n";
        assert_eq!(texts(novel), Vec::<String>::new());
    }

    #[test]
    fn an_endless_line_is_cut() {
        let line = format!("[   12.903355] {}", "x".repeat(1 << 20));
        assert!(texts(&line)[0].len() <= LINE_MAX);
    }

    #[test]
    fn journalctl_tells_boots_apart() {
        let text =
            "Nov 22 10:00:00 box kernel: a\n-- Boot 0f3c --\nNov 22 10:05:00 box kernel: b\n";
        let mut boots = Boots::default();
        read(text.lines(), &mut boots);
        let ids: Vec<_> = boots.finish().into_iter().map(|boot| boot.id).collect();
        assert_eq!(ids, [None, Some("0f3c".to_owned())]);
    }
}
