//! Debian's generic kernel and its headers, unpacked in the cache. The kernel
//! of the host is neither used nor touched.

use crate::base::arch::Arch;
use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::packages::{Apt, KERNEL_RELEASE};
use crate::debian::vmlinux;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An unpacked kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What it runs on.
    pub arch: Arch,
    /// As `uname -r` says it in the guest.
    pub release: String,
    /// Folder with `boot/`, `lib/modules/` and `usr/src/`.
    pub tree: PathBuf,
}

impl Kernel {
    /// The bootable image.
    pub fn image(&self) -> PathBuf {
        self.tree.join("boot").join(format!("vmlinuz-{}", self.release))
    }

    /// What QEMU boots: the kernel proper where it has a PVH entry, unpacked once, else
    /// the image.
    pub fn bootable(&self) -> Result<PathBuf> {
        if !self.config()?.lines().any(|line| line == "CONFIG_PVH=y") {
            return Ok(self.image());
        }
        let unpacked = self.tree.join("boot").join(format!("vmlinux-{}", self.release));
        if !unpacked.exists() {
            let Ok(kernel) = vmlinux::unpack(&fs::read(self.image())?) else {
                return Ok(self.image());
            };
            let making = unpacked.with_extension(format!("{}.new", crate::base::unique()));
            fs::write(&making, kernel)?;
            fs::rename(&making, &unpacked)?;
        }
        Ok(unpacked)
    }

    /// Its configuration, as in /boot.
    pub fn config(&self) -> Result<String> {
        let path = self.tree.join("boot").join(format!("config-{}", self.release));
        fs::read_to_string(&path).with_context(|| format!("no `{}`", path.display()))
    }

    /// The folder to give to kbuild as `-C`.
    pub fn headers(&self) -> PathBuf {
        self.tree.join("usr/src").join(format!("linux-headers-{}", self.release))
    }

    /// The headers that do not depend on the processor's configuration. Debian keeps
    /// them in a package of their own: `…-common` beside `…-amd64`.
    pub fn sources(&self) -> PathBuf {
        let common = self.release.rsplit_once('-').map_or(self.release.as_str(), |(base, _)| base);
        self.tree.join("usr/src").join(format!("linux-headers-{common}-common"))
    }

    /// The kernel for `arch` in the cache, fetched if there is none.
    pub fn ready(places: &Places, arch: Arch) -> Result<Self> {
        if let Some(kernel) = Self::cached(places, arch) {
            return Ok(kernel);
        }
        let apt = Apt::open(&places.cache, arch)?;
        let newest = format!("linux-image-{}", arch.debian());
        let image = apt
            .depends(KERNEL_RELEASE, &newest)?
            .into_iter()
            .find(|name| name.starts_with("linux-image-"))
            .with_context(|| format!("{newest} names no image"))?;
        let release = image.trim_start_matches("linux-image-").to_owned();
        let headers = format!("linux-headers-{release}");
        let mut names: Vec<String> = apt
            .depends(KERNEL_RELEASE, &headers)?
            .into_iter()
            .filter(|name| name.starts_with("linux-headers-") || name.starts_with("linux-kbuild-"))
            .collect();
        let kbuild: Vec<String> =
            names.iter().filter(|name| name.starts_with("linux-kbuild-")).cloned().collect();
        names.extend([image, headers]);
        let making = places.cache.join(format!("kernel-{}.new", arch.debian()));
        remove_tree(&making)?;
        let work = step(format!("kernel {release} with headers (about 120 MB)"));
        apt.lay_out(KERNEL_RELEASE, &names, &making)?;
        if !arch.runs_here() {
            programs_of_kbuild(places, &kbuild, &making)?;
        }
        let kernel = Self { arch, tree: places.cache.join(format!("kernel-{release}")), release };
        // Left behind by a run that was ended before it was ready.
        remove_tree(&kernel.tree)?;
        fs::rename(&making, &kernel.tree)?;
        kernel.relocate_headers()?;
        host::run(Command::new("depmod").arg("-b").arg(&kernel.tree).arg(&kernel.release))?;
        fs::write(kernel.tree.join("ready"), &kernel.release)?;
        work.done();
        Ok(kernel)
    }

    fn cached(places: &Places, arch: Arch) -> Option<Self> {
        let mut found: Vec<Self> = fs::read_dir(&places.cache)
            .ok()?
            .flatten()
            .filter_map(|item| {
                let release = fs::read_to_string(item.path().join("ready")).ok()?;
                let tree = item.path();
                let name = format!("kernel-{release}");
                let wanted = item.file_name().to_str() == Some(&name)
                    && release.ends_with(&format!("-{}", arch.debian()));
                wanted.then_some(Self { arch, release, tree })
            })
            .collect();
        found.sort_by(|one, other| one.release.cmp(&other.release));
        found.pop()
    }

    /// Debian's header packages name each other by absolute path below
    /// /usr/src; here they lie elsewhere, side by side all the same. kbuild
    /// reads this file in its own folder, so a cache that is moved stays good.
    fn relocate_headers(&self) -> Result<()> {
        let makefile = self.headers().join("Makefile");
        let text = fs::read_to_string(&makefile)?;
        fs::write(&makefile, text.replace("include /usr/src/", "include ../"))?;
        Ok(())
    }

    /// What the cache entries made from this kernel depend on.
    pub fn ingredients(&self, kind: &str) -> Ingredients {
        Ingredients::of(kind).with(self.release.as_bytes())
    }
}

/// Lays the programs of this machine's own packages `names` over those in `tree`, which
/// are the guest's and do not run here: Debian builds both of one source.
fn programs_of_kbuild(places: &Places, names: &[String], tree: &Path) -> Result<()> {
    let arch = Arch::host().context("Debian's kbuild is not known for this machine")?;
    Apt::open(&places.cache, arch)?.lay_out(KERNEL_RELEASE, names, tree)
}
