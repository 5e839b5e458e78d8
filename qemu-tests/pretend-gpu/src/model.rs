//! The GPUs that can be pretended: the identities of their functions and the two
//! registers by which a driver tells the chip. Plain data.

pub use nvpreflight_harness::nvidia::gpu::Model;

/// Display controller, VGA (PCI Code and ID Assignment).
const VGA: u32 = 0x03_0000;
/// Multimedia, HD audio.
const AUDIO: u32 = 0x04_0300;
/// Serial bus, USB, xHCI.
const XHCI: u32 = 0x0c_0330;
/// Serial bus, other: the USB-C controller (UCSI).
const UCSI: u32 = 0x0c_8000;

/// Who a function says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// PCI device id; the vendor is 10de.
    pub device: u16,
    /// PCI class code, 24 bits.
    pub class: u32,
}

/// The functions of a card, the GPU first (device ids: pci.ids).
pub fn functions(model: Model) -> Vec<Identity> {
    let others: &[Identity] = match model {
        Model::Pascal => &[Identity { device: 0x10f0, class: AUDIO }],
        // USB-C beside audio.
        Model::Turing => &[
            Identity { device: 0x10f9, class: AUDIO },
            Identity { device: 0x1ada, class: XHCI },
            Identity { device: 0x1adb, class: UCSI },
        ],
        Model::Ampere => &[Identity { device: 0x1aef, class: AUDIO }],
    };
    let gpu = Identity { device: model.identity().device, class: VGA };
    [&[gpu], others].concat()
}

/// Registers of BAR 0 that are not zero, by offset (open-gpu-kernel-modules,
/// src/common/inc/swref/published/nv_ref.h).
pub fn registers(model: Model) -> [(u64, u32); 2] {
    let identity = model.identity();
    [(0x000, identity.boot_0), (0xa00, identity.boot_42)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_card_begins_with_a_vga_function() {
        for model in Model::value_variants() {
            let functions = functions(*model);
            assert!((2..=4).contains(&functions.len()));
            assert!(functions.iter().position(|f| f.class == VGA) == Some(0));
        }
    }
}
