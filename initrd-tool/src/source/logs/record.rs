//! One line of a log, whatever form it was kept in.

use serde::{Deserialize, Serialize};

/// What a time was taken from. Times of different clocks are never compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The kernel log's own stamp: `local_clock()`, close to the time since boot.
    Kernel,
    /// The ring buffer of trace events.
    Trace,
    /// CLOCK_MONOTONIC, as journald stamps what user space sends.
    Monotonic,
    /// The wall clock, which a boot may set back or forward. Forms that name no
    /// zone are taken for UTC and forms without a year for 1972, so that within
    /// one log differences are right; [`Record::wall_us`] is set by the others.
    Wall,
}

/// One record of a log.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// Its time in microseconds by that clock; `None` where the line has none.
    pub time: Option<(Clock, u64)>,
    /// Wall clock time in microseconds since 1970, where the form keeps it too.
    pub wall_us: Option<u64>,
    /// Whether the kernel wrote it.
    pub kernel: bool,
    /// 0 emergency to 7 debug. For display only: `NVRM:` lines have no reliable one.
    pub priority: Option<u8>,
    /// The systemd unit that wrote it, or that systemd wrote it about.
    pub unit: Option<String>,
    /// The program that wrote it: "kernel", "systemd", "sddm".
    pub identifier: Option<String>,
    /// The program's process, where the line tells.
    pub pid: Option<u32>,
    /// The text without any prefix; several lines where the record has them.
    pub text: String,
    /// Line or record number in its source, from 1; 0 when there is none.
    pub line: usize,
}

impl Record {
    /// What a program said, of which nothing else is known.
    #[must_use]
    pub fn said_by(program: &str, text: String) -> Self {
        Self { identifier: Some(program.to_owned()), text, ..Self::default() }
    }

    /// True for a record of the kernel whose text begins so.
    #[must_use]
    pub fn says(&self, start: &str) -> bool {
        self.kernel && self.text.starts_with(start)
    }
}
