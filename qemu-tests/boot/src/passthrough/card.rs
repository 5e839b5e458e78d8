//! One NVIDIA card as sysfs shows it: its functions, their drivers and the
//! IOMMU group they share with others. Plain data and the reading of it.

use super::address::Address;
use super::displays::{self, Display};
use super::host::{self, Host};
use super::users::{self, Users};
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

/// A card: the functions of one slot, of which at least one is a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Address of the GPU.
    pub gpu: Address,
    /// Every function of the slot, in order.
    pub functions: Vec<Function>,
    /// Every member of the GPU's group that is not of the slot.
    pub others: Vec<Function>,
    /// What it shows pictures on.
    pub display: Display,
    /// Who uses it.
    pub users: Users,
    /// What could not be looked at.
    pub unclear: Vec<String>,
}

impl Card {
    /// The GPU's own function.
    pub fn gpu(&self) -> Option<&Function> {
        self.functions.iter().find(|function| function.address == self.gpu)
    }

    /// The functions that go to the guest: those in the GPU's group.
    pub fn taken(&self) -> impl Iterator<Item = &Function> {
        let group = self.gpu().and_then(|gpu| gpu.group);
        self.functions.iter().filter(move |function| function.group == group && group.is_some())
    }

    /// Looks at the card of the GPU at `gpu`.
    ///
    /// # Errors
    /// Not even its identity can be read. What else cannot be read is in `unclear`.
    pub fn look(host: &Host, gpu: Address, all: &[Address]) -> Result<Self> {
        let mut unclear = Vec::new();
        let slot = all.iter().copied().filter(|address| address.same_slot(gpu));
        let functions = slot
            .map(|address| function(host, address, &mut unclear))
            .collect::<Result<Vec<_>>>()?;
        let own = functions
            .iter()
            .find(|function| function.address == gpu)
            .with_context(|| format!("there is no PCI function {gpu}"))?;
        let others = others(host, own, &functions, &mut unclear);
        let mut display = displays::look(host, own, &mut unclear);
        // Another display function of the slot goes to the guest with it.
        for more in functions.iter().filter(|more| more.address != gpu && more.is_display()) {
            display.add(displays::look(host, more, &mut unclear));
        }
        let users = users::look(host, &functions, &mut unclear);
        Ok(Self { gpu, functions, others, display, users, unclear })
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

/// Members of the GPU's group outside of its slot.
fn others(
    host: &Host,
    gpu: &Function,
    slot: &[Function],
    unclear: &mut Vec<String>,
) -> Vec<Function> {
    let Some(number) = gpu.group else {
        return Vec::new();
    };
    let folder = host.path("sys/kernel/iommu_groups").join(number.to_string()).join("devices");
    let members = match host::names(&folder) {
        Ok(Some(members)) => members,
        Ok(None) => {
            unclear.push(format!("IOMMU group {number} has no list of members"));
            return Vec::new();
        }
        Err(error) => {
            unclear.push(format!("{error:#}"));
            return Vec::new();
        }
    };
    for own in slot.iter().filter(|own| own.group == gpu.group) {
        if !members.iter().any(|name| *name == own.address.to_string()) {
            unclear.push(format!("IOMMU group {number} does not list {}", own.address));
        }
    }
    let mut found = Vec::new();
    for name in members {
        let member = name.parse::<Address>().map_err(anyhow::Error::msg);
        match member.and_then(|address| function(host, address, unclear)) {
            Ok(member) if member.address.same_slot(gpu.address) => {}
            Ok(member) => found.push(member),
            Err(error) => unclear.push(format!("IOMMU group {number}: {error:#}")),
        }
    }
    found
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

/// What was seen; what could not be looked at is noted.
pub fn note<T>(seen: Result<Option<T>>, unclear: &mut Vec<String>) -> Option<T> {
    seen.unwrap_or_else(|error| {
        unclear.push(format!("{error:#}"));
        None
    })
}

/// As sysfs writes ids.
fn four_digits<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{number:#06x}"))
}

/// As sysfs writes classes.
fn six_digits<S: Serializer>(number: &u32, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{number:#08x}"))
}
