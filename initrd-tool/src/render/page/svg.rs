//! The timeline as a picture: a lane for each module, linear time, a broken axis
//! where nothing happens for long. Labels never overlap: text is set in a face of
//! fixed width, and each label gets a row in which it is alone.

mod rows;
mod scale;

use crate::view::timeline::{Lane, Moment, Step, Story, Tone, Track, bars, seconds, stamp};
use maud::{Markup, PreEscaped, html};
use rows::{Event, Placed};
use scale::Scale;

/// The picture's width in user units; text is 11 units high.
pub const WIDTH: f64 = 960.0;
/// Where lanes' names end and time begins.
const LEFT: f64 = 118.0;
const RIGHT: f64 = 12.0;
/// Height of a row of labels.
const ROW: f64 = 19.0;
/// Room above and below the rows of a lane.
const PAD: f64 = 5.0;
/// Height of the title of an axis.
const HEAD: f64 = 24.0;
/// Height of the axis itself.
const AXIS: f64 = 30.0;

/// Its style, for a page that holds the picture too.
pub const STYLE: &str = include_str!("svg/style.css");
/// Colours of a picture that stands alone; a page has its own.
const COLOURS: &str = ":root{color-scheme:light dark;--bg:#fcfbf9;--band:#f3f0eb;--fg:#1f1d1a;\
    --muted:#5d5850;--line:#cfc9c0;--bad:#ad2018;--good:#1d6a3c}\
    @media(prefers-color-scheme:dark){:root{--bg:#171614;--band:#1f1d1b;--fg:#ece8e2;\
    --muted:#aaa399;--line:#47433d;--bad:#ff9389;--good:#7fd39d}}svg{background:var(--bg)}";

/// A lane with its moments set.
struct Drawn<'a> {
    lane: Lane,
    top: f64,
    height: f64,
    labels: Vec<(Event<'a>, Placed)>,
}

/// A file of its own.
#[must_use]
pub fn standalone(story: &Story, name: &str) -> String {
    let picture = draw(story, &format!("Timeline of {name}"), Some(COLOURS));
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", picture.into_string())
}

/// The picture as a part of a page.
#[must_use]
pub fn inline(story: &Story) -> Markup {
    draw(story, "Timeline of the boot", None)
}

fn draw(story: &Story, title: &str, colours: Option<&str>) -> Markup {
    let mut y = 0.0;
    let mut parts = Vec::new();
    for track in &story.tracks {
        let (part, height) = of_track(track, y);
        parts.push(part);
        y += height;
    }
    if parts.is_empty() {
        y = 40.0;
        parts.push(html! { text .muted x="12" y="24" { "No events with a time." } });
    }
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="tl" role="img" width=(WIDTH) height=(y)
            viewBox={ "0 0 " (WIDTH) " " (y) } aria-labelledby="tl-title tl-desc" {
            title id="tl-title" { (title) }
            desc id="tl-desc" { (description(story)) }
            @if let Some(colours) = colours { style { (PreEscaped(colours)) (PreEscaped(STYLE)) } }
            @for part in parts { (part) }
        }
    }
}

/// The same in words, short: a page has the whole list beside the picture.
fn description(story: &Story) -> String {
    let told = |m: &Moment| Some(format!("{} {}: {}", stamp(m.time?), m.lane.name(), m.what));
    let all: Vec<String> = story.tracks.iter().flat_map(|t| &t.moments).filter_map(told).collect();
    all.join("; ")
}

