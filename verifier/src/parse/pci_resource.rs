//! /sys/bus/pci/devices/BDF/resource: the address ranges of a PCI function.
//! Reads ranges only; whether they are good is a rule's matter.

use crate::facts::Bar;
use crate::text::{hex, words};

/// The first six lines, which are the base address registers (drivers/pci/
/// pci-sysfs.c, `resource_show`: `start end flags`, then expansion ROM and
/// bridge windows). `None` when one of them is not of that form.
#[must_use]
pub fn bars(bytes: &[u8]) -> Option<[Bar; 6]> {
    let mut bars = [Bar::default(); 6];
    let mut lines = bytes.split(|b| *b == b'\n');
    for bar in &mut bars {
        *bar = range(lines.next()?)?;
    }
    Some(bars)
}

fn range(line: &[u8]) -> Option<Bar> {
    let mut numbers = words(line).map(hex);
    let (start, end, flags) = (numbers.next()??, numbers.next()??, numbers.next()??);
    // An empty range is all zeros; an unassigned one keeps its length from 0 on.
    let size = if flags == 0 { 0 } else { end.checked_sub(start)?.checked_add(1)? };
    Some(Bar { start, size, flags })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GPU: &[u8] = b"0x00000000fd000000 0x00000000fdffffff 0x0000000000040200
0x000000c000000000 0x000000c00fffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000c010000000 0x000000c011ffffff 0x000000000014220c
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000000000c000 0x000000000000c07f 0x0000000000040101
0x00000000000c0000 0x00000000000dffff 0x0000000000000212
";

    #[test]
    fn ranges_have_start_and_size() {
        let bars = bars(GPU).unwrap();
        assert_eq!((bars[0].start, bars[0].size), (0xfd00_0000, 16 << 20));
        assert!(bars[0].is_memory() && bars[0].is_assigned());
        assert_eq!(bars[1].size, 256 << 20);
        assert!(!bars[2].is_memory() && !bars[2].is_assigned());
        assert!(!bars[5].is_memory());
    }

    #[test]
    fn an_unassigned_range_keeps_its_length() {
        let bar = range(b"0x0 0x000000000fffffff 0x0000000020140204").unwrap();
        assert_eq!((bar.start, bar.size), (0, 256 << 20));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        assert_eq!(bars(b""), None);
        assert_eq!(bars(b"0x1 0x2 0x200\n0x1\n"), None);
        assert_eq!(range(b"0x10 0x2 0x200"), None);
        assert_eq!(range(b"0x0 0xffffffffffffffff 0x200"), None);
    }
}
