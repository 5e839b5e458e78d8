//! Outputs of other programs inside a text: lspci above a dmesg, a file that somebody
//! printed, lsmod in a forum post. Each is cut out, line by line, and put where the
//! running system has what it shows; what is left is a log, or prose. Never takes a
//! line for an output that a log could hold.

use super::balance::Taken;
use super::evidence::Evidence;
use super::mail::Mail;
use super::settings::{self, Next, Setting};
use super::side_files::{self, Kind};
use super::text::plain;
use super::tree::CMDLINE;
use super::{lspci, printed, programs, stamp};
use nvpreflight::driver::parameters;
use nvpreflight::driver::said::kmod;
use nvpreflight::facts::{Directive, in_stack};
use nvpreflight::parse::modprobe_d::{self, Joiner};
use nvpreflight::parse::{cmdline, proc_modules};
use nvpreflight::text::Name;

/// Cuts outputs out of a text. The lines that are left keep their numbers: those that
/// were taken are empty.
#[must_use]
pub fn cut<'a>(text: &'a str, evidence: &mut Evidence) -> Vec<&'a str> {
    let lines: Vec<&str> = text.lines().collect();
    let mut mail = Mail::default();
    // Only a mail has lines that a mailer broke.
    let mails = if text.contains("Subject: ") { lines.as_slice() } else { &[] };
    let broken = mails.iter().map(|line| mail.goes_on(line).is_some()).collect();
    let (what, next) = (String::new(), Next::default());
    let mut cutter = Cutter { lines, broken, at: 0, what, next, evidence };
    while cutter.at < cutter.lines.len() {
        let taken = if cutter.in_log() { 0 } else { cutter.block() };
        let block = cutter.lines.iter_mut().skip(cutter.at).take(taken).zip(cutter.at + 1..);
        for (line, number) in block {
            // What a program says in its output is evidence of its own.
            if programs::unmarked(line.trim_start_matches(['`', '>', ' ', '\t'])).is_none() {
                *line = "";
                cutter.evidence.balance.note(number, Taken::Output(cutter.what.clone()));
            }
        }
        cutter.at += taken.max(1);
    }
    match cutter.next.words() {
        Some(words) => cutter.evidence.next = words,
        None => cutter.evidence.cannot_show.push(settings::SEVERAL.to_owned()),
    }
    cutter.lines
}

struct Cutter<'a, 'e> {
    lines: Vec<&'a str>,
    /// Of each line whether a mailer broke the one before, which goes on there.
    broken: Vec<bool>,
    at: usize,
    /// What the output that was taken last is.
    what: String,
    /// What the next boot's command line is made of.
    next: Next,
    evidence: &'e mut Evidence,
}

impl Cutter<'_, '_> {
    /// A line with a log's stamp begins no other program's output.
    fn in_log(&self) -> bool {
        self.lines.get(self.at).is_some_and(|line| stamp::begins(line))
    }

    /// Takes the output that begins at this line; the number of its lines, 0 for none.
    fn block(&mut self) -> usize {
        let Some(first) = self.line(0) else { return 0 };
        if let Some(path) = printed::path(&first) {
            // The content is that of the file, whatever it looks like.
            return self.file(&path);
        }
        // A line as grep prints it is no item of a list, and goes on below.
        let told = side_files::told_conf(&first).filter(|_| !side_files::is_found_conf(&first));
        if let Some((path, text)) = told {
            side_files::conf(&path, text.as_bytes(), self.evidence);
            self.what = path;
            return 1;
        }
        if let Some(release) = self.release(&first) {
            self.evidence.put("proc/sys/kernel/osrelease", release);
            "uname".clone_into(&mut self.what);
            return 1;
        }
        if lsmod_head(&first) {
            return self.take(Kind::Lsmod, 1 + self.run(1, lsmod_row));
        }
        if let Some(rows) = self.lsmod_rows() {
            return self.take(Kind::LsmodRows, rows);
        }
        if lspci::begins(&first) {
            let of_listing =
                |line: &str| lspci::goes_on(line) || line.starts_with(['\t', ' ']) && !is_log(line);
            let (rows, lines) = self.rows(of_listing, false);
            return self.put(Kind::Lspci, &rows, lines);
        }
        if module_row(&self.row(0).0) {
            let (rows, lines) = self.rows(module_row, true);
            return self.put(Kind::File("proc/modules"), &rows, lines);
        }
        if first.starts_with("NVRM version:") {
            let lines = 1 + self.run(1, |line| line.starts_with("GCC version:"));
            return self.take(Kind::File("proc/driver/nvidia/version"), lines);
        }
        if let Some((setting, lines)) = settings::begins(self.before(), &|n| self.line(n)) {
            match setting {
                Setting::Words(from, words) => self.next.add(from, words),
                Setting::Options(text) => {
                    let name = self.name();
                    side_files::conf(&name, text.as_bytes(), self.evidence);
                }
            }
            "settings".clone_into(&mut self.what);
            return lines;
        }
        for (kind, least, is) in RUNS {
            let lines = self.run(0, is);
            if lines >= least && self.settles(kind, lines) {
                return self.take(kind, lines);
            }
        }
        match self.option_lines() {
            0 => 0,
            lines => self.take(Kind::Conf, lines),
        }
    }

