//! NVP507: the GSP of a GPU was still running from an earlier start.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the driver met a protected memory region (WPR2) that was already
    /// set up when it wanted to start the GSP.
    ///
    /// ## Why
    /// The region is only taken down by a reset of the GPU. It stays after a first
    /// start that failed, a warm reboot or a virtual machine that did not reset
    /// the card; until then the GPU cannot be initialised.
    ///
    /// ## Fix
    /// Switch the machine off for some seconds; a reboot alone may not reset the GPU.
    ///
    /// ## Sources
    /// The driver's text as quoted in ogkm#1104, #1058, #1230 and bazzite#4494.
    507 wpr2_already_up {
        title: "the GPU was not reset since an earlier driver start",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [509],
        fix: "systemctl poweroff    # and wait some seconds; a reboot may not reset the GPU",
        nixos: "",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // The line may come millions of times: one finding.
    let Some(said) = holding(f, nvidia::WPR2_UP).next() else { return };
    let gpu = gpu(f, &said.text);
    out.add(format_args!(
        "the GSP of {gpu} still holds protected memory (WPR2) from an earlier driver start: the GPU was not reset"
    ))
    .module("nvidia")
    .gpu(address(&said.text)).logged(said.record.us, &said.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_gpu_that_was_not_reset_is_told_once() {
        fires(
            &RULE,
            Case::logged(
                "[    5.000000] NVRM: GPU6 _kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP\n\
             [    5.100000] NVRM: GPU6 _kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP",
            ),
            "NVP507 error: the GSP of GPU6 still holds protected memory (WPR2) from an earlier driver start: the GPU was not reset",
        );
    }

    #[test]
    fn another_failure_of_the_gsp_is_quiet() {
        quiet(
            &RULE,
            Case::logged("[   22.100000] NVRM: RmInitAdapter: Cannot initialize GSP firmware RM"),
        );
    }
}
