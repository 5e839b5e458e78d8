//! What was seen, as plain public data: no I/O, no judgement.
//!
//! Every collection has a fixed capacity, named beside it with its reason; what
//! does not fit is counted in [`Lost`], and a loss is a finding (NVP901).

pub mod config;
pub mod device;
pub mod distribution;
#[cfg(feature = "image")]
pub mod image;
pub mod log;
pub mod module;
pub mod need;
pub mod pci_address;
pub mod place;
pub mod system;

pub use config::{ConfLine, Config, Directive, Origin};
pub use device::{
    Bar, Connector, DeviceNode, DrmDevice, DrmKind, Framebuffer, NvGpu, NvProc, PciFunction,
};
pub use distribution::Distribution;
pub use log::{Log, LogRecord};
pub use module::{Module, ModuleState, Modules, Param, ParamSource};
pub use need::Need;
pub use pci_address::PciAddress;
pub use place::Place;
pub use system::{DrmPin, InitKind, InitrdReport, RemovalRule, Stage2, System};

pub use crate::driver::{STACK, in_stack};

use crate::driver::said::nvidia;
use crate::seen::Seen;
use crate::text::{Line, Name};
use heapless::Vec;

/// When the facts were looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    /// Inside the initrd, before the switch-root.
    #[default]
    Initrd,
    /// On the real root, before the display manager starts.
    PreDisplay,
    /// Before the boot, in an image or a directory: nothing runs there.
    Image,
}

impl Phase {
    /// The name used in reports, file names and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initrd => "initrd",
            Self::PreDisplay => "pre-display",
            Self::Image => "image",
        }
    }
}

/// What was looked at; [`Phase`] is when.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Look {
    /// A running system.
    #[default]
    Live,
    /// An initrd or a unified kernel image.
    Image,
    /// A root file system that does not run.
    Root,
    /// A log, with what lies beside it: it can never show more than it holds.
    Log,
}

impl Look {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Live, Self::Image, Self::Root, Self::Log];

    /// The name used in reports and saved facts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Image => "image",
            Self::Root => "root",
            Self::Log => "log",
        }
    }

    /// True for files that no kernel ran from yet.
    #[must_use]
    pub const fn is_of_files(self) -> bool {
        matches!(self, Self::Image | Self::Root)
    }
}

/// GPUs, their functions and bridges of interest in one machine: eight cards of
/// four functions, as in the largest servers sold.
pub const PCI_MAX: usize = 32;
/// DRM cards and render nodes together.
pub const DRM_MAX: usize = 32;
/// Framebuffer devices; the kernel's own limit is 32 (FB_MAX), one or two exist.
pub const FB_MAX: usize = 8;
/// /dev/nvidia* nodes: one a GPU and five common ones.
pub const NODE_MAX: usize = 24;

/// Everything that was seen of one machine at one moment.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The moment of the look.
    pub phase: Phase,
    /// What it is a look at.
    pub look: Look,
    /// Kernel, distribution, power, security state.
    pub system: System,
    /// Modules that concern the stack: loaded, failed, built in.
    pub modules: Modules,
    /// modprobe.d, modules-load.d, modules.dep and the command line's share.
    pub config: Config,
    /// PCI display devices and every NVIDIA function (/sys/bus/pci/devices).
    pub pci: Seen<Vec<PciFunction, PCI_MAX>>,
    /// DRM devices (/sys/class/drm).
    pub drm: Seen<Vec<DrmDevice, DRM_MAX>>,
    /// Framebuffer devices (/sys/class/graphics/fb*).
    pub framebuffers: Seen<Vec<Framebuffer, FB_MAX>>,
    /// What the driver says of itself (/proc/driver/nvidia); `Absent` when
    /// nvidia.ko is not loaded, since the driver makes the folder in its init.
    pub nv: Seen<NvProc>,
    /// /dev/nvidia* nodes.
    pub nodes: Seen<Vec<DeviceNode, NODE_MAX>>,
    /// Kernel log records that concern the stack.
    pub log: Seen<Log>,
    /// What only the real root knows.
    pub stage2: Stage2,
    /// What the initrd phase left in the run directory.
    pub initrd: Seen<InitrdReport>,
    /// Whether the initrd phase began: it leaves run/nvpreflight/initrd.started
    /// before it looks at anything.
    pub initrd_begun: Seen<bool>,
    /// What an image or a directory holds, before any boot.
    #[cfg(feature = "image")]
    pub image: Seen<alloc::boxed::Box<image::Image>>,
    /// Why the expectations file was not taken; `None` when it was, and when
    /// there is none.
    pub expectations_refused: Option<ExpectationsRefused>,
    /// What did not fit or was overwritten.
    pub lost: Lost,
}

