//! NVP904: a log that shows neither the driver nor the machine's GPUs.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, Look};
use crate::finding::Findings;
use crate::reading::reported::unknown_errors;
use crate::reading::sayings::{
    GENERATOR, INXI_NONE, INXI_NOUVEAU, INXI_NVIDIA, NOT_UNDERSTOOD, SMI_TABLE, said,
};
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Of a log: whether it could have shown a fault at all: the driver's own lines, or
    /// the functions of the PCI bus, or the program that owns the GPU. And whether the
    /// driver reports an error in it that no rule knows (NVP905).
    ///
    /// ## Why
    /// A log that holds none of them is no sign of a healthy machine. This check never
    /// finds anything: it says "could not check" instead of "ok".
    ///
    /// ## Fix
    /// Send the whole kernel log of the boot: `journalctl -b -k`, as root, or the archive
    /// of `nvidia-bug-report.sh`.
    ///
    /// ## Sources
    /// nvidia/nv.c (`nvidia_init_module` prints "NVRM: loading"); Linux
    /// drivers/pci/probe.c (`pci_setup_device` prints each function).
    904 too_little_shown {
        title: "the log shows too little to judge",
        severity: Note,
        confidence: Certain,
        stages: [PreDisplay],
        needs: [LOG],
        after: [],
        fix: "journalctl -b -k    # the whole kernel log, as root",
        nixos: "",
    }
}

/// Lines of a driver that took a GPU, or of who else owns it.
const TOLD: [&[&str]; 8] = [
    &["NVRM"],
    &[nvidia::MODESET],
    &[nvidia::NVLINK],
    &[nvidia::DRM],
    &[nvidia::CARD],
    &["nvidia 0"],
    &["nouveau 0"],
    &["vfio"],
];

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let seen = f.pci.is_yes() && !undriven(f)
        || f.nv.is_yes()
        || f.modules.proc.is_yes()
        || said(f, &[SMI_TABLE, INXI_NVIDIA, INXI_NOUVEAU, INXI_NONE])
            .or_else(|| said(f, GENERATOR))
            .is_some()
        || TOLD.iter().any(|words| f.logged(words).is_some());
    if f.look == Look::Log && said(f, &[NOT_UNDERSTOOD]).is_some() {
        out.too_little(
            "lines of it hold words of the driver and were not understood: `check --explain-input` \
             shows which",
        );
    } else if f.look == Look::Log && unknown_errors(f).next().is_some() {
        out.too_little(
            "the driver reports errors in it that no rule knows: they are quoted (NVP905), and the \
             whole kernel log may tell more (journalctl -b -k)",
        );
    } else if f.look == Look::Log && !seen && undriven(f) {
        out.too_little(
            "it shows a GPU without a driver, and nothing that tells why: send the whole kernel \
             log of the boot (journalctl -b -k)",
        );
    } else if f.look == Look::Log && !seen {
        out.too_little(
            "it shows neither the NVIDIA driver nor the GPUs of the machine: send the whole kernel \
             log of the boot (journalctl -b -k)",
        );
    }
}

/// Whether all that shows the GPUs is a listing in which none has a driver: that may be
/// wanted, or the fault.
fn undriven(f: &Facts) -> bool {
    let mut gpus = f.nvidia_gpus().peekable();
    gpus.peek().is_some() && gpus.all(|gpu| gpu.driver.is_absent())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, quiet, skips, unbound_gpu};

    #[test]
    fn a_log_without_driver_and_bus_is_no_pass() {
        skips(
            &RULE,
            Case::journal("<6>[    3.100000] usb 1-1: new high-speed USB device"),
            "it shows neither the NVIDIA driver nor the GPUs of the machine: send the whole \
             kernel log of the boot (journalctl -b -k)",
        );
    }

    #[test]
    fn a_listing_in_which_no_gpu_has_a_driver_is_no_pass() {
        let listed = Case::pre_display(&unbound_gpu())
            .and("proc/modules ?\nproc/driver/nvidia ?\nproc/driver/nvidia/version ?\n")
            .of_log();
        skips(
            &RULE,
            listed,
            "it shows a GPU without a driver, and nothing that tells why: send the whole kernel \
             log of the boot (journalctl -b -k)",
        );
    }

    #[test]
    fn lines_that_were_not_understood_are_no_pass() {
        skips(
            &RULE,
            Case::journal(
                "[    3.100000] NVRM: loading NVIDIA UNIX\n<30>[    3.100000] a report: not understood: 2",
            ),
            "lines of it hold words of the driver and were not understood: `check --explain-input` \
             shows which",
        );
    }

    #[test]
    fn an_error_of_the_driver_that_no_rule_knows_is_no_pass() {
        skips(
            &RULE,
            Case::journal(
                "[    3.100000] NVRM: loading NVIDIA UNIX\n\
                 [    9.100000] nvidia 0000:01:00.0: PM: failed to resume async: error -5",
            ),
            "the driver reports errors in it that no rule knows: they are quoted (NVP905), and the \
             whole kernel log may tell more (journalctl -b -k)",
        );
    }

    #[test]
    fn the_drivers_lines_and_a_running_kernel_are_enough() {
        quiet(&RULE, Case::journal("[    3.100000] NVRM: loading NVIDIA UNIX"));
        quiet(&RULE, Case::pre_display(""));
    }

    #[test]
    fn the_bus_the_drivers_file_and_the_list_of_modules_are_each_enough() {
        let both = "proc/modules ?\nsys/bus/pci/devices ?\n";
        for gone in ["proc/modules ?\n", "sys/bus/pci/devices ?\n"] {
            quiet(&RULE, Case::pre_display(gone).of_log());
        }
        let nv = "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64  550.163.01\n";
        quiet(&RULE, Case::pre_display(both).and(nv).of_log());
    }
}
