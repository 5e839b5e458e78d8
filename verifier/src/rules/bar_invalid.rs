//! NVP510: the GPU's memory ranges were not assigned.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Findings, Severity};
use crate::reading::message::address;
use crate::rule::rule;
use crate::seen::Seen;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the GPU's memory base address registers have addresses, and what
    /// the driver says of them: invalid, not resizable. Ranges that another driver has
    /// claimed are NVP501's.
    ///
    /// ## Why
    /// Without BAR0 the driver cannot read a register and gives up; without BAR1 or
    /// BAR3 memory cannot be mapped. Firmware without "Above 4G decoding", small
    /// bridge windows behind risers and Thunderbolt, and virtual machines with too
    /// little 64-bit space are the usual reasons.
    ///
    /// ## Fix
    /// Turn on Above 4G decoding (and Resizable BAR), or try `pci=realloc`.
    ///
    /// ## Sources
    /// nvidia/nv-pci.c ("This PCI I/O region assigned to your NVIDIA device is
    /// invalid", "This is a 64-bit BAR mapped above", "No address space to allocate
    /// resized BAR1"); Linux drivers/pci/setup-res.c; open-gpu-kernel-modules#1109, firmware-open#66.
    510 bar_invalid {
        title: "the GPU's BARs have no addresses",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [606],
        fix: "turn on Above 4G decoding in the firmware, or boot with pci=realloc",
        nixos: "boot.kernelParams = [ \"pci=realloc\" ];    # or Above 4G decoding in the firmware",
        change: [AddWord("pci=realloc")],
        log: log::check,
    }
}

