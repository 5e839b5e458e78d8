//! The boot's timeline: who had the screen when, and when each module came.
//! Times of the log and of the trace stand in two runs, since their clocks differ.

use super::marks;
use crate::facts::{Facts, LogRecord, Phase, in_stack};
use crate::finding::step::{Lane, Step, Tone};
use crate::finding::{Clock, Event, Report};
use crate::text::Line;

/// What shows a moment.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// A record of the kernel log.
    Log(&'a LogRecord),
    /// A trace event of a module, by its name and the task that caused it.
    Trace(&'static str, &'a str),
    /// The verdict in the report that the initrd phase left.
    Initrd(&'a str),
    /// The time at which this check ran.
    Check,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Moment<'a> {
    /// Microseconds by its clock; 0 where the log gives no time.
    pub us: u64,
    /// Its clock.
    pub clock: Clock,
    /// Which step of a boot it is.
    pub step: Step,
    /// Whose step.
    pub lane: Lane,
    /// Whether it is a good or a bad sign.
    pub tone: Tone,
    /// What happened, without whose step it is.
    pub what: Line,
    /// What shows it.
    pub shown: Shown<'a>,
}

/// Everything with a time that the facts hold, and log records without one, in the
/// order of the sources.
pub fn moments<'a>(facts: &'a Facts, tell: &mut dyn FnMut(Moment<'a>)) {
    for record in facts.records() {
        if let Some((mark, what)) = marks::of_kernel(&record.text) {
            let (step, lane, tone) = (mark.step, mark.lane, mark.tone);
            let (us, clock, shown) = (record.us, Clock::Kernel, Shown::Log(record));
            tell(Moment { us, clock, step, lane, tone, what, shown });
        }
    }
    for module in facts.modules.list.iter().filter(|m| in_stack(&m.name)) {
        let Some(lane) = Lane::of_module(&module.name) else { continue };
        let task = module.traced_task.yes().map_or("", |task| task.as_str());
        let traced = |us, step, tone, what, event| {
            let (clock, shown) = (Clock::Trace, Shown::Trace(event, task));
            Moment { us, clock, step, lane, tone, what, shown }
        };
        if let Some(us) = module.traced_us.yes() {
            let what = match task {
                "" => Line::from("requested"),
                task => Line::of(format_args!("requested by {task}")),
            };
            tell(traced(*us, Step::Loaded, Tone::Step, what, "module_load"));
        }
        if let Some(us) = module.freed_us.yes() {
            tell(traced(*us, Step::Fault, Tone::Bad, Line::from("freed again"), "module_free"));
        }
    }
    let mut check = |us, what, shown| {
        let (clock, step, lane) = (Clock::Kernel, Step::Check, Lane::UserSpace);
        tell(Moment { us, clock, step, lane, tone: Tone::Step, what, shown });
    };
    if let Some(initrd) = facts.initrd.yes().filter(|i| i.finished_us > 0) {
        let what = Line::of(format_args!("initrd check: {}", initrd.verdict));
        check(initrd.finished_us, what, Shown::Initrd(&initrd.verdict));
    }
    if let Some(us) = facts.system.uptime_us.yes() {
        let what = match facts.phase {
            Phase::Initrd => "this check, in the initrd",
            Phase::PreDisplay => "this check, before the display manager",
            Phase::Image => "this check, before the boot",
        };
        check(*us, Line::from(what), Shown::Check);
    }
}

/// Fills the report's timeline from facts; what does not fit is counted lost.
pub fn fill(facts: &Facts, report: &mut Report) {
    moments(facts, &mut |moment| {
        if moment.us == 0 && matches!(moment.shown, Shown::Log(_)) {
            return;
        }
        let what = match moment.lane {
            lane if Lane::STACK.contains(&lane) => {
                Line::of(format_args!("{}: {}", lane.name(), moment.what))
            }
            _ => moment.what.clone(),
        };
        let Moment { us, clock, step, lane, .. } = moment;
        add(report, Event { us, clock, step, lane, what });
    });
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
            "log 900000 simpledrm owns the firmware framebuffer",
            "log 910000 console on colour frame buffer device 128x48",
            "log 12763251 nvidia: begins",
            "log 12903355 nvidia: driver is in: Open Kernel Module for x86_64 550.163.01",
            "log 15814487 nvidia_drm: takes a GPU",
            "log 15814797 nvidia_drm: DRM card 0000:00:01.0 on minor 1",
            "log 15820000 old framebuffer evicted",
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
            "log 12903355 nvidia: driver is in",
            "trace 1000000 nvidia_uvm: requested by modprobe-1",
            "trace 2000000 nvidia_uvm: freed again",
            "trace 13800000 nvidia: requested by modprobe-1",
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
            "log 5 nvidia: GPU not initialised: (0x61:0x56:1705)",
            "log 6 nvidia_drm: failed to allocate NvKmsKapiDevice",
        ];
        assert_eq!(shown(&Case::initrd(log)), expected);
    }

    #[test]
    fn what_happened_at_one_time_stays_in_the_order_of_the_log() {
        let log = "dev/kmsg <<EOF\n6,0,500000,-;efifb: framebuffer at 0x80000000, using 3072k\n\
                   6,1,500000,-;[drm] Initialized simpledrm 1.0.0 for simple-framebuffer.0\nEOF\n";
        let expected = [
            "log 500000 firmware framebuffer: efifb",
            "log 500000 simpledrm owns the firmware framebuffer",
        ];
        assert_eq!(shown(&Case::initrd(log)), expected);
    }

    #[test]
    fn the_initrds_check_stands_where_it_told_its_time() {
        use crate::{facts::InitrdReport, seen::Seen};
        let at = |finished_us| {
            shown(&Case::initrd("").knowing(move |f| {
                let verdict = "ok".into();
                f.initrd = Seen::Yes(InitrdReport { verdict, finished_us, ..Default::default() });
            }))
        };
        assert_eq!(at(7_000_000), ["log 7000000 initrd check: ok"]);
        assert!(at(0).is_empty());
    }
}
