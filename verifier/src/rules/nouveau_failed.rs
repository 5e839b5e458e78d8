//! NVP530: nouveau itself failed, in a log in which nvidia.ko did not load.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::{Findings, Severity};
use crate::reading::message::address;
use crate::reading::sayings::{
    HUNG, NOUVEAU_DRAWS_ALONE, NOUVEAU_FAULTS, NOUVEAU_HANGS, NOUVEAU_START, OOPS, POINTER, Saying,
};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log in which nvidia.ko did not load: whether nouveau says that it could not
    /// start the GPU, that the GPU hangs, that it has nothing to draw with, or that programs'
    /// work on the GPU failed; and whether the kernel met a fault in its code.
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
    let hung = |record: &LogRecord| HUNG.iter().any(|saying| saying.is(&record.text));
    f.records().iter().enumerate().find_map(|(at, record)| {
        let behind = f.records().iter().skip(at + 1).take(TRACE);
        let mut own = behind.take_while(|record| !hung(record));
        (hung(record) && own.any(|r| r.text.trim_end().ends_with("[nouveau]"))).then_some(record)
    })
}

/// The heading of a fault of the kernel whose address stands in nouveau's code.
fn crash(f: &Facts) -> Option<&LogRecord> {
    let is = |sayings: &[Saying], record: &LogRecord| sayings.iter().any(|s| s.is(&record.text));
    let mut fault = None;
    for (at, record) in f.records().iter().enumerate() {
        // A heading whose own address is missing has none of a later report.
        let near = fault.filter(|(began, _)| at - began <= TRACE).map(|(_, heading)| heading);
        if is(POINTER, record) {
            let text = record.text.trim_end();
            if near.is_some() && (text.ends_with("[nouveau]") || text.contains("[nouveau ")) {
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

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_some() || f.logged(&[nvidia::LOADING]).is_some() {
        return;
    }
    let first = |sayings: &[Saying]| {
        let is = |record: &&LogRecord| {
            sayings.iter().any(|saying| saying.is(&record.text)) && !decodes(&record.text)
        };
        f.records().iter().find(is)
    };
    let start =
        || Some((first(NOUVEAU_START)?, "nouveau could not start the GPU", Severity::Error));
    let hangs = || {
        let record = first(NOUVEAU_HANGS).or_else(|| task(f))?;
        Some((record, "the GPU hangs under nouveau", Severity::Error))
    };
    let draws = || {
        let what = "nouveau drives the screen without acceleration";
        Some((first(&[NOUVEAU_DRAWS_ALONE])?, what, Severity::Warning))
    };
    let faults = || {
        let what = "a program's work on the GPU failed under nouveau";
        Some((first(NOUVEAU_FAULTS)?, what, Severity::Warning))
    };
    let crashed = || Some((crash(f)?, "the kernel met a fault in nouveau's code", Severity::Error));
    let found = start().or_else(crashed).or_else(hangs).or_else(draws).or_else(faults);
    let Some((record, what, severity)) = found else { return };
    out.add(format_args!("{what}"))
        .severity(severity)
        .module("nouveau")
        .gpu(address(&record.text))
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn log(text: &str) -> Case {
        Case::journal(&std::format!("[    3.100000] {text}\n"))
    }

    #[test]
    fn a_start_that_failed_a_hang_and_a_lack_of_acceleration_are_told() {
        let starts = "NVP530 error: nouveau could not start the GPU";
        for text in [
            "nouveau 0000:01:00.0: unknown chipset (1b7000a1)",
            "nouveau 0000:01:00.0: gsp ctor failed: -2",
            "nouveau 0000:01:00.0: gr: init failed, -16",
            "nouveau 0000:01:00.0: probe with driver nouveau failed with error -12",
            "nouveau: probe of 0000:01:00.0 failed with error -12",
            "nouveau 57000000.gpu: acr: init failed, -110",
        ] {
            fires(&RULE, log(text), starts);
        }
        let hangs = "NVP530 error: the GPU hangs under nouveau";
        fires(&RULE, log("nouveau 0000:01:00.0: fifo: SCHED_ERROR 08 []"), hangs);
        fires(&RULE, log("nouveau 0000:01:00.0: DRM: failed to idle channel 0 [DRM]"), hangs);
        let fault = "BUG: kernel NULL pointer dereference, address: 00000000000000cc\n\
                     [    3.100001] RIP: 0010:bit_entry+0x14/0xf0 [nouveau]";
        fires(&RULE, log(fault), "NVP530 error: the kernel met a fault in nouveau's code");
        let task = "INFO: task kworker/u8:3:21879 blocked for more than 966 seconds.\n\
                    [    3.100001] Workqueue: events_unbound nv50_disp_atomic_commit_work [nouveau]";
        fires(&RULE, log(task), hangs);
        fires(
            &RULE,
            log("nouveau 0000:01:00.0: DRM: failed to create kernel channel, -22"),
            "NVP530 warning: nouveau drives the screen without acceleration",
        );
    }

    #[test]
    fn a_programs_work_that_failed_is_a_warning() {
        for text in [
            "nouveau 0000:01:00.0: fifo: fault 00 [VIRT_READ] at 0000000000019000 engine 0f",
            "nouveau 0000:02:00.0: fb: trapped read at 01004ad000 on channel -1",
            "nouveau 0000:01:00.0: Renderer[20150]: channel 7 killed!",
            "nouveau 0000:01:00.0: fifo: channel 3: killed",
            "nouveau 0000:01:00.0: gr: TRAP ch 3 [005f884000 Xwayland[1571]]",
        ] {
            let told = "NVP530 warning: a program's work on the GPU failed under nouveau";
            fires(&RULE, log(text), told);
        }
    }

    #[test]
    fn a_nouveau_that_works_and_one_that_nvidia_replaced_are_quiet() {
        let works = "nouveau 0000:01:00.0: DRM: VRAM: 4096 MiB";
        quiet(&RULE, log(works));
        let task = "INFO: task kworker/u8:3:21879 blocked for more than 966 seconds.";
        let other = "[    3.100001]  handle_hpd_irq+0x71/0x160 [amdgpu]";
        quiet(&RULE, log(&std::format!("{task}\n{other}")));
        let fault = "BUG: kernel NULL pointer dereference, address: 00000000000000cc";
        let foreign = "[    3.100001] RIP: 0010:bit_entry+0x14/0xf0 [xe]";
        quiet(&RULE, log(&std::format!("{fault}\n{foreign}")));
        let warning = "[  300.000000] WARNING: CPU: 1 PID: 2 at nouveau/nvif/vmm.c:71\n\
                       [  300.000001] RIP: 0010:nvif_vmm_put+0x72/0x80 [nouveau]";
        quiet(&RULE, log(&std::format!("{fault}\n{warning}")));
        quiet(&RULE, log("nouveau 0000:01:00.0: msvld: init failed, -19"));
        quiet(&RULE, log("nouveau 0000:01:00.0: nvdec0: init failed, -19"));
        quiet(&RULE, log("nouveau 0000:01:00.0: bus: MMIO read of 00000000 FAULT at 409800"));
        let failed = "nouveau 0000:01:00.0: unknown chipset (1b7000a1)";
        let loaded = "[    4.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.78\n";
        quiet(&RULE, Case::journal(&std::format!("[    3.100000] {failed}\n{loaded}")));
    }
}
