//! The story of a boot: what happened when, by which clock, told by which line,
//! and which steps were not seen. Orders nothing across clocks that cannot be
//! compared, and judges nothing.

pub mod bars;
mod gather;
mod spans;
#[cfg(test)]
mod tests;
mod units;
mod unseen;

pub use nvpreflight::finding::step::{Lane, Step, Tone};
pub use spans::Span;
pub use unseen::Unseen;

use crate::source::logs::{Clock, Record};
use nvpreflight::facts::Facts;
use serde::Serialize;

/// Moments kept; a boot that goes well has about twenty.
pub const MOMENT_MAX: usize = 160;
/// Characters of a source line that are kept; a kernel record has at most 1024 bytes.
const LINE_MAX: usize = 400;

/// How far apart two stamps have to be, in microseconds, before one of the kernel
/// log and one of CLOCK_MONOTONIC are put in an order. The log's stamps come from
/// local_clock() (kernel/printk/printk.c), which starts with the scheduler's clock
/// and is not slewed; both count from about the same moment of a boot.
pub const MARGIN_US: u64 = 200_000;

/// A group of clocks whose stamps can be compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Time since boot: the kernel log and CLOCK_MONOTONIC.
    Boot,
    /// The ring buffer of trace events, whose clock may be off by a second.
    Trace,
    /// The wall clock, which a boot may set back or forward.
    Wall,
}

impl Axis {
    /// The axis of a clock.
    #[must_use]
    pub const fn of(clock: Clock) -> Self {
        match clock {
            Clock::Kernel | Clock::Monotonic => Self::Boot,
            Clock::Trace => Self::Trace,
            Clock::Wall => Self::Wall,
        }
    }

    /// What its stamps are, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Boot => "seconds since boot",
            Self::Trace => "seconds by the trace clock",
            Self::Wall => "wall clock",
        }
    }
}

/// The line that shows a moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Source {
    /// Where it stands: "kernel log", "journal", a file.
    pub from: String,
    /// Its number there, from 1; 0 when it has none.
    pub line: usize,
    /// The line, printable; a long one ends in "…".
    pub text: String,
}

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Moment {
    /// Its clock and microseconds; `None` when only the state shows that it happened.
    pub time: Option<(Clock, u64)>,
    /// Which step of a boot it is.
    pub step: Step,
    /// Whose step.
    pub lane: Lane,
    /// Whether it is a good or a bad sign.
    pub tone: Tone,
    /// A few words.
    pub what: String,
    /// How long it took, in microseconds, where that is known.
    pub took_us: Option<u64>,
    /// How often the same came; the time is the first one's.
    pub times: u32,
    /// What shows it.
    pub source: Source,
}

impl Moment {
    /// Its axis and microseconds.
    #[must_use]
    pub fn at(&self) -> Option<(Axis, u64)> {
        self.time.map(|(clock, us)| (Axis::of(clock), us))
    }
}

/// The moments of one axis in order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Track {
    /// Its axis.
    pub axis: Axis,
    /// The moments, the earliest first.
    pub moments: Vec<Moment>,
}

impl Track {
    /// True when the order of a moment and one beside it is not known: their clocks
    /// differ and they are nearer than [`MARGIN_US`].
    #[must_use]
    pub fn is_vague(&self, index: usize) -> bool {
        let Some((clock, us)) = self.moments.get(index).and_then(|m| m.time) else { return false };
        self.moments
            .iter()
            .filter_map(|m| m.time)
            .any(|(other, at)| other != clock && at.abs_diff(us) < MARGIN_US)
    }
}

/// The story of a boot.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Story {
    /// What has a time, each axis for itself.
    pub tracks: Vec<Track>,
    /// What the state shows to have happened, without a time.
    pub timeless: Vec<Moment>,
    /// Durations and distances worth knowing.
    pub spans: Vec<Span>,
    /// Steps of a boot that this input does not show, and why.
    pub unseen: Vec<Unseen>,
    /// What the clocks are worth, in sentences.
    pub clocks: Vec<String>,
    /// Moments that were not kept.
    pub left_out: usize,
}

impl Story {
    /// From what was seen, and the records of a log where there is one; without
    /// records the kernel lines that the facts keep are taken.
    #[must_use]
    pub fn of(facts: &Facts, records: &[Record]) -> Self {
        let gathered = gather::all(facts, records);
        let (timed, timeless): (Vec<Moment>, Vec<Moment>) =
            gathered.moments.into_iter().partition(|m| m.time.is_some());
        let mut tracks = Vec::new();
        for axis in [Axis::Boot, Axis::Trace, Axis::Wall] {
            let on = |m: &&Moment| m.at().is_some_and(|(of, _)| of == axis);
            let mut moments: Vec<Moment> = timed.iter().filter(on).cloned().collect();
            moments.sort_by_key(|m| m.at());
            if !moments.is_empty() {
                tracks.push(Track { axis, moments });
            }
        }
        let mut story = Self { tracks, timeless, left_out: gathered.left_out, ..Self::default() };
        story.unseen = unseen::all(&story, facts, &gathered.input);
        story.spans = spans::all(&story, &gathered.input);
        story.clocks = story.clocks();
        story
    }

    /// All moments, those with a time first.
    pub fn moments(&self) -> impl Iterator<Item = &Moment> {
        self.tracks.iter().flat_map(|t| &t.moments).chain(&self.timeless)
    }

    /// True when nothing at all was seen to happen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments().next().is_none()
    }

    fn clocks(&self) -> Vec<String> {
        let uses = |clock| self.moments().any(|m| m.time.is_some_and(|(c, _)| c == clock));
        let mut out = Vec::new();
        if uses(Clock::Kernel) && uses(Clock::Monotonic) {
            out.push(format!(
                "Kernel log times and the journal's monotonic times count from the same moment \
                 within some tenths of a second: where two of them are nearer than {}, which \
                 came first is not known (≈).",
                seconds(MARGIN_US)
            ));
        }
        let boot = uses(Clock::Kernel) || uses(Clock::Monotonic);
        if uses(Clock::Trace) && boot {
            out.push(
                "The trace has a clock of its own, up to a second off: compare its times with \
                 one another only."
                    .into(),
            );
        }
        if uses(Clock::Wall) {
            out.push(match boot {
                true => "Wall clock times cannot be compared with times since boot.".into(),
                false => "These are wall clock times, which a boot may set back or forward: a \
                          distance between two of them may be wrong."
                    .into(),
            });
        }
        out
    }
}

/// A duration for people: "1.9 s", "140 ms".
#[must_use]
pub fn seconds(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// A stamp for people: seconds since boot, or a wall clock time of the day.
#[must_use]
pub fn stamp(time: (Clock, u64)) -> String {
    let (clock, us) = time;
    match Axis::of(clock) {
        Axis::Wall => {
            let day = us / 1_000_000 % 86_400;
            let (h, m, s) = (day / 3600, day / 60 % 60, day % 60);
            format!("{h:02}:{m:02}:{s:02}.{:03}", us / 1_000 % 1_000)
        }
        Axis::Boot | Axis::Trace => format!("{}.{:03}", us / 1_000_000, us / 1_000 % 1_000),
    }
}
