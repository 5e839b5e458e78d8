//! Takes out of a page what the facts and the log told of a machine and its people.
//! Every text of the page is named here: a field that is added and forgotten does
//! not compile.

use super::model::{Brief, Excerpt, LogLine, Page, Setting, Shown};
use crate::source::bundle::Redactor;
use crate::view::provenance::{Default, Effect, InForce, Line, Provenance};
use crate::view::timeline::{Moment, Source, Span, Story, Track, Unseen};

impl Page {
    /// Takes out what the redactor knows. Titles, codes and words of this program
    /// stay.
    pub fn redact(&mut self, with: &Redactor) {
        let Self {
            name,
            kind: _,
            verdict: _,
            summary,
            findings,
            machine,
            story: told,
            options,
            cmdline,
            settings,
            unseen,
            log,
            check,
            report,
        } = self;
        let hide = &|text: &mut String| *text = with.text(text);
        [name, summary, check].into_iter().for_each(hide);
        findings.iter_mut().for_each(|shown| finding(shown, hide));
        machine.iter_mut().for_each(|(_, value)| hide(value));
        story(told, hide);
        options.iter_mut().for_each(|table| provenance(table, hide));
        cmdline.iter_mut().for_each(hide);
        for Setting { place, line } in settings {
            [place, line].into_iter().for_each(hide);
        }
        unseen.iter_mut().for_each(hide);
        for LogLine { time: _, text, times: _ } in log {
            hide(text);
        }
        with.value(report);
    }
}

fn finding(shown: &mut Shown, hide: &dyn Fn(&mut String)) {
    let Shown { brief: of, likely: _, why: _, fix, place, excerpt, values, follow } = shown;
    brief(of, hide);
    hide(fix);
    place.iter_mut().for_each(hide);
    if let Some(Excerpt { before, meant, after }) = excerpt {
        // A secret may begin before the word that is meant: hidden as one line.
        let mut whole = format!("{before}{meant}{after}");
        hide(&mut whole);
        let mut chars = whole.chars();
        for part in [before, meant, after] {
            let count = part.chars().count();
            *part = chars.by_ref().take(count).collect();
        }
    }
    values.iter_mut().for_each(hide);
    follow.iter_mut().for_each(|follows| brief(follows, hide));
}

fn brief(brief: &mut Brief, hide: &dyn Fn(&mut String)) {
    let Brief { code: _, severity: _, message, evidence } = brief;
    [message, evidence].into_iter().for_each(hide);
}

fn story(story: &mut Story, hide: &dyn Fn(&mut String)) {
    let Story { tracks, timeless, spans, unseen, clocks: _, left_out: _ } = story;
    let timed = tracks.iter_mut().flat_map(|Track { axis: _, moments }| moments);
    for moment in timed.chain(timeless) {
        let Moment { time: _, step: _, lane: _, tone: _, what, took_us: _, times: _, source } =
            moment;
        let Source { from, line: _, text } = source;
        [what, from, text].into_iter().for_each(hide);
    }
    for Span { says, us: _, tone: _, rule: _ } in spans {
        hide(says);
    }
    for Unseen { step: _, why } in unseen {
        hide(why);
    }
}

fn provenance(table: &mut Provenance, hide: &dyn Fn(&mut String)) {
    let Provenance { module: _, parameter, default, lines, in_force } = table;
    // A secret may stand where a parameter's name does.
    hide(parameter);
    match default {
        Default::Is { value, as_of: _ } => hide(value),
        Default::NoParameter => {}
        Default::Unknown { why } => hide(why),
    }
    for Line { stage: _, place, value, line, effect } in lines {
        [place, line].into_iter().for_each(hide);
        value.iter_mut().for_each(hide);
        match effect {
            Effect::Counts => {}
            Effect::Overridden { by, same: _ } => hide(by),
            Effect::OtherStage { why } | Effect::Misses { why } => hide(why),
        }
    }
    match in_force {
        InForce::Read { value, source, set_by } => {
            [value, source].into_iter().for_each(hide);
            set_by.iter_mut().for_each(hide);
        }
        InForce::Predicted { value, source, because } => {
            [value, source, because].into_iter().for_each(hide);
        }
        InForce::Unknown { why } => hide(why),
    }
}
