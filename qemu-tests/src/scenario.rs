//! Reads scenario files: one TOML file a boot, merged over `defaults.toml`, so
//! that a file says only what differs. Unknown keys are errors.

use crate::realmod::flavour;
use crate::realmod::gpu::{Model, Pretend};
use crate::standin::{Flavour, Variant};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

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

/// NVIDIA's own modules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Driver {
    /// Which of the two sets.
    pub flavour: flavour::Flavour,
    /// Whether `boot.firmware` and the root have the real GSP firmware, which is not
    /// free, and not a file of the same name. The driver parses it only after it
    /// found a VBIOS, which a pretend GPU lacks.
    #[serde(default)]
    pub real_firmware: bool,
    /// Modules of the other flavour, by kernel name.
    #[serde(default)]
    pub from: BTreeMap<String, flavour::Flavour>,
    /// Modules that claim another driver version of the same length.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
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
    /// Whether a stand-in for simpledrm drives the firmware's framebuffer.
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

/// The defaults in `files`, later ones laid over earlier ones.
pub fn defaults(files: &[&Path]) -> Result<Table> {
    let mut defaults = Table::new();
    for path in files {
        let text = fs::read_to_string(path).with_context(|| format!("no `{}`", path.display()))?;
        merge(&mut defaults, text.parse().with_context(|| format!("`{}`", path.display()))?);
    }
    Ok(defaults)
}

/// The scenarios of the stand-in modules, in the sources of this package.
pub fn standin(package: &Path) -> Result<Vec<Scenario>> {
    all(&package.join("scenarios"), &defaults(&[&package.join("defaults.toml")])?)
}

/// The scenarios of NVIDIA's own modules.
pub fn real(package: &Path) -> Result<Vec<Scenario>> {
    let files = [package.join("defaults.toml"), package.join("defaults-real.toml")];
    all(&package.join("scenarios-real"), &defaults(&files.each_ref().map(PathBuf::as_path))?)
}

/// Reads every scenario of `dir`, by name, over `defaults`.
fn all(dir: &Path, defaults: &Table) -> Result<Vec<Scenario>> {
    let mut found = Vec::new();
    for item in fs::read_dir(dir).with_context(|| format!("no `{}`", dir.display()))? {
        let path = item?.path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path)?;
        let scenario = read(&name, &text, defaults)
            .with_context(|| format!("scenario `{}`", path.display()))?;
        found.push(scenario);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Reads one scenario from its text.
pub fn read(name: &str, text: &str, defaults: &Table) -> Result<Scenario> {
    let own: Table = text.parse()?;
    if own.contains_key("nixos") {
        said_twice(&own)?;
    }
    let mut merged = defaults.clone();
    merge(&mut merged, own);
    let mut scenario: Scenario = Value::Table(merged).try_into()?;
    scenario.name = name.to_owned();
    scenario.consistent()?;
    Ok(scenario)
}

/// Refuses what the NixOS machine says already.
fn said_twice(own: &Table) -> Result<()> {
    let boot = own.get("boot").and_then(Value::as_table);
    for key in ["modules_load", "root_modules_load", "modprobe_d"] {
        if boot.is_some_and(|boot| boot.contains_key(key)) {
            bail!("with `nixos`, the machine says what `boot.{key}` is");
        }
    }
    if own.contains_key("verifier") || own.contains_key("faults") {
        bail!("with `nixos`, `verifier` and `faults` have no effect");
    }
    Ok(())
}

/// Lays `over` on `base`: tables key by key, everything else as a whole. An
/// empty table replaces, so that a default can be taken away.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !above.is_empty() => {
                merge(below, above);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

impl Scenario {
    /// Refuses what would silently have no effect.
    fn consistent(&self) -> Result<()> {
        if self.stage1 != Stage1::Systemd {
            if self.expect.pre_display.is_some() || !self.expect.journal.is_empty() {
                bail!("`pre_display` and `journal` need `stage1 = \"systemd\"`");
            }
            if self.faults.contains(&Fault::NoJournal) {
                bail!("the fault `no-journal` needs `stage1 = \"systemd\"`");
            }
        }
        if self.stage1 == Stage1::Bare && self.nixos.is_some() {
            bail!("NixOS has no bare initrd: `nixos` needs another `stage1`");
        }
        if self.inject && (!self.faults.is_empty() || !self.verifier.arguments.is_empty()) {
            bail!("an injected verifier takes no faults and no arguments");
        }
        if self.inject && self.nixos.is_some() {
            bail!("the initrd of a NixOS machine brings the verifier: `inject` has no effect");
        }
        match &self.driver {
            None if self.gpu.pretend != Pretend::Relabelled => {
                bail!("stand-ins drive only relabelled functions: `gpu.pretend` needs `driver`");
            }
            _ if self.gpu.pretend == Pretend::VfioUser && self.gpu.count != 1 => {
                bail!("over vfio-user there is one GPU: `gpu.count` has to be 1");
            }
            Some(_) if self.gpu.iommu || self.gpu.firmware_framebuffer => {
                bail!("with `driver`, `gpu.iommu` and `gpu.firmware_framebuffer` have no effect");
            }
            _ => {}
        }
        if self.stage1 != Stage1::Bare && self.faults.contains(&Fault::LoadInBackground) {
            bail!("the fault `load-in-background` needs `stage1 = \"bare\"`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Table {
        include_str!("../defaults.toml").parse().unwrap()
    }

    #[test]
    fn a_scenario_says_only_what_differs() {
        let text = "summary = \"x\"\n[boot]\ncmdline = \"nomodeset\"\n";
        let scenario = read("x", text, &defaults()).unwrap();
        assert_eq!(scenario.boot.cmdline, "nomodeset");
        assert_eq!(scenario.boot.memory_mib, 512);
    }

    #[test]
    fn unknown_keys_are_errors() {
        assert!(read("x", "summary = \"x\"\ncolour = 1\n", &defaults()).is_err());
        assert!(read("x", "summary = \"x\"\n[expect]\ncolour = 1\n", &defaults()).is_err());
    }

    #[test]
    fn an_expectation_without_effect_is_an_error() {
        let text = "summary = \"x\"\n[expect]\njournal = [\"NVP201\"]\n";
        assert!(read("x", text, &defaults()).is_err());
    }

    #[test]
    fn what_a_nixos_machine_says_is_not_said_again() {
        let text = "summary = \"x\"\nstage1 = \"systemd\"\nnixos = \"early-kms\"\n";
        assert!(read("x", text, &defaults()).is_ok());
        for more in ["faults = []", "[boot]\nmodules_load = []", "[verifier]\narguments = \"\""] {
            assert!(read("x", &format!("{text}{more}\n"), &defaults()).is_err(), "{more}");
        }
        let bare = text.replace("systemd", "bare");
        assert!(read("x", &bare, &defaults()).is_err());
    }

    #[test]
    fn every_scenario_of_the_project_reads() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = standin(package).unwrap();
        assert!(!found.is_empty() && found.iter().all(|scenario| scenario.driver.is_none()));
        let found = real(package).unwrap();
        assert!(!found.is_empty() && found.iter().all(|scenario| scenario.driver.is_some()));
    }
}
