//! "Dash or underscore? Command line or modprobe.d?" Measured with kmod 30 and 34:
//! both spellings work, and the command line is read last.

use crate::doctor::answer::Says;
use crate::doctor::case::{Case, unseen};
use nvpreflight::facts::{Directive, Origin, in_stack};
use nvpreflight::seen::Seen;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if !f.config.lines.is_yes() && !f.config.lines.is_absent() {
        return Says::unknown(unseen("modprobe.d", &f.config.lines));
    }
    let lines: Vec<_> =
        f.config.of(Directive::Options).filter(|line| in_stack(&line.module)).collect();
    let on = |origin: Origin| lines.iter().filter(|line| line.origin == origin).count();
    let counted =
        format!("{} in modprobe.d, {} on the command line", on(Origin::File), on(Origin::Cmdline));
    let idle = c.found(&[303, 304, 302, 318, 309, 108, 316]);
    let says = match (idle, lines.len()) {
        (Some(finding), _) => {
            Says::careful(format!("spelling is not the cause: {}", finding.message))
                .maybe(Some(Case::shown(finding)))
        }
        (None, 0) if matches!(f.config.files, Seen::Yes(())) => {
            Says::plain("both spellings and both places work; nothing is set here")
        }
        (None, 0) => Says::plain("both spellings and both places work"),
        (None, _) => Says::good(format!("both spellings work; {counted}, which is read last")),
    };
    let note = "exception: modprobe.blacklist= only accepts underscores";
    says.seen("kmod 30 and 34", note).all(lines.iter().map(|line| crate::doctor::Evidence {
        place: line.place.to_string(),
        text: line.as_options().to_string(),
    }))
}
