//! A machine as the choice sees it: its GPUs, who has the firmware's screen, the
//! driver, the initrd and the room for it. Reduced from facts; invents nothing.

use super::surroundings::{Known, Surroundings};
use crate::view::maker::Maker;
use nvpreflight::driver::gpu_names::Generation;
use nvpreflight::facts::{Facts, Look, PciFunction, Phase, STACK};
use nvpreflight::reading::next_boot;
use nvpreflight::reading::options;
use nvpreflight::seen::Seen;
use nvpreflight::text::same_name;
use serde::Serialize;

/// An NVIDIA GPU.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Gpu {
    /// Bus address.
    pub bdf: String,
    /// Vendor and device id: "10de:2206".
    pub id: String,
    /// Its model where the driver told it, else its device id.
    pub name: String,
    /// Its generation by the device id; `None` of an id that no list has.
    #[serde(skip)]
    pub generation: Option<Generation>,
    /// Whether it is a VGA controller, which may have outputs, or a 3D controller,
    /// which has none.
    pub outputs: bool,
}

/// Which GPU the firmware drew on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    /// An NVIDIA GPU, by its address.
    Nvidia(String),
    /// Another one, by its address.
    Other(String),
    /// Not told.
    Unknown,
}

/// What the initrd brings, where it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Initrd {
    /// Bytes of the image.
    pub size: u64,
    /// Bytes of the stack's modules in it.
    pub modules: u64,
    /// Bytes of NVIDIA's firmware in it.
    pub firmware: u64,
    /// Whether it has nvidia_drm.
    pub brings: bool,
}

/// Everything that the choice depends on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Machine {
    /// Whether the PCI bus was seen; without it nothing is said of GPUs.
    pub bus_seen: bool,
    /// NVIDIA's GPUs.
    pub gpus: Vec<Gpu>,
    /// The GPU of the firmware's screen.
    pub screen: Screen,
    /// Another display controller: address and driver.
    pub other: Option<String>,
    /// A notebook's panel is lit by another GPU.
    pub panel_elsewhere: bool,
    /// The driver's version.
    pub version: Option<String>,
    /// Whether its modules are the open ones.
    pub open: Option<bool>,
    /// NVreg_PreserveVideoMemoryAllocations: its value, in force or to be.
    pub preserve: Option<String>,
    /// NVreg_UseKernelSuspendNotifiers: its value.
    pub notifiers: Option<String>,
    /// Whether nvidia-suspend.service is enabled.
    pub suspend_units: Option<bool>,
    /// Whether kernel mode setting is on, with what says so.
    pub modeset: Option<Known>,
    /// The initrd.
    pub initrd: Option<Initrd>,
    /// Whether the initrd loads the driver today: as it did at this boot, else as
    /// its image would.
    pub early_now: Option<bool>,
    /// Bytes free where the boot loader's files lie, with the folder.
    pub room: Option<(String, u64)>,
    /// Encryption, resume and the like.
    pub around: Surroundings,
}

impl Machine {
    /// Reduces facts, of a machine or of its initrd with the hardware beside it.
    #[must_use]
    pub fn of(facts: &Facts, around: Surroundings) -> Self {
        let other = facts.pci_functions().iter().find(|p| p.is_display() && !p.is_nvidia_gpu());
        let nvidia = |name: &str| value(facts, "nvidia", name);
        Self {
            bus_seen: facts.pci.is_yes(),
            gpus: facts.nvidia_gpus().map(|p| gpu(facts, p)).collect(),
            screen: screen(facts),
            other: other.map(|p| match p.driver.yes() {
                Some(driver) => format!("{} ({driver})", p.bdf),
                None => p.bdf.to_string(),
            }),
            panel_elsewhere: facts.drm_devices().iter().any(|card| {
                card.driver.yes().is_none_or(|driver| *driver != "nvidia")
                    && card.connectors.iter().any(|c| c.is_panel())
            }),
            version: facts.driver_version().map(str::to_owned),
            open: facts.open_flavour(),
            preserve: nvidia("NVreg_PreserveVideoMemoryAllocations"),
            notifiers: nvidia("NVreg_UseKernelSuspendNotifiers"),
            suspend_units: facts.stage2.suspend_units.yes().copied(),
            modeset: modeset(facts),
            initrd: initrd(facts),
            early_now: early_now(facts),
            room: None,
            around,
        }
    }

