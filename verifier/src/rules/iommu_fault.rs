//! NVP511: the IOMMU stopped a GPU's access to memory.

use crate::driver::said::{kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, PciAddress, PciFunction};
use crate::finding::Findings;
use crate::reading::message::pci_address;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Faults of the IOMMU (Intel's DMAR, AMD-Vi) that name the address of a GPU
    /// that nvidia drives. Those of a GPU that another driver has, vfio-pci above
    /// all, are not the driver's: a guest made them.
    ///
    /// ## Why
    /// The GPU tried to access memory that was not mapped for it: the table of the
    /// firmware for it is wrong, or the driver and the card disagree about an
    /// address. The access was blocked.
    ///
    /// ## Fix
    /// Update the mainboard firmware; as a test, boot with `iommu=pt`.
    ///
    /// ## Sources
    /// Linux drivers/iommu/intel/dmar.c (`dmar_fault_do_one`) and
    /// drivers/iommu/amd/iommu.c (`amd_iommu_report_page_fault`); ogkm#683.
    511 iommu_fault {
        title: "the IOMMU blocked a DMA access by the GPU",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [509],
        fix: "iommu=pt    # on the kernel command line, as a test; then update the mainboard firmware",
        nixos: "boot.kernelParams = [ \"iommu=pt\" ];    # as a test; then update the mainboard firmware",
        change: [AddWord("iommu=pt")],
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for record in f.records() {
        let Some(device) = faulting(&record.text) else { continue };
        let Some(gpu) = ours(f, device) else { continue };
        // Faults come by the hundred: the first says it.
        out.add(format_args!("the IOMMU blocked a DMA access by GPU {device}"))
            .gpu(PciAddress::parse(gpu))
            .module("nvidia")
            .logged(record.us, &record.text);
        return;
    }
}

/// The device of a fault, as `0000:01:00.0` or `01:00.0`.
fn faulting(text: &str) -> Option<&str> {
    let intel = || {
        let (_, rest) = text.split_once(kernel::DMAR_FAULT)?;
        let (_, rest) = rest.split_once(kernel::DMAR_DEVICE)?;
        rest.split_once(']').map(|(device, _)| device)
    };
    let amd = || {
        let (before, rest) = text.split_once(kernel::AMD_FAULT)?;
        let named = rest.strip_prefix("device=").and_then(|r| r.split_whitespace().next());
        named.or_else(|| pci_address(before))
    };
    intel().or_else(amd).filter(|device| (7..=12).contains(&device.len()))
}

/// A GPU on the bus, or one that the driver spoke of.
fn ours<'a>(f: &'a Facts, device: &str) -> Option<&'a str> {
    let same = |address: &&str| address.len() == 12 && address.ends_with(device);
    let other = |gpu: &PciFunction| gpu.driver.is_yes() && !gpu.driven_by("nvidia");
    let a_guests = |r: &LogRecord| {
        let vfio = r.text.starts_with("vfio-pci ") || r.text.contains("already bound to vfio-pci");
        vfio && pci_address(&r.text).is_some_and(|address| same(&address))
    };
    if f.nvidia_gpus().any(|gpu| same(&gpu.bdf.as_str()) && other(gpu))
        || f.records().iter().any(a_guests)
    {
        return None;
    }
    let spoke = |r: &&LogRecord| r.text.starts_with("nvidia ") || r.text.starts_with(nvidia::NVRM);
    let on_bus = f.nvidia_gpus().map(|gpu| gpu.bdf.as_str()).find(same);
    let told = || f.records().iter().filter(spoke).filter_map(|r| pci_address(&r.text)).find(same);
    on_bus.or_else(told)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet};

    const INTEL: &str = "[    9.100000] DMAR: [DMA Read NO_PASID] Request device [01:00.0] fault \
                         addr 0x7cd80000 [fault reason 0x06] PTE Read access is not set";
    const SPOKE: &str =
        "[    8.100000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x26:0x56:1474)";

    #[test]
    fn intel_names_the_device_in_brackets() {
        let found = "NVP511 warning: the IOMMU blocked a DMA access by GPU 01:00.0";
        fires(&RULE, Case::logged(&std::format!("{SPOKE}\n{INTEL}\n{INTEL}")), found);
        fires(&RULE, Case::logged(INTEL).and(GPU), found);
    }

    #[test]
    fn amd_names_it_in_front_or_inside() {
        let line = "[   10.900000] nvidia 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT \
                    domain=0x0000 address=0xfc189000 flags=0x0000]";
        let found = "NVP511 warning: the IOMMU blocked a DMA access by GPU 0000:01:00.0";
        fires(&RULE, Case::logged(line), found);
        let line = "[   10.900000] AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 \
                    domain=0x0012 address=0xff610000 flags=0x0070]";
        let found = "NVP511 warning: the IOMMU blocked a DMA access by GPU 01:00.0";
        fires(&RULE, Case::logged(&std::format!("{SPOKE}\n{line}")), found);
    }

    #[test]
    fn faults_of_a_gpu_that_a_guest_has_are_not_the_drivers() {
        let held = GPU.replace("drivers/nvidia", "drivers/vfio-pci");
        quiet(&RULE, Case::logged(&std::format!("{SPOKE}\n{INTEL}")).and(&held));
        let bound = "[    8.000000] NVRM: GPU 0000:01:00.0 is already bound to vfio-pci.";
        quiet(&RULE, Case::logged(&std::format!("{bound}\n{INTEL}")));
        let amd = "[   10.900000] vfio-pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT \
                   domain=0x0000 address=0xfc189000 flags=0x0000]";
        quiet(&RULE, Case::logged(&std::format!("{SPOKE}\n{amd}")));
    }

    #[test]
    fn faults_of_other_devices_are_not_ours() {
        let disk = "[   10.900000] nvme 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT \
                    domain=0x0000 address=0xfc189000 flags=0x0000]";
        let screen = INTEL.replace("01:00.0", "00:02.0");
        quiet(&RULE, Case::logged(&std::format!("{SPOKE}\n{disk}\n{screen}")).and(GPU));
    }
}
