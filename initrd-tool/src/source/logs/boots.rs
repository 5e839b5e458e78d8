//! Records sorted into boots, where a log holds several, and where one text holds
//! the same boot twice.

mod distinct;
#[cfg(test)]
mod tests;

pub use distinct::distinct;

use super::balance::Balance;
use super::record::{Clock, Record};
use nvpreflight::driver::said::kernel;
use nvpreflight::evidence::kmsg;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

/// The kernel's first line of every boot (init/main.c prints `linux_banner`).
pub const BANNER: &str = kernel::BANNER;
/// Kernel time may go back by this much within one boot: processors take stamps
/// before they take the log's lock.
const JITTER_US: u64 = 1_000_000;

/// Kernel lines that may come before the first one: older kernels tell of microcode
/// before they print it.
const BEFORE_BANNER: usize = 4;

/// Records of an input that are kept whatever they tell: several boots of a journal. Of
/// what comes then only those are kept that concern the stack.
const WHOLE: usize = 100_000;
/// Bytes of their texts.
const WHOLE_BYTES: usize = 16 << 20;
/// Of one boot, how often the same text is kept then, whatever its numbers are.
const REPEATS: u32 = 256;
/// Different texts that are counted for it.
const SHAPES: usize = 1 << 14;
/// Records of all boots that are kept in any case: of what is more, the oldest boots go.
const ALL: usize = WHOLE / 2;
/// Records that come before room is made again.
const STEP: usize = WHOLE / 8;

/// One boot.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Boot {
    /// Its id in the journal, where the form tells.
    pub id: Option<String>,
    /// Its records in the order of the source.
    pub records: Vec<Record>,
    /// Whether the source itself says that it is another boot than the one before.
    pub apart: bool,
    /// Records about something else, and repeats, that were not kept, in a very long input.
    pub passed: usize,
}

impl Boot {
    /// True when the log holds the kernel's first line.
    #[must_use]
    pub fn has_banner(&self) -> bool {
        self.records.iter().any(|record| record.says(BANNER))
    }

    /// The kernel time of the first record that has one.
    #[must_use]
    pub fn begins_us(&self) -> Option<u64> {
        self.records.iter().find_map(kernel_us)
    }

    /// Records that the kernel wrote.
    #[must_use]
    pub fn kernel_records(&self) -> usize {
        self.records.iter().filter(|record| record.kernel).count()
    }

    /// Whether it tells what a rule judges.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.records.iter().any(super::programs::tells)
    }
}

/// How the kernel's lines begin that tell what the machine is.
pub(super) const MACHINE: [&str; 4] =
    [BANNER, kernel::COMMAND_LINE, kernel::KERNEL_COMMAND_LINE, "pci "];

/// Whether a record tells of the stack, or of what the machine is.
pub(super) fn concerns(record: &Record) -> bool {
    if !record.kernel {
        return super::programs::tells(record) || kmsg::concerns(&super::tree::said(record));
    }
    MACHINE.iter().any(|start| record.text.starts_with(start)) || kmsg::concerns(&record.text)
}

fn kernel_us(record: &Record) -> Option<u64> {
    match record.time {
        Some((Clock::Kernel, us)) if record.kernel => Some(us),
        _ => None,
    }
}

/// Takes records in the order of a source.
#[derive(Clone, Debug, Default)]
pub struct Boots {
    done: Vec<Boot>,
    current: Boot,
    last_us: u64,
    has_banner: bool,
    kernel_records: usize,
    /// Records kept of all boots, and the bytes of their texts.
    kept: (usize, usize),
    /// Boots of which only what concerns the stack is left.
    thinned: usize,
    /// Records that came, and how many have to come before room is made again.
    pushed: usize,
    next_room: usize,
    /// How often texts were kept behind the bound.
    shapes: HashMap<u64, u32>,
    /// Whether the last record was not kept.
    passes: bool,
    /// What each line of a text was taken for.
    pub(super) balance: Balance,
}

