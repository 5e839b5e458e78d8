//! Collector: PCI display controllers and every NVIDIA function.
//!
//! Reads /sys/bus/pci/devices; never touches configuration space, which would
//! wake a sleeping GPU.

use crate::facts::device::NVIDIA;
use crate::facts::{Bar, Facts, PciFunction};
use crate::parse::pci_resource;
use crate::seen::{Errno, Seen};
use crate::text::{Name, Text, hex, trim};
use crate::tree::{Tree, TreeExt};
use heapless::Vec;

const DEVICES: &str = "sys/bus/pci/devices";

/// Keeps what can concern a GPU, in order of address.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    // Filled in place: a list of this size is not moved for nothing.
    facts.pci = Seen::Yes(Vec::new());
    let Facts { pci: Seen::Yes(functions), lost, .. } = facts else { return };
    let listed = tree.list(DEVICES, &mut |name| match function(tree, Name::from_bytes(name)) {
        Ok(Some(found)) => lost.keep(functions, found, "PCI functions"),
        Ok(None) => {}
        Err(Unreadable) => lost.count(PciFunction::NO_IDENTITY, 1),
    });
    functions.sort_unstable_by(|a: &PciFunction, b| a.bdf.as_str().cmp(b.bdf.as_str()));
    if !listed.is_yes() {
        facts.pci = listed.map(|()| Vec::new());
    }
}

/// Class, vendor or device id could not be read.
struct Unreadable;

fn function(tree: &dyn Tree, bdf: Name) -> Result<Option<PciFunction>, Unreadable> {
    let number = |leaf: &str| attribute::<16>(tree, &bdf, leaf).and_then(|text| number(&text));
    let identity = |leaf: &str| number(leaf).yes().copied().ok_or(Unreadable);
    let class = u32::try_from(identity("class")?).map_err(|_| Unreadable)?;
    if !on_a_graphics_card(class) {
        return Ok(None);
    }
    let vendor = u16::try_from(identity("vendor")?).map_err(|_| Unreadable)?;
    if vendor != NVIDIA && class >> 16 != 0x03 {
        return Ok(None);
    }
    let mut found = PciFunction {
        vendor,
        class,
        device: u16::try_from(identity("device")?).map_err(|_| Unreadable)?,
        revision: number("revision"),
        driver: tree.link_name(&path(&bdf, "driver")),
        driver_override: attribute(tree, &bdf, "driver_override").and_then(unless_null),
        runtime_status: attribute(tree, &bdf, "power/runtime_status"),
        power_control: attribute(tree, &bdf, "power/control"),
        ..PciFunction::default()
    };
    if found.is_display() {
        found.boot_vga = attribute::<8>(tree, &bdf, "boot_vga").map(|text| text == "1");
        found.bars = bars(tree, &bdf);
        found.iommu_group = tree.link_name(&path(&bdf, "iommu_group"));
    }
    Ok(Some(PciFunction { bdf, ..found }))
}

/// The classes that functions of a graphics card have: display, sound, USB and
/// serial bus (USB-C ports), and the other bridge that an NVSwitch shows.
const fn on_a_graphics_card(class: u32) -> bool {
    matches!(class >> 16, 0x03 | 0x04 | 0x0c) || class >> 8 == 0x0680
}

fn path(bdf: &Name, leaf: &str) -> Text<128> {
    Text::of(format_args!("{DEVICES}/{bdf}/{leaf}"))
}

fn attribute<const N: usize>(tree: &dyn Tree, bdf: &Name, leaf: &str) -> Seen<Text<N>> {
    tree.text(&path(bdf, leaf))
}

fn number(text: &str) -> Seen<u64> {
    hex(text.as_bytes()).map_or(Seen::Unreadable(Errno::EINVAL), Seen::Yes)
}

/// The kernel prints a null pointer for "no override" (drivers/pci/pci-sysfs.c,
/// `driver_override_show`), newer kernels an empty line.
fn unless_null(text: Name) -> Seen<Name> {
    if text.is_empty() || text == "(null)" { Seen::Absent } else { Seen::Yes(text) }
}

