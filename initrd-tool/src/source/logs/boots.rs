//! Records sorted into boots, where a log holds several, and where one text holds
//! the same boot twice.

use super::balance::Balance;
use super::record::{Clock, Record};
use nvpreflight::driver::said::{kernel, nvidia};
use nvpreflight::evidence::kmsg;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

/// The kernel's first line of every boot (init/main.c prints `linux_banner`).
pub const BANNER: &str = kernel::BANNER;
/// Kernel time may go back by this much within one boot: processors take stamps
/// before they take the log's lock.
const JITTER_US: u64 = 1_000_000;

/// Before this, stamps of two boots may be equal: the first clock counts from 0 or in ticks
/// of some milliseconds, and the same lines take the same time.
const COINCIDENCE_US: u64 = 100_000;

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

/// Boots before one that are looked through for the same boot.
const COMPARED: usize = 8;

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

/// Whether a record tells of the stack, or of what the machine is.
pub(super) fn concerns(record: &Record) -> bool {
    const MACHINE: [&str; 4] =
        [BANNER, kernel::COMMAND_LINE, kernel::KERNEL_COMMAND_LINE, "pci 0000:"];
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
    /// Whether the next record begins another boot.
    another: bool,
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
        if std::mem::take(&mut self.another) {
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
        self.done.is_empty() && self.current.records.iter().all(super::programs::is_mention)
    }

    /// Another boot begins, or another log.
    pub fn next(&mut self) {
        let boot = std::mem::take(&mut self.current);
        if !boot.records.is_empty() {
            self.done.push(boot);
            self.another = true;
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

/// Boots of one or several sources in their order, the same boot only once.
#[must_use]
pub fn distinct(boots: Vec<Boot>) -> Vec<Boot> {
    let mut out: Vec<Boot> = Vec::new();
    for boot in boots {
        // What is compared is kept small: few texts hold more than some boots.
        match out.iter_mut().rev().take(COMPARED).find(|known| same(known, &boot)) {
            Some(known) => join(known, boot),
            None => out.push(boot),
        }
    }
    out
}

/// What tells a kernel record: no two boots have the same stamp for the same text, but for
/// those before the clock runs, and few soon after.
fn stamps(boot: &Boot) -> HashSet<(u64, &str)> {
    let stamp = |record| kernel_us(record).filter(|us| *us > 0).zip(Some(record.text.as_str()));
    boot.records.iter().filter_map(stamp).collect()
}

fn same(a: &Boot, b: &Boot) -> bool {
    match (&a.id, &b.id) {
        (Some(a), Some(b)) => a == b,
        _ => {
            let (known, more) = (stamps(a), stamps(b));
            let shared = || more.intersection(&known);
            // Of two whole boots of one machine a stamp or two may well be equal.
            let whole = a.has_banner() && b.has_banner();
            let late = !whole && shared().any(|(us, _)| *us >= COINCIDENCE_US);
            let most = shared().count() * 2 > known.len().min(more.len());
            late || most || !b.apart && are_excerpts(a, b)
        }
    }
}

/// Beginnings of texts that the kernel and the driver print once a boot.
const ONCE: [&str; 5] =
    [BANNER, kernel::COMMAND_LINE, nvidia::LOADING, nvidia::NVLINK_BEGINS, nvidia::MODESET_LOADING];

/// True for two parts of one boot that have no line in common, such as what two
/// searches of one dmesg found: neither has what the other has and no boot has twice.
/// The kernel's first line begins a boot, whatever stands before it.
fn are_excerpts(a: &Boot, b: &Boot) -> bool {
    let timed = |boot: &Boot| boot.records.iter().any(|record| kernel_us(record).is_some());
    let has = |boot: &Boot, text: &str| boot.records.iter().any(|record| record.says(text));
    timed(a) && timed(b) && !b.has_banner() && !ONCE.iter().any(|text| has(a, text) && has(b, text))
}

/// Adds what `more` has beyond `boot`, in order of kernel time; records without
/// one stay behind the record they followed.
fn join(boot: &mut Boot, more: Boot) {
    let known: HashSet<(Option<(Clock, u64)>, String)> =
        boot.records.iter().map(|record| (record.time, record.text.clone())).collect();
    boot.id = boot.id.take().or(more.id);
    boot.passed += more.passed;
    let mut at = 0;
    let timed = |records: Vec<Record>, at: &mut u64| -> Vec<(u64, Record)> {
        let key = |record: Record| {
            *at = kernel_us(&record).unwrap_or(*at).max(*at);
            (*at, record)
        };
        records.into_iter().map(key).collect()
    };
    let mut all = timed(std::mem::take(&mut boot.records), &mut at);
    at = 0;
    let new = |record: &Record| !known.contains(&(record.time, record.text.clone()));
    all.extend(timed(more.records, &mut at).into_iter().filter(|(_, record)| new(record)));
    all.sort_by_key(|(at, _)| *at);
    boot.records = all.into_iter().map(|(_, record)| record).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(us: u64, text: &str) -> Record {
        let time = Some((Clock::Kernel, us)).filter(|_| us > 0);
        Record { time, kernel: true, text: text.into(), ..Record::default() }
    }

    fn boots(records: &[(u64, &str)]) -> Vec<Vec<String>> {
        let mut boots = Boots::default();
        for (us, text) in records {
            boots.push(kernel(*us, text), None);
        }
        let texts = |boot: Boot| boot.records.into_iter().map(|record| record.text).collect();
        boots.finish().into_iter().map(texts).collect()
    }

    #[test]
    fn a_boot_begins_with_the_banner_or_where_time_goes_back() {
        let log = [(0, "Linux version 6.1"), (9_000_000, "a"), (0, "Linux version 6.2"), (1, "b")];
        assert_eq!(boots(&log), [["Linux version 6.1", "a"], ["Linux version 6.2", "b"]]);
        let log = [(90_000_000, "NVRM: loading x"), (1_000_000, "NVRM: loading x")];
        assert_eq!(boots(&log), [["NVRM: loading x"], ["NVRM: loading x"]]);
    }

    #[test]
    fn two_searches_of_one_log_are_one_boot_in_order_of_time() {
        let log = [(5_000_000, "NVRM: loading"), (9_000_000, "NVRM: x"), (1_000_000, "usb")];
        assert_eq!(boots(&log), [["usb", "NVRM: loading", "NVRM: x"]]);
        let rotated = [(9_000_000_000, "NVRM: x"), (0, "Linux version 6.1"), (1_000_000, "usb")];
        assert_eq!(boots(&rotated), [vec!["NVRM: x"], vec!["Linux version 6.1", "usb"]]);
        let mut said = Boots::default();
        said.push(kernel(5_000_000, "NVRM: x"), None);
        said.next_of(None);
        said.push(kernel(6_000_000, "NVRM: y"), None);
        assert_eq!(said.finish().len(), 2);
    }

    #[test]
    fn a_small_step_back_is_no_boot() {
        assert_eq!(boots(&[(12_000_100, "a"), (12_000_000, "b")]).len(), 1);
    }

    #[test]
    fn the_same_boot_pasted_twice_is_one() {
        let whole = [(0, "Linux version 6.1"), (2_000_000, "usb"), (9_000_000, "NVRM: x")];
        let again = [(9_000_000, "NVRM: x"), (9_500_000, "NVRM: y")];
        let both = [&again[..], &whole[..]].concat();
        assert_eq!(boots(&both), [["Linux version 6.1", "usb", "NVRM: x", "NVRM: y"]]);
        assert_eq!(boots(&[&whole[..], &whole[..]].concat()).len(), 1);
    }

    #[test]
    fn equal_stamps_of_the_first_clock_make_no_two_boots_one() {
        let boot = |ends: u64| {
            [(0, "Linux version 6.1"), (3, "e820: update"), (ends, "tsc"), (ends * 9, "NVRM: x")]
        };
        let (one, two) = (boot(1_000_007), boot(1_000_009));
        assert_eq!(boots(&[one, two].concat()).len(), 2);
        let head = [(0, "Linux version 6.1"), (3, "e820: update"), (4_000, "tsc")];
        assert_eq!(boots(&[&head[..], &head[..]].concat()).len(), 1, "its beginning, twice");
    }

    #[test]
    fn one_equal_stamp_makes_no_two_whole_boots_one() {
        let boot = |loads: u64| {
            let tsc = (1_200_000, "tsc: Refined TSC clocksource calibration: 2995.200 MHz");
            [(0, "Linux version 6.1"), tsc, (loads, "NVRM: loading"), (loads * 2, "usb")]
        };
        assert_eq!(boots(&[boot(5_123_456), boot(5_223_411)].concat()).len(), 2);
    }

    #[test]
    fn what_a_service_says_in_a_kernel_log_concerns_the_stack_as_in_a_journal() {
        let (identifier, text) = (Some("systemd".into()), "Started sddm.service - SDDM.".into());
        let record = Record { identifier, pid: Some(1), text, ..Record::default() };
        assert!(concerns(&record));
        assert!(!concerns(&Record { text: "Started cups.service - CUPS.".into(), ..record }));
    }

    #[test]
    fn of_a_very_long_log_what_concerns_the_stack_is_kept_and_the_rest_counted() {
        let mut boots = Boots::default();
        for n in 0..WHOLE as u64 + 10 {
            boots.push(kernel(n + 1, "usb 1-1: new device"), None);
        }
        boots.push(kernel(WHOLE as u64 + 20, "NVRM: GPU has fallen off the bus."), None);
        let boot = boots.finish().pop().expect("a boot");
        assert_eq!((boot.records.len(), boot.passed), (WHOLE + 1, 10));
        assert!(boot.records[WHOLE].says("NVRM"));
    }

    #[test]
    fn the_last_of_many_long_boots_is_kept_whole_and_those_before_it_by_what_they_tell() {
        let mut boots = Boots::default();
        for id in ["a", "b", "c", "d", "e", "f"] {
            for n in 0..WHOLE as u64 / 2 {
                boots.push(kernel(n + 1, "usb 1-1: new device"), Some(id));
            }
            boots.push(kernel(90_000, "NVRM: GPU has fallen off"), Some(id));
        }
        let boots = boots.finish();
        let kept: Vec<_> = boots.iter().map(|boot| (boot.records.len(), boot.passed)).collect();
        let (whole, thin) = ((WHOLE / 2 + 1, 0), (1, WHOLE / 2));
        assert_eq!(kept, [thin, thin, thin, thin, thin, whole]);
    }

    #[test]
    fn repeats_in_a_very_long_log_are_counted_and_what_is_new_is_kept() {
        let mut boots = Boots::default();
        for n in 0..WHOLE as u64 * 2 {
            let text = format!("NVRM: Xid (PCI:0000:01:00): 31, pid={n}");
            boots.push(kernel(n + 1, &text), None);
        }
        boots.push(kernel(WHOLE as u64 * 3, "NVRM: GPU has fallen off the bus."), None);
        let boot = boots.finish().pop().expect("a boot");
        let kept = WHOLE + REPEATS as usize;
        assert_eq!((boot.records.len(), boot.passed), (kept + 1, WHOLE - REPEATS as usize));
        assert!(boot.records[kept].says("NVRM: GPU has fallen"));
    }

    #[test]
    fn ids_decide_where_the_form_has_them() {
        let mut boots = Boots::default();
        for (id, us) in [("a", 5), ("a", 1), ("b", 6)] {
            boots.push(kernel(us, "x"), Some(id));
        }
        let ids: Vec<_> = boots.finish().into_iter().map(|boot| boot.id).collect();
        assert_eq!(ids, [Some("a".to_owned()), Some("b".to_owned())]);
    }
}