impl Boots {
    /// Takes up a record; `id` is that of its boot, where the form tells. Without
    /// it a boot begins with the kernel's first line, or where kernel time goes back.
    pub fn push(&mut self, record: Record, id: Option<&str>) {
        let us = kernel_us(&record);
        let banner = record.says(BANNER);
        let other = match (id, self.current.id.as_deref()) {
            (Some(new), Some(known)) => new != known,
            (Some(_), None) => !self.current.records.is_empty(),
            (None, _) => {
                let back = us.is_some_and(|us| us.saturating_add(JITTER_US) < self.last_us);
                let begun = self.has_banner
                    || self.last_us > JITTER_US
                    || self.kernel_records > BEFORE_BANNER;
                back || banner && begun
            }
        };
        if other {
            self.next();
        }
        if self.current.records.is_empty() && !self.done.is_empty() {
            self.make_room();
        }
        if let Some(id) = id {
            self.current.id.get_or_insert_with(|| id.to_owned());
        }
        self.last_us = us.unwrap_or(self.last_us).max(self.last_us);
        self.has_banner |= banner;
        self.kernel_records += usize::from(record.kernel);
        self.pushed += 1;
        let full = self.kept.0 >= WHOLE || self.kept.1 >= WHOLE_BYTES;
        self.passes = full && (!concerns(&record) || self.is_repeat(&record));
        if self.passes {
            self.current.passed += 1;
            return;
        }
        self.kept = (self.kept.0 + 1, self.kept.1 + record.text.len());
        self.current.records.push(record);
    }

    /// Whether the boot said the same often enough, but for its numbers.
    fn is_repeat(&mut self, record: &Record) -> bool {
        let mut hash = DefaultHasher::new();
        record.text.bytes().filter(|b| !b.is_ascii_digit()).for_each(|b| hash.write_u8(b));
        // "NVRM: Xid (PCI:0000:01:00): 79, …": which GPU and which error is no mere number.
        let xid = record.text.split_once("Xid ").and_then(|(_, rest)| rest.split(',').next());
        hash.write(xid.unwrap_or_default().as_bytes());
        if self.shapes.len() >= SHAPES {
            return self.shapes.get(&hash.finish()).is_none_or(|times| *times >= REPEATS);
        }
        let times = self.shapes.entry(hash.finish()).or_default();
        *times += 1;
        *times > REPEATS
    }

    /// Makes room for another boot, which is as a rule the one that is asked about: of those
    /// before it only what concerns the stack is left, and of the oldest of very many a word.
    fn make_room(&mut self) {
        self.shapes.clear();
        let full = self.kept.0 * 2 >= WHOLE || self.kept.1 * 2 >= WHOLE_BYTES;
        if !full || self.pushed < self.next_room {
            return;
        }
        self.next_room = self.pushed + STEP;
        for boot in self.done.iter_mut().skip(self.thinned) {
            let had = boot.records.len();
            boot.records.retain(concerns);
            boot.records.shrink_to_fit();
            boot.passed += had - boot.records.len();
        }
        self.thinned = self.done.len();
        let mut left: usize = self.done.iter().map(|boot| boot.records.len()).sum();
        for boot in self.done.iter_mut().filter(|boot| !boot.records.is_empty()) {
            if left <= ALL {
                break;
            }
            // Its last word: the boot still counts as one.
            let gone = boot.records.len() - 1;
            boot.records.drain(..gone);
            boot.passed += gone;
            left -= gone;
        }
        let all = self.done.iter().flat_map(|boot| &boot.records);
        self.kept = all.fold((0, 0), |(n, bytes), record| (n + 1, bytes + record.text.len()));
    }

    /// Lines of the last boot that were left out before they became records.
    pub(super) fn passed(&mut self, lines: usize) {
        self.current.passed += lines;
    }

    /// Every boot so far.
    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Boot> {
        self.done.iter_mut().chain([&mut self.current])
    }

    /// True before the first record that is more than the sender's own words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.is_empty() && self.current.records.iter().all(super::sender::is_mention)
    }

    /// Another boot begins, or another log.
    pub fn next(&mut self) {
        let boot = std::mem::take(&mut self.current);
        if !boot.records.is_empty() {
            self.done.push(boot);
        }
        (self.last_us, self.has_banner, self.kernel_records) = (0, false, 0);
    }

    /// The source says that another boot begins, and may give its id.
    pub fn next_of(&mut self, id: Option<&str>) {
        self.next();
        self.current.id = id.map(str::to_owned);
        self.current.apart = true;
    }

    /// The line that another line belongs to, where one was taken up.
    pub fn last_mut(&mut self) -> Option<&mut Record> {
        self.current.records.last_mut().filter(|_| !self.passes)
    }

    /// The boots in the order of the source, the same boot only once.
    #[must_use]
    pub fn finish(mut self) -> Vec<Boot> {
        self.next();
        distinct(self.done)
    }
}
