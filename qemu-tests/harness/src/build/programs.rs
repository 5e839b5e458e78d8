//! Finds the programs that a boot needs beside QEMU: verifier and carrier, which go
//! into the guest, and the pretend GPU. In a source tree they are built as they are
//! now; installed, they lie beside this program or where a variable says.

use crate::base::host;
use crate::base::places::Places;
use crate::base::progress::step;
use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of this workspace.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    name: &'static str,
    variable: &'static str,
    /// Arguments for cargo that build it.
    build: &'static [&'static str],
    /// The folder of cargo's target folder that it comes to lie in.
    folder: &'static str,
}

/// The verifier.
pub const VERIFIER: Program = Program {
    name: "nvpreflight-verifier",
    variable: "NVPREFLIGHT_VERIFIER",
    build: &["verifier"],
    folder: "verifier",
};

/// What brings its report out.
pub const CARRIER: Program = Program {
    name: "nvpreflight-carrier",
    variable: "NVPREFLIGHT_CARRIER",
    build: &["carrier"],
    folder: "verifier",
};

/// What users run, for a test that runs it inside a guest.
pub const BOOT: Program = Program {
    name: "nvpreflight-boot",
    variable: "NVPREFLIGHT_BOOT",
    build: &["build", "--quiet", "--package", "nvpreflight-boot"],
    folder: "debug",
};

/// The server of a pretend GPU.
pub const PRETEND_GPU: Program = Program {
    name: "nvpreflight-pretend-gpu",
    variable: "NVPREFLIGHT_PRETEND_GPU",
    build: &["build", "--package", "nvpreflight-pretend-gpu"],
    folder: "debug",
};

impl Program {
    /// The one at `given`, else what [`Program::find`] finds.
    ///
    /// # Errors
    /// It is nowhere, or does not build.
    pub fn given_or_found(self, given: Option<&Path>) -> Result<PathBuf> {
        given.map_or_else(|| self.find(), |path| Ok(path.to_owned()))
    }

    /// Its path; built first where the sources are here.
    ///
    /// # Errors
    /// It is nowhere, or does not build.
    pub fn find(self) -> Result<PathBuf> {
        if let Some(path) = env::var_os(self.variable) {
            return Ok(PathBuf::from(path));
        }
        if let Some(path) = env::current_exe().ok().as_deref().and_then(|own| self.beside(own)) {
            return Ok(path);
        }
        match Places::find() {
            Ok(places) if places.workspace.join("Cargo.toml").exists() => self.build(&places),
            _ => bail!("`{}` is not beside this program; {} can name it", self.name, self.variable),
        }
    }

    /// In the folder of an installed program; never in cargo's own folders, where
    /// it may be of yesterday.
    fn beside(self, own: &Path) -> Option<PathBuf> {
        let folder = own.parent()?;
        if folder.join("deps").is_dir() {
            return None;
        }
        let places =
            [folder.join(self.name), folder.join("../libexec/nvpreflight").join(self.name)];
        places.into_iter().find(|path| path.is_file())
    }

    fn build(self, places: &Places) -> Result<PathBuf> {
        let work = step(format!("{} (cargo {})", self.name, self.build.join(" ")));
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(self.build).current_dir(&places.workspace);
        command.env("CARGO_TARGET_DIR", &places.target);
        host::run(&mut command).with_context(|| format!("`{}` does not build", self.name))?;
        let path = places.target.join(self.folder).join(self.name);
        ensure!(path.is_file(), "cargo left no `{}`", path.display());
        work.done();
        Ok(path)
    }
}
