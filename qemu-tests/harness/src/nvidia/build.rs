//! Builds NVIDIA's modules from Debian's sources against the guest's kernel, once,
//! into the cache. It changes nothing in the sources but what `qemu-tests/patches/`
//! says, and only where the headers need it.

use super::flavour::Flavour;
use super::{archive, headers, upstream, watch};
use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::{say, step};
use crate::debian::kernel::Kernel;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// What NVIDIA's build leaves for the four modules. The fifth, nvidia-peermem,
/// only loads beside Mellanox's drivers and is not built.
const MODULES: [&str; 4] = ["nvidia.ko", "nvidia-modeset.ko", "nvidia-drm.ko", "nvidia-uvm.ko"];
const LEFT_OUT: &str = "nvidia-peermem";
/// The file that says that a cache entry is whole; it holds the Debian version.
const READY: &str = "version";

/// The four modules of one flavour.
#[derive(Clone, Debug)]
pub struct Built {
    /// Folder with the stripped `*.ko` and the package's licence text.
    pub folder: PathBuf,
    /// Version of the Debian package.
    pub package_version: String,
    /// Version of the driver.
    pub version: String,
}

/// The modules in the cache, fetched and built if there are none.
///
/// # Errors
/// No package, or a build that fails: its log stays in the cache.
pub fn ready(places: &Places, kernel: &Kernel, flavour: Flavour) -> Result<Built> {
    let suffix = format!("-{}-{}", kernel.release, recipe(places)?);
    if let Some(built) = cached(places, flavour, &suffix)? {
        return Ok(built);
    }
    let package = archive::fetch(places, flavour.package())?;
    say(&format!("  {} {}: {}", flavour.package(), package.version, flavour.terms()));
    let making = places.cache.join(format!("nvidia-{}.{}", flavour.name(), std::process::id()));
    remove_tree(&making)?;
    fs::create_dir_all(&making)?;
    host::run(
        Command::new("tar")
            .args(["--extract", "--no-same-owner", "--file"])
            .arg(package.tree.join(flavour.sources()))
            .arg("--directory")
            .arg(&making),
    )?;
    let sources = making.join(flavour.folder());
    patch(places, kernel, &sources)?;
    let what = format!("{} {} for {}", flavour.package(), package.version, kernel.release);
    let work = step(format!("building {what}; takes ten minutes of two processors"));
    let log = places.cache.join(format!("nvidia-{}.log", flavour.name()));
    watch::build(&what, &mut make(kernel, &sources), &log)?;
    let result = making.join("result");
    fs::create_dir(&result)?;
    for module in MODULES {
        host::run(
            Command::new("strip")
                .args(["--strip-debug", "-o"])
                .arg(result.join(module))
                .arg(sources.join(module)),
        )
        .with_context(|| format!("{what}: the build left no usable {module}"))?;
    }
    fs::write(result.join("copyright"), package.copyright(flavour.package())?)?;
    fs::write(result.join(READY), &package.version)?;
    let name = format!("nvidia-{}-{}{suffix}", flavour.name(), package.version);
    // Another process may have made the same meanwhile; both are equal.
    let moved = fs::rename(&result, places.cache.join(&name));
    remove_tree(&making)?;
    work.done();
    cached(places, flavour, &suffix)?.with_context(|| format!("cannot keep `{name}`: {moved:?}"))
}

/// What a build depends on beside package and kernel: patches and options.
fn recipe(places: &Places) -> Result<String> {
    let patches = places.package.join("patches");
    let key = Ingredients::of("nvidia 1")
        .with_path(&patches)
        .with_context(|| format!("cannot read `{}`", patches.display()))?;
    Ok(key.name())
}

