//! Writes one attribute of sysfs. It is a command of its own, because a write that
//! unbinds a driver may never return: only a process of its own can be left behind.

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::fcntl::OFlag;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Arguments of the hidden command.
#[derive(Debug, Args)]
pub struct Attribute {
    /// An attribute below /sys.
    pub path: PathBuf,
    /// What to write.
    pub value: String,
}

/// Writes `value` to an attribute below /sys, in one call to write(2).
///
/// # Errors
/// The path leads out of /sys or to no plain file, or the kernel refuses.
pub fn set(attribute: &Attribute) -> Result<()> {
    below(Path::new("/sys"), attribute)
}

fn below(sys: &Path, attribute: &Attribute) -> Result<()> {
    let Attribute { path, value } = attribute;
    let shown = path.display();
    let folder = path.parent().with_context(|| format!("`{shown}` has no folder"))?;
    let folder = fs::canonicalize(folder).with_context(|| format!("no folder of `{shown}`"))?;
    let name = path.file_name().with_context(|| format!("`{shown}` has no name"))?;
    ensure!(folder.starts_with(sys), "`{shown}` is not below {}", sys.display());
    let mut file = File::options()
        .write(true)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(folder.join(name))
        .with_context(|| format!("cannot open `{shown}`"))?;
    ensure!(file.metadata()?.is_file(), "`{shown}` is no attribute");
    // An attribute takes what one call brings (Documentation/filesystems/sysfs.rst).
    let count = file.write(value.as_bytes()).with_context(|| format!("`{shown}` refuses it"))?;
    ensure!(count == value.len(), "`{shown}` took {count} of {} bytes", value.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn write(sys: &Path, path: &Path) -> Result<()> {
        below(sys, &Attribute { path: path.to_owned(), value: "x".to_owned() })
    }

    #[test]
    fn nothing_outside_of_sysfs_is_written() {
        let root = fs::canonicalize(tempfile::tempdir().unwrap().keep()).unwrap();
        let sys = root.join("sys");
        fs::create_dir_all(sys.join("a")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        fs::write(sys.join("a/b"), "").unwrap();
        symlink("../../file", sys.join("a/link")).unwrap();
        symlink("../..", sys.join("a/up")).unwrap();
        assert!(write(&sys, &sys.join("a/b")).is_ok());
        for path in ["a/link", "a/up/file", "a/../../file", "a/missing", "a"] {
            assert!(write(&sys, &sys.join(path)).is_err(), "{path}");
        }
        assert_eq!(fs::read_to_string(root.join("file")).unwrap(), "");
        fs::remove_dir_all(root).unwrap();
    }
}
