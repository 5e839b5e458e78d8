//! NVP502 in a log: nvidia was passed over because vfio-pci had the GPU.

use crate::driver::said::nvidia;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, Look, PciAddress, STACK};
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::{UNREACHED, said};
use crate::reading::wanted;

/// Drivers that hold a GPU for a virtual machine.
const HOLDERS: [&str; 2] = ["vfio-pci", "pci-stub"];

/// Whether a log shows a driver of virtual machines on the GPU and nobody who misses
/// another: it has none by itself, and modules that are installed want nothing.
pub(super) fn is_given_away(f: &Facts, want: &Expectations) -> bool {
    let asked = |m: &&str| f.config.requests(m).is_some() || f.modules.get(m).is_some();
    let missed = said(f, UNREACHED).is_some() || f.logged(&[nvidia::NVRM]).is_some();
    f.look == Look::Log && !wanted::by_goal(want) && !missed && !STACK.iter().any(asked)
}

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    // Where the machine was seen its bus tells who has the GPU now.
    if f.pci.is_yes() || want.goals.has(Goal::Vfio) {
        return;
    }
    for record in f.records() {
        // nvidia/nv-pci.c, 550 and later.
        let said = record.text.strip_prefix(nvidia::GPU);
        let Some((bdf, driver)) = said.and_then(|t| t.split_once(nvidia::BOUND)) else {
            continue;
        };
        let (bdf, driver) = (bdf.trim(), driver.trim_matches(['.', ' ']));
        if HOLDERS.contains(&driver) {
            out.add(format_args!("GPU {bdf} is held by {driver}: nvidia cannot use it"))
                .gpu(PciAddress::parse(bdf))
                .module(driver)
                .severity(Severity::Warning)
                .confidence(Confidence::Likely)
                .logged(record.us, &record.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const HELD: &str = "[    4.100000] NVRM: GPU 0000:01:00.0 is already bound to vfio-pci.";

    #[test]
    fn the_holder_is_named() {
        fires(
            &RULE,
            Case::journal(HELD),
            "NVP502 warning: GPU 0000:01:00.0 is held by vfio-pci: nvidia cannot use it",
        );
    }

    #[test]
    fn a_machine_that_wants_it_so_is_silent() {
        silent(&RULE, Case::journal(HELD).goal("vfio"));
        silent(&RULE, Case::journal(&HELD.replace("vfio-pci", "nouveau")));
    }

    #[test]
    fn a_gpu_is_given_away_in_a_log_in_which_nobody_misses_the_driver() {
        let given = |case: Case| super::is_given_away(&case.facts(), &case.want);
        let log = |tree: &str| Case::initrd(tree).of_log();
        assert!(given(log("")) && !given(Case::initrd("")) && !given(log("").goal("wayland")));
        for asks in [
            "dmesg = [    5.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01\n",
            "dmesg = <30>[   55.100000] nvidia-smi: NVIDIA-SMI has failed because it couldn't \
             communicate with the NVIDIA driver.\n",
            "etc/modules-load.d/nvidia.conf = nvidia_drm\n",
            "proc/modules = nvidia 1 0 - Live 0x0\n",
        ] {
            assert!(!given(log(asks)), "{asks}");
        }
    }
}
