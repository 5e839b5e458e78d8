//! Builds the kernel modules of `guest/` (the stand-ins, and what relabels a GPU)
//! with kbuild against the guest's kernel. Their sources are C under GPL-2.0 and
//! are not linked with this program.

use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::kernel::Kernel;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// How the stand-ins are built; see `guest/standin/README.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Build flavour.
    pub flavour: Flavour,
    /// Driver version the modules claim to be; it decides the defaults.
    pub version: String,
}

/// Build flavour of the stand-ins: `STANDIN_VARIANT` of their Kbuild file.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Flavour {
    /// The symbol dependencies of the real modules, no softdep.
    Default,
    /// As `default`, with the softdep that open nvidia.ko carries.
    Open,
    /// Names and licence of the proprietary build.
    Proprietary,
    /// Without symbol dependencies, so that a wrong order can happen.
    Free,
}

impl Flavour {
    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Open => "open",
            Self::Proprietary => "proprietary",
            Self::Free => "free",
        }
    }
}

impl Variant {
    /// Returns a folder with the built `*.ko`, building them at need.
    pub fn build(&self, places: &Places, kernel: &Kernel) -> Result<PathBuf> {
        kbuild(places, kernel, "standin", &self.arguments(), "nvidia.ko")
    }

    fn arguments(&self) -> [String; 2] {
        [
            format!("STANDIN_VARIANT={}", self.flavour.name()),
            format!("STANDIN_VERSION={}", self.version),
        ]
    }
}

/// Builds the modules of `guest/NAME/` with `arguments` for make, at need, and
/// returns their folder. `proof` is one of the files that the build must leave.
pub fn kbuild(
    places: &Places,
    kernel: &Kernel,
    name: &str,
    arguments: &[String],
    proof: &str,
) -> Result<PathBuf> {
    let sources = places.guest(name);
    let key = kernel
        .ingredients(&format!("{name} 1"))
        .with(arguments.join(" ").as_bytes())
        .with_path(&sources)
        .with_context(|| format!("cannot read `{}`", sources.display()))?
        .name();
    let built = places.cache.join(format!("{name}-{key}"));
    if built.exists() {
        return Ok(built);
    }
    let work = step(format!("{name} modules {}", arguments.join(" ")));
    let making = places.cache.join(format!("{name}-{key}.new"));
    remove_tree(&making)?;
    fs::create_dir_all(&making)?;
    host::run(Command::new("cp").arg("-r").arg(format!("{}/.", sources.display())).arg(&making))?;
    host::run(
        Command::new("make")
            .arg("-C")
            .arg(kernel.headers())
            .arg(format!("M={}", making.display()))
            .args(arguments)
            // Type information for BPF would need pahole on the host.
            .args(["CONFIG_DEBUG_INFO_BTF_MODULES=", "-j2", "modules"]),
    )?;
    if !making.join(proof).exists() {
        bail!("kbuild left no {proof}");
    }
    // Only the modules are kept, without kbuild's objects and debug data.
    host::run(
        Command::new("sh")
            .arg("-c")
            .arg("cd \"$1\" && \"$2\" --strip-debug ./*.ko")
            .arg("sh")
            .arg(&making)
            .arg(format!("{}-strip", kernel.arch.gnu())),
    )?;
    fs::rename(&making, &built)?;
    work.done();
    Ok(built)
}
