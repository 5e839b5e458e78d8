//! NVP504: this driver branch does not support the GPU.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::facts::device::NVIDIA;
use crate::finding::{Confidence, Findings, Severity};
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
        let here = between(&said.text, "information. The ", " NVIDIA driver").unwrap_or("here");
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
    if let Some(record) = said(f, &[LEGACY_TOLD]).filter(|_| !told) {
        let branch = between(&record.text, "through the NVID", " Legacy").unwrap_or("older");
        let branch = branch.rsplit(' ').next().unwrap_or(branch);
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

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn the_branch_that_supports_it_is_named() {
        fires(
            &RULE,
            Case::logged(
                "[    8.100000] NVRM: The NVIDIA NVIDIA GeForce GTX 1080 GPU installed in this system is\n\
             [    8.100000] NVRM:  supported through the NVIDIA 580.xx Legacy drivers. Please\n\
             [    8.100000] NVRM:  visit http://www.nvidia.com/object/unix.html for more\n\
             [    8.100000] NVRM:  information.  The 595.71.05 NVIDIA driver will ignore\n\
             [    8.100000] NVRM:  this GPU.  Continuing probe...\n\
             [    8.200000] NVRM: ignoring the legacy GPU 0000:01:00.0",
            ),
            "NVP504 error: the GeForce GTX 1080 GPU is ignored: driver 595.71.05 no longer \
             supports it; branch 580.xx does",
        );
    }

    #[test]
    fn a_gpu_newer_than_the_branch_is_told_too() {
        fires(
            &RULE,
            Case::logged(
                "[    8.100000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2c05)\n\
             [    8.100000] NVRM: installed in this system is not supported by the\n\
             [    8.100000] NVRM: NVIDIA 550.163.01 driver release.",
            ),
            "NVP504 error: GPU 0000:01:00.0 is not supported by the driver 550.163.01: it needs \
             branch 570 or later",
        );
    }

    #[test]
    fn a_later_load_that_took_the_gpu_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   19.545688] NVRM: The NVIDIA GPU 0000:82:00.0 (PCI ID: 10de:1b06)\n\
             [   19.545688] NVRM: NVIDIA 340.10 driver release.\n\
             [   20.264453] [drm] [nvidia-drm] [GPU ID 0x00008200] Loading driver",
            ),
        );
    }

    #[test]
    fn what_grep_left_of_the_message_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[    8.299192] NVRM: The NVIDIA GPU 0000:3c:00.0 (PCI ID: 10de:2d04)\n\
             [    8.299192] NVRM: NVIDIA 550.163.01 driver release.",
            ),
            "NVP504 error: GPU 0000:3c:00.0 is not supported by the driver 550.163.01: it needs \
             branch 570 or later",
        );
    }

    #[test]
    fn a_device_of_another_vendor_forced_on_the_driver_is_no_gpu() {
        quiet(
            &RULE,
            Case::logged("[    8.200000] NVRM: ignoring the legacy GPU 0000:00:02.0").and(
                "sys/bus/pci/devices/0000:00:02.0/vendor = 0x1234\n\
                  sys/bus/pci/devices/0000:00:02.0/device = 0x1111\n\
                  sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n",
            ),
        );
    }

    #[test]
    fn beside_a_gpu_that_works_it_is_a_warning() {
        fires(
            &RULE,
            Case::logged("[    8.200000] NVRM: ignoring the legacy GPU 0000:02:00.0").and(
                "proc/driver/nvidia/gpus/0000:01:00.0/information = Model: \t\t NVIDIA GeForce RTX 3080\n",
            ),
            "NVP504 warning: GPU 0000:02:00.0 is ignored: it is too old for this driver branch",
        );
    }
}
