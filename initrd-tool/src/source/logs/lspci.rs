//! What lspci(8) prints, as sysfs would show it: identity of each function and, of the
//! longer forms, the driver that holds it. Without `-nn` only NVIDIA's functions are
//! known, by the names of pci.ids, and their device ids are not.

use super::evidence::{Entry, Evidence};
use super::tree::{PCI, is_bdf};
use nvpreflight::reading::sayings::LSPCI_MODULES;
use std::collections::BTreeMap;

/// NVIDIA's vendor id, as lspci prints it.
const NVIDIA: &str = "10de";

/// Adds a listing's functions, where it shows a bridge of the host or an NVIDIA GPU.
/// One without a bridge was filtered, and that is said.
pub fn add(text: &str, evidence: &mut Evidence) {
    let tells_drivers = text.contains("Kernel driver in use: ") || text.contains(LSPCI_MODULES);
    let mut at = None;
    let mut bridges = false;
    let mut empty_bridges = false;
    let mut behind = false;
    let mut found = BTreeMap::new();
    for line in text.lines() {
        if let Some((bdf, [class, vendor, device])) = function(line) {
            let path = format!("{PCI}/{bdf}");
            let mut put = |leaf: &str, value: String| {
                found.insert(format!("{path}/{leaf}"), Entry::File(value.into_bytes()));
            };
            put("class", format!("0x{class}00"));
            put("vendor", format!("0x{vendor}"));
            put("device", format!("0x{device}"));
            if tells_drivers {
                found.insert(format!("{path}/driver"), Entry::Absent);
            }
            // A bridge of the host, or what `lspci -d 10de:` was asked for.
            if class.starts_with("06") || class.starts_with("03") && vendor == NVIDIA {
                evidence.whole.insert(PCI.to_owned());
            }
            bridges |= class.starts_with("06");
            empty_bridges |= class == "0604";
            behind |= !bdf.starts_with("0000:00:");
            at = Some(path);
        } else if named(line).is_some() {
            // Another maker's function without numbers: what follows is about it.
            at = None;
        } else if let (Some(path), Some(name)) =
            (&at, line.trim_start().strip_prefix("Kernel driver in use: "))
        {
            // The name may come from hostile text; a link is read, never followed.
            let link = Entry::Link(format!("../../../bus/pci/drivers/{}", name.trim()));
            found.insert(format!("{path}/driver"), link);
        }
    }
    // Bridges and nothing behind any of them: the rest was cut off.
    let cut = empty_bridges && !behind;
    if cut {
        evidence.whole.remove(PCI);
    }
    let part = "its listing of PCI functions shows only a part";
    if (!bridges || cut) && !found.is_empty() && !evidence.cannot_show.iter().any(|s| s == part) {
        evidence.cannot_show.push(part.to_owned());
    }
    if evidence.whole.contains(PCI) {
        for (path, entry) in found {
            evidence.files.entry(path).or_insert(entry);
        }
    }
}

/// Names that pci.ids gives to the classes of a graphics card's functions and of bridges.
const CLASSES: [(&str, &str); 8] = [
    ("VGA compatible controller", "0300"),
    ("3D controller", "0302"),
    ("Display controller", "0380"),
    ("Audio device", "0403"),
    ("USB controller", "0c03"),
    ("Serial bus controller", "0c80"),
    ("Host bridge", "0600"),
    ("PCI bridge", "0604"),
];
/// A device id that no GPU has: it was not told.
const UNKNOWN: &str = "0000";

/// `01:00.0 3D controller: NVIDIA Corporation TU117M [GeForce GTX 1650] (rev a1)`: the
/// address, the class and whose it is.
pub fn named(line: &str) -> Option<(String, &'static str, &str)> {
    let (address, rest) = line.split_once(' ')?;
    let (kind, name) = rest.split_once(": ")?;
    // A photograph that was read, or a language: the first word is left of the name.
    let first = |words: &str| kind.split(' ').next() == words.split(' ').next();
    let graphics = |(words, class): &&(&str, &str)| class.starts_with("03") && first(words);
    let whole = CLASSES.iter().find(|(words, _)| *words == kind);
    let class = whole.or_else(|| CLASSES.iter().find(graphics))?.1;
    let bdf = with_domain(address);
    is_bdf(&bdf).then_some((bdf, class, name))
}

fn with_domain(address: &str) -> String {
    if address.len() == 7 { format!("0000:{address}") } else { address.to_owned() }
}

/// True for a line that begins a function's entry.
pub fn begins(line: &str) -> bool {
    function(line).is_some() || named(line).is_some()
}

/// True for a line of a listing: of one that lost its indentation too.
pub fn goes_on(line: &str) -> bool {
    const DETAILS: [&str; 4] =
        ["Subsystem: ", "DeviceName: ", "Kernel driver in use: ", LSPCI_MODULES];
    begins(line) || DETAILS.iter().any(|detail| line.starts_with(detail))
}

/// A function of a listing with numbers, or of NVIDIA without: the address with its
/// domain, and class, vendor and device.
fn function(line: &str) -> Option<(String, [&str; 3])> {
    numbered(line).or_else(|| {
        let (bdf, class, name) = named(line)?;
        name.starts_with("NVIDIA").then_some((bdf, [class, NVIDIA, UNKNOWN]))
    })
}

/// `01:00.0 VGA compatible controller [0300]: NVIDIA … [10de:2206] (rev a1)`.
fn numbered(line: &str) -> Option<(String, [&str; 3])> {
    let (address, rest) = line.split_once(' ')?;
    let bdf = with_domain(address);
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
    fn a_filtered_listing_says_that_it_is_a_part() {
        let mut tree = Evidence::default();
        let line = LIST.lines().nth(2).expect("a line");
        add(line, &mut tree);
        assert_eq!(tree.list(PCI, &mut |_| {}), Seen::Yes(()));
        assert_eq!(tree.cannot_show, ["its listing of PCI functions shows only a part"]);
        let mut other = Evidence::default();
        add(&line.replace("10de:", "1002:"), &mut other);
        assert_eq!(other.list(PCI, &mut |_| {}), Seen::NotLooked);
    }

    #[test]
    fn without_numbers_nvidias_functions_are_known_by_name() {
        let mut tree = Evidence::default();
        let text = "00:02.0 VGA compatible controller: Intel Corporation UHD Graphics (rev 04)\n\
            \tKernel driver in use: i915\n\
            02:00.0 3D controller: NVIDIA Corporation TU117M [GeForce GTX 1650] (rev a1)\n\
            \tKernel driver in use: nvidia\n";
        add(text, &mut tree);
        let at = |leaf: &str| format!("{PCI}/0000:02:00.0/{leaf}");
        assert_eq!(tree.text(&at("class")).as_deref(), Some("0x030200"));
        let driver = Entry::Link("../../../bus/pci/drivers/nvidia".into());
        assert_eq!(tree.files.get(&at("driver")), Some(&driver));
        assert!(!tree.files.keys().any(|path| path.contains("0000:00:02.0")));
    }

    #[test]
    fn without_driver_lines_no_driver_is_denied() {
        let mut tree = Evidence::default();
        let plain: Vec<&str> = LIST.lines().filter(|line| !line.contains("Kernel ")).collect();
        add(&plain.join("\n"), &mut tree);
        assert_eq!(tree.files.get(&format!("{PCI}/0000:01:00.0/driver")), None);
    }
}
