//! A scenario: one boot and what must come of it, as its file says it. `read` makes
//! it of the files; nothing here is judged or started.

#[cfg(test)]
mod docs;
pub mod nixos;
mod read;

pub use read::{defaults, named, read, real, standin};

use crate::base::arch::Arch;
use crate::build::standin::{Flavour, Variant};
use crate::nvidia::Driver;
use crate::nvidia::gpu::{Model, Pretend};
use anyhow::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Table;

/// One boot and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// File stem; not in the file.
    #[serde(skip)]
    pub name: String,
    /// One sentence that is true when the scenario passes.
    pub summary: String,
    /// Kind of initrd.
    pub stage1: Stage1,
    /// A machine of `nixos/` whose units and configuration are booted in place
    /// of those that the project ships and that `boot` and `verifier` describe.
    #[serde(default)]
    pub nixos: Option<String>,
    /// Whether `nvpreflight inject` puts the verifier into the finished initrd,
    /// instead of the initrd being made with it. Its exit status is not seen then.
    #[serde(default)]
    pub inject: bool,
    /// Whether the guest runs the host tool too: `check` over its own initrd, which must
    /// say byte for byte what the tool of this machine says of it, and `doctor`.
    #[serde(default)]
    pub host_tool: bool,
    /// What it is booted on: `x86_64` by `test`, `aarch64` by `arm64`.
    pub architectures: Vec<Arch>,
    /// Kernel options, without `CONFIG_`, that must be on; else it is a SKIP.
    pub needs_kernel: Vec<String>,
    /// Ways in which the verifier's surroundings are broken.
    pub faults: Vec<Fault>,
    /// Command line, configuration and modules.
    pub boot: Boot,
    /// Stand-in modules.
    pub standin: Standin,
    /// NVIDIA's own modules in place of them; absent: stand-ins.
    #[serde(default)]
    pub driver: Option<Driver>,
    /// Emulated GPUs.
    pub gpu: Gpu,
    /// How the verifier is started and what it is told to expect.
    pub verifier: Verifier,
    /// What must come of it.
    pub expect: Expect,
}

/// Kind of initrd a scenario boots.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub enum Stage1 {
    /// busybox, Debian's kmod and a small init.
    Bare,
    /// Made by dracut: systemd, journald, udev; switches to a systemd root.
    Systemd,
    /// Made by initramfs-tools: shell scripts, udev, no journal.
    Scripted,
}

impl Stage1 {
    /// The name used in scenario files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Systemd => "systemd",
            Self::Scripted => "scripted",
        }
    }
}

/// A way in which the surroundings of the verifier are broken.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// /proc is not mounted.
    NoProc,
    /// /sys is not mounted.
    NoSys,
    /// The journal's socket is out of reach (systemd only).
    NoJournal,
    /// /run is read-only.
    RoRun,
    /// stdin, stdout and stderr are closed.
    ClosedFds,
    /// /dev/null does not exist.
    NoDevNull,
    /// The verifier is killed 0.7 s after its start.
    KillVerifier,
    /// /proc/modules lists 2,000 more modules (a file mounted over it).
    ManyModules,
    /// The kernel refuses every module after the GPU got its identity.
    ModulesDisabled,
    /// The kernel takes only signed modules after the GPU got its identity.
    SigEnforce,
    /// The kernel log overflows before the modules load.
    LogOverrun,
    /// modprobe runs in the background (bare only).
    LoadInBackground,
}

impl Fault {
    /// The name that the guest's scripts look for.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoProc => "no-proc",
            Self::NoSys => "no-sys",
            Self::NoJournal => "no-journal",
            Self::RoRun => "ro-run",
            Self::ClosedFds => "closed-fds",
            Self::NoDevNull => "no-dev-null",
            Self::KillVerifier => "kill-verifier",
            Self::ManyModules => "many-modules",
            Self::ModulesDisabled => "modules-disabled",
            Self::SigEnforce => "sig-enforce",
            Self::LogOverrun => "log-overrun",
            Self::LoadInBackground => "load-in-background",
        }
    }
}

