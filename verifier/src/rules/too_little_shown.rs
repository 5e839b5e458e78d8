//! NVP904: a log that shows neither the driver nor the machine's GPUs.

use crate::driver::said::{holds, kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, Look};
use crate::finding::Findings;
use crate::reading::message::names_module;
use crate::reading::reported::unknown_errors;
use crate::reading::sayings::{
    ASLEEP_GUEST, BACKTRACE, GENERATOR, INXI_NONE, INXI_NOUVEAU, INXI_NVIDIA, LOCKUP,
    NOT_UNDERSTOOD, OOPS, PANIC, POINTER, SMI_ANSWERS, Saying, TRACE_END, WARNED, X_SCREEN_UP,
    said,
};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log: whether it could have shown a fault at all: the driver's own lines, or
    /// the functions of the PCI bus, or the program that owns the GPU. And whether the
    /// driver reports an error in it that no rule knows (NVP905), was still starting a GPU,
    /// or the kernel's report on a fault is cut before it names whose code met it.
    ///
    /// ## Why
    /// A log that holds none of them is no sign of a healthy machine. This check never
    /// finds anything: it says "could not check" instead of "ok".
    ///
    /// ## Fix
    /// Send the whole kernel log of the boot: `journalctl -b -k`, as root, or the archive
    /// of `nvidia-bug-report.sh`.
    ///
    /// ## Sources
    /// nvidia/nv.c (`nvidia_init_module` prints "NVRM: loading"); Linux
    /// drivers/pci/probe.c (`pci_setup_device` prints each function).
    904 too_little_shown {
        title: "the log shows too little to judge",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG],
        after: [],
        fix: "journalctl -b -k    # the whole kernel log, as root",
        nixos: "",
    }
}

/// Lines of a driver that took a GPU, or of who else owns it. Of nouveau those of its start:
/// what it says later tells of no whole boot.
const TOLD: [&[&str]; 12] = [
    &["NVRM"],
    &[nvidia::MODESET],
    &[nvidia::NVLINK],
    &[nvidia::DRM],
    &[nvidia::CARD],
    &["nvidia 0"],
    kernel::NOUVEAU,
    kernel::NOUVEAU_MEMORY,
    kernel::NOUVEAU_DETECTED,
    kernel::NOUVEAU_BOOT0,
    &["nouveaudrmfb"],
    &["vfio"],
];

/// Modules of which a list of modules tells who has the GPU.
const OWNERS: [&str; 4] = ["nvidia", "nouveau", "nova_core", "vfio_pci"];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let seen = f.pci.is_yes() && !undriven(f)
        || f.nv.is_yes()
        || f.modules.proc.is_yes() && OWNERS.iter().any(|name| f.modules.get(name).is_some())
        || said(f, &[INXI_NVIDIA, INXI_NOUVEAU, INXI_NONE])
            .or_else(|| said(f, SMI_ANSWERS))
            .or_else(|| said(f, GENERATOR))
            .is_some()
        || TOLD.iter().any(|words| f.logged(words).is_some());
    if f.look == Look::Log && said(f, &[NOT_UNDERSTOOD]).is_some() {
        out.too_little(
            "lines of it hold words of the driver and were not understood: `check --explain-input` \
             shows which",
        );
    } else if f.look == Look::Log && crash_is_cut(f) {
        out.too_little(
            "the kernel met a fault in it, and the trace that tells in whose code is cut off: send \
             the whole kernel log of the boot (journalctl -b -k)",
        );
    } else if f.look == Look::Log && guest_sleeps(f) {
        out.too_little(
            "a device that vfio-pci holds does not wake, and nothing in it tells whether it is the \
             GPU: send `lspci -nnk` too",
        );
    } else if f.look == Look::Log && is_starting(f) {
        out.too_little(
            "nvidia_drm was starting a GPU, and nothing of it tells that it ended: send the whole \
             kernel log of the boot (journalctl -b -k)",
        );
    } else if f.look == Look::Log && unknown_errors(f).next().is_some() {
        out.too_little(
            "the driver reports errors in it that no rule knows: they are quoted (NVP905), and the \
             whole kernel log may tell more (journalctl -b -k)",
        );
    } else if f.look == Look::Log && !seen && undriven(f) {
        out.too_little(match f.nvidia_gpus().any(|gpu| gpu.driver.is_absent()) {
            true => {
                "it shows a GPU without a driver, and nothing that tells why: send the whole kernel \
                 log of the boot (journalctl -b -k)"
            }
            false => {
                "it lists a GPU and does not tell what drives it: send the whole kernel log of the \
                 boot (journalctl -b -k)"
            }
        });
    } else if f.look == Look::Log && !seen {
        out.too_little(
            "it shows neither the NVIDIA driver nor the GPUs of the machine: send the whole kernel \
             log of the boot (journalctl -b -k)",
        );
    }
}

