//! The boot's timeline: who had the screen when, and when each module came.
//! Times of the log and of the trace stand in two runs, since their clocks differ.

use crate::facts::{Facts, LogRecord, Phase, in_stack};
use crate::finding::{Clock, Event, Report};
use crate::text::Line;

/// A record that belongs on the timeline: what it holds, what is said of it, and
/// from which of its words on its own text is added.
struct Mark {
    holds: &'static [&'static str],
    says: &'static str,
    rest: Option<&'static str>,
}

const fn mark(holds: &'static [&'static str], says: &'static str) -> Mark {
    Mark { holds, says, rest: None }
}

const fn with_rest(holds: &'static [&'static str], says: &'static str, rest: &'static str) -> Mark {
    Mark { holds, says, rest: Some(rest) }
}

/// Texts of efifb, vesafb and simplefb (drivers/video/fbdev), fbcon
/// (drivers/video/fbdev/core/fbcon.c, drivers/tty/vt/vt.c), the DRM core
/// (drivers/gpu/drm/drm_drv.c), the stack's own, and systemd's.
const MARKS: &[Mark] = &[
    mark(&["efifb: framebuffer at"], "firmware framebuffer: efifb"),
    mark(&["vesafb: framebuffer at"], "firmware framebuffer: vesafb"),
    mark(&["simple-framebuffer: framebuffer at"], "firmware framebuffer: simplefb"),
    with_rest(&["Console: switching to"], "console", "switching to"),
    with_rest(&["[drm] Initialized "], "DRM device ready:", "Initialized "),
    with_rest(&["frame buffer device", "[drm] fb"], "console device:", "fb"),
    mark(&["NVRM: loading"], "nvidia: begins"),
    mark(&["nvidia-modeset: Loading"], "nvidia_modeset: begins"),
    mark(&["nvidia-uvm: Loaded the UVM driver"], "nvidia_uvm: ready"),
    mark(&["[drm] [nvidia-drm]", "Loading driver"], "nvidia_drm: takes a GPU"),
    mark(&["[drm] [nvidia-drm]", "Unloading driver"], "nvidia_drm: releases a GPU"),
    with_rest(&["NVRM:", "RmInitAdapter failed"], "GPU not initialised:", "RmInitAdapter"),
    with_rest(&["*ERROR* [nvidia-drm]"], "nvidia_drm: error:", "] Failed"),
    mark(&["NVRM: No NVIDIA GPU found"], "nvidia: found no GPU"),
    mark(&["fallen off the bus"], "GPU fell off the bus"),
    mark(&["systemd", "Switching root"], "switch-root"),
];

/// Fills the report's timeline from facts; what does not fit is counted lost.
pub fn fill(facts: &Facts, report: &mut Report) {
    for record in facts.records().iter().filter(|r| r.us > 0) {
        if let Some(what) = said(record) {
            add(report, Event { us: record.us, clock: Clock::Kernel, what });
        }
    }
    for module in facts.modules.list.iter().filter(|m| in_stack(&m.name)) {
        if let Some(us) = module.traced_us.yes() {
            let what = Line::of(format_args!("{}: enters init", module.name));
            add(report, Event { us: *us, clock: Clock::Trace, what });
        }
        if let Some(us) = module.freed_us.yes() {
            let what = Line::of(format_args!("{}: freed", module.name));
            add(report, Event { us: *us, clock: Clock::Trace, what });
        }
    }
    if let Some(initrd) = facts.initrd.yes().filter(|i| i.finished_us > 0) {
        let what = Line::of(format_args!("initrd check: {}", initrd.verdict));
        add(report, Event { us: initrd.finished_us, clock: Clock::Kernel, what });
    }
    if let Some(us) = facts.system.uptime_us.yes() {
        let check = match facts.phase {
            Phase::Initrd => "this check, in the initrd",
            Phase::PreDisplay => "this check, before the display manager",
            Phase::Image => "this check, before the boot",
        };
        add(report, Event { us: *us, clock: Clock::Kernel, what: Line::from(check) });
    }
}

fn said(record: &LogRecord) -> Option<Line> {
    let holds = |m: &&Mark| m.holds.iter().all(|part| record.text.contains(part));
    let mark = MARKS.iter().find(holds)?;
    let rest = mark.rest.and_then(|from| {
        let at = record.text.find(from)?;
        record.text.get(at..)
    });
    Some(match rest {
        Some(rest) => {
            let rest = rest.trim_start_matches("] ").trim_start_matches("Initialized ");
            Line::of(format_args!("{} {rest}", mark.says))
        }
        None => Line::from(mark.says),
    })
}

