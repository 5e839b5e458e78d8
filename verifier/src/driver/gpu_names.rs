//! NVIDIA's GPUs by their PCI device ids, as far as the driver's needs differ:
//! which of them have a GSP, which firmware file it takes, which branch supports
//! them. Ranges, so that a new card of a known generation is known too; an id
//! beyond them belongs to no known one.
//!
//! Source: pci.ids; NVIDIA's "Supported NVIDIA GPU Products" of 340, 390, 470, 580
//! and 595; common/inc/nv-firmware.h of the tags named at [`firmware`];
//! src/nvidia/generated/g_rmconfig_util.c for the first branch of a chip (GH100 and
//! AD102 from 520, GB202 from 570).

/// A generation of GPUs, the oldest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Generation {
    /// Tesla and before: the last branch is 340 or older.
    Tesla,
    /// Fermi: the last branch is 390.
    Fermi,
    /// Kepler: the last branch is 470.
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
            0..=0x06bf | 0x06e0..=0x0dbf | 0x10a0..=0x113f => Self::Tesla,
            0x06c0..=0x06df | 0x0dc0..=0x0fbf => Self::Fermi,
            0x1040..=0x109f | 0x1140..=0x117f | 0x1200..=0x127f => Self::Fermi,
            0x0fc0..=0x103f | 0x1180..=0x11ff | 0x1280..=0x133f => Self::Kepler,
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

    /// True for GPUs that the open modules alone drive.
    #[must_use]
    pub fn needs_open(self) -> bool {
        self >= Self::Blackwell
    }

    /// The newest branch that drives it, where it was dropped.
    #[must_use]
    pub const fn last_branch(self) -> Option<u64> {
        match self {
            Self::Tesla => Some(340),
            Self::Fermi => Some(390),
            Self::Kepler => Some(470),
            Self::Maxwell => Some(580),
            Self::Turing | Self::Ampere | Self::Blackwell => None,
        }
    }
}

impl Generation {
    /// The oldest branch whose list of products has all of it; a branch before may lack a
    /// chip that came late.
    #[must_use]
    pub const fn whole_from(self) -> u64 {
        match self {
            Self::Tesla | Self::Fermi | Self::Kepler => 340,
            Self::Maxwell => 390,
            Self::Turing | Self::Ampere | Self::Blackwell => 515,
        }
    }
}

/// The first branch that drives a device id; `None` where the tags that were read
/// all do, or do not tell.
#[must_use]
pub const fn first_branch(device: u16) -> Option<u64> {
    match device {
        // Hopper and Ada.
        0x2300..=0x23ff | 0x2600..=0x28ff => Some(520),
        0x2b00..=0x31ff => Some(570),
        _ => None,
    }
}

/// The GSP firmware file that a driver of that branch asks for; `None` for a GPU
/// without a GSP, and for an id beyond the table.
///
/// 515 and 520 have one file (nvidia/nv.c, `NV_FIRMWARE_GSP_FILENAME`), 525 has one
/// of its own for Ada, 530 takes ga10x for Ampere and Ada and tu10x for Hopper, and
/// from 535 on Hopper and what came later take ga10x too.
#[must_use]
pub fn firmware(device: u16, branch: u64) -> Option<&'static str> {
    let ada = matches!(device, 0x2600..=0x28ff);
    let hopper = matches!(device, 0x2300..=0x23ff);
    match (Generation::of(device)?, branch) {
        (generation, _) if !generation.has_gsp() => None,
        (_, ..=520) => Some("gsp.bin"),
        (_, 521..=525) => Some(if ada { "gsp_ad10x.bin" } else { "gsp_tu10x.bin" }),
        (Generation::Turing, _) => Some("gsp_tu10x.bin"),
        (_, 526..=530) if hopper => Some("gsp_tu10x.bin"),
        _ => Some("gsp_ga10x.bin"),
    }
}

/// Whether a GPU asks for a firmware file of that name. Where the branch or the device
/// id is unknown, any file may serve a GPU that may have a GSP.
#[must_use]
pub fn takes(device: u16, branch: Option<u64>, file: &str) -> bool {
    match branch.and_then(|branch| firmware(device, branch)) {
        Some(wanted) => wanted == file,
        None => Generation::of(device).is_none_or(Generation::has_gsp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_each_generation_are_told_by_their_ids() {
        for (device, generation) in [
            (0x05e1, Generation::Tesla),     // GTX 280
            (0x0a65, Generation::Tesla),     // GeForce 210
            (0x10c3, Generation::Tesla),     // 8400 GS
            (0x06c0, Generation::Fermi),     // GTX 480
            (0x1080, Generation::Fermi),     // GTX 580
            (0x1140, Generation::Fermi),     // GT 620M
            (0x1201, Generation::Fermi),     // GTX 560
            (0x0fc6, Generation::Kepler),    // GTX 650
            (0x1005, Generation::Kepler),    // GTX TITAN
            (0x1180, Generation::Kepler),    // GTX 680
            (0x128b, Generation::Kepler),    // GT 710
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
            assert_eq!(generation.has_gsp(), firmware(device, 595).is_some());
        }
        assert_eq!(firmware(0x4000, 595), None);
    }

    #[test]
    fn the_firmware_of_a_gpu_changed_its_name_with_the_branch() {
        let names = |device| [520, 525, 530, 535].map(|branch| firmware(device, branch).unwrap());
        let (tu, ga, ad) = ("gsp_tu10x.bin", "gsp_ga10x.bin", "gsp_ad10x.bin");
        assert_eq!(names(0x1f08), ["gsp.bin", tu, tu, tu]); // RTX 2060
        assert_eq!(names(0x20b0), ["gsp.bin", tu, tu, tu]); // A100
        assert_eq!(names(0x2206), ["gsp.bin", tu, ga, ga]); // RTX 3080
        assert_eq!(names(0x2684), ["gsp.bin", ad, ga, ga]); // RTX 4090
        assert_eq!(names(0x2330), ["gsp.bin", tu, tu, ga]); // H100
    }

    #[test]
    fn a_gpu_is_older_or_newer_than_a_branch_by_its_chip() {
        assert_eq!(first_branch(0x2d04), Some(570)); // RTX 5060 Ti
        assert_eq!(first_branch(0x2684), Some(520));
        assert_eq!(first_branch(0x2206), None);
        assert_eq!(Generation::of(0x06c0).unwrap().last_branch(), Some(390));
    }
}
