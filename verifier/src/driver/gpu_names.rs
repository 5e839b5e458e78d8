//! NVIDIA's GPUs by their PCI device ids, as far as the driver's needs differ:
//! which of them have a GSP, which firmware file it takes, which branch supports
//! them. Ranges, so that a new card of a known generation is known too; an id
//! beyond them belongs to no known one.
//!
//! Source: pci.ids; NVIDIA's "Supported NVIDIA GPU Products" of 470, 580 and 595;
//! common/inc/nv-firmware.h (tu10x for TU10x, TU11x and GA100, ga10x for the rest).

/// A generation of GPUs, the oldest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Generation {
    /// Kepler and before: the last branch is 470 or older.
    Kepler,
    /// Maxwell, Pascal, Volta: no GSP; the last branch is 580.
    Maxwell,
    /// Turing, and GA100 of Ampere: GSP firmware tu10x.
    Turing,
    /// Ampere, Ada, Hopper: GSP firmware ga10x.
    Ampere,
    /// Blackwell: ga10x, open modules only.
    Blackwell,
}

impl Generation {
    /// The generation of a PCI device id of vendor 10de; `None` beyond the ids that
    /// were given out when the table was written.
    #[must_use]
    pub const fn of(device: u16) -> Option<Self> {
        Some(match device {
            0..=0x133f => Self::Kepler,
            0x1340..=0x1dff => Self::Maxwell,
            0x1e00..=0x21ff => Self::Turing,
            0x2200..=0x28ff => Self::Ampere,
            0x2900..=0x31ff => Self::Blackwell,
            0x3200.. => return None,
        })
    }

    /// True for GPUs with a GSP, which the open modules need.
    #[must_use]
    pub fn has_gsp(self) -> bool {
        self >= Self::Turing
    }

    /// The GSP firmware file that its driver asks for (530 and later).
    #[must_use]
    pub const fn firmware(self) -> Option<&'static str> {
        match self {
            Self::Kepler | Self::Maxwell => None,
            Self::Turing => Some("gsp_tu10x.bin"),
            Self::Ampere | Self::Blackwell => Some("gsp_ga10x.bin"),
        }
    }

    /// The newest branch that drives it, where it was dropped.
    #[must_use]
    pub const fn last_branch(self) -> Option<u64> {
        match self {
            Self::Kepler => Some(470),
            Self::Maxwell => Some(580),
            Self::Turing | Self::Ampere | Self::Blackwell => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_each_generation_are_told_by_their_ids() {
        for (device, generation) in [
            (0x1180, Generation::Kepler),    // GTX 680
            (0x13c2, Generation::Maxwell),   // GTX 970
            (0x1b80, Generation::Maxwell),   // GTX 1080
            (0x1db1, Generation::Maxwell),   // V100
            (0x1f08, Generation::Turing),    // RTX 2060
            (0x20b0, Generation::Turing),    // A100
            (0x2206, Generation::Ampere),    // RTX 3080
            (0x2330, Generation::Ampere),    // H100
            (0x2684, Generation::Ampere),    // RTX 4090
            (0x2b85, Generation::Blackwell), // RTX 5090
        ] {
            assert_eq!(Generation::of(device), Some(generation), "{device:04x}");
        }
    }

    #[test]
    fn an_id_that_was_not_given_out_yet_belongs_to_no_generation() {
        assert_eq!(Generation::of(0x3200), None);
        assert_eq!(Generation::of(u16::MAX), None);
    }

    #[test]
    fn only_gpus_with_a_gsp_have_firmware() {
        for device in [0x1180, 0x1b80, 0x1f08, 0x2206, 0x2b85] {
            let generation = Generation::of(device).unwrap();
            assert_eq!(generation.has_gsp(), generation.firmware().is_some());
        }
    }
}
