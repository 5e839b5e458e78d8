//! NVP523 in a part of a log: the driver's own count of probes that failed.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::message::holding;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // Of a running kernel the bus tells which GPU has a driver.
    if f.look != Look::Log || f.nv.yes().is_some_and(|nv| !nv.gpus.is_empty()) {
        return;
    }
    let Some(said) = holding(f, &[nvidia::PROBES_FAILED]).next() else { return };
    let finding = out.add(format_args!("nvidia failed to bind a GPU: probe failed"));
    finding.module("nvidia").confidence(Confidence::Likely).logged(said.record.us, &said.text);
    // With another GPU it goes on.
    if f.logged(&[nvidia::LOADING]).is_some() {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const COUNT: &str = "[    7.652477] NVRM: The NVIDIA probe routine failed for 2 device(s).\n";

    #[test]
    fn the_drivers_count_alone_is_told() {
        fires(
            &RULE,
            Case::journal(COUNT),
            "NVP523 error: nvidia failed to bind a GPU: probe failed",
        );
        let loaded = "[    7.657153] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  570.133.07\n";
        fires(
            &RULE,
            Case::journal(&[COUNT, loaded].concat()),
            "NVP523 warning: nvidia failed to bind a GPU: probe failed",
        );
    }

    #[test]
    fn a_driver_that_says_nothing_of_it_is_silent() {
        silent(&RULE, Case::journal("[    7.6] NVRM: loading NVIDIA UNIX x86_64 Kernel Module"));
    }
}
