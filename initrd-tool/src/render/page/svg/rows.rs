//! Sets the labels of a lane: each in the first row where it has the room to
//! itself, its bar too. A label is cut only where the picture ends, or where a lane has
//! no row left for the whole of it. What no longer fits keeps its mark and its tooltip.

use super::scale::Scale;
use crate::view::timeline::bars::Bar;
use crate::view::timeline::{Moment, seconds};

/// Width of a character: faces of fixed width have 0.6 em or a little more, and where the
/// picture has its own size browsers round that up to whole pixels.
const CHARACTER: f64 = 7.0;
/// From a mark to its text.
pub const GAP: f64 = 8.0;
/// Characters of a label where a lane is full; the whole text is in its tooltip and in
/// the list.
const SHORT: usize = 36;
/// Rows of a lane.
const ROW_MAX: usize = 12;

/// Where a label stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The mark's place.
    pub x: f64,
    /// Where its bar begins.
    pub from: Option<f64>,
    /// The row, from 0.
    pub row: usize,
    /// Where its text begins, or ends where it stands left of the mark.
    pub text_x: f64,
    /// Whether the text stands left of the mark.
    pub left: bool,
    /// The text; empty where no row had room.
    pub text: String,
}

/// A moment and how long the step took that it ends.
pub type Event<'a> = (&'a Moment, Option<Bar>);