    /// The last line above that is not blank, no fence and no output.
    fn before(&self) -> &str {
        let above = self.lines.get(..self.at).unwrap_or_default();
        let says = |line: &&&str| !line.trim().is_empty() && !line.trim().starts_with("```");
        above.iter().rev().take(4).find(says).copied().unwrap_or_default()
    }

    /// The file that lines of modprobe.d are put into: that of the path above them where they
    /// are its first, else one whose name says where they stand in the text.
    fn name(&self) -> String {
        let above = self.before().trim_matches(|c: char| c.is_whitespace() || "`*#:-".contains(c));
        let path = above.strip_prefix('/').filter(|path| {
            let name = path.strip_prefix("etc/modprobe.d/").filter(|name| !name.contains(' '));
            name.is_some_and(side_files::is_name) && self.evidence.text(path).is_none()
        });
        let at = || format!("pasted-at-line-{}.conf", self.at + 1);
        path.map_or_else(at, str::to_owned)
    }

    /// Lines of modprobe.d that name a module of a graphics stack, each as long as kmod
    /// makes it.
    fn option_lines(&self) -> usize {
        let mut joiner = Joiner::<Vec<u8>>::default();
        let mut taken = 0;
        for n in 0..OPTION_LINES_MAX {
            let Some(line) = self.line(n) else {
                let ends = joiner.finish().is_some_and(|logical| option_line(logical.text));
                return if ends { n } else { taken };
            };
            match joiner.push(line.as_bytes()) {
                Some(logical) if option_line(logical.text) => taken = n + 1,
                Some(_) => return taken,
                None => {}
            }
        }
        taken
    }

    /// Rows of lsmod that lost their heading, `lsmod | grep nvidia`, where nvidia is one of
    /// them: what is not among them is not loaded either.
    fn lsmod_rows(&self) -> Option<usize> {
        let rows = self.run(0, sized_row);
        let name = |n| self.line(n)?.split_whitespace().next().map(str::to_owned);
        // Each of the stack needs nvidia: a list without it was cut.
        (0..rows).filter_map(name).any(|name| name == "nvidia").then_some(rows)
    }

