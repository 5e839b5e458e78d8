//! Files below a root: read, written in one step, removed. Nothing outside the root and
//! nothing but a regular file is touched.

use crate::base::clean;
use crate::base::error::{Error, Result};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Component, Path, PathBuf};

/// The path below the root; a link on the way may not lead out of it.
///
/// # Errors
/// A path that leads out.
pub fn path(root: &Path, path: &str) -> Result<PathBuf> {
    let full = root.join(path);
    let outside = || Error::new(format!("{} lies outside the root", clean::path(&full)));
    if Path::new(path).components().any(|c| !matches!(c, Component::Normal(_))) {
        return Err(outside());
    }
    let real = fs::canonicalize(root).map_err(|e| Error::io("open", root, e))?;
    let folder = full.parent().unwrap_or(root);
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(root);
    let there = fs::canonicalize(there).map_err(|e| Error::io("open", there, e))?;
    if there.starts_with(&real) { Ok(full) } else { Err(outside()) }
}

/// Reads a file whole; `None` where there is none.
///
/// # Errors
/// Something else of that name, more than `most` bytes, and what the system refuses.
pub fn read(root: &Path, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
    let full = path(root, name)?;
    match fs::symlink_metadata(&full) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", &full, e)),
        Ok(data) if !data.is_file() => {
            Err(Error::new(format!("{} is not a regular file", clean::path(&full))))
        }
        Ok(_) => crate::base::regular::read(&full, most).map(Some),
    }
}

/// Gives a file its new bytes in one step, or removes it. One that is there keeps its
/// owner, and its mode where `mode` is `None`; a new one is 0644 then.
///
/// # Errors
/// As [`path`], and what the system refuses.
pub fn write(root: &Path, name: &str, bytes: Option<&[u8]>, mode: Option<u32>) -> Result<()> {
    let full = path(root, name)?;
    let failed = |e| Error::io("write", &full, e);
    let Some(bytes) = bytes else {
        return fs::remove_file(&full).map_err(|e| Error::io("remove", &full, e));
    };
    let folder = full.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(|e| Error::io("make", folder, e))?;
    let like = fs::symlink_metadata(&full).ok();
    let mut file =
        tempfile::Builder::new().prefix(".nvpreflight-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let old = like.as_ref().map_or(0o644, |like| like.mode() & 0o7777);
    if let Some(like) = &like {
        fchown(file.as_file(), Some(like.uid()), Some(like.gid())).map_err(failed)?;
    }
    let mode = Permissions::from_mode(mode.unwrap_or(old));
    file.as_file().set_permissions(mode).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&full).map_err(|e| failed(e.error))?;
    // The name is on the disk when its folder is; some file systems cannot.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}
