//! One line of a kernel log or a journal: its prefixes taken off, whatever
//! program printed it. Never takes a line for the kernel's that names another
//! writer.

use super::record::{Clock, Record};
use super::stamp::{self, Bracket};
use nvpreflight::driver::said::programs::{self, KERNEL};
use nvpreflight::parse::kmsg;

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
    let kernel = record.facility == 0;
    let mut out = Record {
        time: Some((Clock::Kernel, record.us)),
        priority: Some(record.level),
        kernel,
        ..Record::default()
    };
    match lines.join("\n") {
        text if kernel => out.text = text,
        text => written(&mut out, &text),
    }
    Some(Line { record: out, after_us: None })
}

fn printed(line: &str) -> Option<Line> {
    let mut record = Record::default();
    let mut after_us = None;
    let mut facility = None;
    let mut rest = line;
    if let Some((number, more)) = angle(rest).or_else(|| decoded(rest)) {
        record.priority = u8::try_from(number & 7).ok();
        facility = Some(number >> 3);
        rest = more;
    }
    // talosctl: `kern: warning: [2026-09-14T03:08:37.411164757Z]: NVRM: …`.
    let talos = brackets(rest).filter(|_| facility.is_some()).and_then(|(inside, more)| {
        let (stamp, ..) = stamp::leading(&format!("{inside} x"))?;
        Some((stamp, more.strip_prefix(": ")?))
    });
    if let Some((stamp, text)) = talos {
        record.time = Some((stamp.clock, stamp.us));
        record.wall_us = stamp.wall_us;
        in_kernel_log(&mut record, facility, text);
        return Some(Line { record, after_us });
    }
    if let Some((inside, more)) = brackets(rest) {
        if let Some(time) = stamp::bracket(inside) {
            match time {
                Bracket::At(stamp) => {
                    record.time = Some((stamp.clock, stamp.us));
                    record.wall_us = stamp.wall_us;
                }
                Bracket::After(us) => after_us = Some(us),
            }
            let text = without_caller(more);
            // journalctl's short-monotonic has the same brackets.
            let journal = match text.strip_prefix("kernel: ") {
                Some(text) => Some((KERNEL, None, text)),
                None => host_and_writer(text, true),
            };
            if let Some((ident, pid, text)) = journal {
                record.time = record.time.map(|(_, us)| (Clock::Monotonic, us));
                by(&mut record, ident, pid, text);
            } else {
                in_kernel_log(&mut record, facility, text);
            }
            return Some(Line { record, after_us });
        }
    }
    if let Some((stamp, more, dmesg)) = stamp::leading(rest) {
        record.time = Some((stamp.clock, stamp.us));
        record.wall_us = stamp.wall_us;
        if dmesg {
            in_kernel_log(&mut record, facility, without_caller(more));
            return Some(Line { record, after_us });
        }
        // `journalctl --no-hostname` leaves the host out.
        let (ident, pid, text) = host_and_writer(more, false)
            .or_else(|| writer(more).filter(|(ident, pid, _)| *ident == KERNEL || pid.is_some()))?;
        by(&mut record, ident, pid, text);
        record.text = unescaped(&record.text);
        return Some(Line { record, after_us });
    }
    if let Some(facility) = facility {
        in_kernel_log(&mut record, Some(facility), rest);
        return Some(Line { record, after_us });
    }
    let (ident, pid, text) = match rest.strip_prefix("kernel: ") {
        Some(text) => (KERNEL, None, text),
        None => host_and_writer(rest, true).filter(|(ident, ..)| *ident == KERNEL)?,
    };
    by(&mut record, ident, pid, text);
    Some(Line { record, after_us })
}

/// talosctl keeps /dev/kmsg's escape of a line feed.
pub fn with_lines(text: &str) -> String {
    text.replace("\\x0a", "\n")
}

/// A line of the kernel log, which user space can write to as well.
fn in_kernel_log(record: &mut Record, facility: Option<u64>, text: &str) {
    record.kernel = facility.unwrap_or(0) == 0;
    let text = &with_lines(text);
    let user = writer(text).is_some_and(|(name, pid, said)| {
        (pid.is_some() || is_early(name)) && !said.starts_with(OF_PROCESS)
    });
    if record.kernel && !user {
        record.identifier = Some(KERNEL.to_owned());
        record.text = text.to_owned();
    } else {
        record.kernel = false;
        written(record, text);
    }
}

