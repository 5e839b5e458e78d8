//! What a doctor's visit notes beside the look at a machine: the looks at its
//! initrds, records of its journal, room for images, what hung. Saved with the
//! facts, so that the visit can be made again elsewhere with the same answers.

use super::Saved;
use crate::source::logs::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Records kept of a journal; a boot's that concern the stack are some dozens.
pub const RECORD_MAX: usize = 2_000;

/// A visit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Visit {
    /// Whether the look had root's rights; `None` of a look at something else than the
    /// running machine.
    #[serde(default)]
    pub root: Option<bool>,
    /// Paths whose reading did not come back.
    #[serde(default)]
    pub hung: Vec<String>,
    /// Looks at initrds, the next boot's first.
    #[serde(default)]
    pub initrds: Vec<Saved>,
    /// Why an initrd, or all of them, could not be looked at.
    #[serde(default)]
    pub initrd_problems: Vec<String>,
    /// The latest good boot that is remembered there, as it was kept.
    #[serde(default)]
    pub good: Option<Box<Saved>>,
    /// Why the remembered boots could not be looked at.
    #[serde(default)]
    pub good_problem: Option<String>,
    /// Records of the journal that concern the stack and the way to the greeter.
    #[serde(default)]
    pub records: Vec<Record>,
    /// What the input itself could not show.
    #[serde(default)]
    pub cannot_show: Vec<String>,
    /// The folder of the boot loader's files and the bytes free there.
    #[serde(default)]
    pub room: Option<(String, u64)>,
    /// The report as it was judged at the visit, for readers without this program;
    /// a replay judges anew.
    #[serde(default)]
    pub report: Value,
    /// What was taken out by redaction, in words.
    #[serde(default)]
    pub redacted: Vec<String>,
}
