//! The base of the scripted initrd: made by Debian's mkinitramfs inside the
//! guest's own tree with the configuration in `guest/scripted/`. Shell scripts
//! and udev, no systemd, no journal, and no kernel modules.

use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::kernel::Kernel;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the configuration and the image lie inside the tree meanwhile.
const CONFIGURATION: &str = "tmp/nvpreflight-initramfs-tools";
const OUTPUT: &str = "tmp/nvpreflight-initramfs.img";

/// Returns the base segment, making it at need.
pub fn base(places: &Places, userland: &Path, kernel: &Kernel) -> Result<PathBuf> {
    let own = places.guest("scripted");
    let release = kernel.release.as_str();
    let key = Ingredients::of("scripted 1")
        .with(userland.as_os_str().as_encoded_bytes())
        .with(release.as_bytes())
        .with_path(&own)?
        .name();
    let to = places.cache.join(format!("scripted-{key}.img"));
    if to.exists() {
        return Ok(to);
    }
    let work = step("the scripted initrd (mkinitramfs)");
    fs::create_dir_all(userland.join("lib/modules").join(release))?;
    // mkinitramfs asks the kernel's configuration for its compressors.
    let config = Path::new("boot").join(format!("config-{release}"));
    fs::copy(kernel.tree.join(&config), userland.join(&config))?;
    let configuration = userland.join(CONFIGURATION);
    remove_tree(&configuration)?;
    for folder in ["conf.d", "hooks"] {
        fs::create_dir_all(configuration.join(folder))?;
    }
    host::run(
        Command::new("cp")
            .arg("--recursive")
            .arg(format!("{}/.", own.display()))
            .arg(&configuration),
    )?;
    host::run(host::in_tree(userland, "mkinitramfs").args([
        "-d",
        &format!("/{CONFIGURATION}"),
        "-o",
        &format!("/{OUTPUT}"),
        release,
    ]))?;
    remove_tree(&configuration)?;
    fs::rename(userland.join(OUTPUT), &to)?;
    work.done();
    Ok(to)
}
