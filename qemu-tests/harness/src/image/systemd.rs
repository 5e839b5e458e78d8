//! The base of the systemd initrd: made by Debian's dracut inside the guest's
//! own tree, with real systemd, journald, udev and modules-load, and the units
//! of `guest/systemd/` behind it. It holds no kernel modules.

use super::segment;
use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::Places;
use crate::base::progress::step;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// dracut's modules; everything for disks other than a plain one is left out.
const PARTS: &str = "base systemd systemd-initrd systemd-journald systemd-modules-load \
                     systemd-tmpfiles systemd-udevd dracut-systemd fs-lib \
                     rootfs-block udev-rules usrmount";
/// Where dracut writes inside the tree.
const OUTPUT: &str = "tmp/nvpreflight-initrd.cpio";

/// Returns the base segment, making it at need.
pub fn base(places: &Places, userland: &Path, release: &str) -> Result<PathBuf> {
    let units = places.guest("systemd");
    let key = Ingredients::of("systemd 1")
        .with(userland.as_os_str().as_encoded_bytes())
        .with(release.as_bytes())
        .with(PARTS.as_bytes())
        .with_path(&units)?
        .name();
    let to = places.cache.join(format!("systemd-{key}.cpio"));
    if to.exists() {
        return Ok(to);
    }
    let work = step("the systemd initrd (dracut)");
    fs::create_dir_all(userland.join("lib/modules").join(release))?;
    host::run(host::in_tree(userland, "dracut").args([
        "--force",
        "--no-hostonly",
        "--no-kernel",
        "--no-compress",
        "--no-early-microcode",
        "--reproducible",
        "--kver",
        release,
        "--modules",
        PARTS,
        &format!("/{OUTPUT}"),
    ]))?;
    let own = to.with_extension("units");
    segment(&own, |archive| Ok(archive.tree(&units, "")?))?;
    let making = to.with_extension("new");
    super::join(&[&userland.join(OUTPUT), &own], &making)?;
    fs::remove_file(own)?;
    fs::remove_file(userland.join(OUTPUT))?;
    fs::rename(making, &to)?;
    work.done();
    Ok(to)
}
