//! NVP501: nouveau, nova_core, nvidiafb or another driver has the GPU.

use crate::expect::Expectations;
use crate::facts::{Facts, PciFunction};
use crate::finding::Findings;
use crate::rule::rule;
use crate::text::same_name;
use crate::wanted;

rule! {
    /// ## What it checks
    /// Which driver each NVIDIA GPU is bound to, where the NVIDIA stack is asked
    /// for or the owner forbids that driver. The drivers that keep a GPU for a
    /// virtual machine are NVP502's.
    ///
    /// ## Why
    /// A PCI function has one driver. nvidia.ko that finds its GPUs taken unloads
    /// itself ("No such device"), and nothing of the stack comes up.
    ///
    /// ## Fix
    /// Keep the other driver off in the initrd too: the first to probe wins.
    ///
    /// ## Sources
    /// nvidia/nv-pci.c ("is already bound to", 550 and later), nvidia/nv.c;
    /// nixpkgs#29514, negativo17#73, incus-os#759.
    501 other_driver_owns_gpu {
        title: "another driver has the GPU",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [PCI],
        after: [],
        fix: "echo 'blacklist nouveau' > /etc/modprobe.d/blacklist-nouveau.conf    # then rebuild the initrd",
        nixos: "boot.blacklistedKernelModules = [ \"nouveau\" \"nova_core\" \"nvidiafb\" ];",
    }
}

/// Drivers that hold a GPU for somebody else.
const HOLDERS: [&str; 2] = ["vfio-pci", "pci-stub"];

fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let asked = wanted::stack(f, want);
    for gpu in f.nvidia_gpus() {
        let Some(driver) = gpu.driver.yes() else { continue };
        let forbidden = want.forbidden_drivers.iter().any(|d| same_name(d, driver));
        let other = !gpu.driven_by("nvidia") && !HOLDERS.iter().any(|h| gpu.driven_by(h));
        if !(forbidden || other && asked) {
            continue;
        }
        let finding = out.add(format_args!("GPU {} belongs to {driver}, not to nvidia", gpu.bdf));
        finding.module(driver).values("nvidia", driver);
        if let Some(said) = refusal(f, gpu) {
            finding.line(said);
        }
    }
}

/// What nvidia.ko said about it.
fn refusal<'a>(f: &'a Facts, gpu: &PciFunction) -> Option<&'a str> {
    let named = f.logged(&["NVRM: ", &gpu.bdf, "is already bound to"]);
    let said = named.or_else(|| f.logged(&["NVRM: ", "The NVIDIA probe routine was not called"]));
    said.map(|record| record.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, STACK, fires, quiet, unbound_gpu};
    use crate::text::Name;

    const NOUVEAU: &str =
        "sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nouveau\n";
    const REFUSED: &str = "dmesg = [   12.6] NVRM: GPU 0000:01:00.0 is already bound to nouveau.\n";

    #[test]
    fn the_owner_is_named_when_nvidia_was_refused() {
        fires(&RULE, Case::initrd(NOUVEAU).and(GPU).and(REFUSED),
            "NVP501 error: GPU 0000:01:00.0 belongs to nouveau, not to nvidia");
        fires(&RULE, Case::initrd(NOUVEAU).and(GPU).goal("cuda"),
            "NVP501 error: GPU 0000:01:00.0 belongs to nouveau, not to nvidia");
    }

    #[test]
    fn a_machine_that_runs_nouveau_on_purpose_is_left_alone() {
        quiet(&RULE, Case::initrd(NOUVEAU).and(GPU));
    }

    #[test]
    fn a_forbidden_driver_is_told_even_so() {
        let case = Case::initrd(NOUVEAU).and(GPU);
        fires(&RULE, case.wanting(|w| w.forbidden_drivers.push(Name::from("nouveau")).unwrap()),
            "NVP501 error: GPU 0000:01:00.0 belongs to nouveau, not to nvidia");
    }

    #[test]
    fn nvidia_and_an_unbound_gpu_are_no_other_owner() {
        quiet(&RULE, Case::initrd(GPU).and(STACK).goal("wayland"));
        quiet(&RULE, Case::initrd(&unbound_gpu()).goal("cuda"));
    }
}
