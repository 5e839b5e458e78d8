//! Finds the programs that a boot needs beside QEMU: verifier and carrier, which go
//! into the guest, and the pretend GPU. In a source tree they are built as they are
//! now; installed, they lie beside this program or where a variable says.

use crate::base::arch::Arch;
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
        self.find_as(None)
    }

    /// The same for a guest of `arch`. For another architecture than this machine's, the
    /// variable and the name of the installed program end in its name.
    ///
    /// # Errors
    /// It is nowhere, or does not build.
    pub fn find_for(self, arch: Arch) -> Result<PathBuf> {
        self.find_as(Some(arch).filter(|arch| !arch.runs_here()))
    }

    fn find_as(self, foreign: Option<Arch>) -> Result<PathBuf> {
        let variable = match foreign {
            Some(arch) => format!("{}_{}", self.variable, arch.name().to_uppercase()),
            None => self.variable.to_owned(),
        };
        if let Some(path) = env::var_os(&variable) {
            return Ok(PathBuf::from(path));
        }
        let name = match foreign {
            Some(arch) => format!("{}-{arch}", self.name),
            None => self.name.to_owned(),
        };
        if let Some(path) = env::current_exe().ok().as_deref().and_then(|own| beside(own, &name)) {
            return Ok(path);
        }
        match Places::find() {
            Ok(places) if places.workspace.join("Cargo.toml").exists() => {
                self.build(&places, foreign)
            }
            _ => bail!("`{name}` is not beside this program; {variable} can name it"),
        }
    }

    fn build(self, places: &Places, foreign: Option<Arch>) -> Result<PathBuf> {
        let to = foreign.map_or_else(String::new, |arch| format!(" for {arch}"));
        let work = step(format!("{} (cargo {}){to}", self.name, self.build.join(" ")));
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(self.build).current_dir(&places.workspace);
        command.env("CARGO_TARGET_DIR", &places.target);
        let mut folder = places.target.clone();
        if let Some(arch) = foreign {
            // Rust brings musl with the target, and these programs hold no C: a linker is
            // all that is needed.
            let target = format!("{arch}-unknown-linux-musl");
            let linker = target.to_uppercase().replace('-', "_");
            command.env(format!("CARGO_TARGET_{linker}_LINKER"), format!("{}-gcc", arch.gnu()));
            folder.push(&target);
            command.env("CARGO_BUILD_TARGET", target);
        }
        host::run(&mut command).with_context(|| format!("`{}` does not build{to}", self.name))?;
        let path = folder.join(self.folder).join(self.name);
        ensure!(path.is_file(), "cargo left no `{}`", path.display());
        work.done();
        Ok(path)
    }
}

/// `name` in the folder of an installed program; never in cargo's own folders, where it
/// may be of yesterday.
fn beside(own: &Path, name: &str) -> Option<PathBuf> {
    let folder = own.parent()?;
    if folder.join("deps").is_dir() {
        return None;
    }
    let places = [folder.join(name), folder.join("../libexec/nvpreflight").join(name)];
    places.into_iter().find(|path| path.is_file())
}