/// An expectations file that was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpectationsRefused {
    /// The file that was read; empty where it has no name any more.
    pub file: Line,
    /// Why, in a few words.
    pub why: Line,
}

impl Facts {
    /// Facts before anybody looked: at a running system, or at an image.
    #[must_use]
    pub const fn new(phase: Phase) -> Self {
        Self {
            phase,
            look: match phase {
                Phase::Initrd | Phase::PreDisplay => Look::Live,
                Phase::Image => Look::Image,
            },
            system: System::new(),
            modules: Modules::new(),
            config: Config::new(),
            pci: Seen::NotLooked,
            drm: Seen::NotLooked,
            framebuffers: Seen::NotLooked,
            nv: Seen::NotLooked,
            nodes: Seen::NotLooked,
            log: Seen::NotLooked,
            stage2: Stage2::new(),
            initrd: Seen::NotLooked,
            initrd_begun: Seen::NotLooked,
            #[cfg(feature = "image")]
            image: Seen::NotLooked,
            expectations_refused: None,
            lost: Lost::new(),
        }
    }

    /// PCI functions, or none when they were not seen.
    pub fn pci_functions(&self) -> &[PciFunction] {
        self.pci.yes().map_or(&[], |v| v.as_slice())
    }

    /// NVIDIA display functions (class 0300 VGA and 0302 3D controller).
    pub fn nvidia_gpus(&self) -> impl Iterator<Item = &PciFunction> {
        self.pci_functions().iter().filter(|p| p.is_nvidia_gpu())
    }

    /// DRM devices, or none when they were not seen.
    pub fn drm_devices(&self) -> &[DrmDevice] {
        self.drm.yes().map_or(&[], |v| v.as_slice())
    }

    /// DRM devices whose parent is driven by nvidia.
    pub fn nvidia_drm_devices(&self) -> impl Iterator<Item = &DrmDevice> {
        self.drm_devices().iter().filter(|d| d.driver.yes().is_some_and(|n| *n == "nvidia"))
    }

    /// True for a notebook with its panel on: there a GPU without outputs draws for
    /// the panel of another one.
    pub fn has_panel(&self) -> bool {
        self.drm_devices().iter().flat_map(|card| &card.connectors).any(|c| c.is_panel())
    }

    /// True for a Tegra, whose GPU stands on no PCI bus: nvidia.ko binds its
    /// display as a platform device (kernel-open/nvidia/nv-platform.c).
    pub fn has_platform_gpu(&self) -> bool {
        let is = |d: &DrmDevice| d.driver.yes().is_some_and(|n| *n == "nv_platform");
        self.drm_devices().iter().any(is)
    }

    /// Kernel log records, or none when the log was not read.
    pub fn records(&self) -> &[LogRecord] {
        self.log.yes().map_or(&[], |l| l.records.as_slice())
    }

    /// The first log record holding every one of `needles`.
    pub fn logged(&self, needles: &[&str]) -> Option<&LogRecord> {
        self.records().iter().find(|r| needles.iter().all(|n| r.text.contains(n)))
    }

