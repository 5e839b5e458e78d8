//! The times that lines of logs begin with. Never guesses a zone, never a year:
//! see [`Clock::Wall`].
//!
//! Forms: dmesg(1) "--time-format", journalctl(1) "--output", RFC 3164 and RFC 3339
//! as rsyslog writes them.

use super::record::Clock;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::Offset;

/// The year of stamps that name none: a leap year, so that every date exists.
const YEARLESS: i16 = 1972;
/// Longest stamp that is parsed: "Wed 2026-11-22 10:00:00.123456 +0100" has 38.
const LONGEST: usize = 48;

/// A time and what it is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// Its clock.
    pub clock: Clock,
    /// Microseconds by that clock.
    pub us: u64,
    /// Microseconds since 1970 in UTC, where year and zone are known.
    pub wall_us: Option<u64>,
}

impl Stamp {
    const fn kernel(us: u64) -> Self {
        Self { clock: Clock::Kernel, us, wall_us: None }
    }

    fn wall(us: i64, known: bool) -> Option<Self> {
        let us = u64::try_from(us).ok()?;
        Some(Self { clock: Clock::Wall, us, wall_us: known.then_some(us) })
    }
}

/// `12.345678`: seconds with exactly six decimals, as printk prints them.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if fraction.len() != 6 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}

/// Whether a line begins as one of a log does, by its form alone: the kernel's stamp in
/// brackets, `Nov 22 10:00:00 `, or `2026-11-22T10:00:00`. Cheap; which time that is, if
/// any, is for [`bracket`] and [`leading`] to say.
#[must_use]
pub fn begins(line: &str) -> bool {
    if let Some(inside) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        return seconds(inside.trim_start_matches(' ')).is_some();
    }
    let is = |form: &[u8]| {
        let fits = |(byte, form): (&u8, &u8)| match form {
            b'A' => byte.is_ascii_alphabetic(),
            b'0' => byte.is_ascii_digit(),
            b'_' => byte.is_ascii_digit() || *byte == b' ',
            form => byte == form,
        };
        line.len() > form.len() && line.as_bytes().iter().zip(form).all(fits)
    };
    is(b"AAA _0 00:00:00 ") || is(b"0000-00-00T00:00:00")
}

/// What dmesg puts between brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bracket {
    /// A time.
    At(Stamp),
    /// Microseconds since the line before (`dmesg -e`).
    After(u64),
}

/// The inside of the brackets that dmesg begins a line with.
#[must_use]
pub fn bracket(inside: &str) -> Option<Bracket> {
    // `dmesg -d` adds the time since the line before.
    let inside = inside.split('<').next().unwrap_or(inside).trim();
    if inside.len() > LONGEST {
        return None;
    }
    if let Some(us) = seconds(inside) {
        return Some(Bracket::At(Stamp::kernel(us)));
    }
    if let Some(us) = inside.strip_prefix('+').and_then(|text| seconds(text.trim())) {
        return Some(Bracket::After(us));
    }
    let words: Vec<&str> = inside.split_ascii_whitespace().collect();
    let us = match words.as_slice() {
        // `dmesg -T` names the day and the month in the user's language.
        [_, month, day, time, year] => civil(year.parse().ok()?, month, day, time)?,
        // `dmesg -e` begins a minute so.
        [date, time] => {
            let (month, day) = date.split_at_checked(date.find(|c: char| c.is_ascii_digit())?)?;
            civil(YEARLESS, month, day, &format!("{time}:00"))?
        }
        _ => return None,
    };
    Stamp::wall(us, false).map(Bracket::At)
}

/// A stamp at the beginning of a line that is not in brackets, and what follows
/// it. The last value tells a line of `dmesg --time-format iso`, which names no
/// host behind its time.
#[must_use]
pub fn leading(line: &str) -> Option<(Stamp, &str, bool)> {
    if line.starts_with(|c: char| c.is_ascii_digit()) {
        if let Some(found) = iso(line).or_else(|| unix(line)) {
            return Some(found);
        }
    }
    syslog(line).or_else(|| full(line)).map(|(stamp, rest)| (stamp, rest, false))
}

