//! NVP508: the GSP of a GPU stopped answering.

use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding, xid};
use crate::rule::rule;
use heapless::Vec;

rule! {
    /// ## What it checks
    /// Whether the driver logged Xid 119 (no answer from the GSP in time) or 120
    /// (an error inside the GSP).
    ///
    /// ## Why
    /// With the GSP gone every request to the GPU fails: the screen freezes, and
    /// only a reset helps.
    ///
    /// ## Fix
    /// Another version of the driver; with the proprietary modules the GSP can
    /// be turned off as a test.
    ///
    /// ## Sources
    /// NVIDIA "XID Errors" (119 and 120: GSP RPC timeout, GSP error); ogkm#446,
    /// #1045, #1048, #1230; bazzite#4449.
    508 gsp_timeout {
        title: "the GSP stopped answering",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [509, 507],
        fix: "options nvidia NVreg_EnableGpuFirmware=0    # proprietary modules only; otherwise another version",
        nixos: "hardware.nvidia.gsp.enable = false;    # proprietary modules only; otherwise another version",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let mut told: Vec<Option<PciAddress>, 16> = Vec::new();
    for said in holding(f, &["NVRM: Xid ("]) {
        let Some(number @ (119 | 120)) = xid(&said.text) else { continue };
        let at = address(&said.text);
        if told.contains(&at) {
            continue;
        }
        // More GPUs than that are told more than once, which does no harm.
        let _ = told.push(at);
        let gpu = gpu(f, &said.text);
        let what = if number == 119 { "stopped answering" } else { "reported an error" };
        out.add(format_args!("the GSP of {gpu} {what} (Xid {number})"))
            .module("nvidia")
            .gpu(at).logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_first_timeout_of_a_gpu_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   61.200000] NVRM: Xid (PCI:0000:01:00): 119, pid=412, name=Xorg, Timeout after 45s of waiting for RPC response from GPU0 GSP!\n\
             [  106.200000] NVRM: Xid (PCI:0000:01:00): 119, pid=413, name=kwin, Timeout after 45s of waiting for RPC response from GPU0 GSP!",
            ),
            "NVP508 error: the GSP of GPU 0000:01:00 stopped answering (Xid 119)",
        );
    }

    #[test]
    fn an_error_of_an_application_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   61.200000] NVRM: Xid (PCI:0000:01:00): 13, pid=1190, name=game, Graphics Exception: ESR 0x50d730=0x119",
            ),
        );
    }
}
