//! The configuration space of a function: 4 KiB with a mask of the bits that a guest
//! can write. Every offset and length is distrusted.

use crate::bars::Bar;
use crate::model::Identity;
use std::io;

/// Bytes of the extended configuration space (PCI Express Base, 7.2).
pub const SIZE: usize = 4096;
/// NVIDIA.
const VENDOR: u16 = 0x10de;
/// Subsystem: Gigabyte, any board.
const SUBSYSTEM: [u16; 2] = [0x1458, 0x403f];
/// Where the capabilities lie.
const POWER: usize = 0x60;
const MSI: usize = 0x68;
const EXPRESS: usize = 0x78;

/// The space and its write mask.
pub struct Config {
    bytes: Vec<u8>,
    writable: Vec<u8>,
}

impl Config {
    /// That of a function, as after a reset.
    pub fn new(identity: Identity, bars: &[Bar]) -> Self {
        let mut space = Self { bytes: vec![0; SIZE], writable: vec![0; SIZE] };
        space.header(identity);
        for bar in bars {
            space.bar(*bar);
        }
        space.capabilities();
        space
    }

    /// The common header (PCI Local Bus, 6.1).
    fn header(&mut self, identity: Identity) {
        self.set(0x00, &VENDOR.to_le_bytes());
        self.set(0x02, &identity.device.to_le_bytes());
        // Command: I/O, memory, bus master, no INTx.
        self.allow(0x04, &0x0407u16.to_le_bytes());
        // Status: there is a list of capabilities.
        self.set(0x06, &0x0010u16.to_le_bytes());
        // Revision a1 and the class.
        self.set(0x08, &(identity.class << 8 | 0xa1).to_le_bytes());
        self.allow(0x0c, &[0xff]);
        self.set(0x2c, &SUBSYSTEM[0].to_le_bytes());
        self.set(0x2e, &SUBSYSTEM[1].to_le_bytes());
        self.set(0x34, &[POWER as u8]);
        // Interrupt line, and pin A: the driver refuses a GPU without an interrupt.
        self.allow(0x3c, &[0xff]);
        self.set(0x3d, &[1]);
    }

    fn bar(&mut self, bar: Bar) {
        let at = 0x10 + 4 * bar.index as usize;
        let mask = !(bar.size - 1);
        self.set(at, &bar.flags.to_le_bytes());
        self.allow(at, &(mask as u32).to_le_bytes());
        if bar.is_wide() {
            self.allow(at + 4, &((mask >> 32) as u32).to_le_bytes());
        }
    }

    /// Power management, MSI with 64-bit addresses, PCI Express with a function
    /// reset: what the driver looks for before it binds.
    fn capabilities(&mut self) {
        self.set(POWER, &(0x0003_0001u32 | (MSI as u32) << 8).to_le_bytes());
        self.set(POWER + 4, &0x8u32.to_le_bytes());
        self.allow(POWER + 4, &0x0103u16.to_le_bytes());
        self.set(MSI, &(0x0080_0005u32 | (EXPRESS as u32) << 8).to_le_bytes());
        self.allow(MSI + 2, &0x0071u16.to_le_bytes());
        self.allow(MSI + 4, &0xffff_fffcu32.to_le_bytes());
        self.allow(MSI + 8, &u32::MAX.to_le_bytes());
        self.allow(MSI + 12, &0xffffu16.to_le_bytes());
        // Version 2, legacy endpoint; its device capabilities; 16 lanes of 16 GT/s.
        self.set(EXPRESS, &0x0012_0010u32.to_le_bytes());
        self.set(EXPRESS + 4, &0x1000_8de1u32.to_le_bytes());
        self.allow(EXPRESS + 8, &0xffffu16.to_le_bytes());
        self.set(EXPRESS + 12, &0x0000_0d04u32.to_le_bytes());
        self.set(EXPRESS + 18, &0x1104u16.to_le_bytes());
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    }

    fn allow(&mut self, at: usize, bytes: &[u8]) {
        for (to, from) in self.writable.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    }

    /// Reads; outside is an error.
    pub fn read(&self, offset: u64, data: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(|_| outside())?;
        let end = from.checked_add(data.len()).ok_or_else(outside)?;
        data.copy_from_slice(self.bytes.get(from..end).ok_or_else(outside)?);
        Ok(())
    }

    /// Writes what may be written; outside is an error.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(|_| outside())?;
        let end = from.checked_add(data.len()).ok_or_else(outside)?;
        let bytes = self.bytes.get_mut(from..end).ok_or_else(outside)?;
        let masks = self.writable.get(from..end).ok_or_else(outside)?;
        for ((byte, mask), new) in bytes.iter_mut().zip(masks).zip(data) {
            *byte = *byte & !mask | new & mask;
        }
        Ok(())
    }
}

fn outside() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "outside the configuration space")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars;
    use crate::model::{Model, functions};

    fn config() -> Config {
        Config::new(functions(Model::Ampere)[0], &bars::GPU)
    }

    fn word(config: &Config, at: u64) -> u32 {
        let mut bytes = [0; 4];
        config.read(at, &mut bytes).unwrap();
        u32::from_le_bytes(bytes)
    }

    #[test]
    fn the_header_says_who_it_is_and_cannot_be_overwritten() {
        let mut config = config();
        config.write(0, &[0xff; 16]).unwrap();
        assert_eq!(word(&config, 0), 0x2206_10de);
        assert_eq!(word(&config, 8), 0x0300_00a1);
    }

    #[test]
    fn a_bar_tells_its_size_when_ones_are_written() {
        let mut config = config();
        for at in [0x10, 0x14, 0x18, 0x24] {
            config.write(at, &[0xff; 4]).unwrap();
        }
        assert_eq!(word(&config, 0x10), 0xff00_0000);
        assert_eq!((word(&config, 0x14), word(&config, 0x18)), (0xf000_000c, u32::MAX));
        assert_eq!(word(&config, 0x24), 0xffff_ff81);
        assert_eq!(word(&config, 0x20), 0);
    }

    #[test]
    fn the_list_of_capabilities_ends() {
        let config = config();
        let mut at = word(&config, 0x34) & 0xff;
        let mut found = Vec::new();
        while at != 0 && found.len() < 48 {
            let head = word(&config, at.into());
            found.push(head & 0xff);
            at = head >> 8 & 0xff;
        }
        assert_eq!(found, [0x01, 0x05, 0x10]);
    }

    #[test]
    fn nothing_outside_is_read_or_written() {
        let mut config = config();
        for at in [4093, 4096, u64::MAX] {
            assert!(config.read(at, &mut [0; 4]).is_err());
            assert!(config.write(at, &[0; 4]).is_err());
        }
    }
}