/// `2026-11-22T10:00:00.123456+01:00`, `…T10:00:00+0100`, `…T10:00:00,123456+01:00`,
/// `…T10:00:00Z`, and the same with a blank for the T.
fn iso(line: &str) -> Option<(Stamp, &str, bool)> {
    let date = line.get(..10)?;
    let separator = line.as_bytes().get(10).filter(|b| matches!(b, b'T' | b' '))?;
    let rest = line.get(11..)?;
    let (time, rest) = rest.split_once(' ')?;
    if date.as_bytes().get(4) != Some(&b'-') || time.len() > LONGEST {
        return None;
    }
    let dmesg = time.contains(',');
    let time = time.replace(',', ".");
    let zoned = time.ends_with('Z') || time.get(8..).is_some_and(|tail| tail.contains(['+', '-']));
    if *separator == b' ' && dmesg {
        return None;
    }
    let text = format!("{date}T{time}");
    let us = if zoned {
        let text = text.strip_suffix('Z').map(|text| format!("{text}+0000")).unwrap_or(text);
        zoned_us("%Y-%m-%dT%H:%M:%S%.f%:z", &text)
            .or_else(|| zoned_us("%Y-%m-%dT%H:%M:%S%.f%z", &text))
    } else {
        parsed("%Y-%m-%dT%H:%M:%S%.f", &text)
    };
    Some((Stamp::wall(us?, zoned)?, rest.trim_start(), dmesg))
}

/// `1763802000.123456`, journalctl's short-unix.
fn unix(line: &str) -> Option<(Stamp, &str, bool)> {
    let (word, rest) = line.split_once(' ')?;
    let us = seconds(word).filter(|_| word.len() >= 16)?;
    Some((Stamp { clock: Clock::Wall, us, wall_us: Some(us) }, rest, false))
}

/// `Nov 22 10:00:00` and `Nov 22 10:00:00.123456`, the month in the user's language.
fn syslog(line: &str) -> Option<(Stamp, &str)> {
    let (month, rest) = word(line)?;
    let (day, rest) = word(rest)?;
    let (time, rest) = word(rest)?;
    Some((Stamp::wall(civil(YEARLESS, month, day, time)?, false)?, rest))
}

/// `Sun 2026-11-22 10:00:00 UTC`, also with a fraction, as short-full, with-unit
/// and verbose begin.
fn full(line: &str) -> Option<(Stamp, &str)> {
    let (_day, rest) = word(line)?;
    let (date, rest) = word(rest)?;
    let (time, rest) = word(rest)?;
    let (zone, rest) = word(rest)?;
    if date.len() != 10 || time.len() > 15 {
        return None;
    }
    let us = parsed("%Y-%m-%d %H:%M:%S%.f", &format!("{date} {time}"))?;
    // The name of a zone is no offset; only this one is the same everywhere.
    let stamp = match zone {
        "UTC" | "GMT" => Stamp::wall(us, true)?,
        zone if zone.starts_with(['+', '-']) => {
            let text = format!("{date} {time} {zone}");
            Stamp::wall(zoned_us("%Y-%m-%d %H:%M:%S%.f %z", &text)?, true)?
        }
        zone if zone.len() <= 6 && zone.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Stamp::wall(us, false)?
        }
        _ => return None,
    };
    Some((stamp, rest))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    let (word, rest) = text.split_once(' ')?;
    (!word.is_empty() && word.len() <= LONGEST).then_some((word, rest))
}

/// Microseconds of a date in words. A month in a language that is not known here
/// counts as January: within one log differences are right but for a change of month.
fn civil(year: i16, month: &str, day: &str, time: &str) -> Option<i64> {
    let shaped = |at: &[usize], b: u8| at.iter().all(|at| time.as_bytes().get(*at) == Some(&b));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !matches!(time.len(), 8 | 12 | 15) || !shaped(&[2, 5], b':') || !digits(day) {
        return None;
    }
    if month.chars().count() > 6 || month.contains([':', '[', '(', '<', '=']) {
        return None;
    }
    let number = MONTHS.iter().zip(1..).find_map(|(name, number)| {
        month.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name)).then_some(number)
    });
    let date = Date::new(year, number.unwrap_or(1), day.parse().ok()?).ok()?;
    micros(date.to_datetime(time.parse().ok()?))
}

