//! Time to place: linear, with long silences cut out. Knows nothing of what
//! happened.

use crate::source::logs::Clock;
use crate::view::timeline::stamp;

/// Room that a cut-out silence takes.
const BREAK: f64 = 56.0;
/// The least share of the whole span that a silence has to have to be cut out.
const SHARE: u64 = 4;
/// And the least time, in microseconds.
const SILENCE_US: u64 = 1_500_000;
/// The least distance between two ticks, so that their texts stay apart.
const TICK: f64 = 64.0;

/// A stretch of time that is drawn whole.
struct Piece {
    from: u64,
    to: u64,
    left: f64,
    right: f64,
}

impl Piece {
    fn x(&self, us: u64) -> f64 {
        let span = self.to.saturating_sub(self.from);
        if span == 0 {
            return (self.left + self.right) / 2.0;
        }
        let at = us.clamp(self.from, self.to) - self.from;
        self.left + (self.right - self.left) * (at as f64 / span as f64)
    }
}

/// The scale of an axis.
pub struct Scale {
    pieces: Vec<Piece>,
}

impl Scale {
    /// For these times, between two places.
    pub fn new(times: &[u64], left: f64, right: f64) -> Self {
        let mut times = times.to_vec();
        times.sort_unstable();
        times.dedup();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            return Self { pieces: Vec::new() };
        };
        let whole = last - first;
        let mut spans = vec![(*first, *first)];
        for time in times.iter().skip(1) {
            let Some(span) = spans.last_mut() else { break };
            let gap = time - span.1;
            // Two or three moments need no cut to be told apart.
            if times.len() > 3 && gap >= SILENCE_US && gap > whole / SHARE {
                spans.push((*time, *time));
            } else {
                span.1 = *time;
            }
        }
        let drawn: u64 = spans.iter().map(|(from, to)| to - from).sum();
        let breaks = (spans.len() - 1) as f64 * BREAK;
        // Every piece gets a tenth of the room for itself, the rest by its length.
        let room = (right - left - breaks).max(1.0);
        let own = room * 0.1;
        let shared = room - own * spans.len() as f64;
        let mut x = left;
        let pieces = spans.iter().map(|(from, to)| {
            let part = match drawn {
                0 => 1.0 / spans.len() as f64,
                _ => (to - from) as f64 / drawn as f64,
            };
            let width = own + shared * part;
            let piece = Piece { from: *from, to: *to, left: x, right: x + width };
            x += width + BREAK;
            piece
        });
        Self { pieces: pieces.collect() }
    }

    /// The place of a time.
    pub fn x(&self, us: u64) -> f64 {
        let piece = self.pieces.iter().find(|piece| us <= piece.to).or(self.pieces.last());
        piece.map_or(0.0, |piece| piece.x(us))
    }

    /// Stretches of the axis.
    pub fn lines(&self) -> impl Iterator<Item = (f64, f64)> {
        self.pieces.iter().map(|piece| (piece.left, piece.right))
    }

    /// Cut-out silences: how long, and the middle of their place.
    pub fn breaks(&self) -> impl Iterator<Item = (u64, f64)> {
        self.pieces.windows(2).filter_map(|pair| match pair {
            [a, b] => Some((b.from - a.to, (a.right + b.left) / 2.0)),
            _ => None,
        })
    }

    /// Times with a tick, and their places; far enough apart for their texts.
    pub fn ticks(&self) -> Vec<(u64, f64)> {
        let step = self.step();
        let taken: Vec<f64> = self.breaks().map(|(_, x)| x).collect();
        let mut out: Vec<(u64, f64)> = Vec::new();
        for piece in &self.pieces {
            let first = piece.from.div_ceil(step).saturating_mul(step);
            let mut at = if first <= piece.to { first } else { piece.from };
            while at <= piece.to {
                let x = piece.x(at);
                let free = out.last().is_none_or(|(_, last)| x - last >= TICK)
                    && taken.iter().all(|middle| (x - middle).abs() >= TICK);
                if free {
                    out.push((at, x));
                }
                let Some(next) = at.checked_add(step) else { break };
                at = next;
            }
        }
        out
    }

    /// A round step that keeps ticks apart in the longest piece.
    fn step(&self) -> u64 {
        let long = self.pieces.iter().max_by_key(|piece| piece.to - piece.from);
        let Some(piece) = long else { return 1 };
        let ticks = ((piece.right - piece.left) / TICK).floor().max(1.0) as u64;
        let least = ((piece.to - piece.from) / ticks).max(1_000);
        let mut step = 1_000_u64;
        loop {
            for factor in [1, 2, 5] {
                if let Some(step) = step.checked_mul(factor).filter(|step| *step >= least) {
                    return step;
                }
            }
            match step.checked_mul(10) {
                Some(next) => step = next,
                None => return step,
            }
        }
    }

    /// A tick's text: no more digits than the step needs.
    pub fn tick_text(&self, clock: Clock, us: u64) -> String {
        let text = stamp((clock, us));
        let digits = match self.step() {
            _ if us % 1_000_000 == 0 => 0,
            100_000.. => 1,
            10_000.. => 2,
            _ => 3,
        };
        match text.split_once('.') {
            Some((whole, _)) if digits == 0 => whole.to_owned(),
            Some((whole, rest)) => format!("{whole}.{}", rest.get(..digits).unwrap_or(rest)),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_silence_is_cut_out_and_told() {
        let scale = Scale::new(&[0, 1_000_000, 2_000_000, 60_000_000, 61_000_000], 0.0, 800.0);
        let breaks: Vec<u64> = scale.breaks().map(|(us, _)| us).collect();
        assert_eq!(breaks, [58_000_000]);
        assert!(scale.x(1_000_000) > 100.0, "what is drawn gets the room");
        assert!(scale.x(60_000_000) - scale.x(2_000_000) < 2.0 * BREAK);
    }

    #[test]
    fn one_moment_or_none_is_no_division_by_nothing() {
        assert_eq!(Scale::new(&[5], 0.0, 800.0).x(5), 400.0);
        assert_eq!(Scale::new(&[], 0.0, 800.0).x(5), 0.0);
        assert_eq!(Scale::new(&[], 0.0, 800.0).ticks(), []);
    }

    #[test]
    fn a_ticks_text_has_the_digits_that_it_needs() {
        let scale = Scale::new(&[0, 900_000], 0.0, 800.0);
        let texts: Vec<String> =
            scale.ticks().iter().map(|(us, _)| scale.tick_text(Clock::Kernel, *us)).collect();
        assert_eq!(texts, ["0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]);
    }

    proptest! {
        #[test]
        fn later_is_never_further_left_and_ticks_stay_apart(
            times in proptest::collection::vec(any::<u64>(), 1..40)
        ) {
            let scale = Scale::new(&times, 100.0, 900.0);
            let mut sorted = times.clone();
            sorted.sort_unstable();
            let places: Vec<f64> = sorted.iter().map(|us| scale.x(*us)).collect();
            prop_assert!(places.is_sorted());
            prop_assert!(places.iter().all(|x| (99.9..=900.1).contains(x)));
            let ticks = scale.ticks();
            prop_assert!(ticks.windows(2).all(|pair| pair[1].1 - pair[0].1 >= TICK - 0.1));
        }
    }
}