fn bars(tree: &dyn Tree, bdf: &Name) -> Seen<[Bar; 6]> {
    // Seventeen lines of 57 bytes at most: BARs, ROM and bridge windows.
    let mut buf = [0u8; 1024];
    tree.read(&path(bdf, "resource"), &mut buf).and_then(|got| {
        let bytes = trim(buf.get(..got.len).unwrap_or(&[]));
        pci_resource::bars(bytes).map_or(Seen::Unreadable(Errno::EINVAL), Seen::Yes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    /// A laptop as sysfs shows it: host bridge, integrated graphics, an RTX 3080
    /// bound to nvidia with its sound function.
    const LAPTOP: &str = "\
sys/bus/pci/devices/0000:01:00.1/class = 0x040300
sys/bus/pci/devices/0000:01:00.1/vendor = 0x10de
sys/bus/pci/devices/0000:01:00.1/device = 0x1aef
sys/bus/pci/devices/0000:00:00.0/class = 0x060000
sys/bus/pci/devices/0000:00:00.0/vendor = 0x8086
sys/bus/pci/devices/0000:00:1f.3/class = 0x040300
sys/bus/pci/devices/0000:00:1f.3/vendor = 0x8086
sys/bus/pci/devices/0000:00:02.0/class = 0x030000
sys/bus/pci/devices/0000:00:02.0/vendor = 0x8086
sys/bus/pci/devices/0000:00:02.0/device = 0x9a60
sys/bus/pci/devices/0000:00:02.0/boot_vga = 1
sys/bus/pci/devices/0000:01:00.0/class = 0x030000
sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de
sys/bus/pci/devices/0000:01:00.0/device = 0x2206
sys/bus/pci/devices/0000:01:00.0/revision = 0xa1
sys/bus/pci/devices/0000:01:00.0/boot_vga = 0
sys/bus/pci/devices/0000:01:00.0/driver_override = (null)
sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nvidia
sys/bus/pci/devices/0000:01:00.0/power/control = auto
sys/bus/pci/devices/0000:01:00.0/resource <<EOF
0x00000000fd000000 0x00000000fdffffff 0x0000000000040200
0x000000c000000000 0x000000c00fffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000c010000000 0x000000c011ffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000000000c000 0x000000000000c07f 0x0000000000040101
0x00000000000c0000 0x00000000000dffff 0x0000000000000212
EOF
";

    #[test]
    fn display_controllers_and_nvidia_functions_are_kept_in_order() {
        let facts = Case::initrd(LAPTOP).facts();
        let bdfs: std::vec::Vec<_> = facts.pci_functions().iter().map(|p| p.bdf.as_str()).collect();
        assert_eq!(bdfs, ["0000:00:02.0", "0000:01:00.0", "0000:01:00.1"]);
        let gpu = facts.nvidia_gpus().next().unwrap();
        assert!(gpu.driven_by("nvidia"));
        assert_eq!(gpu.driver_override, Seen::Absent);
        assert_eq!(gpu.boot_vga, Seen::Yes(false));
        assert_eq!(gpu.revision, Seen::Yes(0xa1));
        assert_eq!(gpu.bars.yes().unwrap()[0].size, 16 << 20);
        assert_eq!(gpu.slot(), "0000:01:00");
    }

    #[test]
    fn a_refused_bus_is_not_an_empty_one() {
        let facts = Case::initrd("sys/bus/pci/devices ! EACCES\n").facts();
        assert_eq!(facts.pci.status(), Seen::Unreadable(Errno::EACCES));
        assert_eq!(Case::initrd("").facts().pci.status(), Seen::Yes(()));
    }

    #[test]
    fn a_function_without_identity_is_counted() {
        let facts = Case::initrd("sys/bus/pci/devices/0000:01:00.0/class ! EIO\n").facts();
        assert!(facts.lost.has(PciFunction::NO_IDENTITY));
    }
}
