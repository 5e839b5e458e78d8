//! The timeline: in words what matters, then the picture, then every moment as a
//! list with its line of evidence, then what was not seen.

use super::Page;
use crate::render::page::model::sentence;
use crate::render::page::svg;
use crate::view::timeline::{Moment, Tone, Track, seconds, stamp};
use maud::{Markup, html};

/// The whole section.
pub fn body(page: &Page) -> Markup {
    let story = &page.story;
    html! {
        @if !story.spans.is_empty() {
            ul .spans {
                @for span in &story.spans {
                    li class=(tone(span.tone)) {
                        @if span.tone == Tone::Bad { b { (sentence(&span.says)) } }
                        @else { (sentence(&span.says)) }
                    }
                }
            }
        }
        @if !story.tracks.is_empty() {
            figure .scroll tabindex="0" role="group" aria-label="Timeline as a picture" {
                (svg::inline(story))
            }
        }
        @for what in &story.clocks { p .note { (what) } }
        @for track in &story.tracks { (list(track)) }
        @if !story.timeless.is_empty() {
            h3 { "Without a time, in the order found" }
            ol .moments { @for moment in &story.timeless { (item(moment, None, false)) } }
        }
        @if story.left_out > 0 {
            p .note { (story.left_out) " more events are not shown." }
        }
        @if !story.unseen.is_empty() {
            h3 { "Steps that were not seen" }
            dl .unseen {
                @for unseen in &story.unseen {
                    div { dt { (sentence(&unseen.step)) } dd { (unseen.why) } }
                }
            }
        }
    }
}

fn list(track: &Track) -> Markup {
    let times: Vec<Option<u64>> = track.moments.iter().map(|m| m.time.map(|(_, us)| us)).collect();
    let before = std::iter::once(None).chain(times.iter().copied());
    html! {
        h3 { "Event by event, " (track.axis.title()) }
        ol .moments {
            @for ((at, moment), before) in track.moments.iter().enumerate().zip(before) {
                (item(moment, before, track.is_vague(at)))
            }
        }
    }
}

fn item(moment: &Moment, before: Option<u64>, vague: bool) -> Markup {
    let since = before.zip(moment.time).map(|(before, (_, us))| us.saturating_sub(before));
    let since = since.filter(|us| *us > 0);
    let source = &moment.source;
    html! {
        li class=(tone(moment.tone)) {
            @if let Some(time) = moment.time {
                span .time { @if vague { "≈ " } (stamp(time)) }
                span .since { @if let Some(us) = since { "+" (seconds(us)) } }
            } @else {
                span .time {}
                span .since {}
            }
            span .lane { (moment.lane.name()) }
            details {
                summary {
                    @match moment.tone {
                        Tone::Bad => { span .sign aria-label="bad" role="img" { "✗" } " " }
                        Tone::Good => { span .sign aria-label="good" role="img" { "✓" } " " }
                        Tone::Step => {}
                    }
                    (moment.what)
                    @if moment.times > 1 { " (" (moment.times) " times)" }
                }
                p .source {
                    (source.from)
                    @if source.line > 0 { ", line " (source.line) }
                }
                pre tabindex="0" { code { (source.text) } }
            }
        }
    }
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "bad",
        Tone::Good => "good",
        Tone::Step => "step",
    }
}
