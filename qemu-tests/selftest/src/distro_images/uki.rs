//! A unified kernel image: Debian's systemd stub with the kernel and an initrd as
//! sections, put there by objcopy as systemd-stub(7) and ukify have them. Debian
//! 12 has no ukify.

use super::{Bench, Made, Part, concatenate, packers};
use anyhow::{Context, Result};
use goblin::pe::PE;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::remove_tree;
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::debian::packages::{Apt, RELEASE};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "systemd-boot-efi";
const STUB: &str = "usr/lib/systemd/boot/efi/linuxx64.efi.stub";

impl Bench<'_> {
    /// The image, its initrd being `early` and `rest` packed with zstd.
    pub(super) fn uki(&self, [early, rest]: &[&Part; 2]) -> Result<Made> {
        let name = "UKI, zstd".to_owned();
        let stub = match self.stub() {
            Ok(stub) => stub,
            Err(error) => return Ok(Made::Skip(name, format!("no systemd stub: {error:#}"))),
        };
        let Some(packed) = packers::ZSTD.pack(&rest.archives, &self.folder)? else {
            return Ok(Made::Skip(name, "zstd is not installed".to_owned()));
        };
        let parts = vec![(*early).clone(), Part { packed, ..(*rest).clone() }];
        let initrd = self.folder.join("uki.initrd");
        concatenate(&parts, &initrd)?;
        let write = |file: &str, text: &str| -> Result<PathBuf> {
            let path = self.folder.join(file);
            fs::write(&path, text)?;
            Ok(path)
        };
        let sections = [
            (".osrel", write("uki.osrel", "ID=debian\nVERSION_ID=12\n")?),
            (".cmdline", write("uki.cmdline", "quiet nvidia_drm.modeset=1\n")?),
            (".uname", write("uki.uname", &self.kernel.release)?),
            (".linux", self.kernel.image()),
            (".initrd", initrd),
        ];
        let path = self.folder.join("uki.efi");
        add_sections(&stub, &sections, &path)?;
        Ok(Made::Image(super::DistroImage { name, path, parts }))
    }

    /// The stub, fetched once.
    fn stub(&self) -> Result<PathBuf> {
        let tree = self.places.cache.join(PACKAGE);
        let stub = tree.join(STUB);
        if stub.exists() {
            return Ok(stub);
        }
        let making = tree.with_extension("new");
        remove_tree(&making)?;
        let work = step(format!("the systemd stub ({PACKAGE})"));
        let apt = Apt::open(&self.places.cache, Arch::X86_64)?;
        apt.lay_out(RELEASE, &[PACKAGE.to_owned()], &making)?;
        remove_tree(&tree)?;
        fs::rename(&making, &tree)?;
        work.done();
        Ok(stub)
    }
}

/// Adds files as sections behind those of `stub`, each aligned as the stub says.
fn add_sections(stub: &Path, sections: &[(&str, PathBuf)], to: &Path) -> Result<()> {
    let bytes = fs::read(stub)?;
    let pe = PE::parse(&bytes).context("the systemd stub is no PE file")?;
    let header = pe.header.optional_header.context("the systemd stub has no optional header")?;
    let base = header.windows_fields.image_base;
    let align = u64::from(header.windows_fields.section_alignment.max(1));
    let ends = pe
        .sections
        .iter()
        .map(|section| u64::from(section.virtual_address) + u64::from(section.virtual_size));
    let mut end = ends.max().context("the systemd stub has no sections")?;
    let mut objcopy = Command::new("objcopy");
    for (name, file) in sections {
        let at = end.next_multiple_of(align);
        let mut section = std::ffi::OsString::from(format!("{name}="));
        section.push(file);
        objcopy.arg("--add-section").arg(section);
        objcopy.arg(format!("--change-section-vma={name}={:#x}", base + at));
        end = at + fs::metadata(file)?.len();
    }
    host::run(objcopy.arg(stub).arg(to)).context("the unified kernel image cannot be made")?;
    Ok(())
}