/// A program that writes to the kernel log without a process number.
fn is_early(name: &str) -> bool {
    name == programs::OWN || programs::EARLY.contains(&name)
}

/// `systemd[1]: text`, or text alone.
fn written(record: &mut Record, text: &str) {
    match writer(text) {
        Some((ident, pid, text)) => {
            record.identifier = Some(ident.to_owned());
            record.pid = pid;
            record.text = text.to_owned();
        }
        None => record.text = text.to_owned(),
    }
}

/// A line whose writer the journal or syslog names.
fn by(record: &mut Record, ident: &str, pid: Option<u32>, text: &str) {
    record.identifier = Some(ident.to_owned());
    record.pid = pid;
    record.kernel = ident == KERNEL;
    record.text = text.to_owned();
    // rsyslog keeps the kernel's own stamp.
    let own = brackets(text).filter(|_| record.kernel).and_then(|(inside, rest)| {
        match stamp::bracket(inside)? {
            Bracket::At(stamp) if stamp.clock == Clock::Kernel => Some((stamp, rest)),
            _ => None,
        }
    });
    if let Some((stamp, rest)) = own {
        record.time = Some((stamp.clock, stamp.us));
        record.text = without_caller(rest).to_owned();
    }
}

/// rsyslog writes control characters as `#` and three octal digits
/// ("$EscapeControlCharactersOnReceive"): `#012` is a line feed.
fn unescaped(text: &str) -> String {
    if !text.contains("#01") {
        return text.trim_end().to_owned();
    }
    text.replace("#012", "\n").replace("#011", " ").trim_end().to_owned()
}

/// `<30>` and what follows.
fn angle(line: &str) -> Option<(u64, &str)> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    Some((number.parse().ok().filter(|n| *n < 1024)?, rest))
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

/// `host writer: text`. With `strict` only what cannot be a kernel's own text: the
/// writer `kernel`, or one with a process number.
fn host_and_writer(text: &str, strict: bool) -> Option<(&str, Option<u32>, &str)> {
    let (host, rest) = text.split_once(' ')?;
    if host.is_empty() || host.ends_with(':') || host.starts_with('[') {
        return None;
    }
    let found = writer(rest)?;
    (!strict || found.0 == KERNEL || found.1.is_some()).then_some(found)
}

