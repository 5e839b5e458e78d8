//! The file that keeps what a card was until it is back. It is written whole and synced
//! before anything changes; a lock beside it, and one of the machine's, let one program at
//! a time change cards. It never follows a link and trusts no folder of somebody else's.

use super::host::{Host, absent};
use super::state::State;
use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::unistd::Uid;
use std::env;
use std::fs::{self, DirBuilder, File};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A card has eight functions at most; this is far above their description.
const SIZE_LIMIT: u64 = 64 << 10;

/// Where the state is kept, and the locks that only one program has.
#[derive(Debug)]
pub struct Keeper {
    path: PathBuf,
    /// Held until this is dropped.
    locks: Vec<Flock<File>>,
}

/// What is kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// A state of another boot of the machine, which is void: drivers' bindings end with
    /// the boot. It was forgotten.
    Earlier,
    /// A card that is not back.
    Card(State),
}

impl Keeper {
    /// The file that `given` names, else `taken.json` in /run/nvpreflight-boot for root
    /// and in XDG_RUNTIME_DIR for others. Nobody else holds it while this lives, and nobody
    /// of root's another one. None for a user who has no such folder, and so can never have
    /// kept anything there.
    ///
    /// # Errors
    /// The folder is not this user's alone, or another program holds the lock.
    pub fn open(host: &Host, given: Option<&Path>) -> Result<Option<Self>> {
        let usual = usual(host);
        let Some(path) = given.map(Path::to_owned).or_else(|| usual.clone()) else {
            return Ok(None);
        };
        let mut keeper = Self::at(path)?;
        // Two runs with two files could bind the same functions at once.
        if let (Some(usual), Some(own)) = (usual, keeper.locks.first()) {
            let own = own.metadata()?;
            let (lock, file) = lock_file(&usual)?;
            let other = file.metadata()?;
            if (own.dev(), own.ino()) != (other.dev(), other.ino()) {
                keeper.locks.push(hold(&lock, file)?);
            }
        }
        Ok(Some(keeper))
    }

    /// The keeper of this file.
    ///
    /// # Errors
    /// As for `open`.
    pub fn at(path: PathBuf) -> Result<Self> {
        let (lock, file) = lock_file(&path)?;
        Ok(Self { path, locks: vec![hold(&lock, file)?] })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept for the boot of that id.
    ///
    /// # Errors
    /// The file cannot be read or removed, or is damaged and not known to be another boot's.
    pub fn of_this_boot(&self, boot_id: &str) -> Result<Kept> {
        let Some(bytes) = self.bytes()? else { return Ok(Kept::Nothing) };
        match self.state(&bytes) {
            Ok(state) if state.boot_id == boot_id => return Ok(Kept::Card(state)),
            Ok(_) => {}
            // Of another version of this program, or not whole.
            Err(error) => {
                let value = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
                let id = value.as_ref().and_then(|value| value.get("boot_id")?.as_str());
                if id.is_none_or(|id| id.is_empty() || id == boot_id) {
                    return Err(error);
                }
            }
        }
        self.forget()?;
        Ok(Kept::Earlier)
    }

    /// What is kept; None where nothing is.
    ///
    /// # Errors
    /// The file cannot be read or is no state.
    pub fn read(&self) -> Result<Option<State>> {
        self.bytes()?.map(|bytes| self.state(&bytes)).transpose()
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>> {
        let shown = self.path.display();
        let opened = File::options()
            .read(true)
            .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
            .open(&self.path);
        let Some(file) = absent(opened).with_context(|| format!("cannot open `{shown}`"))? else {
            return Ok(None);
        };
        ensure!(file.metadata()?.is_file(), "`{shown}` is no plain file");
        let mut bytes = Vec::new();
        file.take(SIZE_LIMIT)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read `{shown}`"))?;
        Ok(Some(bytes))
    }

    fn state(&self, bytes: &[u8]) -> Result<State> {
        let state = serde_json::from_slice::<State>(bytes).map_err(anyhow::Error::from);
        state.and_then(State::sound).with_context(|| {
            format!(
                "`{}` is damaged: look at the card's drivers \
                 (docs/passthrough.md, \"By hand\"), then remove the file",
                self.path.display()
            )
        })
    }

    /// Keeps `state`, on the disk when this returns.
    ///
    /// # Errors
    /// It would not be read back, or cannot be written.
    pub fn write(&self, state: &State) -> Result<()> {
        let folder = folder(&self.path);
        // One name, so that a run that was killed leaves one file at most.
        let new = self.path.with_extension("new");
        let keep = || -> Result<()> {
            let bytes = serde_json::to_vec_pretty(&state.clone().sound()?)?;
            absent(fs::remove_file(&new))?;
            let mut file = File::options().create_new(true).write(true).mode(0o600).open(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
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

/// /run goes with the boot, as the drivers' bindings do. A copy of a machine's files has
/// its own.
fn usual(host: &Host) -> Option<PathBuf> {
    let folder = if Uid::effective().is_root() || !host.is_live() {
        host.path("run/nvpreflight-boot")
    } else {
        PathBuf::from(env::var_os("XDG_RUNTIME_DIR")?).join("nvpreflight-boot")
    };
    Some(folder.join("taken.json"))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The lock beside a state, opened in a folder that is private.
fn lock_file(path: &Path) -> Result<(PathBuf, File)> {
    private(folder(path))?;
    let lock = path.with_extension("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(&lock)
        .with_context(|| format!("cannot open `{}`", lock.display()))?;
    Ok((lock, file))
}

fn hold(lock: &Path, file: File) -> Result<Flock<File>> {
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(held),
        Err((_, Errno::EWOULDBLOCK)) => bail!(
            "another nvpreflight-boot has a card at present (lock `{}`); it gives it back \
             when it ends",
            lock.display()
        ),
        Err((_, error)) => Err(error).with_context(|| format!("cannot lock `{}`", lock.display())),
    }
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
#[path = "keeper_tests.rs"]
mod tests;
