//! The report as KTAP, one test a rule (Documentation/dev-tools/ktap.rst).
//!
//! A rule that could not look is `not ok`: KTAP's SKIP says that a test was not
//! meant to run here, which is true for the other skips only.

use crate::finding::{Outcome, Report};
use core::fmt::{self, Write};

/// Writes the report.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> fmt::Result {
    writeln!(out, "KTAP version 1\n1..{}", report.outcomes.len())?;
    for (i, (rule, outcome)) in report.outcomes.iter().enumerate() {
        let (n, code, name) = (i + 1, rule.code, rule.name);
        match outcome {
            Outcome::Pass => writeln!(out, "ok {n} {code} {name}")?,
            Outcome::Skipped(skip) if skip.is_blind() => {
                writeln!(
                    out,
                    "# {code} could not check: {skip}\nnot ok {n} {code} {name} # ERROR"
                )?;
            }
            Outcome::Skipped(skip) => {
                writeln!(out, "ok {n} {code} {name} # SKIP {}", report.why(rule, *skip))?;
            }
            Outcome::Found(_) => {
                let mut failed = false;
                for finding in report.findings.iter().filter(|f| f.rule.code == code) {
                    writeln!(out, "# {}: {}", finding.severity.name(), finding.message)?;
                    failed |= finding.severity >= report.threshold;
                }
                writeln!(out, "{} {n} {code} {name}", if failed { "not ok" } else { "ok" })?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::string::String;

    fn shown(report: &Report) -> String {
        let mut out = String::new();
        write(report, &mut out).unwrap();
        out
    }

    #[test]
    fn findings_at_the_threshold_and_blind_rules_are_not_ok() {
        assert_eq!(
            shown(&sample::broken()),
            "KTAP version 1\n1..2\n\
             # warning: nvidia is loaded, but nvidia_drm is not\nok 1 NVP106 half_a_stack_loaded\n\
             # error: modeset=N in force: set to 0 by etc/modprobe.d/b.conf:1\n\
             not ok 2 NVP201 modeset_off\n"
        );
        assert!(shown(&sample::blind()).contains("not ok 1 NVP106 half_a_stack_loaded # ERROR"));
    }
}