/// The months as the C locale shortens them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Microseconds of a date and time taken for UTC.
fn parsed(format: &str, text: &str) -> Option<i64> {
    micros(strtime::parse(format, text).ok()?.to_datetime().ok()?)
}

fn micros(utc: DateTime) -> Option<i64> {
    Some(Offset::UTC.to_timestamp(utc).ok()?.as_microsecond())
}

fn zoned_us(format: &str, text: &str) -> Option<i64> {
    Some(strtime::parse(format, text).ok()?.to_timestamp().ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 1_795_341_600_000_000;

    #[test]
    fn a_line_of_a_log_is_told_by_its_form_from_outputs_and_prompts() {
        for line in [
            "[   12.903355] NVRM: x",
            "Nov 22 10:00:00 box kernel: x",
            "Nov  2 10:00:00 box kernel: x",
            "2026-11-22T10:00:00+00:00 box kernel: x",
        ] {
            assert!(begins(line), "{line}");
        }
        for line in [
            "[root@box ~]# lsmod",
            "[drm] Initialized nvidia-drm",
            "01:00.0 VGA compatible controller [0300]: NVIDIA",
            "nvidia_drm 118784 4",
            "options nvidia_drm modeset=1",
            "Nov 22",
            "",
        ] {
            assert!(!begins(line), "{line}");
        }
    }

    #[test]
    fn every_form_of_a_known_instant_gives_the_same_time() {
        for line in [
            "2026-11-22T10:00:00+00:00 box kernel: x",
            "2026-11-22T11:00:00+0100 box kernel: x",
            "2026-11-22T10:00:00.000000Z box kernel: x",
            "2026-11-22T10:00:00,000000+00:00 x",
            "Sun 2026-11-22 10:00:00 UTC box kernel: x",
            "Sun 2026-11-22 10:00:00.000000 UTC box kernel: x",
            "1795341600.000000 box kernel: x",
        ] {
            let (stamp, rest, dmesg) = leading(line).expect(line);
            assert_eq!((stamp.us, stamp.wall_us), (AT, Some(AT)), "{line}");
            assert_eq!(rest, if dmesg { "x" } else { "box kernel: x" });
        }
    }

    #[test]
    fn without_a_year_or_a_zone_only_differences_count() {
        let us = |line: &str| {
            let (stamp, ..) = leading(line).expect(line);
            assert_eq!((stamp.clock, stamp.wall_us), (Clock::Wall, None), "{line}");
            stamp.us
        };
        let first = us("Nov 22 10:00:00 box kernel: x");
        assert_eq!(us("Nov 22 10:00:00.250000 box kernel: x") - first, 250_000);
        assert_eq!(us("Nov  2 10:00:00 box x") + 20 * 86_400_000_000, first);
        assert_eq!(us("Sun 2026-11-22 10:00:00 CET box kernel: x"), AT);
    }

    #[test]
    fn dmesg_has_four_ways_to_fill_its_brackets() {
        let at = |us| Some(Bracket::At(Stamp::kernel(us)));
        assert_eq!(bracket("   12.345678"), at(12_345_678));
        assert_eq!(bracket("   12.345678 <    0.000012>"), at(12_345_678));
        assert_eq!(bracket("  +0.000012"), Some(Bracket::After(12)));
        let wall = |text| match bracket(text) {
            Some(Bracket::At(stamp)) => (stamp.clock, stamp.us),
            other => panic!("{other:?}"),
        };
        assert_eq!(wall("Sun Nov 22 10:00:00 2026"), (Clock::Wall, AT));
        assert_eq!(wall("Nov22 10:00").0, Clock::Wall);
        for other in ["drm", "nvidia-drm", "   15.8", "GPU ID 0x00000100", "    C0", "1.2e6"] {
            assert_eq!(bracket(other), None, "{other}");
        }
    }
}
