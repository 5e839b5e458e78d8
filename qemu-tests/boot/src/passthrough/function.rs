//! One PCI function as sysfs shows it. Plain data and the reading of it.

use super::address::Address;
use super::host::{self, Host, note};
use anyhow::{Context, Result};
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// NVIDIA's vendor id (include/linux/pci_ids.h, PCI_VENDOR_ID_NVIDIA).
pub const NVIDIA: u32 = 0x10de;
/// What the kernel shows for no override (drivers/pci/pci-sysfs.c prints a null pointer).
const NO_OVERRIDE: &str = "(null)";
/// Base class of bridges (include/linux/pci_ids.h, PCI_BASE_CLASS_BRIDGE).
const BRIDGE: u32 = 0x06;

/// One PCI function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Where it is.
    pub address: Address,
    /// Vendor id.
    #[serde(serialize_with = "four_digits")]
    pub vendor: u32,
    /// Device id.
    #[serde(serialize_with = "four_digits")]
    pub device: u32,
    /// Class with subclass and programming interface, 0x030000.
    #[serde(serialize_with = "six_digits")]
    pub class: u32,
    /// Driver that has it.
    pub driver: Option<String>,
    /// `driver_override`, where one is set.
    pub driver_override: Option<String>,
    /// Number of its IOMMU group.
    pub group: Option<u32>,
    /// Ways to reset it, in the kernel's order; none is bad.
    pub reset: Vec<String>,
    /// `power/control`.
    pub power: Option<String>,
    /// Whether it is a virtual function of SR-IOV.
    pub is_virtual: bool,
    /// Virtual functions of SR-IOV that it has in use.
    pub virtual_functions: u32,
    /// Mediated devices made of it.
    pub mediated: Vec<String>,
    /// USB devices plugged into it.
    pub usb: Vec<String>,
    /// Its folder in the device tree.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl Function {
    /// What a function of this class is for.
    pub fn kind(&self) -> &'static str {
        match self.class >> 8 {
            0x0300 => "VGA",
            0x0302 => "3D",
            0x0403 => "audio",
            0x0c03 => "USB",
            0x0c80 => "UCSI",
            class if class >> 8 == BRIDGE => "bridge",
            _ => "other",
        }
    }

    /// Whether it is a display controller of any kind (PCI_BASE_CLASS_DISPLAY).
    pub fn is_display(&self) -> bool {
        self.class >> 16 == 0x03
    }

    /// Whether it is a display function that NVIDIA's driver would bind.
    pub fn is_gpu(&self) -> bool {
        self.vendor == NVIDIA && matches!(self.class >> 8, 0x0300 | 0x0302)
    }

    /// A bridge that the kernel lets stay with the host in a group that VFIO uses:
    /// without a driver, or with one that sets `driver_managed_dma`
    /// (drivers/pci/pcie/portdrv.c).
    pub fn stays(&self) -> bool {
        self.class >> 16 == BRIDGE && matches!(self.driver.as_deref(), None | Some("pcieport"))
    }

    /// Whether vfio-pci has it.
    pub fn on_vfio(&self) -> bool {
        self.driver.as_deref() == Some("vfio-pci")
    }
}

/// Looks at one function.
pub fn function(host: &Host, address: Address, unclear: &mut Vec<String>) -> Result<Function> {
    let folder =
        host.function(address)?.with_context(|| format!("there is no PCI function {address}"))?;
    let mut look = |what: Result<Option<String>>| note(what, unclear);
    let driver = look(host::link_name(&folder.join("driver")));
    let driver_override = look(host::text(&folder.join("driver_override")));
    let group = look(host::link_name(&folder.join("iommu_group")));
    let reset = look(host::text(&folder.join("reset_method"))).unwrap_or_default();
    let power = look(host::text(&folder.join("power/control")));
    let count = look(host::text(&folder.join("sriov_numvfs")));
    // Every PCI device has the file (drivers/pci/pci-sysfs.c, `pci_dev_attrs`).
    if driver_override.is_none() {
        unclear.push(format!("{address} has no `driver_override`"));
    }
    let driver_override = driver_override.filter(|name| !name.is_empty() && name != NO_OVERRIDE);
    let virtual_functions = match count.as_deref().map(str::parse) {
        None => 0,
        Some(Ok(count)) => count,
        Some(Err(_)) => {
            unclear.push(format!("{address}: sriov_numvfs is no number"));
            0
        }
    };
    Ok(Function {
        address,
        vendor: host::hexadecimal(&folder.join("vendor"))?,
        device: host::hexadecimal(&folder.join("device"))?,
        class: host::hexadecimal(&folder.join("class"))?,
        driver,
        driver_override,
        group: group.and_then(|name| name.parse().ok()),
        reset: reset.split_whitespace().map(str::to_owned).collect(),
        power,
        is_virtual: folder.join("physfn").is_symlink(),
        virtual_functions,
        mediated: children(&folder, unclear, |child| child.join("mdev_type").is_symlink()),
        usb: usb(&folder, unclear),
        folder,
    })
}

/// Devices below a USB controller's root hubs: `usb1/1-4` and deeper
/// (Documentation/ABI/testing/sysfs-bus-usb names them by their ports).
fn usb(folder: &Path, unclear: &mut Vec<String>) -> Vec<String> {
    let hubs = children(folder, unclear, |child| {
        let name = child.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix("usb")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    });
    hubs.iter()
        .flat_map(|hub| {
            children(&folder.join(hub), unclear, |child| child.join("idVendor").is_file())
        })
        .collect()
}

fn children(folder: &Path, unclear: &mut Vec<String>, keep: impl Fn(&Path) -> bool) -> Vec<String> {
    let names = note(host::names(folder), unclear).unwrap_or_default();
    names.into_iter().filter(|name| keep(&folder.join(name))).collect()
}

/// As sysfs writes ids.
fn four_digits<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{number:#06x}"))
}

/// As sysfs writes classes.
fn six_digits<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{number:#08x}"))
}
