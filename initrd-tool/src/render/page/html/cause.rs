//! The first screen: what died first and the lines to paste. Then the other
//! findings in the same form, smaller.

use super::Page;
use crate::render::page::model::{Brief, Excerpt, Shown, sentence};
use maud::{Markup, html};
use nvpreflight::finding::Verdict;

/// The headline with what to do.
pub fn card(page: &Page) -> Markup {
    let Some(first) = page.cause() else { return clean(page) };
    html! {
        section class={ "cause " (first.brief.severity) } aria-labelledby="cause" {
            p .eyebrow { (badge(&first.brief)) " First cause" }
            h1 id="cause" { (soft(&sentence(&first.brief.message))) }
            (body(first, 2))
        }
    }
}

fn clean(page: &Page) -> Markup {
    let remark = page.remark();
    let doubtful = remark.is_some() || page.verdict == Verdict::CouldNotCheck;
    let class = if doubtful { "warning" } else { "ok" };
    html! {
        section class={ "cause " (class) } aria-labelledby="cause" {
            p .eyebrow {
                span class={ "badge " (class) } { (page.verdict.name()) }
                @if remark.is_some() { " No rule found a cause, but the timeline shows" }
                @else { " No fault found" }
            }
            h1 id="cause" { (soft(&sentence(&page.headline()))) }
            @if let Some(rule) = remark.and_then(|remark| remark.rule) {
                p .why { code { "nvpreflight explain " (rule) } " explains what to do." }
            }
            p .why { "Checks: " (page.summary) }
        }
    }
}

/// Text that may break behind a slash: paths are longer than a phone is wide.
fn soft(text: &str) -> Markup {
    html! { @for part in text.split_inclusive('/') { (part) wbr; } }
}

/// Every finding but the first cause.
pub fn others(page: &Page) -> Markup {
    html! {
        @for shown in page.others() {
            article class={ "finding " (shown.brief.severity) } {
                h3 { (badge(&shown.brief)) " " (soft(&sentence(&shown.brief.message))) }
                (body(shown, 4))
            }
        }
    }
}

fn badge(brief: &Brief) -> Markup {
    html! { span class={ "badge " (brief.severity) } { (brief.severity) " " (brief.code) } }
}

/// Why, what to do, where, what follows; headings of the first card are larger.
fn body(shown: &Shown, level: u8) -> Markup {
    html! {
        p .why {
            (shown.why)
            @if shown.likely { " " em { "Likely." } }
        }
        @if level == 2 { h2 .small { "What to do" } } @else { h4 { "What to do" } }
        pre .fix tabindex="0" { code { (shown.fix) } }
        @if shown.place.is_some() || !shown.brief.evidence.is_empty() {
            (evidence(shown))
        }
        @if !shown.follow.is_empty() {
            details .follow open[level == 2] {
                summary { "Consequences (" (shown.follow.len()) ")" }
                ul {
                    @for brief in &shown.follow {
                        li {
                            (badge(brief)) " " (sentence(&brief.message))
                            @if !brief.evidence.is_empty() {
                                pre tabindex="0" { code { (brief.evidence) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn evidence(shown: &Shown) -> Markup {
    let quoted = shown.excerpt.is_some() || !shown.brief.evidence.is_empty();
    html! {
        p .place {
            "Seen "
            @if let Some(place) = &shown.place { "at " code { (place) } }
            @else { "in this line" }
            @if let Some(values) = &shown.values { ": " (values) }
        }
        @if quoted {
            pre .evidence tabindex="0" {
                code {
                    @match &shown.excerpt {
                        Some(excerpt) => (marked(excerpt)),
                        None => (shown.brief.evidence),
                    }
                }
            }
        }
    }
}

fn marked(excerpt: &Excerpt) -> Markup {
    html! { (excerpt.before) mark { (excerpt.meant) } (excerpt.after) }
}
