//! The GPUs that a boot can pretend to have, and how it does so. A pretend GPU
//! tells its chip and nothing else: it has no VBIOS, so its initialisation always
//! fails in the end.

use serde::Deserialize;
use std::fmt;

/// How the guest comes to see a GPU.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Pretend {
    /// An emulated `qxl` function that a module of the guest relabels before any
    /// driver looks. Works with every QEMU.
    #[default]
    Relabelled,
    /// A card served over vfio-user, whose functions have NVIDIA's ids from the start.
    /// Needs QEMU 10.1 or newer.
    VfioUser,
}

/// A GPU, by generation.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// GTX 1080: older than the open modules support.
    Pascal,
    /// RTX 2070: asks for gsp_tu10x.bin.
    Turing,
    /// RTX 3080: asks for gsp_ga10x.bin.
    #[default]
    Ampere,
}

/// What a GPU says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Product name by the driver's own table.
    pub name: &'static str,
    /// PCI device id; the vendor is 10de.
    pub device: u16,
    /// NV_PMC_BOOT_0, at 0x0 of BAR 0.
    pub boot_0: u32,
    /// NV_PMC_BOOT_42, at 0xa00 of BAR 0: the driver takes architecture and
    /// implementation from it (open-gpu-kernel-modules,
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c, `rm_is_supported_device`).
    pub boot_42: u32,
}

impl Model {
    /// Its name for the program that serves it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pascal => "pascal",
            Self::Turing => "turing",
            Self::Ampere => "ampere",
        }
    }

    /// Its identity.
    pub fn identity(self) -> Identity {
        let (name, device, boot_0, boot_42) = match self {
            Self::Pascal => ("GeForce GTX 1080", 0x1b80, 0x1340_00a1, 0x134a_1000),
            Self::Turing => ("GeForce RTX 2070", 0x1f02, 0x1660_00a1, 0x166a_1000),
            Self::Ampere => ("GeForce RTX 3080", 0x2206, 0xb720_00a1, 0x172a_1000),
        };
        Identity { name, device, boot_0, boot_42 }
    }
}

/// The words after `modprobe` that make `count` functions such GPUs; none where they
/// are such already.
pub fn guest_module(pretend: Pretend, model: Model, count: u8) -> String {
    let Identity { device, boot_0, boot_42, .. } = model.identity();
    match pretend {
        Pretend::Relabelled => {
            let ids = vec![format!("{device:#06x}"); usize::from(count)].join(",");
            format!("pretend_gpu ids={ids} boot_0={boot_0:#x} boot_42={boot_42:#x}")
        }
        Pretend::VfioUser => String::new(),
    }
}

impl fmt::Display for Pretend {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str(match self {
            Self::Relabelled => "relabelled qxl",
            Self::VfioUser => "vfio-user card",
        })
    }
}

impl fmt::Display for Model {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Identity { name, device, .. } = self.identity();
        write!(form, "{name} (10de:{device:04x}, {})", format!("{self:?}").to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guest_gets_one_id_for_each_function() {
        assert_eq!(
            guest_module(Pretend::Relabelled, Model::Turing, 2),
            "pretend_gpu ids=0x1f02,0x1f02 boot_0=0x166000a1 boot_42=0x166a1000"
        );
    }

    #[test]
    fn both_registers_name_the_same_chip() {
        for model in [Model::Pascal, Model::Turing, Model::Ampere] {
            let of = model.identity();
            // Architecture and implementation: bits 28:20 and 28:20 (nv_ref.h).
            assert_eq!(of.boot_0 >> 20 & 0x1ff, of.boot_42 >> 20 & 0x1ff, "{model}");
        }
    }
}
