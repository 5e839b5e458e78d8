//! One line of a kernel log or a journal as programs print it: its prefixes taken off,
//! whatever program printed it. The one reader of such lines, of a log and of the file
//! `dmesg` in a capture. Never takes a line for the kernel's that names another writer.

mod stamp;

use super::kmsg::Escapes;
use crate::driver::said::programs::{EARLY, KERNEL, OWN};
pub use stamp::{Time, leading, seconds};

/// syslog's facilities as `dmesg -x` names them (sys/syslog.h), with their numbers.
const FACILITIES: [&str; 12] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp",
];
/// The levels as `dmesg -x` names them.
const LEVELS: [&str; 8] = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
/// What the kernel itself says of a process, after its name and number
/// (`show_signal_msg`, arch/x86/mm/fault.c).
const OF_PROCESS: &str = "segfault at ";
/// How `kernel: ` begins what it said, behind a time.
const MARK: &str = "kernel: ";

/// A line that was understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Printed<'a> {
    /// Its time, where it has one.
    pub time: Option<Time>,
    /// 0 emergency to 7 debug, where the line tells.
    pub level: Option<u8>,
    /// True for the kernel itself.
    pub kernel: bool,
    /// The program that wrote it, and its process.
    pub writer: Option<(&'a str, Option<u32>)>,
    /// What was said, without its writer; as the line has it, escapes and all.
    pub text: &'a str,
    /// The end of the line, from the program on that wrote it; the [`text`](Self::text)
    /// alone where that is the kernel. So the kernel's own log has it.
    pub spoken: &'a str,
    /// Which escapes stand in it.
    pub escapes: Escapes,
}

/// Takes a line apart; `None` for one that shows no form of a log.
#[must_use]
pub fn line(line: &str) -> Option<Printed<'_>> {
    let mut rest = line;
    let number = angle(rest).or_else(|| decoded(rest));
    if let Some((_, more)) = number {
        rest = more;
    }
    let priority = number.map(|(number, _)| number);
    let of_log = |time, text| Some(in_kernel_log(time, priority, text));
    // talosctl: `kern: warning: [2026-09-14T03:08:37.411164757Z]: NVRM: …`.
    let talos = brackets(rest)
        .filter(|_| priority.is_some())
        .and_then(|(inside, more)| Some((stamp::iso(inside)?.0, more.strip_prefix(": ")?)));
    if let Some((time, text)) = talos {
        return of_log(Some(time), text);
    }
    if let Some((inside, more)) = brackets(rest) {
        if let Some(time) = stamp::bracket(inside) {
            let text = without_caller(more);
            // journalctl's short-monotonic has the same brackets.
            let journal = match text.strip_prefix(MARK) {
                Some(text) => Some(((KERNEL, None, text), text)),
                None => host_and_writer(text, true),
            };
            return match journal {
                Some(said) => {
                    let time = match time {
                        Time::Kernel(us) => Time::Monotonic(us),
                        time => time,
                    };
                    Some(by(Some(time), priority, said))
                }
                None => of_log(Some(time), text),
            };
        }
    }
    if let Some((time, more, dmesg)) = stamp::leading(rest) {
        if dmesg {
            return of_log(Some(time), without_caller(more));
        }
        // `journalctl --no-hostname` leaves the host out.
        let said = host_and_writer(more, false).or_else(|| {
            let strict = |(ident, pid, _): &Writer<'_>| *ident == KERNEL || pid.is_some();
            Some((writer(more).filter(strict)?, more))
        })?;
        let said = by(Some(time), priority, said);
        let (text, spoken) = (said.text.trim_end(), said.spoken.trim_end());
        return Some(Printed { text, spoken, escapes: Escapes::Rsyslog, ..said });
    }
    if priority.is_some() {
        return of_log(None, rest);
    }
    let said = match rest.strip_prefix(MARK) {
        Some(text) => ((KERNEL, None, text), text),
        None => host_and_writer(rest, true).filter(|((ident, ..), _)| *ident == KERNEL)?,
    };
    Some(by(None, priority, said))
}

/// A line of the kernel log, which user space can write to as well.
fn in_kernel_log(time: Option<Time>, priority: Option<u64>, text: &str) -> Printed<'_> {
    let said = writer(text);
    let user = said.is_some_and(|(name, pid, said)| {
        (pid.is_some() || is_early(name)) && !said.starts_with(OF_PROCESS)
    });
    let kernel = priority.is_none_or(|number| number >> 3 == 0) && !user;
    let (writer, text, spoken) = match said {
        _ if kernel => (Some((KERNEL, None)), text, text),
        Some((name, pid, said)) => (Some((name, pid)), said, text),
        None => (None, text, text),
    };
    Printed { time, level: level(priority), kernel, writer, text, spoken, escapes: Escapes::Breaks }
}

