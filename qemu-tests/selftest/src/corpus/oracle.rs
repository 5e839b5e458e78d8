//! Asks a booted kernel what it makes of an image: a base with busybox and our
//! lister comes first, the image behind it, and the guest hands over what lies in
//! its root. A boot that does not answer in full is an error, never an answer.

use super::answer::Answer;
use super::listing::{self, Listing};
use super::values;
use anyhow::{Context, Result, bail};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::cache_key::Ingredients;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::userland;
use nvpreflight_harness::image;
use nvpreflight_harness::machine::channel::{self, Frames};
use nvpreflight_harness::machine::qemu::{self, Accel, Machine};
use nvpreflight_harness::workshop;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The kernel's words in its log (init/initramfs.c, `do_populate_rootfs`).
const FAILED: &str = "Initramfs unpacking failed: ";
/// zstd's decoder takes 128 MiB for its window, whatever the image needs.
const MEMORY_MIB: u32 = 512;
const DEADLINE: Duration = Duration::from_secs(120);

/// A kernel that can be asked.
pub struct Oracle {
    places: Places,
    kernel: Kernel,
    accel: Accel,
    base: Vec<u8>,
    before: Listing,
    values: String,
}

impl Oracle {
    /// Fetches and builds what is missing, and boots without an image to learn
    /// what the kernel and the base bring along.
    ///
    /// # Errors
    /// A workshop that is not complete, or a boot that does not answer.
    pub fn open() -> Result<Self> {
        let places = Places::find()?;
        let kernel = Kernel::ready(&places, Arch::X86_64)?;
        let accel = qemu::accelerator(&places, kernel.arch, &kernel.image())?;
        let mut base = fs::read(base(&places)?)?;
        // So that the image behind it starts where a page does.
        super::newc::pad(&mut base, 4096);
        let mut oracle =
            Self { places, kernel, accel, base, before: Listing::new(), values: String::new() };
        let frames = oracle.boot("corpus-before", &[])?;
        oracle.before = root(&frames)?;
        oracle.values = frames.text("values").context("the guest sent no values")?;
        Ok(oracle)
    }

    /// Where the kernel makes something else of values of parameters than the table of
    /// cases says.
    ///
    /// # Errors
    /// A guest that did not answer every question.
    pub fn values(&self) -> Result<Vec<String>> {
        values::differences(&self.values, self.release())
    }

    /// Release of the kernel, as `uname -r` says it.
    pub fn release(&self) -> &str {
        &self.kernel.release
    }

    /// Boots with `image` behind the base. `name` names the folder that keeps
    /// console and frames.
    ///
    /// # Errors
    /// A boot that does not answer in full.
    pub fn ask(&self, name: &str, image: &[u8]) -> Result<Answer> {
        let frames = self.boot(&format!("corpus-{name}"), image)?;
        let log = frames.text("kernel-log").context("no kernel log came")?;
        let stop = log.lines().find_map(|line| line.split_once(FAILED));
        Ok(Answer {
            stop: stop.map(|(_, message)| message.trim().to_owned()),
            entries: listing::lines(&root(&frames)?, &self.before),
        })
    }

    fn boot(&self, name: &str, image: &[u8]) -> Result<Frames> {
        let folder = self.places.fresh_run(name)?;
        let token = workshop::token()?;
        let initrd = folder.join("initrd.img");
        fs::write(&initrd, [&self.base, image].concat())?;
        let machine = Machine {
            arch: self.kernel.arch,
            kernel: self.kernel.bootable()?,
            initrd,
            cmdline: format!(
                "nvpreflight.token={token} {} rdinit=/nvpb/init",
                workshop::always(self.kernel.arch)
            ),
            memory_mib: MEMORY_MIB,
            disk: None,
            gpus: 0,
            iommu: false,
            console: folder.join("console.txt"),
            channel: folder.join("channel.bin"),
            deadline: DEADLINE,
        };
        let ending = machine.run(self.accel)?;
        fs::remove_file(&machine.initrd)?;
        let bytes = fs::read(&machine.channel).unwrap_or_default();
        let frames = channel::read(&bytes, &token).map_err(anyhow::Error::msg)?;
        let Some(status) = ending.status else {
            bail!("no end within {} s; see `{}`", DEADLINE.as_secs(), machine.console.display());
        };
        if !status.success() || !frames.complete {
            bail!(
                "the guest did not answer ({}{status}); see `{}`",
                ending.complaint,
                machine.console.display()
            );
        }
        fs::remove_file(&machine.channel)?;
        Ok(frames)
    }
}

/// What lay in the root when init started.
fn root(frames: &Frames) -> Result<Listing> {
    let trouble = frames.text("trouble").context("the guest did not say how listing went")?;
    if let Some(line) = trouble.lines().find(|line| line.contains(": ")) {
        bail!("the guest could not list its root: {line}");
    }
    let tree = frames.by_name.get("tree").context("the guest sent no tree")?;
    listing::read(tree, &frames.text("large").context("the guest sent no list of large files")?)
}

/// The base: everything in one folder that no case touches.
fn base(places: &Places) -> Result<PathBuf> {
    let userland = userland::ready(places, Arch::X86_64)?;
    let busybox =
        fs::read(userland.join("usr/bin/busybox")).context("no busybox in the guest's packages")?;
    let init = fs::read(places.guest("oracle/init"))?;
    let library = fs::read(places.guest("lib.sh"))?;
    let values = values::asked()?.into_bytes();
    let key = Ingredients::of("oracle 2").with(&busybox).with(&init).with(&library);
    let key = key.with(&values).name();
    let to = places.cache.join(format!("oracle-{key}.cpio"));
    if to.exists() {
        return Ok(to);
    }
    image::segment(&to, |archive| {
        archive.file("nvpb/busybox", 0o755, &busybox)?;
        archive.file("nvpb/init", 0o755, &init)?;
        archive.file("nvpb/lib.sh", 0o644, &library)?;
        archive.file("nvpb/values", 0o644, &values)?;
        Ok(())
    })?;
    Ok(to)
}
