//! Makes the new image beside its final place and gives it its name at the very
//! end: whoever boots meanwhile meets the old one whole or the new one whole.

use super::interrupt::Half;
use crate::base::clean;
use crate::base::error::{Error, Result};
use nix::fcntl::{Flock, FlockArg};
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read as _, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;

/// Names of images in the making.
const PREFIX: &str = ".nvpreflight-";
/// An unlocked one of this age is nobody's: it is locked right after its making.
const STALE: Duration = Duration::from_secs(10);
/// Names looked at in a folder for what killed runs left.
const NAMES_MAX: usize = 4096;

/// An image in the making; gone again unless it is published.
pub struct Making {
    file: NamedTempFile,
    to: PathBuf,
    half: Half,
    /// Tells other runs that the file is somebody's. None where a file system has no
    /// locks: nothing is swept there either.
    held: Option<Flock<File>>,
}

impl Making {
    /// Starts an image that will be `to` with the first `bytes` of `from`.
    ///
    /// # Errors
    /// A failed read or write; a source that is shorter.
    pub fn copy(from: &Path, bytes: u64, to: &Path) -> Result<Self> {
        let mut making = Self::empty(to)?;
        let source = File::open(from).map_err(|e| Error::io("open", from, e))?;
        let copied = io::copy(&mut source.take(bytes), making.file.as_file_mut())
            .map_err(|e| Error::io("write", to, e))?;
        if copied < bytes {
            return Err(Error::new(format!(
                "{} became shorter while it was read",
                clean::path(from)
            )));
        }
        Ok(making)
    }

    /// Starts a file that will be `to`, for its owner only, with nothing in it. What
    /// killed runs left beside it goes: a small /boot has no room for it.
    ///
    /// # Errors
    /// A folder that takes no file.
    pub fn empty(to: &Path) -> Result<Self> {
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        sweep(folder);
        let make = || tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder);
        let (file, half) = Half::make(make, NamedTempFile::path)
            .map_err(|e| Error::io("write into", folder, e))?;
        let held = file.as_file().try_clone().ok().and_then(lock);
        Ok(Self { file, to: to.to_owned(), half, held })
    }

    /// Where it lies meanwhile.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Appends NULs and these bytes.
    ///
    /// # Errors
    /// A failed write.
    pub fn append(&mut self, padding: u64, bytes: &[u8]) -> Result<()> {
        let file = self.file.as_file_mut();
        io::copy(&mut io::repeat(0).take(padding), file)
            .and_then(|_| file.write_all(bytes))
            .map_err(|e| Error::io("write", &self.to, e))
    }

    /// Gives it the mode of `like`, and where it replaces that file its owner
    /// too, writes it to the disk, and gives it its name.
    ///
    /// # Errors
    /// What the system said; the old file is then still in place.
    pub fn publish(self, like: &Metadata, owner: bool) -> Result<()> {
        let file = self.file.as_file();
        let failed = |e| Error::io("write", &self.to, e);
        if owner && (owner_of(&file.metadata().map_err(failed)?) != owner_of(like)) {
            fchown(file, Some(like.uid()), Some(like.gid())).map_err(failed)?;
        }
        // A file system without permissions (an ESP is FAT) has nothing to keep.
        let mode = Permissions::from_mode(like.mode() & 0o7777);
        match file.set_permissions(mode) {
            Err(e) if e.kind() != io::ErrorKind::PermissionDenied => return Err(failed(e)),
            _ => {}
        }
        self.finish()
    }

    /// Writes it to the disk and gives it its name.
    ///
    /// # Errors
    /// What the system said; the old file is then still in place.
    pub fn finish(self) -> Result<()> {
        let Self { file, to, half, held: _held } = self;
        file.as_file().sync_all().map_err(|e| Error::io("write", &to, e))?;
        half.name(|| file.persist(&to)).map_err(|e| Error::io("replace", &to, e.error))?;
        // The name is on the disk when its folder is.
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            if let Ok(folder) = File::open(folder) {
                let _ = folder.sync_all();
            }
        }
        Ok(())
    }
}

/// The file, held as long as the answer lives; None where somebody else holds it.
fn lock(file: File) -> Option<Flock<File>> {
    Flock::lock(file, FlockArg::LockExclusiveNonblock).ok()
}

/// Removes images that killed runs left half made: nobody holds their lock.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().take(NAMES_MAX).flatten() {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !plain || ours.is_none_or(|rest| rest.len() != 6) {
            continue;
        }
        let old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|time| SystemTime::now().duration_since(time).is_ok_and(|age| age >= STALE));
        let free = || File::open(entry.path()).is_ok_and(|file| lock(file).is_some());
        if old && free() {
            // What cannot be removed is said by the disk when there is no room.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn owner_of(file: &Metadata) -> (u32, u32) {
    (file.uid(), file.gid())
}

/// The file that an argument names, links followed, so that replacing it does
/// not replace a link to it.
///
/// # Errors
/// A path that does not lead to a plain file.
pub fn plain_file(path: &Path) -> Result<(PathBuf, Metadata)> {
    let real = fs::canonicalize(path).map_err(|e| Error::io("open", path, e))?;
    let data = fs::metadata(&real).map_err(|e| Error::io("open", path, e))?;
    if !data.is_file() {
        return Err(Error::new(format!("{} is not a regular file", clean::path(path))));
    }
    Ok((real, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_published_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        fs::write(&image, b"original").unwrap();
        let mut making = Making::copy(&image, 8, &image).unwrap();
        making.append(4, b"more").unwrap();
        drop(making);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&image).unwrap(), b"original");
    }

    #[test]
    fn what_a_killed_run_left_goes_and_what_another_holds_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in [".nvpreflight-AbCd12", ".nvpreflight-Held12", ".nvpreflight-young1"] {
            fs::write(path(name), "half").unwrap();
        }
        let held = File::open(path(".nvpreflight-Held12")).unwrap();
        held.lock().unwrap();
        let old = SystemTime::now() - Duration::from_secs(60);
        for name in [".nvpreflight-AbCd12", ".nvpreflight-Held12"] {
            File::options().write(true).open(path(name)).unwrap().set_modified(old).unwrap();
        }
        drop(Making::empty(&path("image")).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".nvpreflight-Held12", ".nvpreflight-young1"]);
    }

    #[test]
    fn a_published_image_keeps_the_mode() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        fs::write(&image, b"original").unwrap();
        fs::set_permissions(&image, Permissions::from_mode(0o640)).unwrap();
        let data = fs::metadata(&image).unwrap();
        let mut making = Making::copy(&image, 4, &image).unwrap();
        making.append(2, b"new").unwrap();
        making.publish(&data, true).unwrap();
        assert_eq!(fs::read(&image).unwrap(), b"orig\0\0new");
        assert_eq!(fs::metadata(&image).unwrap().mode() & 0o7777, 0o640);
    }

    #[test]
    fn a_source_that_ends_early_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        fs::write(&image, b"short").unwrap();
        assert!(Making::copy(&image, 6, &dir.path().join("new")).is_err());
    }
}
