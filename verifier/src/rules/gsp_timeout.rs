//! NVP508: the GSP of a GPU stopped answering.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding, xid};
use crate::rule::rule;
use heapless::Vec;

#[cfg(feature = "logs")]
mod log;

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
        fix: "install another driver version; with the proprietary modules, as a test: options nvidia NVreg_EnableGpuFirmware=0 in a file of /etc/modprobe.d",
        nixos: "boot.extraModprobeConfig = \"options nvidia NVreg_EnableGpuFirmware=0\";    # proprietary modules only, as a test; otherwise another hardware.nvidia.package",
        log: log::check,
    }
}

/// The open modules do nothing without the GSP (`rm_set_rm_firmware_requested`).
const ANOTHER: &str =
    "install another driver version: with the open modules the GSP cannot be turned off";
const ANOTHER_NIXOS: &str = "another hardware.nvidia.package: with the open modules the GSP cannot be \
    turned off";

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let mut told: Vec<Option<PciAddress>, 16> = Vec::new();
    let open = f.open_flavour() == Some(true);
    let another = if out.nixos() { ANOTHER_NIXOS } else { ANOTHER };
    for said in holding(f, &[nvidia::XID]) {
        let Some(number @ (119 | 120)) = xid(&said.text) else { continue };
        let at = address(&said.text);
        if told.contains(&at) {
            continue;
        }
        // More GPUs than that are told more than once, which does no harm.
        let _ = told.push(at);
        let gpu = gpu(f, &said.text);
        let what = if number == 119 { "stopped answering" } else { "reported an error" };
        let finding = out.add(format_args!("the GSP of {gpu} {what} (Xid {number})"));
        finding.module("nvidia").gpu(at).logged(said.record.us, &said.text);
        if open {
            finding.fix(another);
        }
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
    fn the_gsp_cannot_be_turned_off_with_the_open_modules() {
        let fix = |flavour: &str| {
            let case = Case::logged(&std::format!(
                "[    5.200000] NVRM: loading NVIDIA UNIX {flavour}  595.45.04  Release Build\n\
                 [   61.200000] NVRM: Xid (PCI:0000:01:00): 120, GSP task exception"
            ));
            case.report(&[&RULE]).findings.first().expect("a finding").fix
        };
        assert!(fix("Open Kernel Module for x86_64").contains("cannot be turned off"));
        assert_eq!(fix("x86_64 Kernel Module"), "");
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
