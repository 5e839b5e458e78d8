//! The times that lines of logs begin with. Never guesses a zone, never a year:
//! see [`Time::Wall`].
//!
//! Forms: dmesg(1) "--time-format", journalctl(1) "--output", RFC 3164 and RFC 3339
//! as rsyslog writes them.

use crate::parse::kmsg::microseconds;

/// The year of stamps that name none: a leap year, so that every date exists.
const YEARLESS: i64 = 1972;
/// Longest stamp that is parsed: "Wed 2026-11-22 10:00:00.123456 +0100" has 38.
const LONGEST: usize = 48;

/// A time in microseconds, and by which clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// Since boot, as printk stamps its records.
    Kernel(u64),
    /// Since boot, as journald stamps what it takes.
    Monotonic(u64),
    /// The wall clock, since 1970. Forms that name no zone are taken for UTC and forms
    /// without a year for 1972, so that within one log differences are right; `known`
    /// tells the others.
    Wall {
        /// Microseconds.
        us: u64,
        /// Whether year and zone are told.
        known: bool,
    },
    /// Since the line before (`dmesg -e`).
    After(u64),
}

impl Time {
    fn wall(us: i64, known: bool) -> Option<Self> {
        Some(Self::Wall { us: u64::try_from(us).ok()?, known })
    }
}

/// `12.345678`: seconds with exactly six decimals, as printk prints them.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    microseconds(text.as_bytes())
}

/// The inside of the brackets that dmesg begins a line with.
#[must_use]
pub fn bracket(inside: &str) -> Option<Time> {
    // `dmesg -d` adds the time since the line before.
    let inside = inside.split('<').next().unwrap_or(inside).trim();
    if inside.len() > LONGEST {
        return None;
    }
    if let Some(us) = seconds(inside) {
        return Some(Time::Kernel(us));
    }
    if let Some(us) = inside.strip_prefix('+').and_then(|text| seconds(text.trim())) {
        return Some(Time::After(us));
    }
    let mut words = inside.split_ascii_whitespace();
    let five = [words.next(), words.next(), words.next(), words.next(), words.next()];
    let us = match (five, words.next()) {
        // `dmesg -T` names the day and the month in the user's language.
        ([Some(_), Some(month), Some(day), Some(time), Some(year)], None) => {
            civil(number(year).filter(|_| year.len() == 4)?, month, day, of_day(time)?)?
        }
        // `dmesg -e` begins a minute so.
        ([Some(date), Some(time), None, ..], None) => {
            let (month, day) = date.split_at_checked(date.find(|c: char| c.is_ascii_digit())?)?;
            civil(YEARLESS, month, day, of_day(time).filter(|_| time.len() == 5)?)?
        }
        _ => return None,
    };
    Time::wall(us, false)
}

/// A stamp at the beginning of a line that is not in brackets, and what follows
/// it. The last value tells a line of `dmesg --time-format iso`, which names no
/// host behind its time.
#[must_use]
pub fn leading(line: &str) -> Option<(Time, &str, bool)> {
    if line.starts_with(|c: char| c.is_ascii_digit()) {
        if let Some((stamp, rest)) = in_two(line) {
            let (time, dmesg) = iso(stamp)?;
            return Some((time, rest.trim_start(), dmesg));
        }
        if let Some((time, rest)) = unix(line) {
            return Some((time, rest, false));
        }
    }
    syslog(line).or_else(|| full(line)).map(|(time, rest)| (time, rest, false))
}

/// A line whose first word is an ISO stamp, or its first two words, in two.
fn in_two(line: &str) -> Option<(&str, &str)> {
    let end = line.get(11..)?.find(' ')? + 11;
    let (stamp, rest) = line.split_at_checked(end)?;
    iso(stamp).map(|_| (stamp, rest))
}

/// `2026-11-22T10:00:00.123456+01:00`, `…T10:00:00+0100`, `…T10:00:00,123456+01:00`,
/// `…T10:00:00Z`, and the same with a blank for the T; whether it is dmesg's, which has
/// the comma.
pub(super) fn iso(stamp: &str) -> Option<(Time, bool)> {
    let (date, time) = (stamp.get(..10)?, stamp.get(11..)?);
    let blank = match stamp.as_bytes().get(10)? {
        b'T' => false,
        b' ' => true,
        _ => return None,
    };
    let dmesg = time.contains(',');
    if time.len() > LONGEST || blank && dmesg {
        return None;
    }
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(zone)?;
    let us = days(date)? * DAY + of_day(time).filter(|_| time.len() >= 8)?;
    let known = !zone.is_empty();
    let offset = if known { offset(zone)? } else { 0 };
    Some((Time::wall(us - offset, known)?, dmesg))
}

