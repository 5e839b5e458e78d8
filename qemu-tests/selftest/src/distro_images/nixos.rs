//! An image of the shape that nixpkgs' make-initrd-ng gives it: everything below
//! /nix/store, links to it elsewhere; and a machine's secrets in an archive of
//! their own, packed and put behind it without padding (append-initrd-secrets of
//! nixpkgs' systemd-boot and stage-1 modules).

use super::{Bench, Made, Part, packers};
use anyhow::{Context, Result};
use nvpreflight_harness::image;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const BUSYBOX: &str = "nix/store/0c0vbyjcbbnhnasmhlw4zsgxzmyxhyqc-busybox-1.36.1/bin/busybox";
const CLOSURE: &str = "nix/store/q9bxkd1gjnfq2hq4xcyx5s0fr3gv7y5d-linux-modules-shrunk";
const MODPROBE: &str = "nix/store/3hw4a8m0sbqk0v9n8jvs1r4z4q5c1wvy-nixos.conf";
/// Folders of the kernel's modules that go into the closure.
const FOLDERS: [&str; 2] = ["kernel/drivers/gpu/drm/nouveau", "kernel/drivers/nvme"];

impl Bench<'_> {
    /// The image, packed with zstd as NixOS does.
    pub(super) fn nixos(&self) -> Result<Made> {
        let name = "NixOS-shaped, zstd, secrets appended";
        let store = self.folder.join("nixos.cpio");
        let modules = self.kernel.tree.join("lib/modules").join(&self.kernel.release);
        let mut found = Vec::new();
        for folder in FOLDERS {
            collect(&modules.join(folder), &mut found)?;
        }
        found.sort();
        image::segment(&store, |archive| {
            let release = &self.kernel.release;
            archive.file(BUSYBOX, 0o555, &fs::read(self.userland.join("bin/busybox"))?)?;
            archive.file(MODPROBE, 0o444, b"options nvidia_drm modeset=1\n")?;
            for path in &found {
                let below = path.strip_prefix(&modules)?.display();
                let name = format!("{CLOSURE}/lib/modules/{release}/{below}");
                archive.file(&name, 0o444, &fs::read(path)?)?;
            }
            archive.symlink("bin/sh", &format!("/{BUSYBOX}"))?;
            archive.symlink("init", &format!("/{BUSYBOX}"))?;
            archive.symlink("etc/modprobe.d/nixos.conf", &format!("/{MODPROBE}"))?;
            archive.symlink("lib/modules", &format!("/{CLOSURE}/lib/modules"))?;
            Ok(())
        })?;
        let secrets = self.folder.join("secrets.cpio");
        image::segment(&secrets, |archive| {
            Ok(archive.file("etc/ssh/ssh_host_ed25519_key", 0o600, b"secret\n")?)
        })?;
        let mut parts = Vec::new();
        for archives in [store, secrets] {
            let Some(packed) = packers::ZSTD.pack(&archives, &self.folder)? else {
                return Ok(Made::Skip(name.to_owned(), "zstd is not installed".to_owned()));
            };
            parts.push(Part { archives, packed });
        }
        Ok(Made::Image(self.join(name, &parts.iter().collect::<Vec<_>>())?))
    }
}

/// Module files below `folder`.
fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let items = fs::read_dir(folder).with_context(|| format!("no `{}`", folder.display()))?;
    for item in items {
        let path = item?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension() == Some(OsStr::new("xz")) {
            found.push(path);
        }
    }
    Ok(())
}
