//! Debian's packages of NVIDIA's sources and firmware: fetched by name into the
//! cache, unpacked, never installed. It knows no licence; callers ask first.

use crate::base::arch::Arch;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::packages::{self, Apt, Suite};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release with driver 550, whose sources build with the headers of the
/// guests' 6.12 kernels.
const SUITE: Suite = ("trixie", "contrib non-free non-free-firmware");

/// An unpacked package. Its folder goes when this is dropped.
#[derive(Debug)]
pub struct Unpacked {
    /// Where its files lie.
    pub tree: PathBuf,
    /// Its Debian version.
    pub version: String,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // What stays behind is in a cache that may be deleted at any time.
        let _ = fs::remove_dir_all(&self.tree);
    }
}

impl Unpacked {
    /// The text of its licences, which every Debian package carries.
    pub fn copyright(&self, package: &str) -> Result<String> {
        let path = self.tree.join("usr/share/doc").join(package).join("copyright");
        fs::read_to_string(&path).with_context(|| format!("`{package}` has no licence text"))
    }
}

/// Fetches `package` and unpacks it below the cache.
pub fn fetch(places: &Places, package: &str) -> Result<Unpacked> {
    let apt = Apt::of(places.cache.join("apt-nvidia"), Arch::X86_64, &[SUITE])?;
    let work = step(format!("fetching Debian's {package} of {}", SUITE.0));
    let tree = places.cache.join(format!("{package}.{}", std::process::id()));
    remove_tree(&tree)?;
    let archives = tree.join("archives");
    fs::create_dir_all(&archives)?;
    apt.download(SUITE.0, &[package.to_owned()], &archives)?;
    let archive = fs::read_dir(&archives)?.next().context("apt left no archive")??.path();
    let version = version(&archive)?;
    packages::unpack_whole(&archive, &tree)?;
    remove_tree(&archives)?;
    work.done();
    Ok(Unpacked { tree, version })
}

fn version(archive: &Path) -> Result<String> {
    let text = host::run(Command::new("dpkg-deb").arg("--field").arg(archive).arg("Version"))?;
    Ok(String::from_utf8_lossy(&text).trim().to_owned())
}
