//! Collects the moments: log records by their texts, trace events, what the
//! initrd phase left, and what only the present state shows.

use super::{LINE_MAX, MOMENT_MAX, Moment, Source, units};
use super::{Lane, Step, Tone};
use crate::base::clean;
use crate::source::logs::{Clock, Record};
use nvpreflight::driver::said::kernel;
use nvpreflight::driver::said::programs::{KERNEL, OF_UNITS};
use nvpreflight::facts::{DrmKind, Facts, ModuleState};
use nvpreflight::finding::Clock as By;
use nvpreflight::reading::marks;
use nvpreflight::reading::timeline::{self, Shown};
use nvpreflight::seen::Seen;

/// Characters of a moment's own words.
const WHAT_MAX: usize = 96;

/// What there was to gather from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// Lines of the kernel.
    pub kernel: bool,
    /// Lines of programs, as a journal has them.
    pub user: bool,
    /// Trace events of modules.
    pub trace: bool,
    /// Whether the log begins with the kernel's first line.
    pub whole: bool,
}

/// Moments as they were found.
#[derive(Default)]
pub struct Gathered {
    /// Bounded; the earliest found are kept.
    pub moments: Vec<Moment>,
    /// So many more.
    pub left_out: usize,
    /// From what.
    pub input: Input,
}

impl Gathered {
    fn add(&mut self, moment: Moment) {
        let same = |m: &&mut Moment| {
            m.step == moment.step && m.lane == moment.lane && m.what == moment.what
        };
        if let Some(known) = self.moments.iter_mut().find(same) {
            known.times = known.times.saturating_add(moment.times);
        } else if self.moments.len() < MOMENT_MAX {
            self.moments.push(moment);
        } else {
            self.left_out += 1;
        }
    }

    fn has(&self, steps: &[Step], lane: Lane) -> bool {
        self.moments.iter().any(|m| m.lane == lane && steps.contains(&m.step))
    }
}

/// Everything that can be told of a boot; an image has none yet.
#[must_use]
pub fn all(facts: &Facts, records: &[Record]) -> Gathered {
    let mut out = Gathered::default();
    if facts.look.is_of_files() {
        return out;
    }
    for record in records {
        out.input.kernel |= record.kernel;
        out.input.user |= !record.kernel;
        out.input.whole |= record.kernel && record.text.starts_with(kernel::BANNER);
        if let Some(moment) = of_record(record) {
            out.add(moment);
        }
    }
    if !out.input.kernel {
        for kept in facts.records() {
            let record = Record {
                time: (kept.us > 0).then_some((Clock::Kernel, kept.us)),
                kernel: true,
                text: kept.text.to_string(),
                ..Record::default()
            };
            if let Some(moment) = of_record(&record) {
                out.add(Moment { times: kept.times, ..moment });
            }
        }
        out.input.kernel = facts.log.is_yes();
        out.input.whole = facts.log.is_yes() && facts.lost.kinds().is_empty();
    }
    out.input.trace = facts.modules.trace.is_yes();
    timeline::moments(facts, &mut |moment| {
        if let Some(moment) = of_facts(&moment) {
            out.add(moment);
        }
    });
    states(facts, &mut out);
    out
}

fn of_record(record: &Record) -> Option<Moment> {
    let (speaker, text) = spoken(record);
    let found = if record.kernel && speaker.is_empty() {
        marks::of_kernel(text).map(by_mark).or_else(|| init(text))
    } else if let Some(told) = units::told(speaker, text, record) {
        Some((told.step, told.lane, told.tone, told.what, None))
    } else {
        marks::of_user(text).map(by_mark)
    };
    let (step, lane, tone, what, took_us) = found?;
    let from = match (record.kernel, record.unit.as_deref()) {
        (true, _) => "kernel log".to_owned(),
        (false, Some(unit)) => format!("journal, {}", clean::line(unit.as_bytes())),
        (false, None) => "journal".to_owned(),
    };
    let source = Source { from, line: record.line, text: cut(&record.text, LINE_MAX) };
    let what = cut(&what, WHAT_MAX);
    Some(Moment { time: record.time, step, lane, tone, what, took_us, times: 1, source })
}

/// Who speaks, and what: programs write to the kernel log as "systemd[1]: text".
fn spoken(record: &Record) -> (&str, &str) {
    if let Some(program) = record.identifier.as_deref().filter(|i| *i != KERNEL && !record.kernel) {
        return (program, &record.text);
    }
    let Some((head, text)) = record.text.split_once(": ") else { return ("", &record.text) };
    match head.split_once('[') {
        Some((program, number)) if number.ends_with(']') && OF_UNITS.contains(&program) => {
            (program, text)
        }
        _ => ("", &record.text),
    }
}

type Told = (Step, Lane, Tone, String, Option<u64>);

fn by_mark((mark, what): (&marks::Mark, nvpreflight::text::Line)) -> Told {
    (mark.step, mark.lane, mark.tone, what.to_string(), None)
}

