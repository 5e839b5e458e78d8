//! Which boot saved facts are of, and how it went: what `nvpreflight remember` adds.

use serde::{Deserialize, Serialize};

/// A boot and its verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Boot {
    /// The kernel's id of the boot (/proc/sys/kernel/random/boot_id), 32 hexadecimal
    /// digits without dashes, as journalctl shows it.
    pub id: String,
    /// Seconds since 1970 at which it was remembered, by the wall clock.
    pub remembered: i64,
    /// The verdict of the check before the display manager: "ok", "findings".
    pub verdict: String,
    /// Codes of its findings that no other finding caused.
    #[serde(default)]
    pub codes: Vec<String>,
    /// NixOS: the number of the system generation that was booted.
    #[serde(default)]
    pub generation: Option<u64>,
}

impl Boot {
    /// True when nothing at or above the threshold was found, and everything could be
    /// checked.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict == "ok"
    }

    /// The wall clock time in UTC: "2026-11-20 10:11 UTC".
    #[must_use]
    pub fn when(&self) -> String {
        match jiff::Timestamp::from_second(self.remembered) {
            Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            Err(_) => "a time that is none".to_owned(),
        }
    }

    /// The first eight digits of the id, printable.
    #[must_use]
    pub fn short_id(&self) -> String {
        self.id.chars().filter(char::is_ascii_hexdigit).take(8).collect()
    }
}
