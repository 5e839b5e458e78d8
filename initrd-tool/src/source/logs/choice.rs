//! Which boot of a log is meant, and what lies beside the log.

use crate::base::error::{Error, Result};
use std::path::PathBuf;

/// What was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choice {
    /// Which boot, as `journalctl --boot` takes it: 0 the last, -1 the one before,
    /// 1 the oldest, or the beginning of a boot's id. `None`: the last.
    pub boot: Option<String>,
    /// Files that belong to the log: lsmod, modprobe.d, cmdline, lspci, other logs.
    pub beside: Vec<PathBuf>,
}

impl Choice {
    /// The index of the boot that is meant, among boots with these ids in their
    /// order, the oldest first. The journal counts as journalctl(1) does ("--boot").
    ///
    /// # Errors
    /// A boot that is not there, or a text that names none.
    pub fn of(&self, ids: &[Option<String>]) -> Result<usize> {
        let count = ids.len();
        let last = count.saturating_sub(1);
        let Some(spec) = self.boot.as_deref() else { return Ok(last) };
        let missing = || {
            let held = if count == 1 { "one boot".to_owned() } else { format!("{count} boots") };
            Error::new(format!("no boot {} in it: it has {held}", spec.escape_debug()))
        };
        if let Ok(number) = spec.parse::<i64>() {
            let steps = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
            let index = match number {
                ..=0 => last.checked_sub(steps),
                _ => steps.checked_sub(1).filter(|at| *at < count),
            };
            return index.ok_or_else(missing);
        }
        let id = spec.replace('-', "").to_ascii_lowercase();
        if id.len() < 4 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Error::usage(format!(
                "--boot takes 0, -1, 1 or a boot's id, not `{}`",
                spec.escape_debug()
            )));
        }
        ids.iter()
            .position(|known| known.as_deref().is_some_and(|known| known.starts_with(&id)))
            .ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    fn index(spec: Option<&str>) -> std::result::Result<usize, String> {
        let ids = ["aaaa1111", "bbbb2222", "cccc3333"].map(|id| Some(id.to_owned()));
        let choice = Choice { boot: spec.map(str::to_owned), ..Choice::default() };
        choice.of(&ids).map_err(|e| e.to_string())
    }

    #[test]
    fn boots_are_counted_as_journalctl_counts_them() {
        for (spec, at) in [("0", 2), ("-0", 2), ("-1", 1), ("-2", 0), ("1", 0), ("3", 2)] {
            assert_eq!(index(Some(spec)), Ok(at), "{spec}");
        }
        assert_eq!(index(None), Ok(2));
        assert_eq!(index(Some("BBBB")), Ok(1));
    }

    #[test]
    fn a_boot_that_is_not_there_is_an_error_that_says_what_is() {
        for spec in ["-3", "4", "dddd"] {
            let why = index(Some(spec)).expect_err("not there");
            assert_eq!(why, format!("no boot {spec} in it: it has 3 boots"));
        }
        assert!(index(Some("last")).expect_err("no boot").contains("not `last`"));
    }
}