    /// The kernel's release: the line behind a prompt with `uname -r`, or that of
    /// `uname -a`.
    fn release(&self, first: &str) -> Option<String> {
        let is = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_digit()) && word.split('.').count() > 2
        };
        let mut words = first.split_whitespace();
        let word = match (words.next()?, words.next(), words.next()) {
            ("Linux", Some(_), Some(release)) if first.contains(" SMP ") => release,
            (release, None, None) if is(release) && self.behind_uname() => release,
            _ => return None,
        };
        is(word).then(|| word.to_owned())
    }

    fn behind_uname(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.lines.get(at));
        before.is_some_and(|line| plain(line).trim_end().ends_with("uname -r"))
    }

    /// Whether a run of lines that each look right is that output as a whole.
    fn settles(&self, kind: Kind, lines: usize) -> bool {
        let has =
            |start: &str| (0..lines).any(|n| self.line(n).is_some_and(|l| l.starts_with(start)));
        match kind {
            Kind::File("etc/os-release") => has("ID=") || has("NAME=") && has("VERSION"),
            Kind::File("proc/driver/nvidia/params") => has("RmLogonRC: "),
            _ => true,
        }
    }

    /// A file that a shell printed: everything to the next prompt, fence or empty line.
    fn file(&mut self, path: &str) -> usize {
        let ends = |line: &str| {
            line.trim().is_empty()
                || line.starts_with("```")
                || printed::is_prompt(line)
                || printed::path(line).is_some()
                || is_log(line)
        };
        path.clone_into(&mut self.what);
        if settings::SOURCES.iter().any(|source| path.starts_with(source)) {
            // Its lines are looked at one by one.
            return 1;
        }
        let lines = self.run(1, |line| !ends(line));
        if lines == 0 {
            return 1;
        }
        let content = self.text(1, lines);
        let refused =
            content.contains("No such file or directory") || content.contains(kmod::NO_PERMISSION);
        if !refused && printed::is_evidence(path) {
            match path.strip_prefix("etc/modprobe.d/") {
                Some(name) => side_files::conf(name, content.as_bytes(), self.evidence),
                None => self.evidence.put(path, content.trim_end()),
            }
        }
        1 + lines
    }

    fn take(&mut self, kind: Kind, lines: usize) -> usize {
        let text = self.text(0, lines);
        self.put(kind, &text, lines)
    }

    fn put(&mut self, kind: Kind, text: &str, lines: usize) -> usize {
        let name = self.name();
        kind.words().clone_into(&mut self.what);
        side_files::add(kind, &name, text, self.evidence);
        lines
    }

    /// A line with what a mailer broke off it, and how many lines that are.
    fn row(&self, n: usize) -> (String, usize) {
        let mut row = self.line(n).unwrap_or_default();
        let rest = |n: usize| {
            let line = self.line(n).filter(|line| !line.trim().is_empty() && !is_log(line))?;
            // A sentence begins so too, but not behind a function that lacks its revision.
            let cut = |line: &String| lspci::begins(line) && !line.contains(REVISION);
            let named = || line.contains(REVISION) && self.line(n - 1).is_some_and(|l| cut(&l));
            // Another function's, of whatever class.
            let first = line.split(' ').next().unwrap_or_default();
            let is_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
            if first.contains(':') && first.contains('.') && first.chars().all(is_address) {
                return None;
            }
            let broken = self.broken.get(self.at + n) == Some(&true) && !lspci::goes_on(&line);
            (broken || named()).then_some(line)
        };
        let mut lines = 1;
        while let Some(line) = rest(n + lines).filter(|_| lines < ROW_MAX) {
            row = format!("{} {}", row.trim_end(), line.trim());
            lines += 1;
        }
        (row, lines)
    }

    /// Rows that all are so, whole again where a mailer broke them, and how many lines they
    /// take; `apart` where a blank line may stand between two.
    fn rows(&self, is: impl Fn(&str) -> bool, apart: bool) -> (String, usize) {
        let (mut text, mut end) = (String::new(), 0);
        loop {
            let blank = apart && end > 0 && self.line(end).is_some_and(|l| l.trim().is_empty());
            let at = end + usize::from(blank);
            let Some(line) = self.line(at) else { break };
            let (row, lines) = self.row(at);
            let (row, lines) = if is(&row) { (row, lines) } else { (line, 1) };
            if !is(&row) {
                break;
            }
            text.push_str(&row);
            text.push('\n');
            end = at + lines;
        }
        (text, end)
    }

    /// Lines from `from` on that all are so.
    fn run(&self, from: usize, is: impl Fn(&str) -> bool) -> usize {
        (from..).take_while(|n| self.line(*n).is_some_and(|line| is(&line))).count()
    }

    /// A line of the block without quoting and colours.
    fn line(&self, n: usize) -> Option<String> {
        let line = plain(self.lines.get(self.at + n)?);
        let bare = line.strip_prefix("> ").unwrap_or(&line);
        // Each line of an output set as code.
        let code = bare.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
        Some(code.filter(|code| !code.contains('`')).unwrap_or(bare).to_owned())
    }

    fn text(&self, from: usize, lines: usize) -> String {
        (from..from + lines).filter_map(|n| self.line(n)).map(|line| line + "\n").collect()
    }
}

