//! NVP901: some of the evidence was lost before it could be judged.

use crate::expect::Expectations;
use crate::facts::{Facts, Lost};
use crate::finding::Findings;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// What did not fit into the checker's fixed tables, what the kernel overwrote
    /// before it was read, lines that could not be understood, and sources whose
    /// reading failed otherwise than for want of rights. With such a source a run
    /// without other findings is "could not check".
    ///
    /// ## Why
    /// The checker never allocates, so everything it keeps has a bound, and a log
    /// that went round has lost its oldest lines: the first cause may be among them.
    /// The rest of the report holds for what was seen.
    ///
    /// ## Fix
    /// For an overwritten kernel log raise `log_buf_len`; for a table that was too
    /// small report it with a capture of the machine.
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
        fix: "log_buf_len=1M    # on the kernel command line",
        nixos: "boot.kernelParams = [ \"log_buf_len=1M\" ];",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for (what, count) in f.lost.kinds() {
        let finding = out.add(format_args!("lost: {count} {what}"));
        if *what == Lost::REFUSED {
            finding.fix("dmesg | tail -50    # errors of a disk, or of a driver that hangs");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::finding::Verdict;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_log_that_went_round_is_told() {
        fires(
            &RULE,
            Case::initrd("dev/kmsg = 6,381,13940440,-;nvidia-modeset: Loading\n"),
            "NVP901 note: lost: 381 kernel log records overwritten",
        );
    }

    #[test]
    fn reads_that_failed_are_told() {
        let case = Case::initrd("proc/uptime ! EIO\n");
        fires(&RULE, case, "NVP901 note: lost: 1 unreadable sources");
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
