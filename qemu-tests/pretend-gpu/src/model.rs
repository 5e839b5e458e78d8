//! The GPUs that can be pretended: the identities of their functions and the two
//! registers by which a driver tells the chip. Plain data.

use clap::ValueEnum;

/// NV_PMC_BOOT_0 and NV_PMC_BOOT_42 in BAR 0 (open-gpu-kernel-modules,
/// src/common/inc/swref/published/nv_ref.h).
pub const BOOT_0: u64 = 0x000;
/// See [`BOOT_0`].
pub const BOOT_42: u64 = 0xa00;
/// Display controller, VGA (PCI Code and ID Assignment).
const VGA: u32 = 0x03_0000;
/// Multimedia, HD audio.
const AUDIO: u32 = 0x04_0300;
/// Serial bus, USB, xHCI.
const XHCI: u32 = 0x0c_0330;
/// Serial bus, other: the USB-C controller (UCSI).
const UCSI: u32 = 0x0c_8000;

/// A GPU, by generation. The same cards as the boot tests' guest module pretends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Model {
    /// GeForce GTX 1080 (GP104), two functions: older than the open modules take.
    Pascal,
    /// GeForce RTX 2070 (TU106), four functions: USB-C beside audio.
    Turing,
    /// GeForce RTX 3080 (GA102), two functions.
    Ampere,
}

/// Who a function says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// PCI device id; the vendor is 10de.
    pub device: u16,
    /// PCI class code, 24 bits.
    pub class: u32,
}

impl Model {
    /// The functions, the GPU first (device ids: pci.ids).
    pub fn functions(self) -> &'static [Identity] {
        match self {
            Self::Pascal => &[
                Identity { device: 0x1b80, class: VGA },
                Identity { device: 0x10f0, class: AUDIO },
            ],
            Self::Turing => &[
                Identity { device: 0x1f02, class: VGA },
                Identity { device: 0x10f9, class: AUDIO },
                Identity { device: 0x1ada, class: XHCI },
                Identity { device: 0x1adb, class: UCSI },
            ],
            Self::Ampere => &[
                Identity { device: 0x2206, class: VGA },
                Identity { device: 0x1aef, class: AUDIO },
            ],
        }
    }

    /// Registers of BAR 0 that are not zero, by offset.
    pub fn registers(self) -> [(u64, u32); 2] {
        let (boot_0, boot_42) = match self {
            Self::Pascal => (0x1340_00a1, 0x134a_1000),
            Self::Turing => (0x1660_00a1, 0x166a_1000),
            Self::Ampere => (0xb720_00a1, 0x172a_1000),
        };
        [(BOOT_0, boot_0), (BOOT_42, boot_42)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_registers_tell_the_same_chip() {
        for model in Model::value_variants() {
            let [(_, boot_0), (_, boot_42)] = model.registers();
            assert_eq!(boot_0 >> 20 & 0x1ff, boot_42 >> 20 & 0x1ff, "{model:?}");
        }
    }

    #[test]
    fn every_card_begins_with_a_vga_function() {
        for model in Model::value_variants() {
            let functions = model.functions();
            assert!((2..=4).contains(&functions.len()));
            assert!(functions.iter().position(|f| f.class == VGA) == Some(0));
        }
    }
}
