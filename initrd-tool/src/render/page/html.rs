//! The page as one HTML file. It needs nothing but itself: no network, no script,
//! no font; a policy in it forbids them. Everything that comes from the subject is
//! escaped by the template.

mod cause;
mod tables;
mod timeline;

use super::Page;
use super::model::sentence;
use super::svg;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("html/style.css");
/// Nothing may be loaded and nothing may run, whatever a log line holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'";

/// A part of the page below the cause.
struct Section {
    id: &'static str,
    title: String,
    body: Markup,
}

pub(super) fn render(page: &Page) -> String {
    let sections = sections(page);
    let title = sentence(&page.headline());
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "nvpreflight " (env!("CARGO_PKG_VERSION")) };
                link rel="icon" href="data:,";
                title { (title) " · nvpreflight" }
                style { (PreEscaped(STYLE)) (PreEscaped(svg::STYLE)) }
            }
            body {
                header .top {
                    p { b { "nvpreflight" } " report" }
                    p .subject { (page.name) " " span .kind { (page.kind) } }
                    @if !page.strip().is_empty() {
                        ul .strip aria-label="Machine" {
                            @for what in page.strip() { li { (what) } }
                        }
                    }
                }
                main {
                    (cause::card(page))
                    nav aria-label="Parts of this report" {
                        ul {
                            @for section in &sections {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                    @for section in sections {
                        section aria-labelledby=(section.id) {
                            h2 id=(section.id) { (section.title) }
                            (section.body)
                        }
                    }
                }
                footer {
                    p { "Verdict: " (page.summary) "." }
                    p {
                        "Written by nvpreflight " (env!("CARGO_PKG_VERSION"))
                        ". It quotes the kernel command line and log lines, without \
                         names, addresses and secrets that were recognised unless it was \
                         written with "
                        code { "--no-redact" }
                        ": review them before you publish it."
                    }
                }
            }
        }
    };
    document.into_string() + "\n"
}

fn sections(page: &Page) -> Vec<Section> {
    let mut out = Vec::new();
    let mut add = |id, title: String, body| out.push(Section { id, title, body });
    if !page.others().is_empty() {
        let title = if page.cause().is_some() { "Other findings" } else { "Findings" };
        add("findings", format!("{title} ({})", page.others().len()), cause::others(page));
    }
    if !page.story.is_empty() || !page.story.unseen.is_empty() {
        add("timeline", "Timeline".into(), timeline::body(page));
    }
    if !page.machine.is_empty() {
        add("machine", "Machine".into(), tables::machine(page));
    }
    if !page.options.is_empty() {
        let body = tables::options(page);
        add("options", "Options, and where they come from".into(), body);
    }
    if page.cmdline.is_some() || !page.settings.is_empty() {
        add("configuration", "Configuration".into(), tables::configuration(page));
    }
    if !page.unseen.is_empty() {
        add(
            "unseen",
            format!("What could not be checked ({})", page.unseen.len()),
            tables::unseen(page),
        );
    }
    if !page.log.is_empty() {
        add("log", format!("Kernel lines of the stack ({})", page.log.len()), tables::log(page));
    }
    out
}
