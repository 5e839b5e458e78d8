//! The initrds of the boot tests. A boot's initrd is three concatenated cpio
//! segments: the base of its kind (cached), the modules, and what the scenario
//! itself brings. The kernel unpacks them in this order, later files winning
//! (Documentation/driver-api/early-userspace/buffer-format.rst).

pub mod archive;
pub mod bare;
pub mod host_tool;
pub mod nixos;
pub mod overlay;
pub mod scripted;
pub mod systemd;

use crate::image::archive::Archive;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes one segment to `to` through a temporary name, so that a cache entry
/// is either whole or absent.
pub fn segment(
    to: &Path,
    fill: impl FnOnce(&mut Archive<BufWriter<File>>) -> Result<()>,
) -> Result<()> {
    let making = to.with_extension(format!("{}.new", crate::base::unique()));
    let write = || -> Result<()> {
        let mut archive = Archive::new(BufWriter::new(File::create(&making)?));
        fill(&mut archive)?;
        archive.finish()?;
        Ok(fs::rename(&making, to)?)
    };
    write().with_context(|| format!("cannot write `{}`", to.display()))
}

/// Joins segments into one initrd, each starting on a multiple of four.
pub fn join(segments: &[&Path], to: &Path) -> Result<()> {
    let write = || -> Result<()> {
        let mut out = BufWriter::new(File::create(to)?);
        for path in segments {
            let data = fs::read(path).with_context(|| format!("no `{}`", path.display()))?;
            out.write_all(&data)?;
            let rest = (4 - data.len() % 4) % 4;
            out.write_all([0u8; 3].get(..rest).unwrap_or_default())?;
        }
        Ok(out.flush()?)
    };
    write().with_context(|| format!("cannot write `{}`", to.display()))
}
