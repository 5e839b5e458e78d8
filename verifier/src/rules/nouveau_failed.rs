//! NVP530: nouveau itself failed, in a log in which nvidia.ko did not load.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Findings, Severity};
use crate::reading::message::address;
use crate::reading::sayings::{
    BACKTRACE, HUNG, LOCKUP, NOUVEAU_DISPLAY, NOUVEAU_DRAWS_ALONE, NOUVEAU_FAULTS, NOUVEAU_HANGS,
    NOUVEAU_START, OOPS, POINTER, Saying,
};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log in which nvidia.ko did not load: whether nouveau says that it could not
    /// start the GPU, that the GPU hangs, that it has nothing to draw with, that the display
    /// engine refused its commands, or that programs' work on the GPU failed; and whether the
    /// kernel reports a fault in its code.
    ///
    /// ## Why
    /// nouveau knows a chip only from the kernel release on that brought it, and needs
    /// firmware of linux-firmware for GPUs since Maxwell's second generation. Without its
    /// DRM device the screen keeps the firmware's mode. NVIDIA's own driver is another
    /// program with other firmware; nothing here tells how it would fare.
    ///
    /// ## Fix
    /// A newer kernel with a newer linux-firmware, both in the initrd too, or NVIDIA's
    /// driver. `nouveau.config=NvGspRm=0` starts GPUs up to Ada without GSP firmware.
    ///
    /// ## Sources
    /// Linux drivers/gpu/drm/nouveau/nvkm/engine/device/base.c, nvkm/core/subdev.c,
    /// nvkm/engine/fifo/gk104.c, nouveau_chan.c, nouveau_drm.c; drivers/base/dd.c.
    530 nouveau_failed {
        title: "nouveau itself failed",
        severity: Error,
        confidence: Likely,
        stages: [PreDisplay],
        needs: [LOG],
        after: [501, 502],
        fix: "update the kernel and linux-firmware, then rebuild the initrd; or install NVIDIA's driver",
        nixos: "boot.kernelPackages = pkgs.linuxPackages_latest; hardware.enableRedistributableFirmware = true;",
    }
}

/// Records behind the kernel's heading on a task that may hold its trace.
const TRACE: usize = 30;

/// How they are called, without their number.
const DECODERS: [&str; 10] =
    ["msvld", "mspdec", "msppp", "bsp", "vp", "mpeg", "nvdec", "nvenc", "nvjpg", "ofa"];

/// The parts that decode video, whose firmware most systems lack: the screen does not need
/// them (nvkm/engine).
fn decodes(text: &str) -> bool {
    let part = text.split(' ').nth(2).and_then(|word| word.strip_suffix(':'));
    let part = part.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    part.is_some_and(|part| DECODERS.contains(&part))
}

/// A task that waits in nouveau's code for minutes.
fn task(f: &Facts) -> Option<&LogRecord> {
    let hung = |record: &LogRecord| is(HUNG, record);
    f.records().iter().enumerate().find_map(|(at, record)| {
        let behind = f.records().iter().skip(at + 1).take(TRACE);
        let mut own = behind.take_while(|record| !hung(record));
        (hung(record) && own.any(|r| r.text.trim_end().ends_with("[nouveau]"))).then_some(record)
    })
}

fn is(sayings: &[Saying], record: &LogRecord) -> bool {
    sayings.iter().any(|saying| saying.is(&record.text))
}

/// Whether a place in code lies in nouveau, with the module's build id or without.
fn in_nouveau(text: &str) -> bool {
    text.trim_end().ends_with("[nouveau]") || text.contains("[nouveau ")
}

/// The heading of a fault of the kernel whose address stands in nouveau's code.
fn crash(f: &Facts) -> Option<&LogRecord> {
    let mut fault = None;
    for (at, record) in f.records().iter().enumerate() {
        // A heading whose own address is missing has none of a later report.
        let near = fault.filter(|(began, _)| at - began <= TRACE).map(|(_, heading)| heading);
        if is(POINTER, record) {
            if near.is_some() && in_nouveau(&record.text) {
                return near;
            }
            fault = None;
        } else if record.text.starts_with(kernel::WARNING)
            || record.text.contains(kernel::TRACE_END)
        {
            fault = None;
        } else if is(OOPS, record) && near.is_none() {
            fault = Some((at, record));
        }
    }
    None
}

/// Where the processor stood in nouveau's code, in a report that is shown without its heading:
/// a fault or a warning.
fn cut(f: &Facts) -> Option<&LogRecord> {
    let heads = |record: &LogRecord| {
        is(OOPS, record)
            || is(LOCKUP, record)
            || is(HUNG, record)
            || is(&[BACKTRACE], record)
            || record.text.starts_with(kernel::WARNING)
    };
    let first = f.records().iter().find(|record| is(POINTER, record) || heads(record))?;
    (!heads(first) && in_nouveau(&first.text)).then_some(first)
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some() {
        return;
    }
    let first = |sayings: &[Saying]| {
        let wanted = |record: &&LogRecord| is(sayings, record) && !decodes(&record.text);
        f.records().iter().find(wanted)
    };
    let start =
        || Some((first(NOUVEAU_START)?, "nouveau could not start the GPU", Severity::Error));
    let hangs = || {
        let record = first(NOUVEAU_HANGS).or_else(|| task(f))?;
        Some((record, "the GPU hangs under nouveau", Severity::Error))
    };
    let draws = || {
        let what = "nouveau drives the screen without acceleration";
        Some((first(NOUVEAU_DRAWS_ALONE)?, what, Severity::Warning))
    };
    let refused = || {
        let what = "the display engine refused nouveau's commands";
        Some((first(&[NOUVEAU_DISPLAY])?, what, Severity::Warning))
    };
    let faults = || {
        let what = "a program's work on the GPU failed under nouveau";
        Some((first(NOUVEAU_FAULTS)?, what, Severity::Warning))
    };
    let crashed = || Some((crash(f)?, "the kernel met a fault in nouveau's code", Severity::Error));
    let cut = || {
        let what = "the kernel reports a fault or a warning in nouveau's code, without its heading";
        Some((cut(f)?, what, Severity::Warning))
    };
    let found = start()
        .or_else(crashed)
        .or_else(hangs)
        .or_else(cut)
        .or_else(draws)
        .or_else(refused)
        .or_else(faults);
    let Some((record, what, severity)) = found else { return };
    out.add(format_args!("{what}"))
        .severity(severity)
        .module("nouveau")
        .gpu(address(&record.text))
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests;
