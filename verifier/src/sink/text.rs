//! The report for people, in the manner of good compilers: code and sentence,
//! place, why, what to paste; consequences folded below their cause.

use super::verdict;
use crate::finding::fix::Fix;
use crate::finding::{Finding, Report, Severity, Skip};
use core::fmt::{self, Write};

/// How the text looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// Colours by ANSI escape sequences (ECMA-48 SGR); the caller knows whether
    /// a terminal is there.
    pub colour: bool,
}

/// Writes the report; the verdict line comes last, where a console shows it.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, style: Style, out: &mut dyn Write) -> fmt::Result {
    for (at, finding) in report.findings.iter().enumerate() {
        if finding.cause.is_none() {
            whole(report, at, finding, style, out)?;
        }
    }
    blind(report, style, out)?;
    for (what, count) in report.untold() {
        writeln!(
            out,
            "{}: {count} {what} lost: the report is incomplete",
            style.paint("note", "1")
        )?;
    }
    let colour = match verdict::priority(report) {
        0..=3 => "1;31",
        4 => "1;33",
        _ => "1;32",
    };
    writeln!(out, "{}: {}", style.paint("nvpreflight", colour), verdict::Line(report))
}

fn whole(
    report: &Report,
    at: usize,
    finding: &Finding,
    style: Style,
    out: &mut dyn Write,
) -> fmt::Result {
    head(finding, style, out)?;
    if finding.origin.is_shown() {
        writeln!(out, "  {} {}", style.paint("-->", "34"), finding.origin)?;
    }
    if !finding.evidence.is_empty() {
        writeln!(out, "   {} {}", style.paint("|", "34"), finding.evidence)?;
    }
    if !finding.expected.is_empty() || !finding.found.is_empty() {
        let shown =
            |v: &crate::text::Value| if v.is_empty() { "nothing".into() } else { v.clone() };
        let (wanted, found) = (shown(&finding.expected), shown(&finding.found));
        writeln!(out, "   {} expected {wanted}, found {found}", style.paint("=", "34"))?;
    }
    if let Some(reason) = report.reason(finding.rule.code) {
        let word = finding.severity.name();
        writeln!(out, "   {} {word} in the expectations: {reason}", style.paint("=", "34"))?;
    }
    let sure = if finding.confidence.name() == "certain" { "" } else { " (likely)" };
    writeln!(out, "   {} why: {}{sure}", style.paint("=", "34"), finding.rule.why)?;
    for line in fix(report, finding).lines() {
        writeln!(out, "   {} {line}", style.paint("help:", "36"))?;
    }
    let mut said = false;
    for caused in report.findings.iter().filter(|f| f.cause.map(usize::from) == Some(at)) {
        if !said {
            writeln!(out, "   {} consequences:", style.paint("=", "34"))?;
            said = true;
        }
        write!(out, "     ")?;
        head(caused, style, out)?;
    }
    writeln!(out)
}

fn head(finding: &Finding, style: Style, out: &mut dyn Write) -> fmt::Result {
    let colour = match finding.severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Note => "1;36",
    };
    let word = finding.severity.name();
    writeln!(out, "{}[{}]: {}", style.paint(word, colour), finding.rule.code, finding.message)
}

/// Reasons for which rules could not check, each once, with the codes.
fn blind(report: &Report, style: Style, out: &mut dyn Write) -> fmt::Result {
    let of = || report.skipped().filter(|(_, skip)| skip.is_blind());
    for (i, (_, skip)) in of().enumerate() {
        if of().take(i).any(|(_, s)| s == skip) {
            continue;
        }
        write!(out, "{}: {skip}:", style.paint("could not check", "1;33"))?;
        for (rule, _) in of().filter(|(_, s)| *s == skip) {
            write!(out, " {}", rule.code)?;
        }
        writeln!(out)?;
    }
    for (rule, skip) in report.skipped().filter(|(_, skip)| *skip == Skip::TurnedOff) {
        writeln!(out, "{}: {} {}", style.paint("note", "1"), rule.code, report.why(rule, skip))?;
    }
    let unasked = |skip: &Skip| matches!(skip, Skip::NotLooked(_) | Skip::NotShown(_));
    let skipped = report.skipped().filter(|(_, skip)| unasked(skip)).count();
    if skipped > 0 {
        writeln!(
            out,
            "{}: {skipped} checks skipped (not applicable here)",
            style.paint("note", "1")
        )?;
    }
    Ok(())
}