/// `1763802000.123456`, journalctl's short-unix.
fn unix(line: &str) -> Option<(Time, &str)> {
    let (word, rest) = line.split_once(' ')?;
    let us = seconds(word).filter(|_| word.len() >= 16)?;
    Some((Time::Wall { us, known: true }, rest))
}

/// `Nov 22 10:00:00` and `Nov 22 10:00:00.123456`, the month in the user's language.
fn syslog(line: &str) -> Option<(Time, &str)> {
    let (month, rest) = word(line)?;
    let (day, rest) = word(rest)?;
    let (time, rest) = word(rest)?;
    let time = of_day(time).filter(|_| matches!(time.len(), 8 | 12 | 15))?;
    Some((Time::wall(civil(YEARLESS, month, day, time)?, false)?, rest))
}

/// `Sun 2026-11-22 10:00:00 UTC`, also with a fraction, as short-full, with-unit
/// and verbose begin.
fn full(line: &str) -> Option<(Time, &str)> {
    let (_day, rest) = word(line)?;
    let (date, rest) = word(rest)?;
    let (time, rest) = word(rest)?;
    let (zone, rest) = word(rest)?;
    let us = days(date)? * DAY + of_day(time).filter(|_| matches!(time.len(), 8..=15))?;
    // The name of a zone is no offset; only this one is the same everywhere.
    let time = match zone {
        "UTC" | "GMT" => Time::wall(us, true)?,
        zone if zone.starts_with(['+', '-']) => Time::wall(us - offset(zone)?, true)?,
        zone if zone.len() <= 6 && zone.bytes().all(|b| b.is_ascii_alphabetic()) => {
            Time::wall(us, false)?
        }
        _ => return None,
    };
    Some((time, rest))
}

fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    let (word, rest) = text.split_once(' ')?;
    (!word.is_empty() && word.len() <= LONGEST).then_some((word, rest))
}

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// The months as the C locale shortens them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Microseconds of a date in words and a time of that day. A month in a language that is
/// not known here counts as January: within one log differences are right but for a
/// change of month.
fn civil(year: i64, month: &str, day: &str, time: i64) -> Option<i64> {
    if month.chars().count() > 6 || month.contains([':', '[', '(', '<', '=']) {
        return None;
    }
    let number_of = MONTHS.iter().zip(1..).find_map(|(name, number)| {
        month.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case(name)).then_some(number)
    });
    Some(since_1970(year, number_of.unwrap_or(1), number(day)?)? * DAY + time)
}

/// Days of `2026-11-22` since 1970.
fn days(date: &str) -> Option<i64> {
    let shaped =
        date.len() == 10 && [4, 7].iter().all(|at| date.as_bytes().get(*at) == Some(&b'-'));
    let part = |from: usize, to: usize| date.get(from..to).and_then(number);
    since_1970(part(0, 4).filter(|_| shaped)?, part(5, 7)?, part(8, 10)?)
}

/// Days since 1970 in the Gregorian calendar; `None` for a date that is none.
fn since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=last).contains(&day) {
        return None;
    }
    // From March on, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
    Some(before + day - 719_469)
}

/// Microseconds of `10:00`, `10:00:00`, `10:00:00.123456` or the same with a comma.
fn of_day(time: &str) -> Option<i64> {
    let (clock, fraction) = match time.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (time, None),
    };
    let mut parts = clock.split(':');
    let mut part = |most: i64| {
        let text = parts.next().unwrap_or("00");
        number(text).filter(|n| text.len() == 2 && *n <= most)
    };
    // A leap second counts as the one before.
    let (hour, minute, second) = (part(23)?, part(59)?, part(60)?.min(59));
    if parts.next().is_some() || clock.len() < 5 {
        return None;
    }
    let fraction = match fraction {
        None => 0,
        Some(text) => {
            let digits = text.get(..text.len().min(6))?;
            let missing = u32::try_from(6 - digits.len()).ok()?;
            number(text).filter(|_| text.len() <= 9)?;
            number(digits)? * 10_i64.pow(missing)
        }
    };
    Some((hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
}

/// Microseconds of `Z`, `+01:00` or `-0330`.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.as_bytes().first()? {
        b'Z' => return (zone.len() == 1).then_some(0),
        b'-' => (-1, zone.get(1..)?),
        _ => (1, zone.get(1..)?),
    };
    let minutes = rest.get(2..)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let hours = number(rest.get(..2)?).filter(|n| *n < 24)?;
    let minutes = number(minutes).filter(|n| minutes.len() == 2 && *n < 60)?;
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

