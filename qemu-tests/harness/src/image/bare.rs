//! The base of the bare initrd: busybox, Debian's kmod with its libraries
//! (busybox's modprobe knows no softdep) and our init. It holds no modules.

use super::segment;
use crate::base::arch::Arch;
use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::Places;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// kmod is one program that looks at the name it was called by.
const KMOD_NAMES: [&str; 6] = ["modprobe", "insmod", "rmmod", "lsmod", "modinfo", "depmod"];

/// Returns the base segment, making it at need.
pub fn base(places: &Places, userland: &Path, arch: Arch) -> Result<PathBuf> {
    let init = fs::read(places.guest("bare/init"))?;
    let key =
        Ingredients::of("bare 2").with(userland.as_os_str().as_encoded_bytes()).with(&init).name();
    let to = places.cache.join(format!("bare-{key}.cpio"));
    if to.exists() {
        return Ok(to);
    }
    segment(&to, |archive| {
        for dir in ["proc", "sys", "dev", "run", "tmp", "etc"] {
            archive.directory(dir)?;
        }
        for dir in ["bin", "sbin", "lib", "lib64"] {
            archive.symlink(dir, &format!("usr/{dir}"))?;
        }
        archive.file("init", 0o755, &init)?;
        archive.file("etc/initrd-release", 0o644, b"NAME=nvpreflight-bare\n")?;
        program(archive, userland, "/bin/busybox")?;
        archive.symlink("usr/bin/sh", "busybox")?;
        program(archive, userland, "/usr/bin/kmod")?;
        archive.directory("usr/sbin")?;
        for name in KMOD_NAMES {
            archive.symlink(&format!("usr/sbin/{name}"), "../bin/kmod")?;
        }
        for library in libraries(userland, "/usr/bin/kmod", arch)? {
            program(archive, userland, &library)?;
        }
        Ok(())
    })?;
    Ok(to)
}

/// Adds a program or library of the guest's packages, below /usr.
fn program<W: std::io::Write>(
    archive: &mut crate::image::archive::Archive<W>,
    userland: &Path,
    name: &str,
) -> Result<()> {
    let data = fs::read(inside(userland, name)?)
        .with_context(|| format!("no `{name}` in the guest's packages"))?;
    let name = name.trim_start_matches("/usr");
    archive.file(&format!("usr{name}"), 0o755, &data)?;
    Ok(())
}

/// Follows links at the end of `name` within the tree: Debian's link to the
/// dynamic loader is absolute and would lead to the host's.
fn inside(userland: &Path, name: &str) -> Result<PathBuf> {
    let mut path = userland.join(name.trim_start_matches('/'));
    for _ in 0..8 {
        if !path.is_symlink() {
            return Ok(path);
        }
        let target = fs::read_link(&path)?;
        path = match target.strip_prefix("/") {
            Ok(absolute) => userland.join(absolute),
            Err(_) => path.with_file_name(target),
        };
    }
    bail!("`{name}` is a ring of links")
}

/// Files that the dynamic loader would map for `program`, the loader included. They are
/// found by name, as the loader finds them, because a foreign loader does not run here.
fn libraries(userland: &Path, program: &str, arch: Arch) -> Result<Vec<String>> {
    let mut found = vec![arch.loader().to_owned()];
    let mut asked = vec![program.to_owned()];
    while let Some(file) = asked.pop() {
        for name in needed(&inside(userland, &file)?)? {
            let folders = [format!("/lib/{}", arch.gnu()), format!("/usr/lib/{}", arch.gnu())];
            let path = folders
                .iter()
                .map(|folder| format!("{folder}/{name}"))
                .find(|path| userland.join(path.trim_start_matches('/')).exists())
                .with_context(|| format!("no `{name}` in the guest's packages"))?;
            let loader = arch.loader().ends_with(&format!("/{name}"));
            if !loader && !found.contains(&path) {
                found.push(path.clone());
                asked.push(path);
            }
        }
    }
    Ok(found)
}

/// The libraries that an ELF file names (DT_NEEDED).
fn needed(file: &Path) -> Result<Vec<String>> {
    let text = host::run(Command::new("readelf").args(["--dynamic", "--wide"]).arg(file))?;
    Ok(String::from_utf8_lossy(&text)
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned()))
        .collect())
}
