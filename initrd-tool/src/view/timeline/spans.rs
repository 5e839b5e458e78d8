//! Durations and distances between moments that people ask for. Only between
//! stamps that can be compared, and without an order where clocks differ and the
//! distance is smaller than their difference may be.

use super::gather::Input;
use super::{Axis, MARGIN_US, Moment, Story, seconds};
use super::{Lane, Step, Tone};
use serde::Serialize;

/// The shortest silence that is worth a line, in microseconds.
const SILENCE_US: u64 = 3_000_000;

/// What a wall clock's stamp is worth: most forms of a log give whole seconds.
const WALL_MARGIN_US: u64 = 1_000_000;

/// The rule of a driver that comes after the display manager: the only fault that
/// distances show.
const LATE: &str = "driver-after-display-manager";

/// A distance in words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Span {
    /// One sentence, lower case start, no final period.
    pub says: String,
    /// The distance in microseconds, where there is one.
    pub us: Option<u64>,
    /// Whether it is a good or a bad sign.
    pub tone: Tone,
    /// The rule that explains a bad one and how it is mended.
    pub rule: Option<&'static str>,
}

impl Span {
    const fn new(tone: Tone, us: Option<u64>, says: String) -> Self {
        let rule = match tone {
            Tone::Bad => Some(LATE),
            Tone::Good | Tone::Step => None,
        };
        Self { says, us, tone, rule }
    }
}

/// How two moments stand to each other.
pub(super) enum Order {
    /// The second came so much later.
    After(u64),
    /// It came so much earlier.
    Before(u64),
    /// Nearer than their clocks are good, which is this.
    Near(u64),
}

/// Everything that can be said.
#[must_use]
pub fn all(story: &Story, input: &Input) -> Vec<Span> {
    let mut out = Vec::new();
    let card = first(story, Some(Lane::NvidiaDrm), Step::Card);
    let manager = first(story, None, Step::DisplayManager);
    let root = first(story, None, Step::SwitchRoot);
    if let (Some(manager), Some(card)) = (manager, card) {
        out.extend(against_manager(manager, card));
    } else if let (Some(_), None, true) = (manager, card, input.kernel) {
        let says = "the display manager started, but no nvidia DRM card appeared".into();
        out.push(Span::new(Tone::Bad, None, says));
    }
    if let (Some(root), Some(card)) = (root, card) {
        let says = match order(root, card) {
            None => None,
            Some(Order::Before(us)) => {
                let by = seconds(us);
                Some((
                    us,
                    format!("nvidia's card existed {by} before switch-root: loaded in the initrd"),
                ))
            }
            Some(Order::After(us)) => {
                Some((us, format!("nvidia's card appeared {} after switch-root", seconds(us))))
            }
            Some(Order::Near(_)) => None,
        };
        out.extend(says.map(|(us, says)| Span::new(Tone::Step, Some(us), says)));
    }
    let begins = timed(story).find(|m| m.lane == Lane::Nvidia && is_up(m));
    if let (Some(begins), Some(card)) = (begins, card) {
        if let Some(Order::After(us)) = order(begins, card) {
            let says = format!("from nvidia's first line to its DRM card: {}", seconds(us));
            out.push(Span::new(Tone::Step, Some(us), says));
        }
    }
    let screen = timed(story).find(|m| {
        m.lane == Lane::Screen && matches!(m.step, Step::FirmwareFramebuffer | Step::Simpledrm)
    });
    let evicted = first(story, None, Step::Evicted);
    if let (Some(screen), Some(evicted)) = (screen, evicted) {
        if let Some(Order::After(us)) = order(screen, evicted) {
            let says = format!("the firmware framebuffer was active for {}", seconds(us));
            out.push(Span::new(Tone::Step, Some(us), says));
        }
    }
    out.extend(silence(story));
    out
}

fn against_manager(manager: &Moment, card: &Moment) -> Option<Span> {
    Some(match order(manager, card)? {
        Order::After(us) => {
            let by = seconds(us);
            let says = format!("nvidia's DRM card appeared {by} after the display manager started");
            Span::new(Tone::Bad, Some(us), says)
        }
        Order::Before(us) => {
            let by = seconds(us);
            let says = format!("nvidia's DRM card existed {by} before the display manager started");
            Span::new(Tone::Good, Some(us), says)
        }
        Order::Near(margin) => {
            let says = format!(
                "nvidia's DRM card and the display manager came within {} of each \
                 other; these clocks cannot show which was first",
                seconds(margin)
            );
            Span::new(Tone::Step, None, says)
        }
    })
}

/// The longest time without a moment, on the axis since boot.
fn silence(story: &Story) -> Option<Span> {
    let track = story.tracks.first()?;
    let happened = track.moments.iter().filter(|m| m.step != Step::Check);
    let moments: Vec<&Moment> = happened.collect();
    let gap = |pair: &[&Moment]| match pair {
        [a, b] => Some((order_us(a, b)?, a.what.clone(), b.what.clone())),
        _ => None,
    };
    let (us, before, after) = moments.windows(2).filter_map(gap).max_by_key(|gap| gap.0)?;
    (us >= SILENCE_US && moments.len() > 2).then(|| {
        let says = format!("longest gap: {}, between “{before}” and “{after}”", seconds(us));
        Span::new(Tone::Step, Some(us), says)
    })
}

fn order_us(a: &Moment, b: &Moment) -> Option<u64> {
    Some(b.time?.1.saturating_sub(a.time?.1))
}

fn is_up(moment: &Moment) -> bool {
    matches!(moment.step, Step::Loaded | Step::Ready)
}

fn timed(story: &Story) -> impl Iterator<Item = &Moment> {
    story.tracks.iter().flat_map(|track| &track.moments)
}

fn first(story: &Story, lane: Option<Lane>, step: Step) -> Option<&Moment> {
    timed(story).find(|m| m.step == step && lane.is_none_or(|lane| lane == m.lane))
}

/// How `b` stands to `a`; `None` where they cannot be compared.
pub(super) fn order(a: &Moment, b: &Moment) -> Option<Order> {
    let ((axis, a_us), (other, b_us)) = (a.at()?, b.at()?);
    if axis != other {
        return None;
    }
    let apart = a_us.abs_diff(b_us);
    let margin = match axis {
        Axis::Wall => WALL_MARGIN_US,
        _ if a.time?.0 != b.time?.0 => MARGIN_US,
        _ => 0,
    };
    Some(match b_us >= a_us {
        _ if apart < margin => Order::Near(margin),
        true => Order::After(apart),
        false => Order::Before(apart),
    })
}
