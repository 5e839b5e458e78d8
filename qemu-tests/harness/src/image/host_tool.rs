//! The host tool inside a guest: behind the guest's initrd, with that as an image for it
//! to check. It judges nothing.

use super::{join, segment};
use crate::base::arch::Arch;
use crate::base::places::Places;
use crate::build::{cross, tool};
use anyhow::Result;
use std::fs;
use std::path::Path;

/// What this machine's host tool says of the guest's initrd, in the folder of the boot.
pub const TOLD_HERE: &str = "tool-here.txt";

/// Puts the tool behind `initrd`, with what that was as an image to be checked, and keeps
/// what this machine's tool says of it in `folder`.
///
/// # Errors
/// The tool cannot be built or run, or a file not written.
pub fn add(places: &Places, arch: Arch, initrd: &Path, folder: &Path) -> Result<()> {
    let program = cross::shipped(places, arch)?.tool;
    let image = folder.join("image.cpio");
    fs::rename(initrd, &image)?;
    fs::write(folder.join(TOLD_HERE), tool::check(places, &image)?)?;
    let own = folder.join("tool.cpio");
    segment(&own, |archive| {
        archive.file("usr/bin/nvpreflight", 0o755, &fs::read(program)?)?;
        archive.file("nvpb/tool.sh", 0o755, &fs::read(places.guest("tool.sh"))?)?;
        Ok(archive.file("nvpb/image.cpio", 0o644, &fs::read(&image)?)?)
    })?;
    join(&[&image, &own], initrd)?;
    fs::remove_file(own)?;
    Ok(fs::remove_file(image)?)
}