    /// True when another GPU shows the machine's picture.
    #[must_use]
    pub const fn hybrid(&self) -> bool {
        self.other.is_some() && (self.panel_elsewhere || matches!(self.screen, Screen::Other(_)))
    }

    /// Who makes its initrd.
    #[must_use]
    pub const fn maker(&self) -> Maker {
        self.around.maker
    }
}

/// A parameter's value in force; before the boot, the one that lines or the
/// version's default will give it.
fn value(facts: &Facts, module: &str, name: &str) -> Option<String> {
    if let Seen::Yes(value) = facts.modules.param(module, name) {
        return Some(value.to_owned());
    }
    if let Some(set) = options::last(facts, module, name) {
        return Some(set.value.to_string());
    }
    let default = nvpreflight::driver::defaults::of(facts.driver_version()?, module, name)?;
    match default {
        nvpreflight::driver::defaults::Default::Is(value) => Some(value.to_owned()),
        nvpreflight::driver::defaults::Default::NoParameter => None,
    }
}

fn gpu(facts: &Facts, function: &PciFunction) -> Gpu {
    let model = facts
        .nv
        .yes()
        .and_then(|nv| nv.gpus.iter().find(|g| g.bdf == function.bdf).and_then(|g| g.model.yes()));
    Gpu {
        bdf: function.bdf.to_string(),
        id: format!("10de:{:04x}", function.device),
        name: model.map_or_else(
            || format!("10de:{:04x}", function.device),
            |model| model.trim_start_matches("NVIDIA ").to_owned(),
        ),
        generation: Generation::of(function.device),
        outputs: function.class >> 8 == 0x0300,
    }
}

/// By `boot_vga`; a machine with one display controller needs no such word.
fn screen(facts: &Facts) -> Screen {
    let mut displays = facts.pci_functions().iter().filter(|p| p.is_display());
    let told = displays.clone().find(|p| p.boot_vga == Seen::Yes(true));
    let only = displays.next().filter(|_| displays.next().is_none());
    match told.or(only) {
        Some(p) if p.is_nvidia_gpu() => Screen::Nvidia(p.bdf.to_string()),
        Some(p) => Screen::Other(p.bdf.to_string()),
        None => Screen::Unknown,
    }
}

fn modeset(facts: &Facts) -> Option<Known> {
    if let Some(on) = facts.modules.flag("nvidia_drm", "modeset") {
        let place = "sys/module/nvidia_drm/parameters/modeset".to_owned();
        return Some(Known { yes: on, place });
    }
    let lit = facts.nvidia_drm_devices().find(|card| !card.connectors.is_empty());
    if let Some(card) = lit {
        return Some(Known { yes: true, place: format!("{} has connectors", card.name) });
    }
    if facts.image.is_yes() {
        let place = options::last(facts, "nvidia_drm", "modeset")
            .map_or("the driver's default".to_owned(), |set| set.place.to_string());
        return next_boot::modeset(facts).map(|yes| Known { yes, place });
    }
    None
}

fn early_now(facts: &Facts) -> Option<bool> {
    if let Some(report) = facts.initrd.yes() {
        return Some(report.modules.iter().any(|m| same_name(m, "nvidia")));
    }
    match facts.phase {
        Phase::Initrd => Some(facts.modules.up("nvidia").is_some()),
        Phase::Image => initrd(facts).map(|initrd| initrd.brings),
        Phase::PreDisplay => None,
    }
}

fn initrd(facts: &Facts) -> Option<Initrd> {
    // What a root file system holds is no initrd's.
    let image = facts.image.yes().filter(|_| facts.look != Look::Root)?;
    let modules = STACK.iter().filter_map(|m| image.module(m)).map(|m| m.size).sum();
    let firmware = image.firmware.yes().map_or(0, |files| {
        files.iter().filter(|f| f.name.starts_with("nvidia/")).filter_map(|f| f.size).sum()
    });
    let brings = image.module("nvidia_drm").is_some();
    Some(Initrd { size: image.size, modules, firmware, brings })
}
