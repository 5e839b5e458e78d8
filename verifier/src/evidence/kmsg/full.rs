//! Room for a record when the log's bound is reached: kept by what a line shows, not by
//! when it came. Counts nothing itself; every record that goes was counted by the caller.

use crate::driver::said::{holds, kernel, nvidia, systemd};
use crate::facts::LogRecord;
use crate::facts::log::RECORD_MAX;
#[cfg(feature = "logs")]
use crate::reading::sayings;
use heapless::Vec;

/// Characters in which two records of one kind agree: `NVRM: Xid (PCI:0000:01:00): 13,`
/// has 31. A digit may differ.
const HEAD: usize = 34;

/// How the stack's modules begin their own lines.
const OWN: [&str; 8] = [
    "NVRM",
    "nvidia-modeset",
    "nvidia-nvlink",
    "nvidia-uvm",
    "nvidia",
    nvidia::DRM_FUNCTION,
    nvidia::DRM,
    nvidia::CARD,
];
/// What others print where something of the stack fails or waits: the loader, the PCI core,
/// hibernation, systemd. A line that only names nvidia is none of these.
const DECISIVE: &[&[&str]] = &[
    &[kernel::UNKNOWN_SYMBOL],
    &[kernel::VERSION_MAGIC],
    &[kernel::SYMBOL_VERSION],
    kernel::SIGNATURE_REJECTED,
    &[kernel::KEY_REJECTED],
    &[kernel::UNSIGNED],
    &[kernel::BLACKLISTED],
    &[kernel::LOCKDOWN],
    &[kernel::ENDBR],
    &[kernel::NO_NVIDIA_FIRMWARE],
    &[kernel::NVIDIA_FUNCTION],
    kernel::BAR_NO_SPACE,
    kernel::BAR_FAILED,
    kernel::BAR_CANNOT,
    kernel::BAR_NOT_CLAIMED,
    &[kernel::RESUME_FAILED],
    &[kernel::IMAGE_LOADED],
    &[kernel::IMAGE_NOT_LOADED],
    &[systemd::SPEAKS],
    &[systemd::LOADER],
    &[systemd::UDEV_PROCESS],
];

/// What a line is worth: the stack's own words and what decides, what others say of it, the
/// rest.
fn weight(text: &str) -> u8 {
    #[cfg(feature = "logs")]
    let said = || sayings::of(text).is_some();
    #[cfg(not(feature = "logs"))]
    let said = || false;
    if OWN.iter().any(|own| text.starts_with(own))
        || DECISIVE.iter().any(|parts| holds(text, parts))
        || said()
    {
        2
    } else {
        u8::from(is_named(text))
    }
}

fn is_named(text: &str) -> bool {
    text.contains("nvidia") || text.contains("nouveau")
}

fn head(text: &str) -> &[u8] {
    text.as_bytes().get(..HEAD).unwrap_or(text.as_bytes())
}

/// Keeps the record where another is worth less: one of less weight, else one of a kind
/// that stands there several times while the new one's kind does not stand there at all.
/// The latest such record goes.
pub(super) fn make_room(records: &mut Vec<LogRecord, RECORD_MAX>, record: LogRecord) {
    let worth = weight(&record.text);
    // Thousands of lines that are worth little may come: what is looked at first is cheap.
    let is_lighter = |r: &LogRecord| match worth {
        0 => false,
        1 => !is_named(&r.text) && weight(&r.text) == 0,
        _ => weight(&r.text) < worth,
    };
    let lighter = records.iter().rposition(is_lighter);
    let victim = lighter.or_else(|| {
        let known = |r: &LogRecord| head(&r.text) == head(&record.text);
        if records.iter().any(known) {
            return None;
        }
        let repeated = |pair: &[LogRecord]| match pair {
            [a, b] => head(&a.text) == head(&b.text) && weight(&b.text) <= worth,
            _ => false,
        };
        records.windows(2).rposition(repeated).map(|at| at + 1)
    });
    if let Some(at) = victim {
        records.remove(at);
        // A place was just made.
        let _ = records.push(record);
    }
}
