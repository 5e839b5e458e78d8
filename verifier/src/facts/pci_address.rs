//! PCI addresses as the kernel writes them (`dev_set_name` in drivers/pci/probe.c:
//! `%04x:%02x:%02x.%d`), with or without the function, which the driver's Xid
//! messages leave out.

use core::fmt;

/// The address of a PCI function, or of all functions of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PciAddress {
    /// Domain: 16 bits wide but for VMD's own, which begin at 0x10000.
    pub domain: u32,
    /// Bus.
    pub bus: u8,
    /// Device on the bus, 0 to 31.
    pub device: u8,
    /// Function, 0 to 7; `None` where only the device is named.
    pub function: Option<u8>,
}

impl PciAddress {
    /// The address that `text` is, whole: "0000:01:00.0" or "0000:01:00".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (domain, rest) = text.split_once(':')?;
        let (bus, rest) = rest.split_once(':')?;
        let (device, function) = match rest.split_once('.') {
            Some((device, function)) => (device, Some(u8::try_from(hex(function, 1)?).ok()?)),
            None => (rest, None),
        };
        let whole = (4..=8).contains(&domain.len());
        Some(Self {
            domain: hex(domain, domain.len()).filter(|_| whole)?,
            bus: u8::try_from(hex(bus, 2)?).ok()?,
            device: u8::try_from(hex(device, 2)?).ok()?,
            function,
        })
    }

    /// True when both are functions of one device: one card. The bus counts, the
    /// function does not.
    #[must_use]
    pub const fn same_device(self, other: Self) -> bool {
        self.domain == other.domain && self.bus == other.bus && self.device == other.device
    }
}

/// Exactly `digits` hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u32> {
    if text.len() != digits || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::try_from(crate::text::hex(text.as_bytes())?).ok()
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}", self.domain, self.bus, self.device)?;
        self.function.map_or(Ok(()), |function| write!(f, ".{function:x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn an_address_has_its_function_or_leaves_it_out() {
        let of = |text: &str| PciAddress::parse(text).map(|a| a.to_string());
        for text in ["0000:01:00.0", "0000:0a:1f", "10000:e1:00.7"] {
            assert_eq!(of(text).as_deref(), Some(text));
        }
        let odd = ["", "01:00.0", "0000:01", "0000:1:00.0", "0000:01:00.", "0000:01:00.00"];
        for text in odd.into_iter().chain(["0x00:01:00.0", "0000:zz:00.0", "123456789:01:00.0"]) {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn functions_of_one_card_are_one_device() {
        let at = |text| PciAddress::parse(text).unwrap();
        assert!(at("0000:01:00.0").same_device(at("0000:01:00.1")));
        assert!(at("0000:01:00").same_device(at("0000:01:00.0")));
        assert!(!at("0000:01:00.0").same_device(at("0000:02:00.0")));
        assert!(!at("0000:01:00.0").same_device(at("0001:01:00.0")));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic_and_an_address_comes_back(text in ".{0,20}", a in any::<(u16, u8, u8)>()) {
            let _ = PciAddress::parse(&text);
            let address =
                PciAddress { domain: a.0.into(), bus: a.1, device: a.2, function: Some(a.2 & 7) };
            prop_assert_eq!(PciAddress::parse(&address.to_string()), Some(address));
        }
    }
}
