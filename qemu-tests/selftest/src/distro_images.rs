//! DistroImage images to hold the host tool against: made by mkinitramfs and dracut in
//! the guest's tree, packed as distributions pack them, joined as they join
//! them. They are not booted.

pub mod archives;
mod generators;
mod nixos;
mod packers;
mod uki;

use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::image;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// One image.
pub struct DistroImage {
    /// What it is: "dracut, xz".
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it was joined from, in order.
    pub parts: Vec<Part>,
}

/// A stretch of an image.
#[derive(Clone)]
pub struct Part {
    /// One or several archives behind one another, unpacked: what every reader has
    /// to find in it.
    pub archives: PathBuf,
    /// The same as it lies in the image.
    pub packed: PathBuf,
}

impl Part {
    fn plain(path: PathBuf) -> Self {
        Self { packed: path.clone(), archives: path }
    }

    /// Whether a compressor made one segment of all archives.
    pub fn is_packed(&self) -> bool {
        self.archives != self.packed
    }
}

/// An image, or why there is none here.
pub enum Made {
    /// It is there.
    Image(DistroImage),
    /// What it is, and what is missing on this machine.
    Skip(String, String),
}

/// What the images are made from.
struct Bench<'a> {
    places: &'a Places,
    kernel: Kernel,
    userland: PathBuf,
    /// Where they lie.
    folder: PathBuf,
}

/// Makes the images: a small set, or with `all` also dracut's generic image with
/// the kernel's modules, by every compressor.
pub fn images(places: &Places, all: bool) -> Result<Vec<Made>> {
    let folder = places.cache.join("real-images");
    fs::create_dir_all(&folder)?;
    let kernel = Kernel::ready(places, Arch::X86_64)?;
    let bench = Bench { places, kernel, userland: userland::ready(places, Arch::X86_64)?, folder };
    let early = Part::plain(bench.early()?);
    let small =
        image::systemd::base(places, &bench.userland, &bench.kernel.release).map(Part::plain)?;
    let mut made = vec![Made::Image(bench.join("dracut", &[&early, &small])?)];
    for packer in packers::USUAL {
        made.push(bench.packed("dracut", packer, &early, &small)?);
    }
    made.push(Made::Image(bench.join("mkinitramfs, zstd", &[&early, &bench.mkinitramfs()?])?));
    made.push(bench.nixos()?);
    made.push(bench.uki(&[&early, &small])?);
    if all {
        let generic = Part::plain(bench.dracut()?);
        made.push(Made::Image(bench.join("dracut, generic", &[&early, &generic])?));
        for packer in packers::USUAL.into_iter().chain(packers::SELDOM) {
            made.push(bench.packed("dracut, generic", packer, &early, &generic)?);
        }
    }
    Ok(made)
}

impl Bench<'_> {
    /// A segment where a processor's microcode lies: first, and never packed
    /// (Documentation/arch/x86/microcode.rst).
    fn early(&self) -> Result<PathBuf> {
        let path = self.folder.join("microcode.cpio");
        image::segment(&path, |archive| {
            archive.file("kernel/x86/microcode/AuthenticAMD.bin", 0o644, &[0x44; 4000])?;
            Ok(())
        })?;
        Ok(path)
    }

    /// `early`, and `rest` packed by one compressor.
    fn packed(
        &self,
        what: &str,
        packer: packers::Packer,
        early: &Part,
        rest: &Part,
    ) -> Result<Made> {
        let name = format!("{what}, {}", packer.name());
        let Some(packed) = packer.pack(&rest.archives, &self.folder)? else {
            return Ok(Made::Skip(name, format!("{} is not installed", packer.name())));
        };
        let rest = Part { packed, ..rest.clone() };
        Ok(Made::Image(self.join(&name, &[early, &rest])?))
    }

    fn join(&self, name: &str, parts: &[&Part]) -> Result<DistroImage> {
        let path = self.folder.join(format!("{}.img", name.replace(", ", "-")));
        let parts: Vec<Part> = parts.iter().copied().cloned().collect();
        concatenate(&parts, &path)?;
        Ok(DistroImage { name: name.to_owned(), path, parts })
    }
}

/// Writes what lies in an image, without a byte between.
fn concatenate(parts: &[Part], to: &Path) -> Result<()> {
    let write = || -> Result<()> {
        let mut out = File::create(to)?;
        for part in parts {
            io::copy(&mut File::open(&part.packed)?, &mut out)?;
        }
        Ok(())
    };
    write().with_context(|| format!("cannot write `{}`", to.display()))
}
