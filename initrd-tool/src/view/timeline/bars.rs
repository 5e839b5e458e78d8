//! How long a step of a boot took, as a stretch of its lane: from the moment that begins
//! it to the one that ends it. Only between stamps whose order is known.

use super::spans::{Order, order};
use super::{Lane, Moment, Step, Track};

/// A stretch of time in a lane, in microseconds by the axis of its track.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bar {
    /// When it began.
    pub from: u64,
    /// How long it took.
    pub us: u64,
}

/// What begins the step that a moment of this kind ends, in the same lane; the best first.
const fn begun_by(lane: Lane, end: Step) -> &'static [Step] {
    match (lane, end) {
        (Lane::Screen, Step::Evicted) => &[Step::FirmwareFramebuffer, Step::Simpledrm],
        (Lane::UserSpace, Step::SwitchRoot) => &[Step::Initrd],
        (Lane::NvidiaDrm, Step::Card) => &[Step::Ready, Step::Loaded],
        (Lane::Nvidia | Lane::NvidiaModeset | Lane::NvidiaUvm | Lane::NvidiaDrm, Step::Ready) => {
            &[Step::Loaded]
        }
        _ => &[],
    }
}

/// The bar that ends at a moment of a track: as long as its own line says, else from the
/// first moment that begins such a step and is no part of one that ended before.
#[must_use]
pub fn ending(track: &Track, index: usize) -> Option<Bar> {
    let end = track.moments.get(index)?;
    let (_, at) = end.time?;
    if let Some(us) = end.took_us {
        return Some(Bar { from: at.saturating_sub(us), us });
    }
    let begins = begun_by(end.lane, end.step);
    let before = track.moments.get(..index)?;
    let ended = |m: &&Moment| m.lane == end.lane && m.step == end.step;
    let since = before.iter().rposition(|m| ended(&m)).map_or(0, |at| at + 1);
    let open = before.get(since..)?;
    let of = |step: &Step| open.iter().find(|m| m.lane == end.lane && m.step == *step);
    let begin = begins.iter().find_map(of)?;
    match order(begin, end)? {
        Order::After(us) => Some(Bar { from: begin.time?.1, us }),
        Order::Before(_) | Order::Near(_) => None,
    }
}
