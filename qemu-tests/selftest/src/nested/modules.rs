//! The modules of the emulated host: those of every guest with their stand-ins, and
//! beside them what a host of virtual machines has.

use anyhow::{Context, Result, bail};
use nvpreflight_harness::base::cache_key::Ingredients;
use nvpreflight_harness::base::host;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::build::standin::{Flavour, Variant};
use nvpreflight_harness::debian::kernel::Kernel;
use nvpreflight_harness::debian::modules::{closure, decompress};
use nvpreflight_harness::debian::packages;
use nvpreflight_harness::image;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Version that the host's stand-ins claim: one whose modules load without firmware.
pub const VERSION: &str = "550.163.01";

/// Returns the segment, making it at need.
pub fn segment(places: &Places, kernel: &Kernel) -> Result<PathBuf> {
    let lists = [places.guest("modules.txt"), places.package.join("nested/modules.txt")];
    let mut text = String::new();
    for list in &lists {
        let list = fs::read_to_string(list).with_context(|| format!("no `{}`", list.display()))?;
        text.push_str(&list);
    }
    let variant = Variant { flavour: Flavour::Proprietary, version: VERSION.to_owned() };
    let standins = variant.build(places, kernel)?;
    let key = Ingredients::of("nested 1")
        .with(kernel.release.as_bytes())
        .with(text.as_bytes())
        .with(standins.as_os_str().as_encoded_bytes())
        .name();
    let to = places.cache.join(format!("nested-{key}.cpio"));
    if to.exists() {
        return Ok(to);
    }
    let making = places.cache.join(format!("nested-{key}.{}", std::process::id()));
    remove_tree(&making)?;
    let modules = making.join("lib/modules").join(&kernel.release);
    fs::create_dir_all(&modules)?;
    for name in packages::names(&text) {
        for file in closure(kernel, &name)? {
            decompress(&file, &modules)?;
        }
    }
    let mut count = 0;
    for item in fs::read_dir(&standins)? {
        let item = item?;
        if item.path().extension().is_some_and(|extension| extension == "ko") {
            fs::copy(item.path(), modules.join(item.file_name()))?;
            count += 1;
        }
    }
    if count == 0 {
        bail!("there are no stand-ins in `{}`", standins.display());
    }
    let built_in = kernel.tree.join("lib/modules").join(&kernel.release);
    for name in ["modules.builtin", "modules.builtin.modinfo", "modules.order"] {
        fs::copy(built_in.join(name), modules.join(name))?;
    }
    host::run(Command::new("depmod").arg("-b").arg(&making).arg(&kernel.release))?;
    image::segment(&to, |archive| Ok(archive.tree(&making.join("lib"), "usr/lib")?))?;
    remove_tree(&making)?;
    Ok(to)
}