/// What the guest is booted with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// Words after those that every boot needs.
    pub cmdline: String,
    /// Memory of the guest in MiB.
    pub memory_mib: u32,
    /// Modules that the initrd loads, in this order.
    pub modules_load: Vec<String>,
    /// Modules that the root loads (systemd only).
    pub root_modules_load: Vec<String>,
    /// Files of /etc/modprobe.d by name, in the initrd and on the root.
    pub modprobe_d: BTreeMap<String, String>,
    /// Whether the initrd has the GSP firmware (a stand-in file).
    pub firmware: bool,
    /// More files of the initrd by path.
    pub files: BTreeMap<String, String>,
    /// More files of the root by path.
    pub root_files: BTreeMap<String, String>,
    /// Modules that the root loads beside the rest of the boot, after a delay.
    pub late_load: Vec<String>,
    /// That delay in seconds.
    pub late_load_after_s: u32,
    /// Seconds after which the boot is a TIMEOUT.
    pub deadline_s: u64,
}

/// Which stand-in modules the guest has.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standin {
    /// Build flavour.
    pub flavour: Flavour,
    /// Driver version they claim.
    pub version: String,
    /// Modules left out of the image, by kernel name.
    pub without: Vec<String>,
}

impl Standin {
    /// The build that this asks for.
    pub fn variant(&self) -> Variant {
        Variant { flavour: self.flavour, version: self.version.clone() }
    }
}

/// Emulated GPUs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// How many; 0 is a machine without a display device.
    pub count: u8,
    /// What they say they are.
    #[serde(default)]
    pub model: Model,
    /// How the guest comes to see them (with `driver` only).
    #[serde(default)]
    pub pretend: Pretend,
    /// Whether the machine has an IOMMU (vfio-pci takes no device without).
    #[serde(default)]
    pub iommu: bool,
    /// Whether a stand-in for simpledrm drives the firmware framebuffer.
    #[serde(default)]
    pub firmware_framebuffer: bool,
    /// A driver that takes them before nvidia loads.
    #[serde(default)]
    pub owner: Option<String>,
}

/// How the verifier is started.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verifier {
    /// More arguments.
    pub arguments: String,
    /// Content of expect.json as TOML.
    pub expectations: Table,
    /// Content of expect.json as it stands, instead; "" is an absent file.
    #[serde(default)]
    pub raw_expectations: Option<String>,
}

impl Verifier {
    /// Content of expect.json; empty where there is to be none.
    pub fn expectations_text(&self) -> Result<String> {
        match &self.raw_expectations {
            Some(text) => Ok(text.clone()),
            None => Ok(serde_json::to_string(&self.expectations)?),
        }
    }
}

/// What must come of a boot.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The initrd's report; absent: a clean one.
    #[serde(default)]
    pub initrd: Option<Phase>,
    /// The report before the display manager (systemd only); absent: clean.
    #[serde(default)]
    pub pre_display: Option<Phase>,
    /// How far the boot must come; absent: to its end.
    #[serde(default)]
    pub reaches: Option<String>,
    /// Codes that `journalctl` must show with all their fields.
    pub journal: Vec<String>,
    /// Texts that the console or the kernel log must show.
    pub console_has: Vec<String>,
    /// The display manager must not start before the NVIDIA card is there.
    #[serde(default)]
    pub display_manager_after_card: bool,
}

/// What one phase must report.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The exact set of codes that are found.
    #[serde(default)]
    pub findings: Vec<String>,
    /// The exact set of codes that follow from no other; absent: not judged.
    #[serde(default)]
    pub first: Option<Vec<String>>,
    /// `exit` of the report; absent: 1 with codes, 0 without.
    #[serde(default)]
    pub exit: Option<i32>,
    /// Exit status of the process; absent: `exit`, or 0 under systemd.
    #[serde(default)]
    pub status: Option<i32>,
    /// False: no report may be there.
    #[serde(default = "yes")]
    pub report: bool,
    /// Codes that must be among the rules that could not look.
    #[serde(default)]
    pub unreadable: Vec<String>,
    /// Clocks that the timeline must have entries of: `kernel`, `trace`.
    #[serde(default)]
    pub clocks: Vec<String>,
    /// Longest time from start to end of the verifier, in ms.
    #[serde(default)]
    pub within_ms: Option<u64>,
}

fn yes() -> bool {
    true
}
