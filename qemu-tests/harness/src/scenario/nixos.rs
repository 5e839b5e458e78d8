//! A NixOS machine of `nixos/`, evaluated: the unit files, configuration and
//! command line that the project's NixOS module makes of it. Nothing is built,
//! fetched or installed; `nix-instantiate` only evaluates.

use crate::base::host;
use crate::base::places::Places;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What a machine of `nixos/` evaluates to; `nixos/plan.nix` writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// `boot.kernelParams`, joined.
    pub cmdline: String,
    /// The initrd.
    pub initrd: Layout,
    /// The root that it switches to.
    pub root: Layout,
}

/// What the module and nixpkgs put into an initrd or a root. Names are paths
/// without the leading slash.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The unit that judges, if there is systemd.
    pub unit: Option<String>,
    /// Text files.
    pub files: BTreeMap<String, String>,
    /// Symbolic links and where they lead.
    pub links: BTreeMap<String, String>,
    /// Where the verifier has to lie.
    pub verifier: Vec<String>,
}

impl Plan {
    /// Evaluates the machine `nixos/NAME.nix`.
    pub fn evaluate(places: &Places, name: &str) -> Result<Self> {
        let folder = places.package.join("nixos");
        let machine = folder.join(format!("{name}.nix"));
        ensure!(machine.exists(), "no `{}`", machine.display());
        // Its own store: the caller need not be able to write below /nix.
        let json = host::run(
            Command::new("nix-instantiate")
                .args(["--eval", "--strict", "--json", "--readonly-mode", "--store"])
                .arg(places.cache.join("nix"))
                .args(["--option", "build-users-group", ""])
                .arg(folder.join("plan.nix"))
                .arg("--arg")
                .arg("machine")
                .arg(&machine),
        )
        .with_context(|| format!("cannot evaluate `{}`", machine.display()))?;
        Self::read(&json)
    }

    /// Reads what `plan.nix` gave.
    fn read(json: &[u8]) -> Result<Self> {
        let plan: Self = serde_json::from_slice(json).context("plan.nix gave something else")?;
        for tree in [&plan.initrd, &plan.root] {
            tree.check()?;
        }
        ensure!(!plan.initrd.verifier.is_empty(), "no verifier in the initrd: nothing to try");
        Ok(plan)
    }
}

impl Layout {
    /// Refuses names that would lead out of the guest's tree.
    fn check(&self) -> Result<()> {
        let names = self.files.keys().chain(self.links.keys()).chain(&self.verifier);
        for name in names {
            let inside = Path::new(name)
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)));
            ensure!(inside, "`{name}` is no path inside a guest");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = r#"{"unit":null,"files":{},"links":{},"verifier":[]}"#;

    fn plan(initrd: &str) -> Result<Plan> {
        Plan::read(format!(r#"{{"cmdline":"","initrd":{initrd},"root":{EMPTY}}}"#).as_bytes())
    }

    #[test]
    fn a_plan_without_a_verifier_is_refused() {
        assert!(plan(EMPTY).is_err());
        assert!(plan(&EMPTY.replace("[]", r#"["nix/store/x/bin/v"]"#)).is_ok());
    }

    #[test]
    fn a_name_that_leads_out_of_the_guest_is_refused() {
        for name in ["../x", "/x", "a/../../x"] {
            let tree = EMPTY
                .replace("[]", r#"["v"]"#)
                .replace("\"files\":{}", &format!(r#""files":{{"{name}":""}}"#));
            assert!(plan(&tree).is_err(), "{name}");
        }
    }
}
