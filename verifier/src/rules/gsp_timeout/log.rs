//! NVP508 in a part of a log: the GSP's own watchdog.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings};
use crate::reading::sayings::{GSP_WATCHDOG, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(record) = said(f, &[GSP_WATCHDOG]) else { return };
    out.add(format_args!("the GSP of a GPU stopped: its own watchdog ran out"))
        .module("nvidia")
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn the_watchdogs_line_is_enough() {
        fires(
            &RULE,
            Case::journal("[  812.100000] GSP task watchdog timeout @ pc:0x1250c5c, partition:2#0, task:3"),
            "NVP508 error: the GSP of a GPU stopped: its own watchdog ran out",
        );
        silent(&RULE, Case::journal("[    3.100000] watchdog: softdog: registered"));
    }
}
