//! NVP510's lines of the PCI core that no listing goes with: whose function they are about.

use crate::driver::said::{holds, kernel};
use crate::facts::{Facts, PciAddress};
use crate::reading::sayings::{NAMED, said};

/// The function of a line on a range without room, where nothing lists the bus and the
/// sender speaks of NVIDIA: only a graphics card asks for so much of 64 bit addresses.
pub(super) fn meant<'a>(f: &Facts, text: &'a str) -> Option<&'a str> {
    let no_room = || kernel::NO_ROOM.iter().any(|no| holds(text, no));
    let rest = text.strip_prefix("pci ").filter(|_| no_room() && !f.pci.is_yes())?;
    let size = rest.split_once("[mem size 0x")?.1.split_once(" 64bit pref]")?.0;
    let large = u64::from_str_radix(size, 16).is_ok_and(|size| size >= LARGE);
    let named = large && said(f, &[NAMED]).is_some();
    rest.split(' ')
        .next()?
        .strip_suffix(':')
        .filter(|word| named && PciAddress::parse(word).is_some())
}

/// The smallest window on the memory of a graphics card.
const LARGE: u64 = 256 << 20;

#[cfg(test)]
mod tests {
    use super::super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn a_range_without_room_is_the_gpus_where_the_sender_names_nvidia() {
        let line = |size: &str| {
            std::format!(
                "[    9.976682] pci 0000:02:00.0: BAR 1: no space for [mem size {size} 64bit pref]\n"
            )
        };
        let named = "[    9.900000] a report: names NVIDIA: a V100 and its container\n";
        let log = |size: &str| Case::journal(&[named, &line(size)].concat());
        fires(
            &RULE,
            log("0x800000000"),
            "NVP510 error: the kernel found no room for BAR1 of GPU 0000:02:00.0: its memory \
             cannot be reached",
        );
        silent(&RULE, log("0x00100000"));
        silent(&RULE, Case::journal(&line("0x800000000")));
    }
}
