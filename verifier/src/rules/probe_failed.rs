//! NVP523: nvidia found its GPU and could not take it.

use crate::driver::said::{holds, kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::facts::device::NVIDIA;
use crate::finding::Findings;
use crate::reading::message::{address, all, gpu, holding, pci_address, taken_later};
use crate::rule::causes::UNUSABLE;
use crate::rule::rule;

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether the probe of an NVIDIA GPU by nvidia.ko failed.
    ///
    /// ## Why
    /// When every probe fails nvidia.ko unloads itself ("No such device"), and the
    /// other three cannot load. The reason stands in the lines before: a GPU that
    /// this driver does not support, one that does not answer, no interrupt, no
    /// address space.
    ///
    /// ## Fix
    /// Fix the cause reported with it; otherwise read the kernel log from
    /// the first line of the driver on.
    ///
    /// ## Sources
    /// nvidia/nv.c (`nvidia_init_module`), nvidia/nv-pci.c (`nv_pci_probe`); Linux
    /// drivers/base/dd.c; measured with a Pascal device id on open 550.
    523 probe_failed {
        title: "nvidia failed to bind its GPU",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [UNUSABLE, 606, 510, 501],
        fix: "dmesg | grep -A20 nvidia-nvlink    # the lines before the failure show the cause",
        nixos: "",
        log: log::check,
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // A later load may have worked; then the driver holds GPUs.
    if f.nv.yes().is_some_and(|nv| !nv.gpus.is_empty()) {
        return;
    }
    let interrupt = holding(f, &[nvidia::NO_INTERRUPT]).next();
    // The second is the wording of older kernels (drivers/base/dd.c).
    let refused =
        |text: &str| text.contains(kernel::PROBE_FAILED) || holds(text, kernel::PROBE_FAILED_OLD);
    // A device of another vendor that was forced on the driver is no GPU of ours.
    let foreign = |text: &str| {
        let address = pci_address(text);
        f.pci_functions().iter().any(|p| address == Some(&*p.bdf) && p.vendor != NVIDIA)
    };
    // A chipset's own part on bus 0 that the driver's alias takes in, as MCP79's coprocessor
    // 00:03.5: a GPU is the function 0 of its device.
    let chipsets = |text: &str| {
        pci_address(text).is_some_and(|at| at.starts_with("0000:00:") && !at.ends_with(".0"))
    };
    let ours = |text: &str| refused(text) && !foreign(text) && !chipsets(text);
    let failed = all(f).find(|said| ours(&said.text));
    let none = || holding(f, nvidia::NONE_INITIALISED).next();
    if failed.as_ref().is_some_and(|said| taken_later(f, said)) {
        return;
    }
    if let Some(said) = interrupt {
        out.add(format_args!("nvidia failed to bind its GPU: no interrupt"))
            .module("nvidia")
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    } else if let Some(said) = failed.or_else(none) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("nvidia failed to bind {gpu}: probe failed"))
            .module("nvidia")
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    const FAILED: &str = "[   14.200000] nvidia 0000:00:01.0: probe with driver nvidia failed with error -1\n\
                          [   14.300000] NVRM: None of the NVIDIA devices were initialized.";

    #[test]
    fn the_gpu_that_was_not_taken_is_named() {
        fires(
            &RULE,
            Case::logged(FAILED),
            "NVP523 error: nvidia failed to bind GPU 0000:00:01.0: probe failed",
        );
    }

    #[test]
    fn a_chipsets_own_part_hides_no_gpu_behind_it() {
        let part =
            "[   14.100000] nvidia 0000:00:03.5: probe with driver nvidia failed with error -1\n";
        quiet(&RULE, Case::logged(part));
        let gpu =
            "[   14.200000] nvidia 0000:02:00.0: probe with driver nvidia failed with error -1\n";
        fires(
            &RULE,
            Case::logged(&[part, gpu].concat()),
            "NVP523 error: nvidia failed to bind GPU 0000:02:00.0: probe failed",
        );
    }

    #[test]
    fn older_kernels_word_it_otherwise() {
        fires(
            &RULE,
            Case::logged("[   14.200000] nvidia: probe of 0000:01:00.0 failed with error -1"),
            "NVP523 error: nvidia failed to bind GPU 0000:01:00.0: probe failed",
        );
    }

    #[test]
    fn a_missing_interrupt_is_the_reason() {
        fires(
            &RULE,
            Case::logged(&std::format!(
                "[   14.100000] NVRM: Can't find an IRQ for your NVIDIA card!\n{FAILED}"
            )),
            "NVP523 error: nvidia failed to bind its GPU: no interrupt",
        );
    }

    #[test]
    fn a_later_load_that_took_the_gpu_is_quiet() {
        let later = |id: &str| {
            let loads =
                std::format!("[   20.200000] [drm] [nvidia-drm] [GPU ID {id}] Loading driver");
            Case::logged(&std::format!("{FAILED}\n{loads}"))
        };
        quiet(&RULE, later("0x00000001"));
        // Another GPU came.
        fires(
            &RULE,
            later("0x00000100"),
            "NVP523 error: nvidia failed to bind GPU 0000:00:01.0: probe failed",
        );
    }

    #[test]
    fn a_foreign_device_forced_on_the_driver_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   14.200000] nvidia 0000:00:02.0: probe with driver nvidia failed with error -1",
            )
            .and(
                "sys/bus/pci/devices/0000:00:02.0/vendor = 0x1234\n\
                     sys/bus/pci/devices/0000:00:02.0/device = 0x1111\n\
                     sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n",
            ),
        );
    }

    #[test]
    fn a_second_load_that_worked_is_quiet() {
        quiet(&RULE, Case::logged(FAILED)
            .and("proc/modules = nvidia 1 0 - Live 0x0\n\
                  proc/driver/nvidia/gpus/0000:00:01.0/information = Model: \t\t NVIDIA GeForce RTX 3080\n"));
    }

    #[test]
    fn another_vendors_function_beside_the_gpu_hides_nothing() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] nvidia 0000:01:00.0: probe with driver nvidia failed with error -1",
            )
            .and(&crate::testing::unbound_gpu())
            .and(
                "sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086\n\
                     sys/bus/pci/devices/0000:00:02.0/device = 0x9a60\n\
                     sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n",
            ),
            "NVP523 error: nvidia failed to bind GPU 0000:01:00.0: probe failed",
        );
    }
}
