//! NVP505: open modules on a GPU that needs the closed ones, or the reverse.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::message::{address, gpu, holding};
use crate::rule::rule;

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
    /// Install the other flavour of the same version.
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
        fix: "install the other flavour (open or proprietary) of the same driver version",
        nixos: "hardware.nvidia.open = false;    # Maxwell, Pascal, Volta; Blackwell and later: true",
        image: { needs: [IMAGE_TREE, PCI], check: image::check },
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    for said in holding(f, &["not supported by open nvidia.ko because it does not include"]) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} has no GSP: the open modules cannot drive it"))
            .module("nvidia")
            .values("proprietary", "open")
            .gpu(address(&said.text)).logged(said.record.us, &said.text);
    }
    for said in holding(f, &["requires use of the NVIDIA open kernel modules"]) {
        let gpu = gpu(f, &said.text);
        out.add(format_args!("{gpu} needs the open modules"))
            .module("nvidia")
            .values("open", "proprietary")
            .fix("install the open flavour of the same driver version (NixOS: hardware.nvidia.open = true;)")
            .gpu(address(&said.text)).logged(said.record.us, &said.text);
    }
    if let Some(said) =
        holding(f, &["Open nvidia.ko is only ready for use on Data Center GPUs"]).next()
    {
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
