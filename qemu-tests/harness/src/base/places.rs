//! Where things lie on the host: the workspace, the cache of what was fetched
//! and built, and the folder of each boot. It creates folders, nothing else.

use anyhow::{Context, Result};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders this program works in.
#[derive(Clone, Debug)]
pub struct Places {
    /// Root of the workspace (the folder above `qemu-tests`).
    pub workspace: PathBuf,
    /// The folder `qemu-tests`, with `scenarios/` and `guest/`.
    pub package: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Fetched packages and built images; safe to delete at any time.
    pub cache: PathBuf,
    /// One folder a scenario with the console and reports of its last boot.
    pub runs: PathBuf,
}

impl Places {
    /// Finds the folders and creates the cache. `CARGO_TARGET_DIR` is honoured
    /// as cargo does. `NVPREFLIGHT_SOURCES` names the workspace where this
    /// program was installed and is not run from the folder it was built in.
    pub fn find() -> Result<Self> {
        let workspace = match env::var_os("NVPREFLIGHT_SOURCES") {
            Some(dir) => PathBuf::from(dir),
            None => package_in_sources()
                .parent()
                .context("this package has no folder above it")?
                .to_owned(),
        };
        let package = workspace.join("qemu-tests");
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => workspace.join(dir),
            None => workspace.join("target"),
        };
        let places = Self {
            cache: target.join("boot-cache"),
            runs: target.join("boot-runs"),
            workspace,
            package,
            target,
        };
        for dir in [&places.cache, &places.runs] {
            fs::create_dir_all(dir)
                .with_context(|| format!("cannot create `{}`", dir.display()))?;
        }
        Ok(places)
    }

    /// A path of the guest's files in the source tree.
    pub fn guest(&self, name: &str) -> PathBuf {
        self.package.join("guest").join(name)
    }

    /// The folder that keeps the outcome of `scenario`, emptied.
    pub fn fresh_run(&self, scenario: &str) -> Result<PathBuf> {
        let dir = self.runs.join(scenario);
        remove_tree(&dir)?;
        fs::create_dir_all(&dir)?;
        Ok(dir)
    }
}

/// The folder `qemu-tests` of the sources that this program was built from.
pub fn package_in_sources() -> &'static Path {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder)
}

/// Removes a folder that may not be there.
pub fn remove_tree(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot remove `{}`", dir.display())),
    }
}
