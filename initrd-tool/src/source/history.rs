//! Looks at past boots, kept so that a later one can be compared with them: the
//! latest good ones and the latest bad ones. Writes below one folder only, whole
//! files or none, within a bound; what lies there and is none is passed over and told.

mod machine;
#[cfg(test)]
mod tests;

pub use machine::{Verdict, boot_id, generation};

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::source::bundle::{Boot, Saved};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where they lie on a running system; systemd's `StateDirectory=nvpreflight` makes
/// the folder above.
pub const FOLDER: &str = "/var/lib/nvpreflight/boots";
/// Bytes of one look; one of a desktop has 100 to 300 kB.
const FILE_MAX: u64 = 4 << 20;
/// Bytes of all of them.
const TOTAL_MAX: u64 = 16 << 20;
/// Names looked at in the folder; it holds a handful.
const NAMES_MAX: usize = 1024;

/// Numbers in names end here, far beyond every clock.
const NUMBER_MAX: i64 = 1 << 48;
/// How long a run waits for others that write.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// How many boots of each kind are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keep {
    /// Good ones.
    pub good: usize,
    /// Bad ones.
    pub bad: usize,
}

/// A recorded boot as its name tells it; the file is read when it is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the order of boots: seconds since 1970 by the clock of that boot, or
    /// one more than the boot before it where that clock was behind.
    pub remembered: i64,
    /// Whether the verdict was ok.
    pub good: bool,
    /// The first eight digits of the boot's id.
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// The file.
    pub path: PathBuf,
}

