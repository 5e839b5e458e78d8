//! NVP217 in a log: a program waits for nvidia_modeset, which does not come back.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{BY_OWN, HUNG, HUNG_OWN, LOCKUP, POINTER, STUCK_OWN, said};

/// Functions of the driver in which a thread waits or spins (nvidia-modeset/
/// nvidia-modeset-linux.c, src/nvidia-modeset/src/dma.c).
const FRAMES: [&str; 4] =
    ["nvkms_ioctl_from_kapi", "nvWriteGpEntry", "nv_drm_atomic_commit", "nvkms_ioctl_common"];

/// Tasks that load modules, as the kernel's heading names them.
const LOADERS: [&str; 3] = ["task modprobe:", "task (udev-worker):", "task systemd-udevd:"];
/// Records behind the kernel's heading that may hold its trace.
const TRACE: usize = 30;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let names_driver = |record: &LogRecord| record.text.contains(BY_OWN);
    let frame = |record: &LogRecord| {
        record.text.contains("[nvidia_") && FRAMES.iter().any(|frame| record.text.contains(frame))
    };
    let own = said(f, &[HUNG_OWN, STUCK_OWN]);
    let holder = own.or_else(|| f.records().iter().find(|record| names_driver(record)));
    let waits = || task_in(f, frame);
    let spins = || f.logged(&["RIP: ", "nvWriteGpEntry", "[nvidia_modeset]"]);
    let progress = || f.logged(&[nvidia::MODESET, nvidia::ENGINE_PROGRESS]);
    let Some(record) = holder.or_else(waits).or_else(spins).or_else(progress) else {
        return busy(f, out);
    };
    out.add(format_args!(
        "nvidia_modeset does not come back: programs that set modes hang, and the screen freezes"
    ))
    .module("nvidia_modeset")
    .confidence(Confidence::Likely)
    .logged(record.us, &record.text);
}

/// The heading of the task whose trace holds such a frame: the nearest before it. Other
/// tasks may wait for the same, or for something else, and come first.
fn task_in(f: &Facts, frame: impl Fn(&LogRecord) -> bool) -> Option<&LogRecord> {
    let mut task = None;
    for record in f.records() {
        if HUNG.iter().any(|saying| saying.is(&record.text)) {
            task = Some(record);
        }
        if task.is_some() && frame(record) {
            return task;
        }
    }
    // A frame that came before every heading: what a capped log kept.
    said(f, HUNG).filter(|_| f.records().iter().any(frame))
}