/// The newest whole entry of `flavour`.
fn cached(places: &Places, flavour: Flavour, suffix: &str) -> Result<Option<Built>> {
    let prefix = format!("nvidia-{}-", flavour.name());
    let mut found = Vec::new();
    for item in fs::read_dir(&places.cache)? {
        let item = item?;
        let name = item.file_name().to_string_lossy().into_owned();
        if !name.starts_with(&prefix) || !name.ends_with(suffix) {
            continue;
        }
        let folder = item.path();
        let Ok(package_version) = fs::read_to_string(folder.join(READY)) else { continue };
        let version = upstream(&package_version)?.to_owned();
        found.push(Built { folder, package_version, version });
    }
    found.sort_by_key(|built| (numbers(&built.version), built.package_version.clone()));
    Ok(found.pop())
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

fn patch(places: &Places, kernel: &Kernel, sources: &Path) -> Result<()> {
    let pci = kernel.sources().join("include/linux/pci.h");
    let pci = fs::read_to_string(&pci).with_context(|| format!("no `{}`", pci.display()))?;
    let source = fs::read_to_string(sources.join("nvidia/nv-pci.c"))?;
    for name in headers::patches(&pci, &source) {
        let work = step(format!("applying {name}"));
        let patch = File::open(places.package.join("patches").join(name))?;
        host::run(
            Command::new("patch").args(["--strip=1", "--batch"]).current_dir(sources).stdin(patch),
        )?;
        work.done();
    }
    Ok(())
}

/// NVIDIA's own makefile. Debian splits headers into two folders, which it takes
/// as a source tree and an output tree.
fn make(kernel: &Kernel, sources: &Path) -> Command {
    let jobs = thread::available_parallelism().map_or(1, usize::from);
    let mut make = Command::new("nice");
    make.arg("make")
        .arg("-C")
        .arg(sources)
        .arg(format!("-j{jobs}"))
        .arg(format!("SYSSRC={}", kernel.sources().display()))
        .arg(format!("SYSOUT={}", kernel.headers().display()))
        .arg(format!("NV_EXCLUDE_KERNEL_MODULES={LEFT_OUT}"))
        // Type information for BPF would need pahole on the host.
        .args(["CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"]);
    make
}

/// A folder with only `modules` (kernel names) of `built`.
///
/// # Errors
/// A name that none of the four has.
pub fn only(places: &Places, built: &Built, modules: &[String]) -> Result<PathBuf> {
    let key = Ingredients::of("nvidia only 1")
        .with(built.folder.as_os_str().as_encoded_bytes())
        .with(modules.join(" ").as_bytes());
    filled(places, &key.name(), |into| {
        for module in modules {
            fs::copy(module_file(built, module)?, into.join(file_name(module)))?;
        }
        Ok(())
    })
}

/// A folder with modules of `built` that claim another driver version: as long a
/// text in place of theirs, everywhere. It is what a module of another build is to
/// NVIDIA's own check, where the kernel compares no symbol versions.
///
/// # Errors
/// A version of another length; a module that does not have its own in it.
pub fn claiming(
    places: &Places,
    built: &Built,
    claims: &BTreeMap<String, String>,
) -> Result<PathBuf> {
    let mut key =
        Ingredients::of("nvidia claiming 1").with(built.folder.as_os_str().as_encoded_bytes());
    for (module, version) in claims {
        key = key.with(module.as_bytes()).with(version.as_bytes());
    }
    filled(places, &key.name(), |into| {
        for (module, version) in claims {
            let bytes = fs::read(module_file(built, module)?)?;
            let changed = replaced(&bytes, built.version.as_bytes(), version.as_bytes())
                .with_context(|| format!("{module} cannot claim to be {version}"))?;
            fs::write(into.join(file_name(module)), changed)?;
        }
        Ok(())
    })
}

/// `bytes` with `from` replaced by `to`, both equally long, wherever it is.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Result<Vec<u8>> {
    ensure!(from.len() == to.len() && !from.is_empty(), "the versions differ in length");
    let mut changed = bytes.to_vec();
    let mut count = 0;
    let mut at = 0;
    while let Some(window) = changed.get_mut(at..at + from.len()) {
        if window == from {
            window.copy_from_slice(to);
            count += 1;
        }
        at += 1;
    }
    ensure!(count > 0, "its own version is nowhere in it");
    Ok(changed)
}

/// The folder `nvidia-mix-KEY`, filled unless it is there.
fn filled(places: &Places, key: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = places.cache.join(format!("nvidia-mix-{key}"));
    if folder.exists() {
        return Ok(folder);
    }
    let making = places.cache.join(format!("nvidia-mix-{key}.{}", std::process::id()));
    remove_tree(&making)?;
    fs::create_dir_all(&making)?;
    fill(&making)?;
    if fs::rename(&making, &folder).is_err() {
        ensure!(folder.exists(), "cannot move `{}` into place", making.display());
        remove_tree(&making)?;
    }
    Ok(folder)
}

fn file_name(module: &str) -> String {
    format!("{}.ko", module.replace('_', "-"))
}

fn module_file(built: &Built, module: &str) -> Result<PathBuf> {
    let name = file_name(module);
    ensure!(MODULES.contains(&name.as_str()), "NVIDIA has no module `{module}`");
    Ok(built.folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_changes_every_mention_and_nothing_else() {
        let bytes = b"a 550.163.01 b 550.163.01\0 550.163";
        let changed = replaced(bytes, b"550.163.01", b"550.163.02").unwrap();
        assert_eq!(changed, b"a 550.163.02 b 550.163.02\0 550.163");
        assert!(replaced(bytes, b"550.163.01", b"550.163").is_err());
        assert!(replaced(b"other", b"550.163.01", b"550.163.02").is_err());
    }

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(numbers("550.163.01") > numbers("535.261.03"));
        assert!(numbers("550.163.01") > numbers("550.54.14"));
    }
}
