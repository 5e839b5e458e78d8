//! Reads scenario files: one TOML file a boot, merged over `defaults.toml`, so
//! that a file says only what differs. Unknown keys are errors.

use super::{Fault, Scenario, Stage1};
use crate::base::arch::Arch;
use crate::base::places::Places;
use crate::nvidia::gpu::Pretend;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

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

/// The one scenario called `name`, of the stand-ins or of NVIDIA's own modules.
///
/// # Errors
/// There is none; a scenario file that cannot be read.
pub fn named(places: &Places, name: &str) -> Result<Scenario> {
    standin(&places.package)?
        .into_iter()
        .chain(real(&places.package)?)
        .find(|scenario| scenario.name == name)
        .with_context(|| format!("no scenario `{name}`; `nvpreflight-boot list` names them"))
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
        if self.stage1 != Stage1::Bare && self.architectures != [Arch::X86_64] {
            bail!("only `stage1 = \"bare\"` is made without programs of the guest");
        }
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
        if self.host_tool && (self.stage1 != Stage1::Bare || self.inject) {
            bail!("`host_tool` is run by the bare init, and that does so in its last step");
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
        include_str!("../../../defaults.toml").parse().unwrap()
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
        let package = crate::base::places::package_in_sources();
        let found = standin(package).unwrap();
        assert!(!found.is_empty() && found.iter().all(|scenario| scenario.driver.is_none()));
        let found = real(package).unwrap();
        assert!(!found.is_empty() && found.iter().all(|scenario| scenario.driver.is_some()));
    }
}