/// `name: text` or `name[pid]: text`.
fn writer(text: &str) -> Option<(&str, Option<u32>, &str)> {
    // An empty message leaves the colon at the end.
    let (head, rest) = text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, "")))?;
    let (name, pid) = match head.strip_suffix(']').and_then(|head| head.rsplit_once('[')) {
        Some((name, pid)) => (name, Some(pid.parse().ok()?)),
        None => (head, None),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control();
    (!name.is_empty() && name.len() <= 64 && !name.contains(odd)).then_some((name, pid, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> (bool, String) {
        let line = parse(line).expect(line);
        (line.record.kernel, line.record.text)
    }

    #[test]
    fn every_form_of_a_kernel_line_gives_the_same_text() {
        for line in [
            "4,380,12903355,c;NVRM: x",
            "<4>[   12.903355] NVRM: x",
            "[   12.903355] NVRM: x",
            "[   12.903355][  T150] NVRM: x",
            "kern  :warn  : [   12.903355] NVRM: x",
            "[Sun Nov 22 10:00:00 2026] NVRM: x",
            "2026-11-22T10:00:00,123456+00:00 NVRM: x",
            "[   12.903355] box kernel: NVRM: x",
            "Nov 22 10:00:00 box kernel: NVRM: x",
            "Nov 22 10:00:00 box kernel: [   12.903355] NVRM: x",
            "2026-11-22T10:00:00+0100 box kernel: NVRM: x",
            "2026-11-22T10:00:00.123456+01:00 box kernel: [   12.903355] NVRM: x",
            "Sun 2026-11-22 10:00:00 CET box kernel: NVRM: x",
            "1795341600.123456 box kernel: NVRM: x",
            "[  +0.000012] NVRM: x",
            "<4>NVRM: x",
            "kern  :warn  : NVRM: x",
            "kernel: NVRM: x",
            "box kernel: NVRM: x",
            "[   12.903355] [  T1343] NVRM: x",
            "[   12.903355] kernel: NVRM: x",
            "Nov 22 10:00:00 kernel: NVRM: x",
            "nov. 22 10:00:00 box kernel: NVRM: x",
            "ноя 22 10:00:00 box kernel: NVRM: x",
            "11月 22 10:00:00 box kernel: NVRM: x",
            "[dim. nov. 22 10:00:00 2026] NVRM: x",
        ] {
            assert_eq!(text(line), (true, "NVRM: x".to_owned()), "{line}");
        }
    }

    #[test]
    fn rsyslogs_escapes_are_lines_again() {
        let line = "Jun 30 11:07:05 box kernel: NVRM: a, but#012NVRM: b.  Please#012NVRM: c";
        assert_eq!(text(line).1, "NVRM: a, but\nNVRM: b.  Please\nNVRM: c");
    }

    #[test]
    fn talosctls_escapes_are_lines_again() {
        let line = "kern: warning: [2026-09-14T03:08:37.411164757Z]: NVRM: a\\x0aNVRM: b";
        assert_eq!(text(line).1, "NVRM: a\nNVRM: b");
    }

    #[test]
    fn rsyslog_keeps_the_kernels_own_time() {
        let line = parse("Nov 22 10:00:00 box kernel: [   12.903355] NVRM: x").expect("a line");
        assert_eq!(line.record.time, Some((Clock::Kernel, 12_903_355)));
        let line = parse("[   12.903355] box kernel: NVRM: x").expect("a line");
        assert_eq!(line.record.time, Some((Clock::Monotonic, 12_903_355)));
    }

    #[test]
    fn user_space_is_told_from_the_kernel() {
        for line in [
            "[   12.903355] systemd[1]: Switching root.",
            "<30>[   12.903355] systemd[1]: Switching root.",
            "30,9,12903355,-;systemd[1]: Switching root.",
            "daemon:info  : [   12.903355] systemd[1]: Switching root.",
            "[   12.903355] box systemd[1]: Switching root.",
            "Nov 22 10:00:00 box systemd[1]: Switching root.",
            "Nov 22 10:00:00 systemd[1]: Switching root.",
        ] {
            let record = parse(line).expect(line).record;
            assert!(!record.kernel, "{line}");
            assert_eq!(record.identifier.as_deref(), Some("systemd"), "{line}");
            assert_eq!((record.pid, record.text.as_str()), (Some(1), "Switching root."), "{line}");
        }
    }

    #[test]
    fn a_drivers_prefix_is_no_writer() {
        let (kernel, said) = text("[    9.1] x".replace("9.1", "9.100000").as_str());
        assert_eq!((kernel, said.as_str()), (true, "x"));
        let (kernel, _) = text("[   15.814797] Xorg[812]: segfault at 0 ip 0 sp 0 error 4");
        assert!(kernel);
        let (kernel, _) = text("[   15.814797] nvidia-persistenced[812]: NVRM: quoted");
        assert!(!kernel);
        let (_, said) = text("[   15.814797] nvidia 0000:01:00.0: vgaarb: changed");
        assert_eq!(said, "nvidia 0000:01:00.0: vgaarb: changed");
        let (_, said) = text("[   15.814797] [drm] Initialized nvidia-drm");
        assert_eq!(said, "[drm] Initialized nvidia-drm");
    }

    #[test]
    fn what_is_no_log_is_none() {
        for line in [
            "",
            "It was the best of times, it was the worst of times",
            "Date: Sun, 22 Nov 2026 10:00:00 +0000",
            "[    12.345] (EE) NVIDIA(0): Failed to initialize the GLX module",
            "<b>bold</b>",
            "Mon Nov 22",
            "On Nov 22 10:00:00 we met",
            "Chapter 22 10:00:00 of: the book",
            "2026-11-22",
            "[drm] Initialized nvidia-drm",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
