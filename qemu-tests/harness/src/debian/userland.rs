//! The guest's file tree, made of Debian packages: the root that scenarios
//! switch into and the place where dracut and mkinitramfs run. The host's own
//! programs never go into a guest.

use crate::base::arch::Arch;
use crate::base::cache_key::Ingredients;
use crate::base::host;
use crate::base::places::{Places, remove_tree};
use crate::base::progress::step;
use crate::debian::packages::{self, Apt};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Returns the tree for `arch`, making it if the package list changed. Where its programs
/// do not run here, it holds what a bare initrd takes from it and nothing is set up in it.
pub fn ready(places: &Places, arch: Arch) -> Result<PathBuf> {
    let list = if arch.runs_here() { "packages.txt" } else { "packages-bare.txt" };
    let list = fs::read_to_string(places.guest(list))?;
    let key =
        Ingredients::of("userland 1").with(arch.debian().as_bytes()).with(list.as_bytes()).name();
    let tree = places.cache.join(format!("userland-{key}"));
    if tree.exists() {
        return Ok(tree);
    }
    let apt = Apt::open(&places.cache, arch)?;
    let names = packages::names(&list);
    let fetching = step(format!("{} guest packages and their dependencies", names.len()));
    let archives = apt.closure(&names)?;
    fetching.done();
    let unpacking = step(format!("unpacking {} packages", archives.len()));
    let making = places.cache.join(format!("userland-{key}.new"));
    remove_tree(&making)?;
    merged_usr(&making)?;
    for archive in &archives {
        packages::unpack(archive, &making)?;
    }
    if arch.runs_here() {
        configure(&making)?;
    }
    fs::rename(&making, &tree)?;
    unpacking.done();
    Ok(tree)
}

/// Debian's merged /usr: the old folders are links from the start, so that
/// packages that still ship /bin or /lib unpack through them.
fn merged_usr(tree: &Path) -> Result<()> {
    for dir in ["bin", "sbin", "lib", "lib64"] {
        fs::create_dir_all(tree.join("usr").join(dir))?;
        symlink(format!("usr/{dir}"), tree.join(dir))?;
    }
    Ok(())
}

/// What the maintainer scripts of base-passwd, dash, gawk, libc-bin and
/// systemd would have done, as far as a guest needs it.
fn configure(tree: &Path) -> Result<()> {
    for (name, target) in [("usr/bin/sh", "dash"), ("usr/bin/awk", "gawk")] {
        let link = tree.join(name);
        if fs::symlink_metadata(&link).is_ok() {
            fs::remove_file(&link)?;
        }
        symlink(target, &link).with_context(|| format!("cannot link `{name}`"))?;
    }
    let masters = tree.join("usr/share/base-passwd");
    for name in ["passwd", "group"] {
        let master = masters.join(format!("{name}.master"));
        fs::copy(master, tree.join("etc").join(name))?;
    }
    host::run(&mut host::in_tree(tree, "ldconfig"))?;
    host::run(&mut host::in_tree(tree, "systemd-sysusers"))?;
    Ok(())
}
