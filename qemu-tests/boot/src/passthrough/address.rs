//! The address of a PCI function as sysfs writes it, `DDDD:BB:DD.F`. Nothing
//! else is ever joined to a path of sysfs.

use nvpreflight_tool::base::clean;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A PCI function: domain, bus, device, function.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    domain: u32,
    bus: u8,
    device: u8,
    function: u8,
}

impl Address {
    /// The function's number within its slot, 0 to 7.
    pub fn function(self) -> u8 {
        self.function
    }

    /// Whether both are functions of one slot, as those of one card are.
    pub fn same_slot(self, other: Self) -> bool {
        (self.domain, self.bus, self.device) == (other.domain, other.bus, other.device)
    }
}

impl fmt::Display for Address {
    /// As `pci_setup_device` names a device (drivers/pci/probe.c, "%04x:%02x:%02x.%d").
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, bus, device, function } = self;
        write!(out, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

impl FromStr for Address {
    type Err = String;

    /// Reads `DDDD:BB:DD.F`, or `BB:DD.F` in domain 0 as lspci prints it.
    /// Domains have up to eight digits (VMD's begin at 0x10000).
    fn from_str(text: &str) -> Result<Self, String> {
        read(text).ok_or_else(|| {
            let shown: String = clean::line(text.as_bytes()).chars().take(40).collect();
            format!("`{shown}` is no PCI address: it has to read 0000:01:00.0")
        })
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

fn read(text: &str) -> Option<Address> {
    let (slot, function) = text.split_once('.')?;
    let parts: Vec<&str> = slot.split(':').take(4).collect();
    let (domain, bus, device) = match parts.as_slice() {
        [bus, device] => ("0000", *bus, *device),
        [domain, bus, device] => (*domain, *bus, *device),
        _ => return None,
    };
    let address = Address {
        domain: hexadecimal(domain, 4..=8)?,
        bus: u8::try_from(hexadecimal(bus, 2..=2)?).ok()?,
        device: u8::try_from(hexadecimal(device, 2..=2)?).ok()?,
        function: u8::try_from(hexadecimal(function, 1..=1)?).ok()?,
    };
    (address.device < 32 && address.function < 8).then_some(address)
}

/// Digits only: `from_str_radix` alone would take a sign.
fn hexadecimal(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let digits = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits { u32::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_reads_as_lspci_and_as_sysfs_write_it() {
        for (text, shown) in [
            ("0000:01:00.0", "0000:01:00.0"),
            ("01:00.1", "0000:01:00.1"),
            ("0000:AF:1F.7", "0000:af:1f.7"),
            ("10000:e1:00.0", "10000:e1:00.0"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_could_lead_a_path_or_an_option_astray_is_no_address() {
        for text in [
            "",
            "0000:01:00",
            "0000:01:00.8",
            "0000:01:20.0",
            "../../0000:01:00.0",
            "0000:01:00.0/..",
            "0000:01:00.0,x-vga=on",
            "0000:01:00.0 ",
            "0000:01:00.0\n",
            "0000:+1:00.0",
            "0:01:00.0",
            "000000000:01:00.0",
            "0000:0000:01:00.0",
            "*",
            "0000:01:00.٣",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_refused_address_does_not_drive_the_terminal() {
        let error = "\u{1b}[31m".parse::<Address>().unwrap_err();
        assert!(!error.contains('\u{1b}'));
    }
}
