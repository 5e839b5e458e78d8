//! Devices: PCI functions, DRM devices, framebuffers, and the driver's own view.

use super::PciAddress;
use crate::seen::Seen;
use crate::text::{Line, Name, Value};
use heapless::Vec;

/// Connectors of one card; NVIDIA's largest workstation cards have eight heads.
pub const CONNECTOR_MAX: usize = 16;
/// GPUs in /proc/driver/nvidia/gpus.
pub const GPU_MAX: usize = 16;

/// NVIDIA's PCI vendor id.
pub const NVIDIA: u16 = 0x10de;

/// One base address register from /sys/bus/pci/devices/BDF/resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bar {
    /// First address, 0 when unassigned.
    pub start: u64,
    /// Bytes, 0 when the device has no such register.
    pub size: u64,
    /// `IORESOURCE_*` bits (include/linux/ioport.h).
    pub flags: u64,
}

impl Bar {
    /// True for a memory range (`IORESOURCE_MEM`) that the device asks for.
    #[must_use]
    pub const fn is_memory(&self) -> bool {
        self.flags & 0x200 != 0 && self.size != 0
    }

    /// True when the driver can map it; nvidia.ko asks for both to be non-zero
    /// (common/inc/nv-pci.h, `NV_PCI_RESOURCE_VALID`).
    #[must_use]
    pub const fn is_assigned(&self) -> bool {
        self.start != 0 && self.size != 0
    }
}

/// A PCI function (/sys/bus/pci/devices/BDF).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PciFunction {
    /// Domain, bus, device and function: "0000:01:00.0".
    pub bdf: Name,
    /// Vendor id.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
    /// Class code, 24 bits: 0x030000 is a VGA display controller.
    pub class: u32,
    /// Revision; 0xff is what a powered-off device reads as.
    pub revision: Seen<u64>,
    /// The driver bound to it; `Absent` when none is.
    pub driver: Seen<Name>,
    /// `driver_override`; `Absent` when it reads "(null)".
    pub driver_override: Seen<Name>,
    /// True on the device whose VGA the firmware used.
    pub boot_vga: Seen<bool>,
    /// The six base address registers.
    pub bars: Seen<[Bar; 6]>,
    /// IOMMU group number as text.
    pub iommu_group: Seen<Name>,
    /// power/runtime_status: active, suspended, unsupported.
    pub runtime_status: Seen<Name>,
    /// power/control: on or auto.
    pub power_control: Seen<Name>,
}

impl PciFunction {
    /// What is lost when it cannot be told whether a function is a GPU.
    pub const NO_IDENTITY: &'static str = "PCI functions without readable identity";

    /// A display controller of any vendor (base class 03).
    #[must_use]
    pub const fn is_display(&self) -> bool {
        self.class >> 16 == 0x03
    }

    /// An NVIDIA VGA (0300) or 3D (0302) controller: what nvidia.ko's PCI table
    /// matches (nvidia/nv-pci-table.c).
    #[must_use]
    pub const fn is_nvidia_gpu(&self) -> bool {
        self.vendor == NVIDIA && matches!(self.class >> 8, 0x0300 | 0x0302)
    }

    /// True when a driver of that name is bound.
    #[must_use]
    pub fn driven_by(&self, name: &str) -> bool {
        self.driver.yes().is_some_and(|d| crate::text::same_name(d, name))
    }

    /// Its address; `None` where the name is none, which no kernel writes.
    #[must_use]
    pub fn address(&self) -> Option<PciAddress> {
        PciAddress::parse(&self.bdf)
    }

    /// Domain, bus and slot: what the functions of one card share.
    #[must_use]
    pub fn slot(&self) -> &str {
        self.bdf.as_str().split('.').next().unwrap_or("")
    }
}

/// A connector of a DRM card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Connector {
    /// Name without the card: "HDMI-A-1".
    pub name: Name,
    /// connected, disconnected or unknown.
    pub status: Seen<Name>,
    /// enabled or disabled.
    pub enabled: Seen<Name>,
}

impl Connector {
    /// True for the connected panel of a notebook (drm_connector.c names them so).
    #[must_use]
    pub fn is_panel(&self) -> bool {
        let internal = self.name.starts_with("eDP-") || self.name.starts_with("LVDS-");
        internal && self.status.yes().is_some_and(|s| *s == "connected")
    }
}

/// Card or render node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DrmKind {
    /// cardN.
    Card,
    /// renderDN.
    Render,
}

/// A DRM device (/sys/class/drm/cardN, renderDN).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrmDevice {
    /// "card0", "renderD128".
    pub name: Name,
    /// Card or render node.
    pub kind: DrmKind,
    /// Last component of the `device` link: a BDF or "simple-framebuffer.0".
    pub parent: Seen<Name>,
    /// Driver of the parent device.
    pub driver: Seen<Name>,
    /// Connectors; always empty for render nodes.
    pub connectors: Vec<Connector, CONNECTOR_MAX>,
}

impl DrmDevice {
    /// True for the firmware framebuffer's DRM device (simpledrm). Newer kernels
    /// hang it below the GPU's PCI directory, so the device's own name decides.
    #[must_use]
    pub fn is_firmware_framebuffer(&self) -> bool {
        let simple = |n: &Name| n.starts_with("simple-framebuffer") || n.contains("-framebuffer.");
        self.parent.yes().is_some_and(simple) || self.driver.yes().is_some_and(simple)
    }
}

/// A framebuffer device (/sys/class/graphics/fbN).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Framebuffer {
    /// "fb0".
    pub name: Name,
    /// Its driver's name: "EFI VGA", "simpledrmdrmfb", "nvidia-drmdrmfb".
    pub id: Seen<Name>,
}

/// A GPU in /proc/driver/nvidia/gpus/BDF/information.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NvGpu {
    /// Bus location.
    pub bdf: Name,
    /// "NVIDIA GeForce RTX 3080".
    pub model: Seen<Value>,
    /// Minor number of its /dev/nvidiaN.
    pub minor: Seen<u64>,
    /// False while the video BIOS reads "??.??": nothing has initialised it yet.
    pub initialised: Seen<bool>,
}

/// What nvidia.ko says in /proc/driver/nvidia.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NvProc {
    /// The NVRM line of `version` as it stands.
    pub version_line: Seen<Line>,
    /// The version in it: "550.163.01".
    pub version: Seen<Value>,
    /// GPUs the driver has claimed.
    pub gpus: Vec<NvGpu, GPU_MAX>,
    /// Whether `suspend` exists: the interface that nvidia-suspend.service
    /// writes to, absent with kernel suspend notifiers (nv-procfs.c).
    pub suspend: Seen<bool>,
}

/// A device node below /dev.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceNode {
    /// Path below dev: "nvidia0".
    pub name: Name,
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}
