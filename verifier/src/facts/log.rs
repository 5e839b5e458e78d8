//! The kernel's log, reduced to what concerns the stack.

use crate::text::Line;
use heapless::Vec;

/// Records kept. A boot of the real driver logs 10 to 60 lines that concern the
/// stack; equal lines are counted once, so that a flood cannot push out the
/// first cause.
pub const RECORD_MAX: usize = 160;

/// One record. Severity is kept for display only: `NVRM:` lines have no
/// reliable level (printed with KERN_CONT), so rules match text alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRecord {
    /// Kernel time in microseconds since boot; 0 when the line had none.
    pub us: u64,
    /// 0 emergency to 7 debug.
    pub level: u8,
    /// The text without its prefix.
    pub text: Line,
    /// How often the same text came.
    pub times: u32,
}

/// The records of interest in order of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    /// Kept records.
    pub records: Vec<LogRecord, RECORD_MAX>,
    /// Records seen in all.
    pub total: u32,
    /// The latest time of any record, kept or not, in microseconds since boot; 0 where
    /// no record has a time.
    pub last_us: u64,
}
