//! The times of lines as the clocks of records, and a cheap look at how a line begins.

use super::record::Clock;
pub use nvpreflight::parse::printed::{Time, leading, seconds};

/// A time with its clock, and the wall clock where year and zone are known; nothing for a
/// distance.
#[must_use]
pub const fn clocked(time: Time) -> (Option<(Clock, u64)>, Option<u64>) {
    match time {
        Time::Kernel(us) => (Some((Clock::Kernel, us)), None),
        Time::Monotonic(us) => (Some((Clock::Monotonic, us)), None),
        Time::Wall { us, known: true } => (Some((Clock::Wall, us)), Some(us)),
        Time::Wall { us, known: false } => (Some((Clock::Wall, us)), None),
        Time::After(_) => (None, None),
    }
}

/// Whether a line begins as one of a log does, by its form alone: the kernel's stamp in
/// brackets, `Nov 22 10:00:00 `, or `2026-11-22T10:00:00`. Cheap; which time that is, if
/// any, is for the library's reader to say.
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

/// A line of the kernel's log that lost the bracket before its stamp, as what is copied from
/// the second sign on does, with it.
#[must_use]
pub fn reopened(line: &str) -> Option<String> {
    let (stamp, text) = line.trim_start().split_once("] ")?;
    let (whole, parts) = stamp.split_once('.')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let is = !whole.is_empty() && digits(whole) && parts.len() == 6 && digits(parts);
    is.then(|| format!("[{stamp}] {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_without_its_bracket_gets_it_back() {
        assert_eq!(reopened("139.823179] NVRM: x").as_deref(), Some("[139.823179] NVRM: x"));
        for line in ["[139.823179] NVRM: x", "1.5] x", "v.823179] x", "139.823179]", "9] x"] {
            assert_eq!(reopened(line), None, "{line}");
        }
    }

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
}