/// A processor that stands in the driver's code and does not come back, or a task that
/// waits there.
fn busy(f: &Facts, out: &mut Findings<'_>) {
    // A frame of a trace; a module list has no offsets.
    let frame = |record: &&LogRecord| {
        record.text.contains("+0x") && record.text.trim_end().ends_with("[nvidia]")
    };
    let of_trace = |at: usize| {
        let behind = f.records().iter().skip(at + 1).take(TRACE);
        let own = behind.take_while(|record| !HUNG.iter().any(|saying| saying.is(&record.text)));
        { own }.any(|record| frame(&record))
    };
    // A load that hangs is NVP112's.
    let of_load = |record: &LogRecord| LOADERS.iter().any(|task| record.text.contains(task));
    let hung = |record: &LogRecord| HUNG.iter().any(|saying| saying.is(&record.text));
    let mut tasks = f.records().iter().enumerate().filter(|(_, record)| hung(record));
    if let Some((_, record)) = tasks.find(|(at, record)| of_trace(*at) && !of_load(record)) {
        out.add(format_args!(
            "a program waits in the driver for minutes: what needs the GPU hangs with it"
        ))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
        return;
    }
    let inside = |record: &LogRecord| {
        POINTER.iter().any(|saying| saying.is(&record.text))
            && record.text.contains(kernel::IN_NVIDIA)
    };
    let Some(record) = said(f, LOCKUP).filter(|_| f.records().iter().any(inside)) else { return };
    out.add(format_args!(
        "a processor hangs in the driver: what waits for it waits on, and the screen freezes"
    ))
    .module("nvidia")
    .confidence(Confidence::Likely)
    .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const HANGS: &str = "NVP217 error: nvidia_modeset does not come back: programs that set modes \
                         hang, and the screen freezes";
    const TASK: &str = "[ 1228.100000] INFO: task sway:967 blocked for more than 122 seconds.\n";

    #[test]
    fn a_task_that_waits_in_the_driver_and_a_thread_that_spins_are_told() {
        let frame = "[ 1228.100001]  nvkms_ioctl_from_kapi_try_pmlock+0x5c/0x90 [nvidia_modeset]\n";
        fires(&RULE, Case::journal(&[TASK, frame].concat()), HANGS);
        let holder = "[ 1228.1] INFO: task sway:967 blocked on a semaphore likely last held by task \
                      nvidia-modeset/:727\n";
        let own =
            "[  245.100000] INFO: task nvidia-modeset/:883 blocked for more than 122 seconds.\n";
        fires(&RULE, Case::journal(own), HANGS);
        let stuck = "[  245.100000] watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [nvidia-modeset/:727]\n";
        fires(&RULE, Case::journal(stuck), HANGS);
        fires(&RULE, Case::journal(&holder.replace("1228.1]", "1228.100000]")), HANGS);
        let left =
            "[ 1228.100000] ... blocked on a semaphore likely last held by task nvidia-modeset\n";
        fires(&RULE, Case::journal(left), HANGS);
        let spin = "[ 1228.100000] RIP: 0010:nvWriteGpEntry+0xb9/0x370 [nvidia_modeset]\n";
        fires(&RULE, Case::journal(spin), HANGS);
    }

    #[test]
    fn a_task_that_waits_in_the_core_of_the_driver_is_told() {
        let frame = "[ 1228.100001]  os_acquire_rwlock_write+0x2f/0x50 [nvidia]\n";
        fires(
            &RULE,
            Case::journal(&[TASK, frame].concat()),
            "NVP217 error: a program waits in the driver for minutes: what needs the GPU hangs with it",
        );
    }

    #[test]
    fn the_task_that_waits_in_the_driver_is_named_and_no_other_one() {
        let other = "[ 1000.100000] INFO: task jbd2/sda1-8:90 blocked for more than 122 seconds.\n\
                     [ 1000.100001]  io_schedule+0x46/0x70 [ext4]\n";
        let named = |frame: &str| {
            let log = Case::journal(&[other, TASK, frame].concat());
            let report = log.report(&[&RULE]);
            report.findings.first().map(|finding| finding.evidence.as_str().contains("sway"))
        };
        let frame = "[ 1228.100001]  nvkms_ioctl_from_kapi_try_pmlock+0x5c/0x90 [nvidia_modeset]\n";
        assert_eq!(named(frame), Some(true));
        let core = "[ 1228.100001]  os_acquire_rwlock_write+0x2f/0x50 [nvidia]\n";
        assert_eq!(named(core), Some(true));
    }

    #[test]
    fn a_task_that_waits_elsewhere_is_silent() {
        let other = "[ 1228.100001]  dm_suspend+0xcc/0x1e0 [amdgpu]\n";
        silent(&RULE, Case::journal(&[TASK, other].concat()));
    }

    #[test]
    fn a_trace_before_and_one_through_other_modules_are_silent() {
        let core = "[ 1228.100001]  os_acquire_rwlock_write+0x2f/0x50 [nvidia]\n";
        silent(&RULE, Case::journal(&[&core.replace("1228", "1000"), TASK].concat()));
        let uvm = "[ 1228.100001]  uvm_release_entry+0x12/0x30 [nvidia_uvm]\n";
        silent(&RULE, Case::journal(&[TASK, uvm].concat()));
    }

    #[test]
    fn a_processor_that_hangs_in_the_driver_is_told_and_elsewhere_not() {
        let lockup =
            "[  245.100000] watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [Xorg:727]\n";
        let at = |place: &str| {
            Case::journal(&std::format!("{lockup}[  245.200000] RIP: 0010:{place}\n"))
        };
        fires(
            &RULE,
            at("os_acquire_spinlock+0x1c/0x30 [nvidia]"),
            "NVP217 error: a processor hangs in the driver: what waits for it waits on, and the \
             screen freezes",
        );
        silent(&RULE, at("native_queued_spin_lock_slowpath+0x5d/0x1e0"));
    }
}