impl Entry {
    /// What its name says: `1763633500-good-5f3a01bc.facts`.
    fn named(name: &str) -> Option<(i64, bool, String)> {
        let mut parts = name.strip_suffix(".facts")?.splitn(3, '-');
        let (time, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
        let good = match kind {
            "good" => true,
            "bad" => false,
            _ => return None,
        };
        let plain = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let time = time.parse().ok().filter(|time| (0..NUMBER_MAX).contains(time))?;
        Some((time, good, plain.then(|| id.to_owned())?))
    }

    /// Reads it.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else than its name says.
    pub fn read(&self) -> Result<Saved> {
        let saved = Saved::read(&self.path)?;
        match &saved.boot {
            Some(boot) if boot.is_good() == self.good && boot.short_id() == self.id => Ok(saved),
            _ => {
                let path = clean::path(&self.path);
                Err(Error::new(format!("{path} is not the boot that its name says")))
            }
        }
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// What the folder holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Remembered boots, the latest first.
    pub boots: Vec<Entry>,
    /// Names that are none, with why, printable.
    pub passed_over: Vec<String>,
}

impl Store {
    /// The folder at that place; it need not exist.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What lies there; nothing where the folder does not exist.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn list(&self) -> Result<Listed> {
        let mut out = Listed::default();
        let names = match fs::read_dir(&self.folder) {
            Ok(names) => names,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(out),
            Err(e) => return Err(Error::io("list", &self.folder, e)),
        };
        for entry in names.take(NAMES_MAX) {
            let entry = entry.map_err(|e| Error::io("list", &self.folder, e))?;
            let path = entry.path();
            let name = entry.file_name();
            let mut pass_over = |why: &str| {
                out.passed_over.push(format!("{}: {why}", clean::path(Path::new(&name))));
            };
            let Some((remembered, good, id)) = name.to_str().and_then(Entry::named) else {
                // Left behind by a write that a power cut ended.
                if !name.to_string_lossy().starts_with(".tmp") {
                    pass_over("its name is none of a recorded boot");
                }
                continue;
            };
            match fs::symlink_metadata(&path) {
                Ok(meta) if !meta.is_file() => pass_over("it is no regular file"),
                Ok(meta) if meta.len() > FILE_MAX => pass_over("it is too large"),
                Ok(meta) => {
                    out.boots.push(Entry { remembered, good, id, size: meta.len(), path });
                }
                Err(e) => pass_over(&e.to_string()),
            }
        }
        out.boots.sort_by(|a, b| (b.remembered, &b.path).cmp(&(a.remembered, &a.path)));
        out.passed_over.sort();
        Ok(out)
    }

    /// The latest good boot other than `but`, read; `since` is the beginning of a boot's
    /// id, or `None` for the latest. What cannot be read is passed over, and told by
    /// `tell`.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn find(
        &self,
        since: Option<&str>,
        but: Option<&str>,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Option<(Entry, Saved)>> {
        let listed = self.list()?;
        listed.passed_over.iter().for_each(|line| tell(line));
        let wanted = since.map(|id| id.replace('-', "").to_ascii_lowercase());
        for entry in listed.boots {
            let fits = match &wanted {
                Some(id) => entry.id.starts_with(id.get(..8).unwrap_or(id)),
                None => entry.good && but.is_none_or(|but| !but.starts_with(&entry.id)),
            };
            if !fits {
                continue;
            }
            match entry.read() {
                Ok(saved) => return Ok(Some((entry, saved))),
                Err(e) => tell(&e.to_string()),
            }
        }
        Ok(None)
    }

    /// Keeps a look and forgets what is too old or too much: the same boot's earlier
    /// look, more than `keep` of a kind, more bytes than the bound; the latest good boot
    /// is never forgotten for room.
    ///
    /// # Errors
    /// A look without a boot, one that is too large, and what could not be written.
    pub fn add(&self, saved: &Saved, keep: Keep) -> Result<PathBuf> {
        let boot: &Boot = saved
            .boot
            .as_ref()
            .filter(|boot| boot.short_id().len() == 8)
            .ok_or_else(|| Error::new("these facts do not say which boot they are of"))?;
        let text = saved.to_json()?;
        if text.len() as u64 > FILE_MAX {
            return Err(Error::new(format!(
                "this check has {} bytes, too many to keep",
                text.len()
            )));
        }
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder.create(&self.folder).map_err(|e| Error::io("create", &self.folder, e))?;
        let _alone = self.alone()?;
        self.sweep();
        let kind = if boot.is_good() { "good" } else { "bad" };
        let number = self.next(boot)?;
        let path = self.folder.join(format!("{number}-{kind}-{}.facts", boot.short_id()));
        self.write(&path, text.as_bytes()).map_err(|e| Error::io("write", &path, e))?;
        self.forget(&path, boot, keep)?;
        Ok(path)
    }

    /// Keeps other runs out until it is dropped; waits for them for a while.
    fn alone(&self) -> Result<Flock<File>> {
        let failed = |e| Error::io("lock", &self.folder, e);
        let flags = nix::fcntl::OFlag::O_DIRECTORY.bits();
        let mut options = fs::OpenOptions::new();
        let mut folder =
            options.read(true).custom_flags(flags).open(&self.folder).map_err(failed)?;
        let end = Instant::now() + LOCK_WAIT;
        loop {
            folder = match Flock::lock(folder, FlockArg::LockExclusiveNonblock) {
                Ok(held) => return Ok(held),
                Err((folder, Errno::EWOULDBLOCK | Errno::EINTR)) => folder,
                Err((_, error)) => return Err(failed(error.into())),
            };
            if Instant::now() >= end {
                let name = clean::path(&self.folder);
                return Err(Error::new(format!("another program holds {name}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Removes what killed runs left half written; none runs while the folder is held.
    fn sweep(&self) {
        let names = fs::read_dir(&self.folder).into_iter().flatten().take(NAMES_MAX).flatten();
        for entry in names {
            let ours = entry.file_name().to_string_lossy().starts_with(".tmp");
            if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                // What cannot be removed is in nobody's way.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The number that puts a boot behind all that were recorded before it: its time,
    /// unless the clock stands behind theirs, as without a battery or after it was set
    /// wrong once. A boot that is recorded again keeps its place.
    fn next(&self, boot: &Boot) -> Result<i64> {
        let listed = self.list()?.boots;
        let own = listed.iter().find(|entry| entry.id == boot.short_id());
        let others = listed.iter().filter(|entry| entry.id != boot.short_id());
        let last = others.map(|entry| entry.remembered).max();
        let time = own.map_or(boot.remembered, |own| own.remembered.max(boot.remembered));
        let number = last.map_or(time, |last| time.max(last.saturating_add(1)));
        Ok(number.clamp(0, NUMBER_MAX - 1))
    }

    /// A whole file or none, also when the power goes.
    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".tmp").tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)?;
        let flags = nix::fcntl::OFlag::O_DIRECTORY.bits();
        fs::OpenOptions::new().read(true).custom_flags(flags).open(&self.folder)?.sync_all()
    }

    fn forget(&self, new: &Path, boot: &Boot, keep: Keep) -> Result<()> {
        let (mut good, mut bad, mut total) = (0, 0, 0u64);
        for entry in self.list()?.boots {
            let count = if entry.good { &mut good } else { &mut bad };
            let most = if entry.good { keep.good } else { keep.bad };
            let again = entry.id == boot.short_id() && entry.path != *new;
            let room = total.saturating_add(entry.size) <= TOTAL_MAX;
            let first_good = entry.good && *count == 0;
            if !again && *count < most && (room || first_good) {
                *count += 1;
                total = total.saturating_add(entry.size);
            } else {
                match fs::remove_file(&entry.path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Error::io("remove", &entry.path, e));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
