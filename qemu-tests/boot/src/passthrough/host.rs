//! The machine's files below a root that is a parameter: reading sysfs, procfs
//! and /dev with bounds. It never writes.

use super::address::Address;
use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::OFlag;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of an attribute that are read; sysfs gives at most a page
/// (Documentation/filesystems/sysfs.rst), and /proc/interrupts of a large
/// machine stays below this.
const TEXT_LIMIT: u64 = 1 << 20;
/// Entries of a folder. A machine has fewer PCI functions and processes.
const ENTRY_LIMIT: usize = 1 << 17;

/// Where the machine's files lie.
#[derive(Clone, Debug)]
pub struct Host {
    root: PathBuf,
}

impl Host {
    /// The machine whose files lie below `root`.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Whether this is the running machine and not a copy of one's files.
    pub fn is_live(&self) -> bool {
        self.root == Path::new("/")
    }

    /// A path below the root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name.trim_start_matches('/'))
    }

    /// The root itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a PCI function, by its place in the device tree.
    ///
    /// # Errors
    /// It cannot be looked at, or `/sys/bus/pci/devices/ADDRESS` leads to a folder
    /// of another name or outside of `/sys/devices`. None: there is no such function.
    pub fn function(&self, address: Address) -> Result<Option<PathBuf>> {
        let link = self.path("sys/bus/pci/devices").join(address.to_string());
        let Some(real) = canonical(&link)? else {
            return Ok(None);
        };
        let devices = canonical(&self.path("sys/devices"))?.context("there is no /sys/devices")?;
        ensure!(
            real.starts_with(&devices) && real.file_name() == Some(address.to_string().as_ref()),
            "/sys/bus/pci/devices/{address} leads to `{}`",
            real.display()
        );
        Ok(Some(real))
    }
}

/// The path without links; None where nothing is.
pub fn canonical(path: &Path) -> Result<Option<PathBuf>> {
    absent(fs::canonicalize(path)).with_context(|| format!("cannot follow `{}`", path.display()))
}

/// Opens a plain file, which every attribute of sysfs and procfs is: in a copy of a machine's
/// files a FIFO would block, a device node would do what its driver does on an opening, and
/// a link could have a file of this machine shown.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no plain file"));
    }
    File::options().read(true).custom_flags(flags).open(path)
}

/// The text of an attribute without the white space around it; None where there
/// is no such file.
pub fn text(path: &Path) -> Result<Option<String>> {
    let read = || -> io::Result<String> {
        let mut bytes = Vec::new();
        open(path)?.take(TEXT_LIMIT).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    absent(read()).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Names in a folder, sorted; None where there is no such folder.
pub fn names(path: &Path) -> Result<Option<Vec<String>>> {
    let context = || format!("cannot list `{}`", path.display());
    let Some(entries) = absent(fs::read_dir(path)).with_context(context)? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for entry in entries {
        if found.len() == ENTRY_LIMIT {
            bail!("`{}` has more than {ENTRY_LIMIT} entries", path.display());
        }
        found.push(entry.with_context(context)?.file_name().to_string_lossy().into_owned());
    }
    found.sort();
    Ok(Some(found))
}

/// The last name of a link's target; None where there is no link.
pub fn link_name(path: &Path) -> Result<Option<String>> {
    let target = absent(fs::read_link(path))
        .with_context(|| format!("cannot read the link `{}`", path.display()))?;
    Ok(target.and_then(|to| Some(to.file_name()?.to_string_lossy().into_owned())))
}

/// A number in hexadecimal, as `vendor` and `class` have it.
pub fn hexadecimal(path: &Path) -> Result<u32> {
    let text = text(path)?.with_context(|| format!("no `{}`", path.display()))?;
    u32::from_str_radix(text.trim_start_matches("0x"), 16)
        .with_context(|| format!("`{}` is no number", path.display()))
}

/// Not being there is an answer; every other error is the lack of one. A device
/// that goes away while it is read gives ENODEV.
pub fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was seen; what could not be looked at is noted.
pub fn note<T>(seen: Result<Option<T>>, unclear: &mut Vec<String>) -> Option<T> {
    seen.unwrap_or_else(|error| {
        unclear.push(format!("{error:#}"));
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn address() -> Address {
        "0000:01:00.0".parse().unwrap()
    }

    fn root(target: &str) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("sys/bus/pci/devices")).unwrap();
        fs::create_dir_all(root.path().join("sys/devices/pci0000:00/0000:01:00.0")).unwrap();
        fs::create_dir_all(root.path().join("sys/devices/pci0000:00/0000:02:00.0")).unwrap();
        fs::create_dir_all(root.path().join("tmp/0000:01:00.0")).unwrap();
        symlink(target, root.path().join("sys/bus/pci/devices/0000:01:00.0")).unwrap();
        root
    }

    #[test]
    fn a_function_is_where_its_link_leads() {
        let root = root("../../../devices/pci0000:00/0000:01:00.0");
        let found = Host::at(root.path()).function(address()).unwrap().unwrap();
        assert!(found.ends_with("sys/devices/pci0000:00/0000:01:00.0"));
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_refused() {
        for target in ["../../../../tmp/0000:01:00.0", "../../../devices/pci0000:00/0000:02:00.0"] {
            let root = root(target);
            let error = Host::at(root.path()).function(address()).unwrap_err().to_string();
            assert!(error.contains("leads to"), "{target}: {error}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_cannot_be_read() {
        let root = root("../../../devices/pci0000:00/0000:01:00.0");
        assert_eq!(text(&root.path().join("nothing")).unwrap(), None);
        assert!(text(root.path()).is_err());
        let pipe = root.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert!(text(&pipe).is_err());
        let secret = root.path().join("secret");
        fs::write(&secret, "root:").unwrap();
        symlink(&secret, root.path().join("driver_override")).unwrap();
        assert!(text(&root.path().join("driver_override")).is_err());
        assert!(names(&root.path().join("nothing")).unwrap().is_none());
    }
}
