//! Room for a record when the log's bound is reached: kept by what a line shows, not by
//! when it came. Counts nothing itself; every record that goes was counted by the caller.

use crate::driver::said::nvidia;
use crate::facts::LogRecord;
use crate::facts::log::RECORD_MAX;
use heapless::Vec;

/// Characters in which two records of one kind agree: `NVRM: Xid (PCI:0000:01:00): 13,`
/// has 31. A digit may differ.
const HEAD: usize = 34;

/// What a line is worth: the stack's own words, what others say of it, the rest.
fn weight(text: &str) -> u8 {
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
    if OWN.iter().any(|own| text.starts_with(own)) {
        2
    } else {
        u8::from(text.contains("nvidia") || text.contains("nouveau"))
    }
}

fn head(text: &str) -> &[u8] {
    text.as_bytes().get(..HEAD).unwrap_or(text.as_bytes())
}

/// Keeps the record where another is worth less: one of less weight, else one of a kind
/// that stands there several times while the new one's kind does not stand there at all.
/// The latest such record goes.
pub(super) fn make_room(records: &mut Vec<LogRecord, RECORD_MAX>, record: LogRecord) {
    let worth = weight(&record.text);
    let lighter = records.iter().rposition(|r| weight(&r.text) < worth);
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