/// An output whose lines are all alike, the fewest that are believed, and what they are.
type Run = (Kind, usize, fn(&str) -> bool);

/// Those outputs, the surest first.
const RUNS: [Run; 4] = [
    (Kind::Confs, 1, side_files::is_found_conf),
    (Kind::File("etc/os-release"), 2, assignment),
    (Kind::File("proc/driver/nvidia/params"), 8, parameter),
    (Kind::File(CMDLINE), 1, boot_line),
];
/// How lspci ends a function's name, where it has a revision.
const REVISION: &str = "(rev ";
/// Lines that a mailer makes of one row.
const ROW_MAX: usize = 8;
/// Physical lines that one paste of modprobe.d may take.
const OPTION_LINES_MAX: usize = 200;

fn is_log(line: &str) -> bool {
    super::line::parse(line.trim_start()).is_some()
}

fn lsmod_head(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let mut is = |word| words.next() == Some(word);
    is("Module") && is("Size") && is("Used") && is("by")
}

fn lsmod_row(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let name = words.next().is_some_and(is_module_name);
    let mut number = || words.next().is_some_and(|word| word.parse::<u64>().is_ok());
    name && number() && number()
}

/// A row that is no sentence: with a size in bytes, and at most a list of users.
fn sized_row(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let size = words.get(1).and_then(|word| word.parse::<u64>().ok());
    lsmod_row(line) && words.len() <= 4 && size.is_some_and(|size| size >= 4096)
}

fn is_module_name(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// A line of /proc/modules; the address tells it from a sentence that has a number and
/// the word "Loading".
fn module_row(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.first().is_some_and(|name| is_module_name(name))
        && words.get(5).is_some_and(|address| address.starts_with("0x"))
        && proc_modules::line(line.as_bytes()).is_some()
}

/// `KEY=value` of os-release(5).
fn assignment(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| {
        !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    })
}

/// `Name: 18` of /proc/driver/nvidia/params.
fn parameter(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(name, value)| {
        let quoted = value.starts_with('"') && value.ends_with('"');
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
            && (quoted || !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// /proc/cmdline as GRUB begins it, or as systemd-boot does; where a boot loader adds
/// nothing it begins with the root, and no word of it is prose.
fn boot_line(line: &str) -> bool {
    let named = line.starts_with("BOOT_IMAGE=") || line.starts_with("initrd=\\");
    let flags = ["quiet", "splash", "rw", "ro", "nomodeset", "rhgb", "debug"];
    let rooted = || {
        line.starts_with("root=")
            && line.split_whitespace().all(|word| word.contains('=') || flags.contains(&word))
    };
    line.contains(' ') && (named || rooted())
}

/// A logical line of modprobe.d(5) that names a module of a graphics stack: other lines may
/// be prose or another program's.
fn option_line(line: &[u8]) -> bool {
    let Some(parsed) = modprobe_d::line(line) else { return false };
    let module = String::from_utf8_lossy(parsed.module);
    // What stands behind a sign for a comment is none to kmod, and is one to people.
    let rest = parsed.rest.split(|byte| *byte == b'#').next().unwrap_or_default();
    let mut words = cmdline::words(rest).map(|word| word.key_value()).peekable();
    let is_value = |(name, value): (&[u8], Option<&[u8]>)| {
        let known = || {
            in_stack(&Name::from_bytes(parsed.module))
                && parameters::owner(&String::from_utf8_lossy(name)).is_some()
        };
        value.is_some() || known()
    };
    let is = |word: &[u8]| rest.split(u8::is_ascii_whitespace).any(|other| other == word);
    // `options nvidia-drm modeset=1`, `blacklist nouveau`, and no more words than that.
    ["nvidia", "nouveau", "nova"].iter().any(|name| module.starts_with(name))
        && match parsed.directive {
            Directive::Options => words.peek().is_some() && words.all(is_value),
            Directive::Blacklist => rest.trim_ascii().is_empty(),
            Directive::Softdep => is(b"pre:") || is(b"post:"),
            Directive::Alias => rest == b"off",
            Directive::Install => rest.starts_with(b"/"),
            _ => false,
        }
}

#[cfg(test)]
mod tests;
