//! NVP407: a signal cut off the loading of the GSP firmware.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, PciAddress};
use crate::finding::Findings;
use crate::reading::message::{Wrapped, address, gpu, holding, xid};
use crate::rule::rule;
use heapless::Vec;

rule! {
    /// ## What it checks
    /// Whether loading the GSP firmware ended with error -4 (`EINTR`), of a GPU whose GSP had
    /// not stopped before: who then waits for a restart of the GSP and is killed is no cause.
    ///
    /// ## Why
    /// The file is there; the process in whose name it was being read was killed,
    /// for example a udev worker at the switch-root or a service that
    /// timed out. "No firmware image found" after it is its consequence.
    ///
    /// ## Fix
    /// Load the driver where nothing ends the process: name nvidia_drm in
    /// modules-load.d instead of leaving it to a udev worker.
    ///
    /// ## Sources
    /// Linux drivers/base/firmware_loader/main.c (`_request_firmware`); errno(3);
    /// ogkm#943.
    407 firmware_load_interrupted {
        title: "GSP firmware loading was interrupted",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "echo nvidia_drm | sudo tee -a /etc/modules-load.d/nvidia-drm.conf",
        nixos: "boot.initrd.kernelModules = [ \"nvidia_drm\" ];",
        change: [LoadAtBoot(&["nvidia_drm"])],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // "Direct firmware load for …" is printed for a file that is not there; for every
    // other error "loading /lib/firmware/… failed" (drivers/base/firmware_loader/main.c).
    let mut told: Vec<Option<PciAddress>, 16> = Vec::new();
    for said in holding(f, &["nvidia/", "gsp", kernel::WITH_ERROR]) {
        let starts = ["nvidia ", kernel::NVIDIA_FIRMWARE_FAILED];
        if !starts.iter().any(|start| said.text.starts_with(start)) || !said.text.ends_with("-4") {
            continue;
        }
        let at = address(&said.text);
        // Records stand in a slice, in their order.
        let before = |earlier: &Wrapped<'_>| core::ptr::from_ref(earlier.record) < said.record;
        let same = |gpu: Option<PciAddress>| gpu.zip(at).is_some_and(|(a, b)| a.same_device(b));
        let stopped = holding(f, &[nvidia::XID]).take_while(before).any(|earlier| {
            matches!(xid(&earlier.text), Some(119 | 120)) && same(address(&earlier.text))
        });
        // The kernel tells of it twice; more GPUs than these are told more than once.
        if stopped || told.contains(&at) {
            continue;
        }
        let _ = told.push(at);
        let gpu = gpu(f, &said.text);
        out.add(format_args!("firmware loading for {gpu} was interrupted by a signal"))
            .module("nvidia")
            .gpu(at)
            .logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    fn load(error: &str) -> Case {
        Case::logged(&std::format!(
            "[    9.600000] nvidia 0000:01:00.0: Direct firmware load for \
             nvidia/575.51.02/gsp_ga10x.bin failed with error {error}"
        ))
    }

    #[test]
    fn the_other_wording_of_the_kernel_is_told_too() {
        fires(
            &RULE,
            Case::logged(
                "[    6.400000] nvidia 0000:01:00.0: loading \
                 /lib/firmware/nvidia/595.45.04/gsp_ga10x.bin failed with error -4",
            ),
            "NVP407 error: firmware loading for GPU 0000:01:00.0 was interrupted by a signal",
        );
    }

    #[test]
    fn a_gsp_that_had_stopped_before_is_the_cause_and_one_load_is_told_once() {
        let both = "[ 2882.900000] nvidia 0000:03:00.0: loading \
                    /lib/firmware/nvidia/535.129.03/gsp_ga10x.bin failed with error -4\n\
                    [ 2882.900001] nvidia 0000:03:00.0: Direct firmware load for \
                    nvidia/535.129.03/gsp_ga10x.bin failed with error -4";
        let xid = |at: &str| {
            std::format!("[ {at}] NVRM: Xid (PCI:0000:03:00): 119, pid=1, Timeout waiting\n")
        };
        let before = std::format!("{}{both}", xid("2638.600000"));
        quiet(&RULE, Case::logged(&before));
        let others = before.replacen("0000:03:00)", "0000:81:00)", 1);
        assert_eq!(Case::logged(&others).report(&[&RULE]).findings.len(), 1, "another GPU's");
        let after = std::format!("{both}\n{}", xid("2999.600000"));
        let said =
            "NVP407 error: firmware loading for GPU 0000:03:00.0 was interrupted by a signal";
        fires(&RULE, Case::logged(&after), said);
        assert_eq!(Case::logged(both).report(&[&RULE]).findings.len(), 1);
    }

    #[test]
    fn an_interrupted_load_is_told_apart() {
        fires(
            &RULE,
            load("-4"),
            "NVP407 error: firmware loading for GPU 0000:01:00.0 was interrupted by a signal",
        );
    }

    #[test]
    fn a_missing_file_is_another_fault() {
        quiet(&RULE, load("-2"));
    }
}