/// The first branch that people use on kernels whose DRM core tells of a device that is ready
/// for drivers of its kind (drivers/gpu/drm/drm_drv.c; from 4.10).
const TELLS_READY: u64 = 450;

/// Whether nvidia_drm began with a GPU whose device did not come, and nothing was said of it.
fn is_starting(f: &Facts) -> bool {
    let branch = f.driver_version().and_then(|version| version.split('.').next()?.parse().ok());
    let works = || said(f, SMI_ANSWERS).or_else(|| said(f, &[X_SCREEN_UP])).is_some();
    let shows = || f.logged(&["nvidia-drmdrmfb"]).is_some();
    if branch.is_none_or(|branch: u64| branch < TELLS_READY) || works() || shows() {
        return false;
    }
    let count = |is: &dyn Fn(&LogRecord) -> bool| -> u32 {
        let all = f.records().iter().filter(|record| is(record));
        all.fold(0, |sum: u32, record| sum.saturating_add(record.times))
    };
    let began = count(&|record| holds(&record.text, nvidia::DRM_LOADING));
    let ready = count(&|r| {
        r.text.split_once(kernel::DRM_READY).is_some_and(|(_, rest)| rest.starts_with("nvidia-drm"))
    });
    began > ready
}

/// Whether the log ends within the kernel's report on a fault, before it names a module.
fn crash_is_cut(f: &Facts) -> bool {
    let is = |sayings: &[Saying], text: &str| sayings.iter().any(|saying| saying.is(text));
    let (mut open, mut told, mut warned) = (false, false, false);
    for text in f.records().iter().map(|record| record.text.as_str()) {
        if WARNED.is(text) && open {
            return true;
        }
        let heading = is(OOPS, text) || is(LOCKUP, text) || BACKTRACE.is(text);
        warned = (warned || WARNED.is(text) || heading) && !TRACE_END.is(text);
        // Its heading is not there: a fault, or a warning.
        if is(POINTER, text) && !warned && text.contains(kernel::IN_NVIDIA) {
            return true;
        }
        // A process of user space that met a fault of its own is told in one line.
        if is(OOPS, text) && !text.contains(" ip:") {
            open = true;
        }
        // What a panic follows from stands before it.
        if is(PANIC, text) && is_of_fault(text) && !told {
            open = true;
        }
        told |= is(POINTER, text) || TRACE_END.is(text);
        if TRACE_END.is(text) || is(POINTER, text) && names_module(text) {
            open = false;
        }
    }
    open
}

/// Whether a device that vfio-pci holds does not wake, and no list of the bus tells what it is.
fn guest_sleeps(f: &Facts) -> bool {
    let driven = f.logged(&[nvidia::LOADING]).is_some();
    said(f, &[ASLEEP_GUEST]).is_some() && !f.pci.is_yes() && !driven
}

/// Whether a panic is the kernel's own word on a fault, and no program's quote of an earlier
/// one: the first process may end by itself, and only a signal was a fault's.
fn is_of_fault(text: &str) -> bool {
    const CODE: &str = "exitcode=0x";
    let code = text.split_once(CODE).and_then(|(_, rest)| {
        let digits = rest.split(|c: char| !c.is_ascii_hexdigit()).next()?;
        u32::from_str_radix(digits, 16).ok()
    });
    text.starts_with(kernel::PANIC) && code.is_none_or(|code| code & 0x7f != 0)
}

/// Whether all that shows the GPUs is a listing in which none has a driver, or that does not
/// tell: that may be wanted, or the fault.
fn undriven(f: &Facts) -> bool {
    let mut gpus = f.nvidia_gpus().peekable();
    gpus.peek().is_some() && gpus.all(|gpu| !gpu.driver.is_yes())
}

#[cfg(test)]
mod tests;
