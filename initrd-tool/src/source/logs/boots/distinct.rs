//! The same boot only once, where several sources, or one text twice, hold parts of it.

use super::{BANNER, Boot, kernel_us};
use crate::source::logs::record::{Clock, Record};
use nvpreflight::driver::said::{kernel, nvidia};
use std::collections::HashSet;

/// Before this, stamps of two boots may be equal: the first clock counts from 0 or in ticks
/// of some milliseconds, and the same lines take the same time.
const COINCIDENCE_US: u64 = 100_000;

/// Boots before one that are looked through for the same boot.
const COMPARED: usize = 8;

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
