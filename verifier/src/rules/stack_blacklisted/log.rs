//! NVP703 of a command line that somebody sent.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::blocks;

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(block) = blocks::shown(f, want, true) else { return };
    out.add(format_args!("{} is kept from loading: {} names it", block.module, block.directive()))
        .module(block.module)
        .at(&block.place)
        .confidence(Confidence::Likely)
        .severity(Severity::Warning);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn the_word_is_told_without_a_list_of_modules() {
        let sent = |line: &str| {
            Case::pre_display(&std::format!("proc/cmdline = {line}\n"))
                .and("dmesg = [    3.100000] usb 1-1: x\nproc/modules ?\nsys/module ?\n")
                .of_log()
        };
        fires(
            &RULE,
            sent("quiet modprobe.blacklist=nvidia"),
            "NVP703 warning kernel command line, word 2: nvidia is kept from loading: \
             modprobe.blacklist= names it",
        );
        silent(&RULE, sent("quiet modprobe.blacklist=nouveau"));
        silent(&RULE, sent("quiet modprobe.blacklist=nvidia vfio-pci.ids=10de:2206").goal("vfio"));
    }
}