/// A line whose writer the journal or syslog names, and what of it begins with the writer.
fn by<'a>(
    time: Option<Time>,
    priority: Option<u64>,
    ((name, pid, text), spoken): (Writer<'a>, &'a str),
) -> Printed<'a> {
    let kernel = name == KERNEL;
    // rsyslog keeps the kernel's own stamp.
    let own = brackets(text).filter(|_| kernel).and_then(|(inside, rest)| {
        let time = stamp::bracket(inside)?;
        matches!(time, Time::Kernel(_)).then(|| (Some(time), without_caller(rest)))
    });
    let (time, text) = own.unwrap_or((time, text));
    let writer = Some((name, pid));
    let escapes = Escapes::None;
    let spoken = if kernel { text } else { spoken };
    Printed { time, level: level(priority), kernel, writer, text, spoken, escapes }
}

fn level(priority: Option<u64>) -> Option<u8> {
    u8::try_from(priority? & 7).ok()
}

/// A program that writes to the kernel log without a process number.
fn is_early(name: &str) -> bool {
    name == OWN || EARLY.contains(&name)
}

/// `<30>` and what follows.
fn angle(line: &str) -> Option<(u64, &str)> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    Some((crate::text::decimal(number.as_bytes()).filter(|n| *n < 1024)?, rest))
}

/// `kern  :warn  : ` of `dmesg -x`, as a number.
fn decoded(line: &str) -> Option<(u64, &str)> {
    let (facility, rest) = line.split_once(':')?;
    let (level, rest) = rest.split_once(':')?;
    let (facility, level) = (facility.trim_end(), level.trim());
    // talosctl writes some of them out (syslog(3)).
    let level = match level {
        "warning" => "warn",
        "error" => "err",
        level => level,
    };
    let level = LEVELS.iter().zip(0..).find_map(|(name, n)| (*name == level).then_some(n))?;
    let facility = match facility.strip_prefix("local") {
        Some(n) => 16 + n.parse::<u64>().ok().filter(|n| *n < 8)?,
        None => {
            FACILITIES.iter().zip(0..).find_map(|(name, n)| (*name == facility).then_some(n))?
        }
    };
    Some((facility * 8 + level, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// `[inside] rest`.
fn brackets(line: &str) -> Option<(&str, &str)> {
    let (inside, rest) = line.strip_prefix('[')?.split_once(']')?;
    Some((inside, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// Takes off `[  T150]` or `[    C0]` (CONFIG_PRINTK_CALLER).
fn without_caller(text: &str) -> &str {
    let id = || {
        let (inside, rest) = brackets(text)?;
        let number = inside.trim().strip_prefix(['T', 'C'])?;
        number.bytes().all(|b| b.is_ascii_digit()).then_some(rest).filter(|_| !number.is_empty())
    };
    id().unwrap_or(text).trim_start()
}

/// `host writer: text`, and the same without the host. With `strict` only what cannot be a
/// kernel's own text: the writer `kernel`, or one with a process number.
fn host_and_writer(text: &str, strict: bool) -> Option<(Writer<'_>, &str)> {
    let (host, rest) = text.split_once(' ')?;
    if host.is_empty() || host.ends_with(':') || host.starts_with('[') {
        return None;
    }
    let found = writer(rest)?;
    (!strict || found.0 == KERNEL || found.1.is_some()).then_some((found, rest))
}

/// A program, its process, and what it said.
type Writer<'a> = (&'a str, Option<u32>, &'a str);

/// `name: text` or `name[pid]: text`.
#[must_use]
pub fn writer(text: &str) -> Option<Writer<'_>> {
    // An empty message leaves the colon at the end.
    let (head, rest) = text
        .split_once(": ")
        .or_else(|| Some((text.strip_suffix(':')?, text.get(text.len()..)?)))?;
    let (name, pid) = match head.strip_suffix(']').and_then(|head| head.rsplit_once('[')) {
        Some((name, pid)) => (name, Some(pid.parse().ok()?)),
        None => (head, None),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control();
    // A line feed that talosctl wrote out is one.
    let odd = name.contains(odd) || name.contains("\\x0a");
    (!name.is_empty() && name.len() <= 64 && !odd).then_some((name, pid, rest))
}

#[cfg(test)]
pub(super) mod tests;
