//! Lines of a text that people or programs handled: quoted, numbered, escaped for
//! HTML, wrapped, several logs one below another. Never takes prose for a log.

use super::balance::Taken;
use super::before::{bare, is_drivers, is_kernels, without_number};
use super::boots::Boots;
use super::builds;
use super::code::Source;
use super::examples::{Example, Examples};
use super::hardware::Hardware;
use super::line::Line;
use super::lists::Lists;
use super::mail::Mail;
use super::markup;
use super::printed;
use super::programs;
use super::record::{Clock, Record};
use super::sender;
use super::stamp;
use super::text::plain;
use nvpreflight::reading::sayings::{OOPS, POINTER, TRACE_END, X_DRIVER};

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
    let build = builds::BuildLog::default();
    let mut reader = Reader {
        follows: false,
        running_us: 0,
        build,
        lists: Lists::default(),
        source: Source::default(),
        hardware: Hardware::default(),
        mail: Mail::default(),
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
    build: builds::BuildLog,
    /// The list of modules that is being read, if any.
    lists: Lists,
    /// The strings of a program's source.
    source: Source,
    /// The graphics card that a listing of hardware is telling of, if any.
    hardware: Hardware,
    /// Whether a mailer broke the lines.
    mail: Mail,
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
        let broken = self.mail.goes_on(line).filter(|rest| {
            self.follows
                && bare(rest, true).is_none()
                && sender::told_xid(rest).is_none()
                && sender::chosen(rest).is_none()
        });
        let example = self.examples.line(line);
        let source = self.source.is(line) || example.is_some();
        let indented = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        // What numbers lines fills the number up with blanks.
        let further = broken.is_some()
            || self.follows
                && indented
                && without_number(line.trim_start()).is_none()
                && !is_of_crash(line.trim_start())
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
        } else if sender::is_listed(line) {
            self.follows = false;
            self.prose(line, number);
        } else if source {
            // No machine printed what a program's source or a change of it holds. What only a
            // sentence calls an example may be the sender's own.
            self.follows = false;
            let own = example == Some(Example::Told) && is_drivers(line);
            self.boots.balance.note(number, if own { Taken::Missed } else { Taken::Unknown });
        } else if let Some(rest) = self.of_xorg(line) {
            self.boots.balance.further(number);
            if let Some(last) = self.boots.last_mut().filter(|last| last.text.len() < TEXT_MAX) {
                last.text.push(' ');
                last.text.push_str(rest);
            }
        } else if let Some(found) = bare(line, !further) {
            self.record(found, number);
        } else if further {
            // dmesg and journalctl indent the further lines of a record.
            self.boots.balance.further(number);
            if let Some(last) = self.boots.last_mut().filter(|last| last.text.len() < TEXT_MAX) {
                // Lines of one record each name the module; where none is named, a person or
                // a terminal broke the line.
                if broken.is_some() || last.kernel && !is_kernels(line.trim()) {
                    last.text.truncate(last.text.trim_end().len());
                    last.text.push(' ');
                } else {
                    last.text.push('\n');
                }
                last.text.push_str(broken.unwrap_or(line).trim());
            }
        } else {
            self.follows = false;
            self.prose(line, number);
        }
    }

    /// The rest of a sentence that Xorg's driver broke: each of its lines has the driver's
    /// mark, and those behind the first are indented.
    fn of_xorg<'l>(&mut self, line: &'l str) -> Option<&'l str> {
        let (before, rest) = line.split_once("): ")?;
        let rest = rest.strip_prefix("   ")?.trim();
        let mark = before.get(before.find(X_DRIVER)?..)?;
        let last = self.boots.last_mut().filter(|_| self.follows)?;
        (last.text.contains(mark) && !rest.is_empty()).then_some(rest)
    }

    /// A line that is nobody's: the sender's own words.
    fn prose(&mut self, line: &str, number: usize) {
        let taken = if is_markup(line) {
            Taken::Markup
        } else if is_drivers(line) || sender::worries(line) {
            Taken::Missed
        } else {
            Taken::Unknown
        };
        self.boots.balance.note(number, taken);
        if let Some(record) = sender::told_xid(line) {
            self.boots.balance.note(number, Taken::Unknown);
            self.boots.push(Record { line: number, ..record }, None);
        }
        if let Some(record) = sender::chosen(line).filter(|_| !self.nouveau) {
            self.nouveau = true;
            self.boots.push(Record { line: number, ..record }, None);
        }
        if self.named {
            return;
        }
        if let Some(record) = sender::mention(line) {
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
            .then(|| sender::mention(&record.text))
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

/// Whether a line begins as those of the kernel's report on a fault do, each of which is one of
/// its own also where the whole report is indented.
fn is_of_crash(line: &str) -> bool {
    let groups = [OOPS, POINTER, &[TRACE_END]];
    groups.into_iter().flatten().any(|saying| saying.begins(line) == Some(0))
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
mod tests;