/// Inserts behind the last event of the same clock that is not later.
fn add(report: &mut Report, event: Event) {
    let key = |e: &Event| (e.clock as u8, e.us);
    let at = report.timeline.iter().rposition(|e| key(e) <= key(&event)).map_or(0, |i| i + 1);
    if report.timeline.insert(at, event).is_err() {
        report.lost.count("timeline events", 1);
    }
}

#[cfg(test)]
mod tests {
    use super::fill;
    use crate::finding::{Clock, Report};
    use crate::testing::Case;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    fn shown(case: &Case) -> Vec<String> {
        let facts = case.facts();
        let mut report = Report::new(facts.phase);
        fill(&facts, &mut report);
        let clock = |c| if c == Clock::Kernel { "log" } else { "trace" };
        report.timeline.iter().map(|e| format!("{} {} {}", clock(e.clock), e.us, e.what)).collect()
    }

    const BOOT: &str = "proc/modules <<EOF\nnvidia_drm 1 0 - Live 0x0\nnvidia 1 0 - Live 0x0\nEOF\n\
        dev/kmsg <<EOF\n\
        6,0,500000,-;efifb: framebuffer at 0x80000000, using 3072k, total 3072k\n\
        6,1,900000,-;[drm] Initialized simpledrm 1.0.0 for simple-framebuffer.0 on minor 0\n\
        6,2,910000,-;Console: switching to colour frame buffer device 128x48\n\
        6,3,12763251,-;nvidia-nvlink: Nvlink Core is being initialized, major device number 243\n\
        4,4,12903355,c;NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  550.163.01\n\
        6,5,15814487,-;[drm] [nvidia-drm] [GPU ID 0x00000001] Loading driver\n\
        6,6,15814797,-;[drm] Initialized nvidia-drm 0.0.0 for 0000:00:01.0 on minor 1\n\
        6,7,15820000,-;Console: switching to colour dummy device 80x25\n\
        30,8,17000000,-;systemd[1]: Switching root.\nEOF\n";

    #[test]
    fn a_boot_reads_from_the_firmware_framebuffer_to_the_switch_of_root() {
        let expected = [
            "log 500000 firmware framebuffer: efifb",
            "log 900000 DRM device ready: simpledrm 1.0.0 for simple-framebuffer.0 on minor 0",
            "log 910000 console switching to colour frame buffer device 128x48",
            "log 12903355 nvidia: begins",
            "log 15814487 nvidia_drm: takes a GPU",
            "log 15814797 DRM device ready: nvidia-drm 0.0.0 for 0000:00:01.0 on minor 1",
            "log 15820000 console switching to colour dummy device 80x25",
            "log 17000000 switch-root",
        ];
        assert_eq!(shown(&Case::initrd(BOOT)), expected);
    }

    #[test]
    fn the_traces_clock_is_kept_apart_from_the_logs() {
        let trace = "sys/kernel/tracing/trace <<EOF\n\
            modprobe-1 [001] ..... 13.800000: module_load: nvidia OE\n\
            modprobe-1 [001] ..... 1.000000: module_load: nvidia_uvm OE\n\
            modprobe-1 [001] ..... 2.000000: module_free: nvidia_uvm\nEOF\n";
        let lines = shown(
            &Case::initrd("proc/modules = nvidia 1 0 - Live 0x0\n")
                .and("dev/kmsg = 4,0,12903355,c;NVRM: loading NVIDIA UNIX\n")
                .and(trace),
        );
        let expected = [
            "log 12903355 nvidia: begins",
            "trace 1000000 nvidia_uvm: enters init",
            "trace 2000000 nvidia_uvm: freed",
            "trace 13800000 nvidia: enters init",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_failed_gpu_says_so_on_the_timeline() {
        let log = "dev/kmsg <<EOF\n\
            4,0,5,-;NVRM: GPU 0000:00:01.0: RmInitAdapter failed! (0x61:0x56:1705)\n\
            3,1,6,-;[drm:nv_drm_load [nvidia_drm]] *ERROR* [nvidia-drm] \
            [GPU ID 0x00000001] Failed to allocate NvKmsKapiDevice\n\
            EOF\n";
        let expected = [
            "log 5 GPU not initialised: RmInitAdapter failed! (0x61:0x56:1705)",
            "log 6 nvidia_drm: error: Failed to allocate NvKmsKapiDevice",
        ];
        assert_eq!(shown(&Case::initrd(log)), expected);
    }
}
