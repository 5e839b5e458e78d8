//! Sleep and the choice: hibernation does not go with an early driver; suspend
//! does not care, but for what saves video memory.

use super::machine::Machine;
use super::{Cell, Choice, Effect};
use nvpreflight::driver::version;
use std::cmp::Ordering;

/// The newest version whose source was seen to refuse a restore (`nv_pm_notifier`
/// knows no PM_RESTORE_PREPARE, kernel-open/nvidia/nv.c in 595.45.04; reports up to
/// 610.57: open-gpu-kernel-modules#1343, #1335).
const REFUSES_UP_TO: &str = "610.57";

/// Hibernation: the initrd's kernel freezes every device before it restores.
pub(super) fn hibernate(m: &Machine, choice: Choice) -> Cell {
    if choice != Choice::Early {
        return match saving(m) {
            Some(cell) => cell,
            None => Cell::new(Effect::Works, "no driver is loaded when memory is restored"),
        };
    }
    let resume = match &m.around.resume {
        Some(known) if known.yes => format!("{}; NVP602", known.place),
        _ => "NVP602".to_owned(),
    };
    let newer = m
        .version
        .as_deref()
        .is_some_and(|v| version::compare(v, REFUSES_UP_TO) == Ordering::Greater);
    if newer {
        let why = format!(
            "drivers up to {REFUSES_UP_TO} make resume fail; \
                           newer ones are unknown"
        );
        return Cell::new(Effect::Unknown, why).by(resume);
    }
    // 0 skips the refusal, and the GPU comes back with its memory gone.
    let why = match m.preserve.as_deref() {
        Some("0") => {
            "the GPU resumes without its memory (Xid 13), because PreserveVideoMemoryAllocations is 0"
        }
        _ => "the driver refuses to freeze for the restore: cold boot, session lost",
    };
    Cell::new(Effect::Breaks, why).by(resume)
}

/// Suspend to memory.
pub(super) fn suspend(m: &Machine) -> Cell {
    saving(m).unwrap_or_else(|| {
        let why = match m.preserve.as_deref() {
            Some("1") => "video memory is saved",
            Some("2") => "video memory is saved if kernel suspend notifiers are on",
            Some("0") => "video memory is not kept over sleep (PreserveVideoMemoryAllocations=0)",
            _ => "early or late makes no difference",
        };
        Cell::new(Effect::NoMatter, why)
    })
}

/// Saving that was asked for and that nothing does: every sleep fails with EIO
/// (nvidia/nv.c, "without driver procfs suspend interface").
fn saving(m: &Machine) -> Option<Cell> {
    let half = m.preserve.as_deref() == Some("1")
        && m.notifiers.as_deref() != Some("1")
        && m.suspend_units == Some(false);
    half.then(|| {
        let why = "PreserveVideoMemoryAllocations=1, and neither nvidia-suspend.service nor the \
                   notifiers are on: sleep fails";
        Cell::new(Effect::Breaks, why).by("NVP601")
    })
}