    /// The line with which the driver begins (nvidia/nv.c, `nvidia_init_module`):
    /// the only one that tells its version where a log is all there is.
    fn loading_line(&self) -> Option<&str> {
        self.records()
            .iter()
            .find_map(|r| r.text.strip_prefix(nvidia::LOADING))
            .filter(|line| line.contains(nvidia::BEFORE_VERSION))
    }

    /// The driver's version, from sysfs, its own version line or its first line in
    /// the log; of an image, from the module in it.
    #[must_use]
    pub fn driver_version(&self) -> Option<&str> {
        #[cfg(feature = "image")]
        if let Some(image) = self.image.yes() {
            return image.driver_version();
        }
        let module = self.modules.get("nvidia").and_then(|m| m.version.yes());
        let line = self.nv.yes().and_then(|nv| nv.version.yes());
        let logged = || {
            let words = self.loading_line()?.split_ascii_whitespace();
            let number = |w: &&str| w.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            words.skip_while(|w| *w != "Module").find(|w| w.contains('.') && number(w))
        };
        module.map(|v| v.as_str()).or_else(|| line.map(|v| v.as_str())).or_else(logged)
    }

    /// The driver's major version: 550 of `550.163.01`.
    #[must_use]
    pub fn driver_branch(&self) -> Option<u64> {
        let version = self.driver_version()?;
        crate::text::decimal(version.split('.').next()?.as_bytes())
    }

    /// True for the open kernel modules, `None` when it cannot be told. The
    /// version line names them ("Open Kernel Module"), nvidia/nv-procfs.c; of an
    /// image the module's license tells.
    #[must_use]
    pub fn open_flavour(&self) -> Option<bool> {
        #[cfg(feature = "image")]
        if let Some(image) = self.image.yes() {
            return image.open_flavour();
        }
        let line = self.nv.yes().and_then(|nv| nv.version_line.yes()).map(|line| line.as_str());
        Some(line.or_else(|| self.loading_line())?.contains(nvidia::OPEN))
    }
}

/// What did not fit or was overwritten, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    kinds: Vec<(&'static str, u64), 16>,
}

impl Lost {
    /// The kind of files, folders and links that could not be read: with any, a
    /// run without findings is "could not check".
    pub const REFUSED: &'static str = "unreadable sources";
    /// The kind of lines longer than a reader's buffer (32 KiB), of any file: their ends
    /// were not looked at.
    pub const CUT: &'static str = "ends of overlong lines";

    /// Nothing lost.
    #[must_use]
    pub const fn new() -> Self {
        Self { kinds: Vec::new() }
    }

    /// True when something of that kind was lost.
    #[must_use]
    pub fn has(&self, what: &str) -> bool {
        self.kinds.iter().any(|(kind, _)| *kind == what)
    }

    /// Counts `n` lost items of a kind such as "kernel log records".
    pub fn count(&mut self, what: &'static str, n: u64) {
        if n == 0 {
            return;
        }
        if let Some((_, count)) = self.kinds.iter_mut().find(|(kind, _)| *kind == what) {
            *count = count.saturating_add(n);
        } else if let Err(pair) = self.kinds.push((what, n)) {
            // More kinds than collectors exist cannot happen; if it did, the
            // loss still shows under the last kind.
            if let Some((_, count)) = self.kinds.last_mut() {
                *count = count.saturating_add(pair.1);
            }
        }
    }

    /// Kinds and counts.
    #[must_use]
    pub fn kinds(&self) -> &[(&'static str, u64)] {
        &self.kinds
    }

    /// Puts `item` into `vec`, or counts it as lost.
    pub fn keep<T, const N: usize>(&mut self, vec: &mut Vec<T, N>, item: T, what: &'static str) {
        if vec.push(item).is_err() {
            self.count(what, 1);
        }
    }
}

/// A name list that fits any small set of modules or drivers.
pub type Names = Vec<Name, 16>;