/// What the driver says, in every form of 515 to 595.
const SAID: [&str; 5] = [
    nvidia::BAR_INVALID,
    nvidia::BAR_TOO_HIGH,
    nvidia::BAR_NO_ROOM,
    nvidia::BAR_RESIZE,
    nvidia::BAR_NOT_BACK,
];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if matches!(f.pci, Seen::Absent | Seen::Unreadable(_)) {
        out.could_not("cannot list /sys/bus/pci/devices");
    }
    let mut told = false;
    for gpu in f.nvidia_gpus() {
        let Some(bars) = gpu.bars.yes() else { continue };
        let fatal = |i: usize| i == 0 || bars.get(i).is_some_and(|bar| bar.is_memory());
        let bad = |i: &usize| bars.get(*i).is_some_and(|bar| !bar.is_assigned()) && fatal(*i);
        let Some(index) = (0..bars.len()).find(bad) else { continue };
        told = true;
        let finding = out.add(format_args!("BAR{index} of GPU {} has no address", gpu.bdf));
        let severity = if index == 0 { Severity::Error } else { Severity::Warning };
        finding.gpu(gpu.address()).values("an address", "0x0").severity(severity);
        if let Some(said) = f.logged(&[SAID[0]]) {
            finding.logged(said.us, &said.text);
        }
    }
    if told {
        return;
    }
    let complaint = SAID.iter().find_map(|text| f.logged(&[text]));
    let Some(said) = complaint.or_else(|| f.logged(nvidia::BAR_EMPTY)) else { return };
    let range = f.logged(nvidia::BAR_RANGE).map_or(said, |range| range);
    let text = range.text.trim_start_matches(nvidia::NVRM);
    let finding = out.add(format_args!("the driver rejects an address range of the GPU: {text}"));
    finding.gpu(address(text)).module("nvidia").logged(said.us, &said.text);
    // It goes on when only a range that it can do without is bad.
    let gave_up = f.logged(nvidia::NONE_INITIALISED).is_some();
    let went_on = if f.modules.proc.is_yes() { f.modules.up("nvidia").is_some() } else { !gave_up };
    if went_on {
        finding.severity(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, STACK, fires, quiet};

    const LOG: &str = "dmesg <<EOF\n\
        <3>[   12.998018] NVRM: This PCI I/O region assigned to your NVIDIA device is invalid:\n\
        <3>[   12.998018] NVRM: BAR1 is 0M @ 0x0 (PCI:0000:00:01.0)\nEOF\n";

    fn resource(bar0: &str, bar1: &str) -> std::string::String {
        let empty = "0x0000000000000000 0x0000000000000000 0x0000000000000000";
        std::format!(
            "sys/bus/pci/devices/0000:01:00.0/resource <<EOF\n{bar0}\n{bar1}\n{empty}\n\
                      {empty}\n{empty}\n0x0000000000000000 0x000000000000007f \
                      0x0000000000040101\nEOF\n"
        )
    }

    #[test]
    fn a_line_that_names_the_gpu_first_is_one_of_these() {
        fires(
            &RULE,
            Case::logged(
                "[    3.100000] NVRM: GPU 0000:01:00.0: BAR0 is 0M @ 0x0 (PCI:0000:01:00.0)",
            ),
            "NVP510 error: the driver rejects an address range of the GPU: GPU 0000:01:00.0: BAR0 \
             is 0M @ 0x0 (PCI:0000:01:00.0)",
        );
    }

    const BAR0: &str = "0x00000000fd000000 0x00000000fdffffff 0x0000000000040200";
    const BAR1: &str = "0x000000c000000000 0x000000c00fffffff 0x000000000014220c";

    #[test]
    fn a_gpu_without_registers_is_an_error() {
        let bar0 = "0x0 0x0000000000ffffff 0x0000000020040200";
        let case = Case::initrd(&resource(bar0, BAR1)).and(GPU);
        fires(&RULE, case, "NVP510 error: BAR0 of GPU 0000:01:00.0 has no address");
    }

    #[test]
    fn a_frame_buffer_without_address_is_a_warning() {
        fires(
            &RULE,
            Case::initrd(&resource(BAR0, "0x0 0x000000000fffffff 0x000000002014220c")).and(GPU),
            "NVP510 warning: BAR1 of GPU 0000:01:00.0 has no address",
        );
    }

    #[test]
    fn the_drivers_own_complaint_counts() {
        fires(
            &RULE,
            Case::initrd(LOG),
            "NVP510 error: the driver rejects an address range of the GPU: BAR1 is 0M @ 0x0 \
                (PCI:0000:00:01.0)",
        );
        fires(
            &RULE,
            Case::initrd(LOG).and(STACK),
            "NVP510 warning: the driver rejects an address range of the GPU: BAR1 is 0M @ 0x0 \
                (PCI:0000:00:01.0)",
        );
    }

    #[test]
    fn a_range_of_nothing_is_told_without_its_heading() {
        fires(
            &RULE,
            Case::logged("[   12.998018] NVRM: BAR1 is 0M @ 0x0 (PCI:0000:00:01.0)"),
            "NVP510 error: the driver rejects an address range of the GPU: BAR1 is 0M @ 0x0 \
                (PCI:0000:00:01.0)",
        );
    }

    #[test]
    fn a_lone_log_shows_whether_the_driver_went_on() {
        let lone = |more: &str| {
            let log = LOG.replace("\nEOF", &std::format!("{more}\nEOF"));
            Case::initrd("sys/bus/pci/devices ?\nproc/modules ?\n").and(&log)
        };
        let told = "the driver rejects an address range of the GPU: BAR1 is 0M @ 0x0 \
                    (PCI:0000:00:01.0)";
        fires(&RULE, lone(""), &std::format!("NVP510 warning: {told}"));
        let end = "\n<3>[   12.998100] NVRM: None of the NVIDIA devices were initialized.";
        fires(&RULE, lone(end), &std::format!("NVP510 error: {told}"));
    }

    #[test]
    fn an_input_output_range_may_stay_unassigned() {
        quiet(&RULE, Case::initrd(&resource(BAR0, BAR1)).and(GPU).and(STACK));
        quiet(
            &RULE,
            Case::initrd(
                "dmesg = [    1.000000] pci 0000:00:1f.2: BAR 4 [io  \
            0xc060-0xc07f]\n",
            )
            .and(GPU),
        );
    }
}