/// Sets moments that are in order of time.
pub fn set<'a>(
    events: &[Event<'a>],
    scale: &Scale,
    left: f64,
    right: f64,
) -> Vec<(Event<'a>, Placed)> {
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut out = Vec::new();
    for event in events {
        let Some((_, us)) = event.0.time else { continue };
        let x = scale.x(us);
        let from = event.1.map(|bar| scale.x(bar.from)).filter(|from| x - from >= 1.0);
        let placed = [usize::MAX, SHORT].into_iter().find_map(|most| {
            let (mut placed, (a, b)) = label(*event, x, from, (left, right), most);
            let free = |row: &Vec<(f64, f64)>| row.iter().all(|(c, d)| b < *c || *d < a);
            placed.row = rows.iter().position(free).unwrap_or(rows.len());
            (placed.row < ROW_MAX).then_some((placed, (a, b)))
        });
        let Some((placed, room)) = placed else {
            let text = String::new();
            let row = ROW_MAX - 1;
            out.push((*event, Placed { x, from: None, row, text_x: x, left: false, text }));
            continue;
        };
        if placed.row == rows.len() {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.get_mut(placed.row) {
            row.push(room);
        }
        out.push((*event, placed));
    }
    out
}

/// A label of at most so many characters in row 0, and the room that it takes with its mark
/// and its bar: behind the mark, before the bar, or where neither side has room over the bar.
fn label(
    event: Event<'_>,
    x: f64,
    from: Option<f64>,
    (left, right): (f64, f64),
    most: usize,
) -> (Placed, (f64, f64)) {
    let begins = from.unwrap_or(x);
    let characters = |room: f64| ((room - GAP) / CHARACTER).max(0.0) as usize;
    let whole = text(event, most).chars().count();
    let sides = [
        (characters(right - x), x + GAP, false),
        (characters(begins - left), begins - GAP, true),
        (characters(x - left), x - GAP, true),
    ];
    let fits = sides.into_iter().find(|(room, _, _)| whole <= *room);
    let (room, text_x, turned) =
        fits.or(sides.into_iter().max_by_key(|side| side.0)).unwrap_or((0, x, false));
    let text = text(event, most.min(room));
    let width = text.chars().count() as f64 * CHARACTER;
    let (a, b) = if turned { (text_x - width, x + GAP) } else { (begins - GAP, text_x + width) };
    (Placed { x, from, row: 0, text_x, left: turned, text }, (a.min(begins - GAP), b))
}

/// What a moment is, how often and how long, in at most so many characters; "…" is for
/// what is left out.
fn text((moment, bar): Event<'_>, most: usize) -> String {
    let times = if moment.times > 1 { format!(" ×{}", moment.times) } else { String::new() };
    // A line that tells its own time has it in its words.
    let took = bar.filter(|_| moment.took_us.is_none()).map(|bar| seconds(bar.us));
    let tail = took.map_or(times.clone(), |took| format!("{times} ({took})"));
    let room = most.saturating_sub(tail.chars().count());
    let mut text: String = moment.what.chars().take(room.saturating_add(1)).collect();
    if text.chars().count() > room {
        text.pop();
        text.pop();
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    text + &tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::logs::Clock;
    use crate::view::timeline::{Lane, Source, Step, Tone};
    use proptest::prelude::*;

    const LEFT: f64 = 100.0;
    const RIGHT: f64 = 900.0;

    fn moment(us: u64, what: &str) -> Moment {
        Moment {
            time: Some((Clock::Kernel, us)),
            step: Step::Ready,
            lane: Lane::Nvidia,
            tone: Tone::Step,
            what: what.to_owned(),
            took_us: None,
            times: 1,
            source: Source { from: "kernel log".into(), line: 0, text: String::new() },
        }
    }

    fn scale(times: &[u64]) -> Scale {
        Scale::new(times, LEFT + 8.0, RIGHT - 8.0)
    }

    #[test]
    fn a_label_is_whole_while_there_is_room_and_cut_where_the_picture_ends() {
        let long = "driver is in: Open Kernel Module for x86_64 580.95.05 of a distribution";
        let moments = [moment(0, long), moment(1_000_000, &long.repeat(3))];
        let events: Vec<Event<'_>> = moments.iter().map(|m| (m, None)).collect();
        let set = set(&events, &scale(&[0, 1_000_000]), LEFT, RIGHT);
        assert_eq!(set[0].1.text, long);
        assert!(!set[0].1.left && set[1].1.left, "the last has its room on the left");
        let cut = &set[1].1.text;
        assert!(cut.ends_with('…') && cut.chars().count() > 100, "{cut}");
    }

    #[test]
    fn how_long_a_step_took_stands_behind_it() {
        let end = moment(2_000_000, "driver is in");
        let bar = Some(Bar { from: 500_000, us: 1_500_000 });
        let set = set(&[(&end, bar)], &scale(&[500_000, 2_000_000]), LEFT, RIGHT);
        let (_, placed) = &set[0];
        assert_eq!(placed.text, "driver is in (1.5 s)");
        assert!(placed.left && placed.from == Some(LEFT + 8.0), "{placed:?}");
        assert_eq!(placed.text_x, placed.x - GAP, "over its bar, which has the whole picture");
    }

    proptest! {
        #[test]
        fn labels_with_their_bars_have_their_room_to_themselves(
            all in proptest::collection::vec((0u64..9_000_000, 1u64..3_000_000, "[a-z ]{1,90}"), 1..60)
        ) {
            let mut all = all;
            all.sort();
            let moments: Vec<Moment> = all.iter().map(|(us, _, what)| moment(*us, what)).collect();
            let bar = |(us, took, _): &(u64, u64, String)| (us % 2 == 0)
                .then_some(Bar { from: us.saturating_sub(*took), us: *took });
            let events: Vec<Event<'_>> = moments.iter().zip(all.iter().map(bar)).collect();
            let times: Vec<u64> = events.iter()
                .flat_map(|(m, bar)| [m.time.map(|t| t.1), bar.map(|b| b.from)])
                .flatten().collect();
            let set = set(&events, &scale(&times), LEFT, RIGHT);
            let mut rooms: Vec<(usize, f64, f64)> = Vec::new();
            for (_, placed) in set.iter().filter(|(_, placed)| !placed.text.is_empty()) {
                let from = placed.from.unwrap_or(placed.x);
                let width = placed.text.chars().count() as f64 * CHARACTER;
                let (a, b) = match placed.left {
                    true => (from.min(placed.text_x - width), placed.x),
                    false => (from, placed.text_x + width),
                };
                prop_assert!(a >= LEFT - 1.0 && b <= RIGHT + 1.0, "{placed:?}");
                for (row, c, d) in &rooms {
                    prop_assert!(*row != placed.row || b < *c || *d < a, "{placed:?}");
                }
                rooms.push((placed.row, a, b));
            }
        }
    }
}
