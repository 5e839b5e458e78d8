//! What an initrd image or a directory holds, seen before the boot. Plain data:
//! the host tool fills it, within its own limits, and the rules of the image stage
//! read it. The only part of the library that allocates.

use super::Config;
use crate::seen::Seen;
use crate::text::{Line, Name, Value, same_name};
use alloc::boxed::Box;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A parameter that a module declares, in kernel spelling.
pub type Parm = Name;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Kind {
    /// An initrd image: one or more cpio archives, compressed or not.
    #[default]
    Initrd,
    /// A unified kernel image: a PE file with `.initrd` (UAPI.5).
    Uki,
    /// A directory that is or becomes a root.
    Directory,
}

/// How a file inside the image is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Packing {
    /// Not at all.
    #[default]
    Plain,
    /// gzip (`.gz`).
    Gzip,
    /// xz (`.xz`).
    Xz,
    /// Zstandard (`.zst`).
    Zstd,
    /// Another one, which the tool does not unpack.
    Other,
}

/// The fields of a module's `.modinfo` section that rules ask for
/// (include/linux/module.h `MODULE_INFO`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Modinfo {
    /// `name=`; absent in modules of very old kernels.
    pub name: Name,
    /// `version=`, empty when there is none.
    pub version: Value,
    /// `vermagic=`: release and flags of the kernel it was built for.
    pub vermagic: Value,
    /// `license=`: "NVIDIA" is the proprietary flavour, "Dual MIT/GPL" the open one.
    pub license: Value,
    /// `depends=`, split at commas.
    pub depends: Vec<Name>,
    /// Names of `parm=` and `parmtype=`, each once.
    pub parms: Vec<Parm>,
    /// `firmware=` names, below /lib/firmware.
    pub firmware: Vec<Line>,
    /// `softdep=` texts: "pre: ecdh_generic,ecdsa_generic".
    pub softdeps: Vec<Line>,
    /// True when a signature is appended ("~Module signature appended~").
    pub signed: bool,
}

/// A symbol that a module uses and nobody provides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MissingSymbol {
    /// Its name.
    pub name: Name,
    /// The module that provides it, from modules.symbols or the root's modules;
    /// empty when nobody is known to.
    pub provider: Name,
}

/// A module file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageModule {
    /// Name in kernel spelling: the one inside, which distributions keep where
    /// they rename the file (nvidia-current.ko), else the file's.
    pub name: Name,
    /// Path in the image, without a leading slash.
    pub path: Line,
    /// Bytes of the file as it lies there.
    pub size: u64,
    /// Its compression; as the name tells it where the file was not unpacked.
    pub packing: Packing,
    /// Its `.modinfo`; `Unreadable` when the file is no sound module
    /// (`damage` says why), `NotLooked` when it was not unpacked.
    pub modinfo: Seen<Modinfo>,
    /// Why the file is no module the kernel would take, or empty.
    pub damage: Line,
    /// Number of undefined symbols that neither the kernel nor another module
    /// provides; `NotLooked` when the kernel's own symbols are not known.
    pub missing: Seen<u32>,
    /// Examples of these.
    pub missing_symbols: Vec<MissingSymbol>,
}

/// A firmware file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FirmwareFile {
    /// Name below lib/firmware without a compression suffix, as the driver asks.
    pub name: Line,
    /// Bytes as it lies there; `None` where that could not be read.
    pub size: Option<u64>,
    /// Its compression.
    pub packing: Packing,
}

/// One piece of the image as the kernel reads it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Offset of its first byte in the image.
    pub offset: u64,
    /// Bytes it takes there.
    pub packed: u64,
    /// Bytes of cpio in it.
    pub unpacked: u64,
    /// "cpio" for a plain one, else the compressor: "zstd".
    pub form: Name,
    /// Entries taken.
    pub entries: u32,
}

/// Something that a reader of the image would expect and the kernel does not do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dropped {
    /// The path or what there is of it, printable.
    pub path: Line,
    /// Why, in a few words.
    pub why: Line,
    /// Offset in the image, or in the segment's unpacked bytes.
    pub offset: u64,
}

/// Where and why the kernel stops unpacking.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stop {
    /// The kernel's message, or the entry at which it stops; may be empty.
    #[serde(alias = "path")]
    pub message: Line,
    /// Why, in a few words.
    pub why: Line,
    /// Offset in the image.
    pub offset: u64,
}