/// A track from `top` on, and its height.
fn of_track(track: &Track, top: f64) -> (Markup, f64) {
    let begun =
        (0..track.moments.len()).filter_map(|at| bars::ending(track, at)).map(|bar| bar.from);
    let times: Vec<u64> =
        track.moments.iter().filter_map(|m| m.time).map(|(_, us)| us).chain(begun).collect();
    let scale = Scale::new(&times, LEFT + 8.0, WIDTH - RIGHT - 8.0);
    let mut y = top + HEAD;
    let mut lanes = Vec::new();
    for lane in Lane::ALL {
        let events = track.moments.iter().enumerate().filter(|(_, m)| m.lane == lane);
        let of: Vec<Event<'_>> = events.map(|(at, m)| (m, bars::ending(track, at))).collect();
        if of.is_empty() && (lane == Lane::Other || track.axis != crate::view::timeline::Axis::Boot)
        {
            continue;
        }
        let labels = rows::set(&of, &scale, LEFT, WIDTH - RIGHT);
        let count = labels.iter().map(|(_, placed)| placed.row + 1).max().unwrap_or(1);
        let height = count as f64 * ROW + 2.0 * PAD;
        lanes.push(Drawn { lane, top: y, height, labels });
        y += height;
    }
    let bottom = y + 6.0;
    let markup = html! {
        text .axis-title x=(LEFT) y=(top + 15.0) { (track.axis.title()) }
        @for (at, lane) in lanes.iter().enumerate() {
            @if at % 2 == 0 {
                rect .band x="0" y=(lane.top) width=(WIDTH) height=(lane.height) {}
            }
            text .lane x="10" y=(lane.top + PAD + 13.0) { (lane.lane.name()) }
            @if lane.labels.is_empty() {
                text .muted x=(LEFT + 8.0) y=(lane.top + PAD + 13.0) { "not seen" }
            }
        }
        (guides(track, &scale, top + HEAD, bottom))
        @for lane in &lanes {
            @for (event, placed) in &lane.labels { (label(*event, placed, lane.top)) }
        }
        (axis(&scale, track, bottom))
    };
    (markup, bottom + AXIS - top)
}

/// Lines through all lanes at the moments that people relate others to.
fn guides(track: &Track, scale: &Scale, top: f64, bottom: f64) -> Markup {
    let first = |step: Step| track.moments.iter().find(|m| m.step == step);
    let lines = [Step::SwitchRoot, Step::DisplayManager].into_iter().filter_map(first);
    html! {
        @for moment in lines {
            @if let Some((_, us)) = moment.time {
                line .guide x1=(round(scale.x(us))) x2=(round(scale.x(us))) y1=(top) y2=(bottom) {}
            }
        }
    }
}

fn label((moment, bar): Event<'_>, placed: &Placed, top: f64) -> Markup {
    let y = top + PAD + placed.row as f64 * ROW + ROW / 2.0;
    let x = round(placed.x);
    let class = match moment.tone {
        Tone::Bad => "bad",
        Tone::Good => "good",
        Tone::Step => "step",
    };
    let time = moment.time.map(stamp).unwrap_or_default();
    let took = bar.map(|bar| format!(", took {}", seconds(bar.us))).unwrap_or_default();
    let from = round(placed.from.unwrap_or(placed.x));
    let anchor = if placed.left { "end" } else { "start" };
    html! {
        g class=(class) {
            title { (time) " " (moment.lane.name()) ": " (moment.what) (took) }
            @if placed.from.is_some() {
                rect .took x=(from) y=(y - 4.0) width=(round(x - from)) height="8" {}
            }
            @if moment.tone == Tone::Bad {
                path .mark d=(format!("M{} {y}l4 4m-8 0l8 -8m-8 0l4 4", x)) {}
            } @else {
                circle .mark cx=(x) cy=(y) r="3.5" {}
            }
            text x=(round(placed.text_x)) y=(y + 4.0) text-anchor=(anchor) { (placed.text) }
        }
    }
}

fn axis(scale: &Scale, track: &Track, y: f64) -> Markup {
    let clock = track.moments.first().and_then(|m| m.time).map(|(clock, _)| clock);
    html! {
        @for (from, to) in scale.lines() {
            line .axis x1=(round(from)) x2=(round(to)) y1=(y) y2=(y) {}
        }
        @for (us, x) in scale.ticks() {
            line .axis x1=(round(x)) x2=(round(x)) y1=(y) y2=(y + 4.0) {}
            @if let Some(clock) = clock {
                text .tick x=(round(x)) y=(y + 17.0) text-anchor="middle" {
                    (scale.tick_text(clock, us))
                }
            }
        }
        @for (us, x) in scale.breaks() {
            path .axis d=(format!("M{} {}l5 -9m2 9l5 -9", round(x - 6.0), y + 4.5)) {
                title { "nothing for " (seconds(us)) }
            }
            text .tick x=(round(x)) y=(y + 17.0) text-anchor="middle" { "‖ " (seconds(us)) }
        }
    }
}

/// To a tenth: what is written is the same on every machine.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
