//! NVP901: some of the evidence was lost before it could be judged.

use crate::expect::Expectations;
use crate::facts::{Facts, Lost};
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// What did not fit into the checker's fixed tables, what the kernel overwrote
    /// before it was read, lines that could not be understood, and sources that
    /// could not be read for another reason than missing permissions. With such a source a run
    /// without other findings is "could not check".
    ///
    /// ## Why
    /// The checker never allocates, so everything it keeps has a bound, and a log
    /// that went round has lost its oldest lines: the first cause may be among them.
    /// The rest of the report holds for what was seen.
    ///
    /// ## Fix
    /// Each loss has its own: a longer kernel log or trace, fewer lines of
    /// configuration, the rights to read a file. A table that was too small is a
    /// fault of the checker: report it with the facts of the machine.
    ///
    /// ## Sources
    /// Linux kernel/printk/printk.c (`log_buf_len`, `devkmsg_read`);
    /// Documentation/trace/ftrace.rst (`entries-in-buffer/entries-written`).
    901 evidence_lost {
        title: "evidence was lost",
        severity: Note,
        confidence: Certain,
        stages: [Initrd, PreDisplay, Image],
        needs: [],
        after: [],
        fix: "nvpreflight facts save / --output machine.facts    # an internal table was too small: report it with this file",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for (what, count) in f.lost.kinds() {
        let finding = out.add(format_args!("lost: {count} {what}"));
        if let Some((_, fix)) = FIXES.iter().find(|(kind, _)| what.contains(kind)) {
            finding.fix(fix);
        }
    }
}

/// A part of the loss's name and what helps against it; the first that fits counts.
const FIXES: [(&str, &str); 6] = [
    ("overwritten", "log_buf_len=1M    # on the kernel command line"),
    (
        "kernel log",
        "journalctl -k -b | grep NVRM | sort | uniq -c | sort -n    # what fills the log",
    ),
    ("trace", "trace_buf_size=4M    # on the kernel command line"),
    (Lost::REFUSED, "dmesg | tail -50    # disk errors, or a hanging driver"),
    (
        "unreadable",
        "ls -l /etc/modprobe.d /etc/modules-load.d    # files that only root, or no one, can read",
    ),
    ("configuration", "ls /etc/modprobe.d    # remove what is no longer needed"),
];

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::finding::Verdict;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_log_that_went_round_is_told() {
        fires(
            &RULE,
            Case::initrd(
                "dev/kmsg = 6,381,13940440,-;nvidia-modeset: Loading NVIDIA Kernel Mode Setting \
                 Driver for UNIX platforms\n",
            ),
            "NVP901 note: lost: 381 kernel log records overwritten",
        );
    }

    #[test]
    fn reads_that_failed_are_told() {
        let case = Case::initrd("proc/uptime ! EIO\n");
        fires(&RULE, case, "NVP901 note: lost: 1 unreadable sources");
    }

    #[test]
    fn each_loss_comes_with_the_advice_that_fits_it() {
        let fix = |what: &'static str| {
            let report = Case::initrd("").knowing(move |f| f.lost.count(what, 1)).report(&[&RULE]);
            report.findings.first().map(|f| f.fix).unwrap_or_default()
        };
        assert!(fix("kernel log records overwritten").starts_with("log_buf_len"));
        assert!(fix("kernel log records beyond the capacity").starts_with("journalctl"));
        assert!(fix("trace events").starts_with("trace_buf_size"));
        assert!(fix("configuration lines").starts_with("ls /etc/modprobe.d"));
        assert!(fix("unreadable configuration files").starts_with("ls -l"));
        assert_eq!(fix("PCI functions"), "", "the rule's own advice holds");
    }

    #[test]
    fn a_log_read_from_its_first_record_is_quiet() {
        quiet(&RULE, Case::initrd("dev/kmsg = 6,0,0,-;Linux version 6.12.107\n"));
    }

    #[cfg(feature = "image")]
    #[test]
    fn what_did_not_fit_of_an_image_is_told_too() {
        fires(
            &RULE,
            Case::image("").knowing(|f| f.lost.count("configuration lines", 3)),
            "NVP901 note: lost: 3 configuration lines",
        );
        quiet(&RULE, Case::image(""));
    }

    #[cfg(feature = "image")]
    #[test]
    fn an_image_that_was_not_read_whole_is_not_ok_and_a_log_that_went_round_may_be() {
        let lost = |case: Case| case.knowing(|f| f.lost.count("configuration lines", 3));
        let report = lost(Case::image("")).report(&[]);
        assert_eq!(report.verdict(), Verdict::CouldNotCheck);
        let line = std::format!("{}", crate::sink::verdict::Line(&report));
        assert!(line.ends_with("could not check: 3 configuration lines lost"), "{line}");
        assert_eq!(lost(Case::initrd("")).report(&[]).verdict(), Verdict::Ok);
    }
}
