//! NVP504: this driver branch does not support the GPU.

#[cfg(feature = "logs")]
use super::runtime_d3_trouble::{bdf, is_asleep};
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
#[cfg(feature = "logs")]
use crate::facts::PciAddress;
use crate::facts::device::NVIDIA;
use crate::finding::{Confidence, Findings, Severity};
#[cfg(feature = "logs")]
use crate::reading::message::all;
use crate::reading::message::{address, between, gpu, holding, pci_address, taken_later};
#[cfg(feature = "logs")]
use crate::reading::sayings::{LEGACY_TOLD, said};
use crate::rule::rule;
use why::{Why, branch_of, by_branch};

#[cfg(feature = "image")]
mod image;
mod why;

rule! {
    /// ## What it checks
    /// Whether the driver said that it ignores a GPU which another branch supports.
    /// Of an image, on known hardware: the GPU's last branch against the driver in
    /// it.
    ///
    /// ## Why
    /// Each branch drops old GPUs and does not know those that came after it. The last
    /// branch is 340 for Tesla, 390 for Fermi, 470 for Kepler, 580 for Maxwell, Pascal
    /// and Volta. The module then loads and finds nothing to drive, or does not load
    /// at all. The same words come for a GPU that the branch supports and that did not
    /// answer the first reads: it was asleep, or it is about to fall off the bus.
    ///
    /// ## Fix
    /// Install the branch that the message names, in the flavour that the GPU needs.
    ///
    /// ## Sources
    /// nvidia/nv-pci.c (`nv_pci_probe`); src/nvidia/arch/nvalloc/unix/src/osapi.c
    /// (`rm_is_supported_device`); nixos-hardware#1828, #1843, #1880.
    504 gpu_dropped_by_branch {
        title: "this driver branch does not support the GPU",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "install the driver branch that supports this GPU: lspci -nn -d 10de: names it",
        nixos: "hardware.nvidia.package = config.boot.kernelPackages.nvidiaPackages.legacy_580;    # Maxwell, Pascal, Volta; Kepler: legacy_470; Fermi: legacy_390",
        image: { needs: [IMAGE_TREE, PCI], check: image::check },
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // A second, older card that is ignored leaves the first one working.
    let works = f.nv.yes().is_some_and(|nv| !nv.gpus.is_empty());
    let severity = if works { Severity::Warning } else { Severity::Error };
    let mut told = false;
    for said in holding(f, nvidia::LEGACY) {
        // Some branches put the vendor's name before a model that begins with it.
        let model = between(&said.text, nvidia::A_GPU, nvidia::LEGACY_INSTALLED).unwrap_or("GPU");
        let model = model.trim_start_matches("NVIDIA ");
        let branch = between(&said.text, nvidia::LEGACY_BRANCH, " Legacy").unwrap_or("older");
        let here =
            between(&said.text, nvidia::LEGACY_HERE, nvidia::LEGACY_HERE_ENDS).unwrap_or("here");
        told = true;
        let line = by_branch(branch, out.nixos());
        let finding = out.add(format_args!(
            "the {model} is ignored: driver {here} no longer supports it; branch {branch} does"
        ));
        finding.module("nvidia").values(branch, here).severity(severity);
        finding.gpu(address(&said.text)).logged(said.record.us, &said.text);
        finding.fix(line);
    }
    let unsupported = holding(f, nvidia::UNSUPPORTED).chain(holding(f, nvidia::UNSUPPORTED_CUT));
    for said in unsupported.filter(|said| !taken_later(f, said)) {
        let gpu = gpu(f, &said.text);
        // "the NVIDIA 550.163.01 driver release", before "the 280.13 NVIDIA Linux …".
        let after = said.text.split_once(nvidia::UNSUPPORTED_BY);
        let after =
            after.or_else(|| said.text.split_once(") NVIDIA ")).map_or("", |(_, after)| after);
        let here = after.split(' ').find(|w| w.starts_with(|c: char| c.is_ascii_digit()));
        let here = here.unwrap_or("installed");
        told = true;
        let nixos = out.nixos();
        let why = Why::of(&said.text, here);
        // It did not wake: NVP606 tells of it.
        #[cfg(feature = "logs")]
        if matches!(why, Why::NoAnswer | Why::Unknown) && asleep(f, address(&said.text)) {
            continue;
        }
        let finding =
            out.add(format_args!("{gpu} is not supported by the driver {here}{}", why.says()));
        finding.module("nvidia").severity(severity);
        finding.gpu(address(&said.text)).logged(said.record.us, &said.text);
        finding.fix(why.fix(branch_of(here), nixos));
        if matches!(why, Why::NoAnswer) {
            finding.confidence(Confidence::Likely);
        }
    }
    #[cfg(feature = "logs")]
    if let Some(record) = said(f, LEGACY_TOLD).filter(|_| !told) {
        let branch = between(&record.text, nvidia::LEGACY_THROUGH, " Legacy").unwrap_or("older");
        let numbered = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        let branch = branch.split_whitespace().rfind(numbered).unwrap_or("older");
        told = true;
        let line = by_branch(branch, out.nixos());
        out.add(format_args!("the GPU is ignored: branch {branch} of the driver is its last"))
            .module("nvidia")
            .severity(severity)
            .logged(record.us, &record.text)
            .fix(line);
    }
    // The short line may follow the long one, so it counts only alone; and it
    // comes for any device that was forced on the driver.
    let short = holding(f, &[nvidia::LEGACY_SHORT]).find(|said| {
        let address = pci_address(&said.text);
        let device = f.pci_functions().iter().find(|p| address == Some(&*p.bdf));
        device.is_none_or(|p| p.vendor == NVIDIA)
    });
    if let Some(said) = short.filter(|_| !told) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} is ignored: it is too old for this driver branch"))
            .module("nvidia")
            .severity(severity)
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    }
}

/// Whether the GPU, or one that is not named, could not be woken.
#[cfg(feature = "logs")]
fn asleep(f: &Facts, gpu: Option<PciAddress>) -> bool {
    let same = |at: PciAddress| gpu.is_none_or(|gpu| gpu.same_device(at));
    let mut sleepers = all(f).filter(|said| is_asleep(&said.text));
    sleepers.any(|said| PciAddress::parse(bdf(&said.text)).is_none_or(same))
}

#[cfg(test)]
mod tests;