/// A number of at most nine digits.
fn number(digits: &str) -> Option<i64> {
    let number = crate::text::decimal(digits.as_bytes()).filter(|_| digits.len() <= 9)?;
    i64::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 1_795_341_600_000_000;

    #[test]
    fn every_form_of_a_known_instant_gives_the_same_time() {
        for line in [
            "2026-11-22T10:00:00+00:00 box kernel: x",
            "2026-11-22T11:00:00+0100 box kernel: x",
            "2026-11-22T06:30:00.5-03:30 box kernel: x",
            "2026-11-22T10:00:00.000000Z box kernel: x",
            "2026-11-22 10:00:00Z box kernel: x",
            "2026-11-22T10:00:00,000000+00:00 x",
            "Sun 2026-11-22 10:00:00 UTC box kernel: x",
            "Sun 2026-11-22 10:00:00.000000 UTC box kernel: x",
            "Sun 2026-11-22 11:00:00 +0100 box kernel: x",
            "1795341600.000000 box kernel: x",
        ] {
            let (time, rest, dmesg) = leading(line).expect(line);
            let half = if line.contains(".5-") { 500_000 } else { 0 };
            assert_eq!(time, Time::Wall { us: AT + half, known: true }, "{line}");
            assert_eq!(rest, if dmesg { "x" } else { "box kernel: x" });
        }
    }

    #[test]
    fn without_a_year_or_a_zone_only_differences_count() {
        let us = |line: &str| match leading(line) {
            Some((Time::Wall { us, known: false }, ..)) => us,
            other => panic!("{line}: {other:?}"),
        };
        let first = us("Nov 22 10:00:00 box kernel: x");
        assert_eq!(us("Nov 22 10:00:00.250000 box kernel: x") - first, 250_000);
        assert_eq!(us("Nov  2 10:00:00 box x") + 20 * 86_400_000_000, first);
        assert_eq!(us("Sun 2026-11-22 10:00:00 CET box kernel: x"), AT);
        assert_eq!(us("2026-11-22T10:00:00 box kernel: x"), AT);
        // The leap day of the year that stands for none.
        assert_eq!(us("Mar  1 00:00:00 a b: c") - us("Feb 29 00:00:00 a b: c"), 86_400_000_000);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for line in [
            "2026-02-29T10:00:00Z x y",
            "2026-13-01T10:00:00Z x y",
            "2026-11-22T24:00:00Z x y",
            "2026-11-22T10:00:00+1 x y",
            "2026-11-22 10:00:00,5 x y",
            "Nov 32 10:00:00 box x",
            "Nov 22 10:00 box x",
            "Chapter 22 10:00:00 of x",
        ] {
            assert_eq!(leading(line), None, "{line}");
        }
    }

    #[test]
    fn dmesg_has_four_ways_to_fill_its_brackets() {
        assert_eq!(bracket("   12.345678"), Some(Time::Kernel(12_345_678)));
        assert_eq!(bracket("   12.345678 <    0.000012>"), Some(Time::Kernel(12_345_678)));
        assert_eq!(bracket("  +0.000012"), Some(Time::After(12)));
        let wall = Time::Wall { us: AT, known: false };
        assert_eq!(bracket("Sun Nov 22 10:00:00 2026"), Some(wall));
        assert!(matches!(bracket("Nov22 10:00"), Some(Time::Wall { .. })));
        for other in ["drm", "nvidia-drm", "   15.8", "GPU ID 0x00000100", "    C0", "1.2e6"] {
            assert_eq!(bracket(other), None, "{other}");
        }
    }
}
