//! NVP524: the driver reported an error of a GPU by number (Xid).

use crate::driver::said::nvidia;
use crate::driver::xid::{self, Blame};
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::{Findings, Message, Severity};
use crate::reading::message::{gpu, holding, pci_address, xid as number};
use crate::rule::causes::HANGS;
use crate::rule::rule;
use crate::text::Name;
use core::fmt::Write;
use heapless::Vec;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Xid lines of a log, other than those that have a rule of their own: 79, 119
    /// and 120.
    ///
    /// ## Why
    /// The driver names its GPU errors by number and says little else. Some are a
    /// program's fault and end with it; with others the screen freezes, or the
    /// memory of the card is failing. What was corrected, recorded for the next reset
    /// or contained to a program is a note: nothing of the boot fails for it.
    ///
    /// ## Fix
    /// Look the number up in NVIDIA's catalog; the first Xid of a boot counts, later
    /// ones often follow from it.
    ///
    /// ## Sources
    /// NVIDIA "XID Errors" and "Xid Catalog"; the numbers are explained as far as
    /// those do, and a number that they do not hold is said to be unknown.
    524 xid_reported {
        title: "the driver reported a GPU error (Xid)",
        severity: Warning,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [HANGS, 507, 511, 602],
        fix: "journalctl -k -b | grep -m1 -B5 'NVRM: Xid'    # the first one, and the lines before it",
        nixos: "",
        log: log::check,
    }
}

/// Numbers that rules of their own judge (NVP509, NVP508).
const JUDGED: [u64; 3] = [79, 119, 120];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let judged = |text: &str| number(text).is_none_or(|n| JUDGED.contains(&n));
    let mut told: Vec<Name, 16> = Vec::new();
    for first in holding(f, &[nvidia::XID]).filter(|said| !judged(&said.text)) {
        let address = pci_address(&first.text).unwrap_or("");
        // Past 16 GPUs the table of findings itself is nearly full.
        if told.iter().any(|t| *t == *address) || told.push(Name::from(address)).is_err() {
            continue;
        }
        // A GPU that fails goes on failing: one finding with the later numbers.
        let mut numbers: Vec<u64, 8> = Vec::new();
        for said in holding(f, &[nvidia::XID, address]).filter(|said| !judged(&said.text)) {
            let number = number(&said.text).unwrap_or(0);
            if !numbers.contains(&number) {
                // Eight kinds tell enough.
                let _ = numbers.push(number);
            }
        }
        let gpu = gpu(f, &first.text);
        let mut says = Message::new();
        for (at, number) in numbers.iter().enumerate() {
            let glue = if at == 0 { "" } else { "; then " };
            let meaning = xid::of(*number).map_or("unknown number", |known| known.says);
            // A message that does not fit is cut and marked.
            let _ = write!(says, "{glue}Xid {number}: {meaning}");
        }
        let rank = |number: &u64| severity_of(xid::of(*number).map(|known| known.blame));
        // The journal's priorities sort the worst first.
        let worst = numbers.iter().map(rank).min_by_key(|severity| severity.priority());
        out.add(format_args!("{gpu}: {says}"))
            .module("nvidia")
            .severity(worst.unwrap_or(Severity::Warning))
            .gpu(PciAddress::parse(address))
            .logged(first.record.us, &first.text);
    }
}

const fn severity_of(blame: Option<Blame>) -> Severity {
    match blame {
        Some(Blame::Hardware) => Severity::Error,
        Some(Blame::Program | Blame::Handled) => Severity::Note,
        Some(Blame::Driver) | None => Severity::Warning,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn each_gpu_is_told_once_with_its_numbers_in_words() {
        fires(
            &RULE,
            Case::logged(
                "[   50.100000] NVRM: Xid (PCI:0000:01:00): 31, pid=812, Ch 0000000b, MMU Fault\n\
                 [   50.200000] NVRM: Xid (PCI:0000:01:00): 31, pid=813, Ch 0000000c, MMU Fault\n\
                 [   51.100000] NVRM: Xid (PCI:0000:01:00): 62, pid='<unknown>', name=<unknown>\n\
                 [   52.100000] NVRM: Xid (0000:02:00): 48, An uncorrectable double bit error",
            ),
            "NVP524 error: GPU 0000:02:00: Xid 48: a double-bit memory error\n\
             NVP524 warning: GPU 0000:01:00: Xid 31: a GPU memory page fault; then Xid \
             62: the internal controller stopped",
        );
    }

    #[test]
    fn what_was_corrected_recorded_or_contained_is_a_note() {
        fires(
            &RULE,
            Case::logged(
                "[   50.100000] NVRM: Xid (PCI:0000:01:00): 121, Corrected C2C error\n\
                 [   50.200000] NVRM: Xid (PCI:0000:01:00): 63, Row Remapper: New row marked\n\
                 [   51.100000] NVRM: Xid (PCI:0000:01:00): 94, Contained: SM (0x1)",
            ),
            "NVP524 note: GPU 0000:01:00: Xid 121: corrected errors of the link between the chips; \
             then Xid 63: a memory page or row was recorded for replacement; then Xid 94: a memory \
             error that was contained to its program",
        );
    }

    #[test]
    fn a_number_that_is_not_in_the_table_is_said_to_be_unknown() {
        fires(
            &RULE,
            Case::logged("[   50.100000] NVRM: Xid (PCI:0000:01:00): 999, something new"),
            "NVP524 warning: GPU 0000:01:00: Xid 999: unknown number",
        );
    }

    #[test]
    fn numbers_with_a_rule_of_their_own_are_left_to_it() {
        quiet(
            &RULE,
            Case::logged(
                "[   50.100000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.\n\
                 [   51.100000] NVRM: Xid (PCI:0000:01:00): 119, pid=1, Timeout waiting for RPC",
            ),
        );
    }
}