impl Style {
    fn paint<'a>(self, text: &'a str, sgr: &'a str) -> Paint<'a> {
        Paint { text, sgr: self.colour.then_some(sgr) }
    }
}

struct Paint<'a> {
    text: &'a str,
    sgr: Option<&'a str>,
}

impl fmt::Display for Paint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sgr {
            Some(sgr) => write!(f, "\x1b[{sgr}m{}\x1b[0m", self.text),
            None => f.write_str(self.text),
        }
    }
}

/// The advice that holds for a finding on this machine.
#[must_use]
pub fn fix<'a>(report: &'a Report, finding: &'a Finding) -> Fix<'a> {
    let own = finding.fix;
    let words = if own.is_empty() { finding.rule.fix_for(report.nixos) } else { own };
    Fix::new(words, &report.driver, &finding.module)
}

/// The finding that caused this one.
#[must_use]
pub fn cause<'a>(report: &'a Report, finding: &Finding) -> Option<&'a Finding> {
    report.findings.get(usize::from(finding.cause?))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::testing::Case;
    use std::string::String;

    fn shown(report: &Report, colour: bool) -> String {
        let mut out = String::new();
        write(report, Style { colour }, &mut out).unwrap();
        out
    }

    #[test]
    fn a_consequence_is_folded_below_its_cause() {
        assert_eq!(
            shown(&sample::broken(), false),
            "\
error[NVP201]: modeset=N in force: set to 0 by etc/modprobe.d/b.conf:1
  --> etc/modprobe.d/b.conf:1
   | options nvidia-drm modeset=0 x=\" \\é\"
   = expected Y, found N
   = why: Without it nvidia_drm registers a DRM device that has no connectors: no Wayland session, no console on the GPU.
   help: echo 'options nvidia_drm modeset=1' | sudo tee -a /etc/modprobe.d/zz-nvidia.conf    # then rebuild the initrd
   = consequences:
     warning[NVP106]: nvidia is loaded, but nvidia_drm is not

note: 3 kernel log records lost: the report is incomplete
nvpreflight: initrd: 1 error, 1 warning: NVP201 (1 follows from these)
"
        );
    }

    #[test]
    fn a_healthy_boot_prints_one_line_and_no_escape_unasked() {
        assert_eq!(
            shown(&sample::healthy(), false),
            "nvpreflight: initrd: ok: nvidia 550.163.01, card0, 2 checks passed\n"
        );
        assert!(shown(&sample::healthy(), true).starts_with("\x1b[1;32mnvpreflight\x1b[0m"));
    }

    #[test]
    fn a_loss_that_is_a_finding_is_told_once() {
        let rule = &crate::rules::evidence_lost::RULE;
        let mut facts = Case::initrd("").facts();
        facts.lost.count("kernel log records", 3);
        let mut report = Report::new(facts.phase);
        report.lost = facts.lost.clone();
        assert!(shown(&report, false).starts_with("note: 3 kernel log records lost"));
        let want = crate::expect::Expectations::default();
        crate::engine::run_rules(&[rule], &facts, &want, &mut report);
        assert_eq!(shown(&report, false).matches("kernel log records").count(), 1);
    }

    #[test]
    fn a_reason_for_not_checking_is_told_once_with_its_codes() {
        assert!(
            shown(&sample::blind(), false)
                .starts_with("could not check: cannot read /proc/modules: EIO: NVP106 NVP201\n")
        );
    }
}
