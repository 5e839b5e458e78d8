//! Sets the labels of a lane: each in the first row where it has the room to
//! itself. What no longer fits keeps its mark and its tooltip.

use super::scale::Scale;
use crate::view::timeline::Moment;

/// Width of a character: faces of fixed width have 0.6 em or a little more.
const CHARACTER: f64 = 6.7;
/// From a mark to its text.
pub const GAP: f64 = 8.0;
/// Characters of a label; the whole text is in its tooltip and in the list.
const TEXT_MAX: usize = 36;
/// Rows of a lane.
const ROW_MAX: usize = 12;

/// Where a label stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Placed {
    /// The mark's place.
    pub x: f64,
    /// The row, from 0.
    pub row: usize,
    /// Whether the text stands left of the mark.
    pub left: bool,
    /// The text; empty where no row had room.
    pub text: String,
}

/// Sets moments that are in order of time.
pub fn set<'a>(
    moments: &[&'a Moment],
    scale: &Scale,
    left: f64,
    right: f64,
) -> Vec<(&'a Moment, Placed)> {
    let mut rows: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut out = Vec::new();
    for moment in moments {
        let Some((_, us)) = moment.time else { continue };
        let x = scale.x(us);
        let text = short(moment);
        let width = GAP + text.chars().count() as f64 * CHARACTER;
        let turned = x + width > right && x - width >= left;
        let span = if turned { (x - width, x + GAP) } else { (x - GAP, x + width) };
        let free = |row: &Vec<(f64, f64)>| row.iter().all(|(a, b)| span.1 < *a || *b < span.0);
        let row = match rows.iter().position(free) {
            Some(row) => row,
            None if rows.len() < ROW_MAX => {
                rows.push(Vec::new());
                rows.len() - 1
            }
            None => {
                let bare = Placed { x, row: ROW_MAX - 1, left: false, text: String::new() };
                out.push((*moment, bare));
                continue;
            }
        };
        if let Some(row) = rows.get_mut(row) {
            row.push(span);
        }
        out.push((*moment, Placed { x, row, left: turned, text }));
    }
    out
}

fn short(moment: &Moment) -> String {
    let times = if moment.times > 1 { format!(" ×{}", moment.times) } else { String::new() };
    let room = TEXT_MAX.saturating_sub(times.chars().count());
    let mut text: String = moment.what.chars().take(room + 1).collect();
    if text.chars().count() > room {
        text.pop();
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    text + &times
}
