//! Files that are written for one reader: whole or not at all, and readable by their
//! owner only. A kernel log and a command line are root's to read on many systems.

use crate::base::clean;
use crate::base::error::{Error, Result};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Writes a file whole: beside its place first (mode 0600), then in one step to it, so
/// that a full disk leaves no half. Nothing but a regular file is replaced.
///
/// # Errors
/// A path that names something else, and what the system refuses.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_file()) {
        let name = clean::path(path);
        return Err(Error::new(format!("{name} is not a regular file and is not replaced")));
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let failed = |e| Error::io("write", path, e);
    let mut file =
        tempfile::Builder::new().prefix(".nvpreflight-").tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_is_replaced_whole_by_one_for_its_owner_and_nothing_else_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.html"), folder.path().join("link"));
        fs::write(&file, "of before").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
        write(&file, b"new").expect("replaced");
        assert_eq!(fs::read(&file).expect("readable"), b"new");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        assert!(write(&link, b"x").is_err());
        assert!(write(folder.path(), b"x").is_err());
        assert!(write(&folder.path().join("no/such"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left");
    }
}
