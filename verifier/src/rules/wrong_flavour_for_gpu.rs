//! NVP505: open modules on a GPU that needs the proprietary ones, or the reverse.

use crate::driver::branches::install;
use crate::driver::gpu_names::Generation;
use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{address, between, gpu, holding};
use crate::rule::rule;
use crate::text::hex;

#[cfg(feature = "image")]
mod image;

rule! {
    /// ## What it checks
    /// Whether the driver refused a GPU for its flavour, in either direction. Of an
    /// image, on known hardware: whether the GPU has a GSP, and the license of the
    /// modules.
    ///
    /// ## Why
    /// The open modules need a GPU with a GSP (Turing and later). GPUs from
    /// Blackwell on are supported by the open modules only. The wrong flavour
    /// refuses the GPU at probe time, and nvidia.ko unloads again.
    ///
    /// ## Fix
    /// Install the flavour that the GPU needs, of a branch that has it: proprietary
    /// modules for Kepler end with 470, for Maxwell, Pascal and Volta with 580.
    ///
    /// ## Sources
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c (`rm_is_supported_device`) and
    /// osinit.c (the refusal of 515 to 535); measured with a Pascal device id on
    /// open 550; negativo17/nvidia-driver#158; pop#3859.
    505 wrong_flavour_for_gpu {
        title: "the GPU needs the other flavour of the driver",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [LOG],
        after: [],
        fix: "install the flavour that the GPU needs: open for Blackwell and later, proprietary of branch 580 or older for Maxwell, Pascal and Volta",
        nixos: "hardware.nvidia.open = false;    # Maxwell, Pascal, Volta with branch 580 or older; Blackwell and later: true",
        image: { needs: [IMAGE_TREE, PCI], check: image::check },
    }
}

/// What to install where only the open modules will do.
const OPEN: &str = "install the open flavour of the same driver version";
const OPEN_NIXOS: &str = "hardware.nvidia.open = true;";

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for said in holding(f, &[nvidia::NO_GSP]) {
        let gpu = gpu(f, &said.text);
        let id = between(&said.text, "(PCI ID: 10de:", ")").and_then(|id| hex(id.as_bytes()));
        let generation = id.and_then(|id| u16::try_from(id).ok()).and_then(Generation::of);
        let line = generation
            .filter(|generation| !generation.has_gsp())
            .map(|generation| install(generation, f.driver_branch().unwrap_or(0), out.nixos()));
        let finding = out.add(format_args!("{gpu} has no GSP: the open modules cannot drive it"));
        finding.module("nvidia").values("proprietary", "open");
        finding.gpu(address(&said.text)).logged(said.record.us, &said.text);
        if let Some(line) = line {
            finding.fix(line);
        }
    }
    for said in holding(f, &[nvidia::OPEN_REQUIRED]) {
        let gpu = gpu(f, &said.text);
        let line = if out.nixos() { OPEN_NIXOS } else { OPEN };
        out.add(format_args!("{gpu} needs the open modules"))
            .module("nvidia")
            .values("open", "proprietary")
            .fix(line)
            .gpu(address(&said.text))
            .logged(said.record.us, &said.text);
    }
    if let Some(said) = holding(f, &[nvidia::OPEN_NOT_READY]).next() {
        out.add(format_args!("these open modules reject desktop GPUs by default"))
            .module("nvidia")
            .fix("options nvidia NVreg_OpenRmEnableUnsupportedGpus=1    # drivers 515 to 535; later ones need no option")
            .gpu(address(&said.text)).logged(said.record.us, &said.text);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn pascal_cannot_use_the_open_modules() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:00:01.0 (PCI ID: 10de:1b80)\n\
             [   14.200000] NVRM: installed in this system is not supported by open\n\
             [   14.200000] NVRM: nvidia.ko because it does not include the required GPU\n\
             [   14.200000] NVRM: System Processor (GSP).",
            ),
            "NVP505 error: GPU 0000:00:01.0 has no GSP: the open modules cannot drive it",
        );
    }

    #[test]
    fn what_grep_left_of_the_message_is_told() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:00:01.0 (PCI ID: 10de:1b80)\n\
             [   14.200000] NVRM: nvidia.ko because it does not include the required GPU",
            ),
            "NVP505 error: GPU 0000:00:01.0 has no GSP: the open modules cannot drive it",
        );
    }

    #[test]
    fn the_flavour_is_named_with_a_branch_that_has_it() {
        let fix = |id: &str, version: &str| {
            let case = Case::logged(&std::format!(
                "[   14.000000] NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  {version}  \
                 Release Build\n\
                 [   14.200000] NVRM: The NVIDIA GPU 0000:00:01.0 (PCI ID: 10de:{id})\n\
                 [   14.200000] NVRM: installed in this system is not supported by open\n\
                 [   14.200000] NVRM: nvidia.ko because it does not include the required GPU\n\
                 [   14.200000] NVRM: System Processor (GSP)."
            ));
            case.report(&[&RULE]).findings.first().expect("a finding").fix
        };
        assert!(fix("1b80", "550.163.01").contains("of this version"));
        assert!(fix("1b80", "595.45.04").contains("branch 580"));
        assert!(fix("128b", "550.163.01").contains("branch 470"));
    }

    #[test]
    fn blackwell_cannot_use_the_closed_ones() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2c05)\n\
             [   14.200000] NVRM: installed in this system requires use of the NVIDIA open kernel modules.",
            ),
            "NVP505 error: GPU 0000:01:00.0 needs the open modules",
        );
    }

    #[test]
    fn desktop_gpus_are_refused_by_the_first_open_versions() {
        fires(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: Open nvidia.ko is only ready for use on Data Center GPUs.",
            ),
            "NVP505 error: these open modules reject desktop GPUs by default",
        );
    }

    #[test]
    fn another_refusal_at_probe_time_is_quiet() {
        quiet(
            &RULE,
            Case::logged(
                "[   14.200000] NVRM: The NVIDIA GPU 0000:01:00.0\n\
             [   14.200000] NVRM: (PCI ID: 10de:2206) installed in this system has\n\
             [   14.200000] NVRM: fallen off the bus and is not responding to commands.",
            ),
        );
    }
}
