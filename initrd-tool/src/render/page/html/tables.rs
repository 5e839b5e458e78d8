//! The tables: the machine, where options come from, the configuration, what was
//! not seen, the kernel's lines.

use super::Page;
use crate::base::clean;
use crate::view::provenance::{
    Default, Effect, InForce, Provenance, default_words, effect_words, in_force_words,
};
use maud::{Markup, html};

fn safe(text: &str) -> String {
    clean::line(text.as_bytes())
}

/// What machine it is.
pub fn machine(page: &Page) -> Markup {
    html! {
        dl .facts {
            @for (name, value) in &page.machine { div { dt { (name) } dd { (value) } } }
        }
    }
}

/// One table an option: those that a line names are open.
pub fn options(page: &Page) -> Markup {
    html! {
        @for table in &page.options {
            @let name = format!("{}.{}", table.module, table.parameter);
            details .option open[!table.lines.is_empty()] {
                summary { code { (safe(&name)) } " " span .value { (in_force(&table.in_force)) } }
                div .scroll tabindex="0" role="group" aria-label={ "Lines of " (safe(&name)) } {
                    (lines(table))
                }
                p .note { (safe(&in_force_words(table))) }
            }
        }
    }
}

fn in_force(in_force: &InForce) -> String {
    match in_force {
        InForce::Read { value, .. } => format!("= {} in force", safe(value)),
        InForce::Predicted { value, .. } => format!("= {} expected", safe(value)),
        InForce::Unknown { .. } => "unknown".into(),
    }
}

fn lines(table: &Provenance) -> Markup {
    html! {
        table {
            caption { "Who sets what for " (safe(&table.parameter)) ", in the kernel's order" }
            thead {
                tr {
                    th scope="col" { "Stage" }
                    th scope="col" { "Value" }
                    th scope="col" { "Place" }
                    th scope="col" { "Effect" }
                }
            }
            tbody {
                tr {
                    th scope="row" { "driver" }
                    td { (default_value(&table.default)) }
                    td { "the driver's own default" }
                    td { (safe(&default_words(&table.default))) }
                }
                @for line in &table.lines {
                    tr .counts[line.effect == Effect::Counts] {
                        th scope="row" { (line.stage.name()) }
                        td { code { (line.value.as_deref().map_or("(none)".into(), safe)) } }
                        td { code { (safe(&line.place)) } }
                        td { (safe(&effect_words(&line.effect))) }
                    }
                }
            }
        }
    }
}

fn default_value(default: &Default) -> Markup {
    match default {
        Default::Is { value, .. } => html! { code { (safe(value)) } },
        Default::NoParameter => html! { "none" },
        Default::Unknown { .. } => html! { "?" },
    }
}

/// The command line and the lines of configuration.
pub fn configuration(page: &Page) -> Markup {
    html! {
        @if let Some(cmdline) = &page.cmdline {
            h3 { "Kernel command line" }
            pre .wrap tabindex="0" { code { (cmdline) } }
        }
        @if !page.settings.is_empty() {
            h3 { "Lines that concern the stack" }
            div .scroll tabindex="0" role="group" aria-label="Lines of configuration" {
                table {
                    caption { "modprobe.d, modules-load.d and the command line's share" }
                    thead { tr { th scope="col" { "Place" } th scope="col" { "Line" } } }
                    tbody {
                        @for setting in &page.settings {
                            tr { td { (setting.place) } td { code { (setting.line) } } }
                        }
                    }
                }
            }
        }
    }
}

/// What could not be checked or checked.
pub fn unseen(page: &Page) -> Markup {
    html! {
        p .note { "A check that could not run is not a pass." }
        ul { @for what in &page.unseen { li { (what) } } }
    }
}

/// The kernel's lines, folded away.
pub fn log(page: &Page) -> Markup {
    html! {
        details {
            summary { "Show them" }
            pre tabindex="0" {
                code {
                    @for line in &page.log {
                        @if !line.time.is_empty() { "[" (format!("{:>12}", line.time)) "] " }
                        (line.text)
                        @if line.times > 1 { "  (" (line.times) " times)" }
                        "\n"
                    }
                }
            }
        }
    }
}
