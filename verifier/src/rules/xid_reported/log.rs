//! NVP524 of a number that the sender tells of, where no line of the driver is there.

use super::{JUDGED, severity_of};
use crate::driver::xid;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::{TELLS_OF_XID, XID_TOLD};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let told = f.records().iter().filter(|record| XID_TOLD.is(&record.text)).find_map(|record| {
        let (_, number) = record.text.split_once(TELLS_OF_XID)?;
        let known = number.trim().parse().ok().filter(|n| !JUDGED.contains(n)).and_then(xid::of)?;
        // Prose may speak of a program's fault that is long over.
        let severity = severity_of(Some(known.blame));
        (severity != Severity::Note).then_some((record, number, known, severity))
    });
    let Some((record, number, known, severity)) = told else { return };
    out.add(format_args!("the report tells of Xid {number}: {}", known.says))
        .module("nvidia")
        .severity(severity)
        .confidence(Confidence::Likely)
        .logged(record.us, &record.text);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    fn told(number: u32) -> Case {
        Case::journal(&std::format!("<30>[    5.100000] a report: tells of Xid {number}"))
    }

    #[test]
    fn a_number_in_prose_is_told_where_it_is_no_programs_fault() {
        fires(
            &RULE,
            told(62),
            "NVP524 warning: the report tells of Xid 62: the internal controller stopped",
        );
        silent(&RULE, told(31));
        silent(&RULE, told(4711));
    }
}
