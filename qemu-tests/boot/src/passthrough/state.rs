//! What a card was before it was taken, kept in a file until it is back. It is
//! written whole and synced before anything changes, and read with distrust.

use super::address::Address;
use super::host::absent;
use super::machine::CLIENTS;
use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Uid;
use serde::{Deserialize, Serialize};
use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const FORMAT: &str = "nvpreflight-taken";
const VERSION: u32 = 1;
/// A card has eight functions at most; this is far above their description.
const SIZE_LIMIT: u64 = 64 << 10;

/// A card that is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    format: String,
    version: u32,
    /// `/proc/sys/kernel/random/boot_id` of the boot in which it was taken.
    pub boot_id: String,
    /// Process that took it.
    pub pid: u32,
    /// Its GPU.
    pub gpu: Address,
    /// What its functions were, in the order in which they were taken.
    pub functions: Vec<Former>,
    /// Modules that were unloaded, in the order in which to load them.
    pub modules: Vec<String>,
}

/// What one function was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Where it is.
    pub address: Address,
    /// Vendor id, to know it again.
    pub vendor: u32,
    /// Device id, to know it again.
    pub device: u32,
    /// Driver it had.
    pub driver: Option<String>,
    /// `power/control`.
    pub power: Option<String>,
}

impl State {
    /// A state of this boot and this process.
    pub fn new(
        boot_id: String,
        gpu: Address,
        functions: Vec<Former>,
        modules: Vec<String>,
    ) -> Self {
        let format = FORMAT.to_owned();
        Self { format, version: VERSION, boot_id, pid: std::process::id(), gpu, functions, modules }
    }

    /// Refuses what would lead a path of sysfs or a command astray.
    fn sound(self) -> Result<Self> {
        ensure!(
            self.format == FORMAT && self.version == VERSION,
            "it is no {FORMAT} of version {VERSION}"
        );
        let name = |name: &str| {
            let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            !name.is_empty() && name.len() < 64 && name.bytes().all(letter)
        };
        for former in &self.functions {
            ensure!(former.driver.as_deref().is_none_or(name), "a driver's name is none");
            ensure!(former.address.same_slot(self.gpu), "a function is not of its card");
            let power = former.power.as_deref();
            ensure!(matches!(power, None | Some("on" | "auto")), "power/control is unknown");
        }
        let known = |module: &String| CLIENTS.contains(&module.as_str());
        ensure!(self.modules.iter().all(known), "a module is not of the NVIDIA stack");
        Ok(self)
    }
}

/// Where the state is kept, and the lock that only one program has.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    _lock: Flock<File>,
}

impl Keeper {
    /// The file that `given` names, else `taken.json` in /run/nvpreflight-boot for root
    /// and in XDG_RUNTIME_DIR for others. Nobody else holds it while this lives. None for
    /// a user who has no such folder, and so can never have kept anything there.
    ///
    /// # Errors
    /// The folder is not this user's alone, or another program holds the lock.
    pub fn open(given: Option<&Path>) -> Result<Option<Self>> {
        match given.map(Path::to_owned).or_else(usual) {
            Some(path) => Self::at(path).map(Some),
            None => Ok(None),
        }
    }

    /// The keeper of this file.
    ///
    /// # Errors
    /// As for `open`.
    pub fn at(path: PathBuf) -> Result<Self> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        private(folder)?;
        let lock = path.with_extension("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(&lock)
            .with_context(|| format!("cannot open `{}`", lock.display()))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err((_, Errno::EWOULDBLOCK)) => bail!(
                "another nvpreflight-boot has a card at present (lock `{}`); it gives it back \
                 when it ends",
                lock.display()
            ),
            Err((_, error)) => {
                Err(error).with_context(|| format!("cannot lock `{}`", lock.display()))
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept; None where nothing is.
    ///
    /// # Errors
    /// The file cannot be read or is no state.
    pub fn read(&self) -> Result<Option<State>> {
        let shown = self.path.display();
        let opened = File::options()
            .read(true)
            .custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits())
            .open(&self.path);
        let Some(file) = absent(opened).with_context(|| format!("cannot open `{shown}`"))? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT).read_to_end(&mut bytes)?;
        let state = serde_json::from_slice::<State>(&bytes).map_err(anyhow::Error::from);
        state.and_then(State::sound).map(Some).with_context(|| {
            format!(
                "`{shown}` is damaged: look at the card's drivers \
                 (docs/passthrough.md, \"By hand\"), then remove the file"
            )
        })
    }

    /// Keeps `state`, on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, state: &State) -> Result<()> {
        let folder = self.path.parent().context("the state's file has a folder")?;
        let keep = || -> Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(serde_json::to_string_pretty(state)?.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(File::open(folder)?.sync_all()?)
        };
        keep().with_context(|| format!("cannot write `{}`", self.path.display()))
    }

    /// Forgets what is kept.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self) -> Result<()> {
        absent(fs::remove_file(&self.path))
            .with_context(|| format!("cannot remove `{}`", self.path.display()))?;
        Ok(())
    }
}

/// /run goes with the boot, as the drivers' bindings do.
fn usual() -> Option<PathBuf> {
    let folder = if Uid::effective().is_root() {
        PathBuf::from("/run/nvpreflight-boot")
    } else {
        PathBuf::from(env::var_os("XDG_RUNTIME_DIR")?).join("nvpreflight-boot")
    };
    Some(folder.join("taken.json"))
}

/// Nobody else may put a state or a link there.
fn private(folder: &Path) -> Result<()> {
    let shown = folder.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create `{shown}`"))?;
    let data = fs::symlink_metadata(folder)?;
    ensure!(data.is_dir(), "`{shown}` is no folder");
    ensure!(data.uid() == Uid::effective().as_raw(), "`{shown}` belongs to somebody else");
    ensure!(data.mode() & 0o022 == 0, "others may write to `{shown}`");
    Ok(())
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
