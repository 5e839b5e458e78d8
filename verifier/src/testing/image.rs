//! Cases of the image stage: a capture of the image's files, and what the host
//! tool's collector would have seen in them.

use super::Case;
use crate::evidence;
use crate::expect::Expectations;
use crate::facts::image::{
    FirmwareFile, Image, ImageModule, Modinfo, ModuleTree, Packing, RootSide,
};
use crate::facts::{Facts, Phase};
use crate::seen::Seen;
use crate::tree::Tree;
use std::boxed::Box;
use std::format;
use std::vec::Vec;

/// What no image shows.
pub(super) const EMPTY: &str = "proc/ ?\nsys/ ?\ndev/ ?\nrun/systemd/ ?\n";
/// The driver of [`Case::image_with_stack`].
pub(crate) const DRIVER: &str = "595.45.04";
/// The kernel of every image here.
pub(crate) const KERNEL: &str = "6.12.1";

/// A module whose file is sound and which fits the kernel.
pub(crate) fn module(name: &str, version: &str, depends: &[&str]) -> ImageModule {
    let info = Modinfo {
        name: name.into(),
        version: version.into(),
        vermagic: format!("{KERNEL} SMP preempt mod_unload modversions").as_str().into(),
        license: "Dual MIT/GPL".into(),
        depends: depends.iter().map(|d| (*d).into()).collect(),
        ..Modinfo::default()
    };
    let file = name.replace('_', "-");
    ImageModule {
        name: name.into(),
        path: format!("lib/modules/{KERNEL}/updates/{file}.ko").as_str().into(),
        size: 1 << 20,
        packing: Packing::Plain,
        modinfo: Seen::Yes(info),
        damage: "".into(),
        missing: Seen::NotLooked,
        missing_symbols: Vec::new(),
    }
}

/// A firmware file.
pub(crate) fn firmware(name: &str, size: u64) -> FirmwareFile {
    FirmwareFile { name: name.into(), size: Some(size), packing: Packing::Plain }
}

/// The four modules of one driver and what they stand on.
pub(crate) fn stack(version: &str) -> ModuleTree {
    let mut modules = Vec::from([
        module("drm", "", &[]),
        module("drm_kms_helper", "", &["drm"]),
        module("video", "", &[]),
        module("nvidia", version, &["drm"]),
        module("nvidia_modeset", version, &["video", "nvidia"]),
        module("nvidia_uvm", version, &["nvidia"]),
        module("nvidia_drm", version, &["drm", "drm_kms_helper", "nvidia-modeset"]),
    ]);
    for module in &mut modules {
        let Seen::Yes(info) = &mut module.modinfo else { continue };
        match module.name.as_str() {
            "nvidia" => {
                info.parms = [
                    "NVreg_EnableGpuFirmware",
                    "NVreg_PreserveVideoMemoryAllocations",
                    "NVreg_RegistryDwords",
                    "NVreg_UseKernelSuspendNotifiers",
                ]
                .map(Into::into)
                .to_vec();
                info.firmware = ["gsp_tu10x.bin", "gsp_ga10x.bin"]
                    .map(|file| format!("nvidia/{version}/{file}").as_str().into())
                    .to_vec();
            }
            "nvidia_drm" => info.parms = ["modeset", "fbdev"].map(Into::into).to_vec(),
            _ => {}
        }
    }
    ModuleTree {
        release: KERNEL.into(),
        folder: format!("lib/modules/{KERNEL}").as_str().into(),
        others: Vec::new(),
        index: Seen::Yes(()),
        total: modules.len() as u32,
        modules,
    }
}

impl Case {
    /// A stock initrd of any distribution: modules, none of them NVIDIA's.
    pub(crate) fn image(tree: &str) -> Self {
        let case = Self { phase: Phase::Image, ..Self::initrd(tree) };
        case.knowing(|facts| {
            let mut tree = stack(DRIVER);
            tree.modules.retain(|m| !m.name.starts_with("nvidia"));
            let image = Image {
                size: 40 << 20,
                tree: Seen::Yes(tree),
                firmware: Seen::Absent,
                ..Image::default()
            };
            facts.image = Seen::Yes(Box::new(image));
        })
    }

    /// An image with the whole stack of one driver and its firmware.
    pub(crate) fn image_with_stack(tree: &str) -> Self {
        Self::image(tree).holding(|image| {
            image.tree = Seen::Yes(stack(DRIVER));
            let file = |name: &str| firmware(&format!("nvidia/{DRIVER}/{name}"), 30 << 20);
            image.firmware = Seen::Yes(Vec::from([file("gsp_tu10x.bin"), file("gsp_ga10x.bin")]));
            image.firmware_bytes = 60 << 20;
        })
    }

    /// With another content of the image.
    pub(crate) fn holding(self, change: impl Fn(&mut Image) + 'static) -> Self {
        self.knowing(move |facts| {
            change(facts.image.yes_mut().expect("a case of an image"));
        })
    }

    /// With another state of one module of the image.
    pub(crate) fn but(
        self,
        module: &'static str,
        change: impl Fn(&mut ImageModule) + 'static,
    ) -> Self {
        self.holding(move |image| {
            let tree = image.tree.yes_mut().expect("a module tree");
            let found = tree.modules.iter_mut().find(|m| m.name == *module);
            change(found.expect("a module of the image"));
        })
    }

    /// Without one module.
    pub(crate) fn lacking(self, module: &'static str) -> Self {
        self.holding(move |image| {
            let tree = image.tree.yes_mut().expect("a module tree");
            tree.modules.retain(|m| m.name != *module);
        })
    }

    /// With another version of every module of the stack.
    pub(crate) fn of_driver(self, version: &'static str) -> Self {
        self.holding(move |image| {
            let tree = image.tree.yes_mut().expect("a module tree");
            for module in tree.modules.iter_mut().filter(|m| m.name.starts_with("nvidia")) {
                let info = module.modinfo.yes_mut().expect("a sound module");
                info.version = version.into();
            }
        })
    }

    /// With a root file system beside the image.
    pub(crate) fn beside(self, change: impl Fn(&mut RootSide) + 'static) -> Self {
        self.holding(move |image| {
            let mut side = RootSide::default();
            change(&mut side);
            image.root = Seen::Yes(Box::new(side));
        })
    }
}

/// The collectors that an image is seen with (initrd-tool, `facts::collect`).
pub(super) fn collect(tree: &dyn Tree, want: &Expectations, facts: &mut Facts) {
    evidence::system::collect(tree, facts);
    facts.system.init = Seen::NotLooked;
    evidence::config::collect(tree, facts);
    evidence::modules::collect(tree, want, facts);
    if tree.stat("sys/bus/pci/devices").is_yes() {
        evidence::pci::collect(tree, facts);
        evidence::drm::collect(tree, facts);
    }
}