/// The module tree of the image or of its root.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ModuleTree {
    /// The release whose folder was taken.
    pub release: Name,
    /// Folder: "lib/modules/6.12.107+deb13-amd64".
    pub folder: Line,
    /// Names of other release folders.
    pub others: Vec<Name>,
    /// Whether modules.dep (or its .bin) is there.
    pub index: Seen<()>,
    /// Modules of interest.
    pub modules: Vec<ImageModule>,
    /// Module files in all.
    pub total: u32,
}

impl ModuleTree {
    /// The module of that name, dash or underscore.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ImageModule> {
        self.modules.iter().find(|m| same_name(&m.name, name))
    }
}

/// What the root file system says beside the image (`--root`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RootSide {
    /// Its module tree for the same release.
    pub tree: Seen<ModuleTree>,
    /// Its modprobe.d.
    pub config: Config,
    /// Version in the file name of libnvidia-ml or libcuda.
    pub userspace_version: Seen<Value>,
    /// Firmware files of the stack.
    pub firmware: Seen<Vec<FirmwareFile>>,
}

/// Names of programs and services in the image that rules ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Programs {
    /// plymouthd.
    pub plymouth: bool,
    /// cryptsetup or systemd-cryptsetup.
    pub cryptsetup: bool,
    /// systemd as the initrd's init.
    pub systemd: bool,
    /// This project's verifier.
    pub verifier: bool,
    /// A setting that names a device to resume from (`resume=`,
    /// conf/conf.d/resume); the helper alone is in every systemd initrd.
    pub resume: bool,
}

/// Everything that was seen of an image.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Image {
    /// What it is.
    pub kind: Kind,
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of the files as unpacked.
    pub unpacked: u64,
    /// Segments in order.
    pub segments: Vec<Segment>,
    /// Where and why the kernel stops unpacking; the rest is not loaded.
    pub stop: Option<Stop>,
    /// Entries that the kernel drops while it goes on.
    pub dropped: Vec<Dropped>,
    /// Number of these in all.
    pub dropped_total: u32,
    /// The release of the kernel that will run it: `.uname` of a UKI, `--kernel`.
    pub kernel: Seen<Name>,
    /// Every release that the image has a folder of modules for.
    pub releases: Vec<Name>,
    /// The module tree.
    pub tree: Seen<ModuleTree>,
    /// Firmware files of the stack and its competitors.
    pub firmware: Seen<Vec<FirmwareFile>>,
    /// Bytes of all firmware as unpacked.
    pub firmware_bytes: u64,
    /// Programs of interest.
    pub programs: Programs,
    /// Programs that the command line names as the first one; `NotLooked` where no
    /// command line is known.
    pub first_programs: Seen<Vec<FirstProgram>>,
    /// The root beside it; `NotLooked` without `--root`.
    pub root: Seen<Box<RootSide>>,
}

/// A program that `rdinit=` names in the image, or `init=` on the root
/// (Documentation/admin-guide/kernel-parameters.txt).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FirstProgram {
    /// Its path as written.
    pub path: Line,
    /// The word of the command line, counted from 1.
    pub word: u32,
    /// True for `rdinit=`, false for `init=`.
    pub of_image: bool,
    /// Whether it is there, links followed.
    pub exists: bool,
}

impl Image {
    /// The module of that name in the image.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&ImageModule> {
        self.tree.yes()?.get(name)
    }

    /// The driver's version from the image's nvidia module.
    #[must_use]
    pub fn driver_version(&self) -> Option<&str> {
        let info = self.module("nvidia")?.modinfo.yes()?;
        (!info.version.is_empty()).then_some(info.version.as_str())
    }

    /// True for the open modules: their license says so (kernel-open/nvidia/nv.c
    /// `MODULE_LICENSE("Dual MIT/GPL")`).
    #[must_use]
    pub fn open_flavour(&self) -> Option<bool> {
        let info = self.module("nvidia")?.modinfo.yes()?;
        (!info.license.is_empty()).then(|| info.license != "NVIDIA")
    }

    /// The firmware file a driver asks for by this name.
    #[must_use]
    pub fn has_firmware(&self, name: &str) -> Option<&FirmwareFile> {
        self.firmware.yes()?.iter().find(|f| f.name == *name)
    }
}
