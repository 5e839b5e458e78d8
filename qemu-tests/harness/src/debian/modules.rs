//! The module tree of a guest: a closed set of Debian's modules, decompressed
//! once, with the driver's beside them (stand-ins or NVIDIA's own) and `depmod` run
//! over the result, as an initrd builder would leave it.

use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::kernel::Kernel;
use crate::debian::packages;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a guest's tree is made of.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Folders with the driver's `*.ko`; later ones win.
    pub drivers: Vec<PathBuf>,
    /// Lists of modules of the Debian kernel, below `guest/`.
    pub lists: Vec<&'static str>,
    /// Modules of the drivers that are left out, by kernel name.
    pub without: Vec<String>,
}

/// Returns a folder with `lib/modules/RELEASE/`, making it at need.
pub fn ready(places: &Places, kernel: &Kernel, selection: &Selection) -> Result<PathBuf> {
    let base = base(places, kernel, &selection.lists)?;
    let mut key = kernel.ingredients("modules 1").with(base.as_os_str().as_encoded_bytes());
    for folder in &selection.drivers {
        key = key.with(folder.as_os_str().as_encoded_bytes());
    }
    let key = key.with(selection.without.join(" ").as_bytes()).name();
    let tree = places.cache.join(format!("modules-{key}"));
    if tree.exists() {
        return Ok(tree);
    }
    let making = places.cache.join(format!("modules-{key}.{}", crate::base::unique()));
    remove_tree(&making)?;
    let modules = making.join("lib/modules").join(&kernel.release);
    fs::create_dir_all(modules.join("extra"))?;
    for item in fs::read_dir(&base)? {
        let item = item?;
        fs::copy(item.path(), modules.join(item.file_name()))?;
    }
    for folder in &selection.drivers {
        for item in fs::read_dir(folder)? {
            let item = item?;
            let name = item.file_name().to_string_lossy().into_owned();
            let module = name.trim_end_matches(".ko").replace('-', "_");
            if name.ends_with(".ko") && !selection.without.contains(&module) {
                fs::copy(item.path(), modules.join("extra").join(name))?;
            }
        }
    }
    host::run(Command::new("depmod").arg("-b").arg(&making).arg(&kernel.release))?;
    // Another process may have made the same tree meanwhile; both are equal.
    if fs::rename(&making, &tree).is_err() && !tree.exists() {
        bail!("cannot move `{}` into place", making.display());
    }
    remove_tree(&making)?;
    Ok(tree)
}

/// The modules that `lists` name, with their dependencies, decompressed.
fn base(places: &Places, kernel: &Kernel, lists: &[&str]) -> Result<PathBuf> {
    let mut list = String::new();
    for name in lists {
        list.push_str(&fs::read_to_string(places.guest(name))?);
    }
    let key = kernel.ingredients("base 1").with(list.as_bytes()).name();
    let dir = places.cache.join(format!("modules-base-{key}"));
    if dir.exists() {
        return Ok(dir);
    }
    let work = step("the kernel modules of the guest");
    let making = places.cache.join(format!("modules-base-{key}.new"));
    remove_tree(&making)?;
    fs::create_dir_all(&making)?;
    for name in packages::names(&list) {
        for file in closure(kernel, &name)? {
            decompress(&file, &making)?;
        }
    }
    for name in ["modules.builtin", "modules.builtin.modinfo", "modules.order"] {
        let from = kernel.tree.join("lib/modules").join(&kernel.release).join(name);
        fs::copy(from, making.join(name)).with_context(|| format!("no `{name}`"))?;
    }
    fs::rename(&making, &dir)?;
    work.done();
    Ok(dir)
}

/// Files that `modprobe` would insert for `name`, dependencies first. The
/// configuration of the host is kept out.
pub fn closure(kernel: &Kernel, name: &str) -> Result<Vec<PathBuf>> {
    let text = host::run(
        Command::new("modprobe")
            .args(["--config", "/dev/null", "--show-depends", "--dirname"])
            .arg(&kernel.tree)
            .args(["--set-version", &kernel.release, name]),
    )?;
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter_map(|line| line.strip_prefix("insmod "))
        .filter_map(|line| line.split_whitespace().next())
        .map(PathBuf::from)
        .collect())
}

/// Puts a module into a folder as the kernel loads it.
pub fn decompress(file: &Path, into: &Path) -> Result<()> {
    let name = file.file_name().context("a module has a name")?.to_string_lossy();
    let to = into.join(name.trim_end_matches(".xz"));
    if to.exists() {
        return Ok(());
    }
    let data = if name.ends_with(".xz") {
        host::run(Command::new("xz").args(["--decompress", "--stdout"]).arg(file))?
    } else {
        fs::read(file)?
    };
    fs::write(to, data)?;
    Ok(())
}
