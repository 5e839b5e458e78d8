//! What lspci(8) prints with `-nn`, as sysfs would show it: identity of each
//! function and, of the longer forms, the driver that holds it.

use super::evidence::{Entry, Evidence};
use super::tree::{PCI, is_bdf};

/// True for a text that begins as a listing with numbers does.
#[must_use]
pub fn looks_like_one(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| function(line).is_some())
}

/// Adds a listing's functions. Only one that shows a bridge of the host, as a
/// filtered one does not, is taken for the whole bus.
pub fn add(text: &str, evidence: &mut Evidence) {
    let tells_drivers = text.contains("Kernel driver in use: ");
    let mut at = None;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some((bdf, [class, vendor, device])) = function(line) {
            let path = format!("{PCI}/{bdf}");
            found.push((format!("{path}/class"), format!("0x{class}00")));
            found.push((format!("{path}/vendor"), format!("0x{vendor}")));
            found.push((format!("{path}/device"), format!("0x{device}")));
            if tells_drivers {
                let driver = format!("{path}/driver");
                evidence.files.entry(driver).or_insert(Entry::Absent);
            }
            if class.starts_with("06") {
                evidence.whole.insert(PCI.to_owned());
            }
            at = Some(path);
        } else if let (Some(path), Some(name)) =
            (&at, line.trim_start().strip_prefix("Kernel driver in use: "))
        {
            // The name may come from hostile text; a link is read, never followed.
            let link = Entry::Link(format!("../../../bus/pci/drivers/{}", name.trim()));
            evidence.files.insert(format!("{path}/driver"), link);
        }
    }
    if evidence.whole.contains(PCI) {
        for (path, value) in found {
            evidence.put(&path, value);
        }
    }
}

/// `01:00.0 VGA compatible controller [0300]: NVIDIA … [10de:2206] (rev a1)`: the
/// address with its domain, and class, vendor and device.
fn function(line: &str) -> Option<(String, [&str; 3])> {
    let (address, rest) = line.split_once(' ')?;
    let bdf = if address.len() == 7 { format!("0000:{address}") } else { address.to_owned() };
    let (kind, name) = rest.split_once("]: ")?;
    let class = kind.rsplit_once('[')?.1;
    // Names of devices stand in brackets too; the numbers are the last pair.
    let ids = name.rmatch_indices('[').find_map(|(at, _)| {
        let (vendor, rest) = name.get(at + 1..)?.split_once(':')?;
        Some((vendor, rest.split_once(']')?.0)).filter(|(v, d)| hex(v) && hex(d))
    });
    let (vendor, device) = ids?;
    (is_bdf(&bdf) && hex(class)).then_some((bdf, [class, vendor, device]))
}

fn hex(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::seen::Seen;
    use nvpreflight::tree::Tree;

    const LIST: &str = "00:00.0 Host bridge [0600]: Intel Corporation Device [8086:4660] (rev 02)\n\
        \tSubsystem: ASUSTeK Computer Inc. Device [1043:8694]\n\
        01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 [GeForce RTX 3080] \
        [10de:2206] (rev a1) (prog-if 00 [VGA controller])\n\
        \tKernel driver in use: nouveau\n\tKernel modules: nouveau, nvidia_drm, nvidia\n";

    #[test]
    fn identity_and_driver_of_each_function_are_taken() {
        let mut tree = Evidence::default();
        assert!(looks_like_one(LIST));
        add(LIST, &mut tree);
        let at = |leaf: &str| format!("{PCI}/0000:01:00.0/{leaf}");
        assert_eq!(tree.text(&at("device")).as_deref(), Some("0x2206"));
        assert_eq!(tree.text(&at("class")).as_deref(), Some("0x030000"));
        let driver = Entry::Link("../../../bus/pci/drivers/nouveau".into());
        assert_eq!(tree.files.get(&at("driver")), Some(&driver));
        assert_eq!(tree.stat(&format!("{PCI}/0000:00:00.0/driver")), Seen::Absent);
        assert_eq!(tree.list(PCI, &mut |_| {}), Seen::Yes(()));
    }

    #[test]
    fn a_filtered_listing_is_not_the_whole_bus() {
        let mut tree = Evidence::default();
        let line = LIST.lines().nth(2).expect("a line");
        add(line, &mut tree);
        assert_eq!(tree.list(PCI, &mut |_| {}), Seen::NotLooked);
    }

    #[test]
    fn without_driver_lines_no_driver_is_denied() {
        let mut tree = Evidence::default();
        add(&LIST.replace("Kernel driver in use", "Kernel module"), &mut tree);
        assert_eq!(tree.files.get(&format!("{PCI}/0000:01:00.0/driver")), None);
    }
}
