//! NVP509: a GPU no longer answers on the PCI bus.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::reading::message::{all, gpu, pci_address, xid};
use crate::rule::rule;
use crate::text::Name;
use heapless::Vec;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the driver said that a GPU has fallen off the bus: at probe time,
    /// later, or as Xid 79.
    ///
    /// ## Why
    /// Reads from the card return nothing but ones. Known causes: heat,
    /// the power supply, a riser or a cable of an external GPU, power saving of
    /// the link (ASPM, D3cold), old firmware of the board.
    ///
    /// ## Fix
    /// Seat and power the card, update the board's firmware; as a test boot with
    /// `pcie_aspm=off`. Where it did not wake from D3 first (NVP606), turn runtime D3
    /// off.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c (the text at probe);
    /// NVIDIA "XID Errors" (79); ogkm#507, #900, #974; NVSentinel#155.
    509 fallen_off_the_bus {
        title: "the GPU fell off the bus",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [606],
        fix: "pcie_aspm=off    # on the kernel command line, as a test; then check seating, power and cooling of the card",
        nixos: "boot.kernelParams = [ \"pcie_aspm=off\" ];    # as a test; then check seating, power and cooling of the card",
        change: [AddWord("pcie_aspm=off")],
        log: log::check,
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let mut told: Vec<Name, 16> = Vec::new();
    for said in all(f) {
        if !is_lost(&said.text) {
            continue;
        }
        // An Xid names the slot, other lines the function: one card either way.
        let address = pci_address(&said.text).unwrap_or("");
        // What has no addresses at its probe never answered, which is NVP510's; one that has an
        // Xid did.
        let unmapped =
            |text: &str| pci_address(text).is_none_or(|at| address.is_empty() || at == address);
        if xid(&said.text).is_none()
            && f.logged(nvidia::BAR_EMPTY).is_some_and(|empty| unmapped(&empty.text))
        {
            continue;
        }
        let slot = Name::from(address.split('.').next().unwrap_or(""));
        if told.contains(&slot) {
            continue;
        }
        // More GPUs than that are told more than once, which does no harm.
        let _ = told.push(slot);
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} fell off the bus: it no longer responds"))
            .module("nvidia")
            .gpu(PciAddress::parse(address))
            .logged(said.record.us, &said.text);
    }
}

/// True where the driver says that a GPU is gone.
pub(super) fn is_lost(text: &str) -> bool {
    let gone = text.contains(nvidia::OFF_THE_BUS)
        // While the GSP starts (src/kernel/gpu/gsp/kernel_gsp.c, NV_ERR_GPU_IS_LOST).
        || text.contains(nvidia::LOST_FROM_BUS)
        || text.contains(nvidia::UNREACHABLE)
        || text.contains(nvidia::CHANNEL_OFFLINE);
    let ours = text.starts_with(nvidia::NVRM) || text.contains("nvidia");
    gone && ours || xid(text) == Some(79)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_gpu_that_the_pci_core_cut_off_or_cannot_reach_is_told() {
        for says in [
            "PCI channel for the device is offline",
            "The kernel has enabled MMIO for the device,\nNVRM: but it still appears unreachable.",
        ] {
            fires(
                &RULE,
                Case::logged(&std::format!("[    5.100000] NVRM: GPU 0000:01:00.0: {says}")),
                "NVP509 error: GPU 0000:01:00.0 fell off the bus: it no longer responds",
            );
        }
    }

    #[test]
    fn at_probe_the_wrapped_text_names_the_gpu() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:01:00.0\n\
             [   14.200000] NVRM: (PCI ID: 10de:2206) installed in this system has\n\
             [   14.200000] NVRM: fallen off the bus and is not responding to commands.",
            ),
            "NVP509 error: GPU 0000:01:00.0 fell off the bus: it no longer responds",
        );
    }

    #[test]
    fn a_gpu_without_addresses_never_answered_and_one_with_an_xid_did() {
        let empty = "[   14.100000] NVRM: BAR1 is 0M @ 0x0\n";
        let probe = "[   14.200000] NVRM: The NVIDIA GPU 0000:01:00.0 has fallen off the bus";
        quiet(&RULE, Case::logged(&[empty, probe].concat()));
        let xid = "[   99.100000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.";
        fires(
            &RULE,
            Case::logged(&[empty, xid].concat()),
            "NVP509 error: GPU 0000:01:00 fell off the bus: it no longer responds",
        );
    }

    #[test]
    fn the_xid_and_the_line_after_it_are_one_finding() {
        fires(
            &RULE,
            Case::logged(
                "[   99.100000] NVRM: Xid (PCI:0000:01:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.\n\
             [   99.100000] NVRM: GPU 0000:01:00.0: GPU has fallen off the bus.",
            ),
            "NVP509 error: GPU 0000:01:00 fell off the bus: it no longer responds",
        );
    }

    #[test]
    fn a_gpu_that_is_lost_while_the_gsp_starts_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[    6.400000] NVRM: GPU 0000:01:00.0: Check failed: GPU lost from the bus \
                 [NV_ERR_GPU_IS_LOST]",
            ),
            "NVP509 error: GPU 0000:01:00.0 fell off the bus: it no longer responds",
        );
    }

    #[test]
    fn a_gpu_that_did_not_wake_is_lost_for_that() {
        let log = Case::logged(
            "[   20.100000] nvidia 0000:01:00.0: Unable to change power state from D3cold to D0, \
             device inaccessible\n\
             [   20.200000] NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
        );
        let report = log.report(&[&RULE, &crate::rules::runtime_d3_trouble::RULE]);
        let codes: std::vec::Vec<_> =
            report.findings.iter().map(|f| (f.rule.code.0, f.cause.is_some())).collect();
        assert!(codes.contains(&(606, false)) && codes.contains(&(509, true)), "{codes:?}");
    }

    #[test]
    fn a_gpu_that_is_refused_is_still_on_the_bus() {
        quiet(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:00:01.0 (PCI ID: 10de:1b80)\n\
             [   14.200000] NVRM: installed in this system is not supported by open",
            ),
        );
    }
}