/// Lines of `initcall_debug` (init/main.c): "calling  FN+0x0/0x0 [nvidia] @ 99" and
/// "initcall FN+0x0/0x0 [nvidia] returned 0 after 842113 usecs".
fn init(text: &str) -> Option<Told> {
    let (head, rest) = text.split_once(" [")?;
    let (module, rest) = rest.split_once("] ")?;
    let lane = Lane::of_module(module)?;
    if head.starts_with("calling ") {
        return Some((Step::Loaded, lane, Tone::Step, "init begins".into(), None));
    }
    let (status, rest) = rest.strip_prefix("returned ")?.split_once(" after ")?;
    let us: u64 = rest.strip_suffix(" usecs")?.parse().ok()?;
    let what = format!("init returned {status} after {}", super::seconds(us));
    let tone = if status == "0" { Tone::Good } else { Tone::Bad };
    head.starts_with("initcall ").then_some((Step::Ready, lane, tone, what, Some(us)))
}

/// A moment that is no line of a log: those are told with their journal's units.
fn of_facts(moment: &timeline::Moment<'_>) -> Option<Moment> {
    let clock = match moment.clock {
        By::Kernel => Clock::Kernel,
        By::Trace => Clock::Trace,
    };
    let source = match moment.shown {
        Shown::Log(_) => return None,
        Shown::Trace(event, task) => {
            let text = format!("{task} {event}: {}", moment.lane.name());
            state("module trace events", text)
        }
        Shown::Initrd(verdict) => {
            state("run/nvpreflight/initrd.json", format!("verdict: {verdict}"))
        }
        Shown::Check => state("proc/uptime", super::stamp((Clock::Kernel, moment.us))),
    };
    let what = cut(&moment.what, WHAT_MAX);
    let (step, lane, tone) = (moment.step, moment.lane, moment.tone);
    let time = Some((clock, moment.us));
    Some(Moment { time, step, lane, tone, what, took_us: None, times: 1, source })
}

/// What only the present state shows: it happened, nobody says when.
fn states(facts: &Facts, out: &mut Gathered) {
    let timeless = |step, lane, tone, what: String, source| Moment {
        time: None,
        step,
        lane,
        tone,
        what,
        took_us: None,
        times: 1,
        source,
    };
    for lane in Lane::STACK {
        if let Some(request) = facts.config.requests(lane.name()) {
            let source = state(&request.place.to_string(), request.module.to_string());
            let what = format!("requested by {}", request.place);
            out.add(timeless(Step::Asked, lane, Tone::Step, what, source));
        }
        let Some(module) = facts.modules.get(lane.name()).filter(|m| m.is_up()) else { continue };
        if out.has(&[Step::Ready, Step::Card], lane) {
            continue;
        }
        let (what, from) = match module.state {
            ModuleState::BuiltIn => ("compiled into the kernel", "modules.builtin"),
            _ => ("is loaded", "proc/modules"),
        };
        let source = state(from, module.name.to_string());
        out.add(timeless(Step::Ready, lane, Tone::Good, what.into(), source));
    }
    for gpu in facts.nv.yes().map_or(&[][..], |nv| nv.gpus.as_slice()) {
        if gpu.initialised == Seen::Yes(true) {
            let from = format!("proc/driver/nvidia/gpus/{}/information", gpu.bdf);
            let model = gpu.model.yes().map_or("", |model| model.as_str());
            let source = state(&from, format!("Model: {model}, with a video BIOS version"));
            let what = format!("GPU {} is initialised", gpu.bdf);
            out.add(timeless(Step::Gpu, Lane::Nvidia, Tone::Good, what, source));
        }
    }
    for card in facts.nvidia_drm_devices().filter(|device| device.kind == DrmKind::Card) {
        let from = format!("sys/class/drm/{}", card.name);
        if !out.has(&[Step::Card], Lane::NvidiaDrm) {
            let what = format!("DRM card {}", card.name);
            let source = state(&from, "driver: nvidia".into());
            out.add(timeless(Step::Card, Lane::NvidiaDrm, Tone::Good, what, source));
        }
        let on =
            |c: &&nvpreflight::facts::Connector| c.status.yes().is_some_and(|s| *s == "connected");
        let names: Vec<&str> = card.connectors.iter().filter(on).map(|c| c.name.as_str()).collect();
        let all = card.connectors.len();
        let what = match (all, names.is_empty()) {
            (0, _) => format!("{}: no connectors", card.name),
            (_, true) => format!("{}: {all} connectors, nothing connected", card.name),
            (_, false) => {
                format!("{}: {all} connectors, {} connected", card.name, names.join(", "))
            }
        };
        let tone = if all == 0 { Tone::Bad } else { Tone::Good };
        let list: Vec<&str> = card.connectors.iter().map(|c| c.name.as_str()).collect();
        let source = state(&from, list.join(" "));
        out.add(timeless(Step::Connectors, Lane::NvidiaDrm, tone, what, source));
    }
}

fn state(from: &str, text: String) -> Source {
    Source { from: cut(from, LINE_MAX), line: 0, text: cut(&text, LINE_MAX) }
}

/// Made harmless and cut.
fn cut(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max + 1).collect();
    if short.chars().count() > max {
        short.pop();
        short.push('…');
    }
    clean::line(short.as_bytes())
}
