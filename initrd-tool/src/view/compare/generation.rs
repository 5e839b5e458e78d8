//! A NixOS system generation as a side: its initrd with its own kernel, command line
//! and root files beside it (nixpkgs, nixos/modules/system/activation/top-level.nix:
//! `kernel`, `initrd`, `kernel-params`, `kernel-modules`, `firmware`, `etc`,
//! `nixos-version`). Runs nothing of it.

use super::Picture;
use super::source::Side;
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::label::Label;
use crate::base::limits::Limits;
use crate::base::progress::Meter;
use crate::base::regular;
use crate::base::ui::Ui;
use crate::facts::image_bytes::of_image;
use crate::facts::{self, Beside};
use crate::source::dir::DirFiles;
use crate::source::files::{Files, Walked};
use crate::source::image::{Image, Keep};
use crate::source::image_or_dir::Opened;
use crate::source::subject::expect::Wanted;
use nvpreflight::engine;
use nvpreflight::finding::Report;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of kernel-params and nixos-version; Linux takes at most 4096 of the first.
const SMALL_MAX: u64 = 64 << 10;

/// Looks at the generation of that number.
///
/// # Errors
/// A number that names no generation, and what could not be read.
pub fn open(profiles: &Path, number: &OsStr, ui: Ui) -> Result<Side> {
    let number = number.to_str().and_then(|text| text.parse::<u64>().ok());
    let number = number.ok_or_else(|| Error::usage("--generation takes two numbers"))?;
    let link = profiles.join(format!("system-{number}-link"));
    let system = fs::canonicalize(&link).map_err(|e| Error::io("read", &link, e))?;
    let initrd = system.join("initrd");
    let limits = Limits::DEFAULT;

    let mut meter = Meter::new(ui, "reading the image");
    let progress = &mut |progress| meter.show(progress);
    let mut image = Image::open(&initrd, Keep::Stack, &limits, progress)?;
    let mut root = Root::of(&system, &limits)?;
    let wanted = Wanted::below(&[&image, &root]);
    let release = release(&system);
    let cmdline = small(&system.join("kernel-params"));
    let beside = Beside {
        image: of_image(&image),
        root: Some(&mut root),
        kernel: release.as_deref(),
        cmdline: cmdline.as_deref().map(str::trim_end).map(str::as_bytes),
        ..Beside::nothing(&wanted.want)
    };
    let mut facts = facts::collect(&mut image, beside)?;
    facts.expectations_refused = wanted.refused;
    let mut report = Box::new(Report::new(facts.phase));
    engine::run(&facts, &wanted.want, &mut report);

    let version = small(&system.join("nixos-version"));
    let version = version.map(|text| format!(" (NixOS {})", clean::line(text.trim().as_bytes())));
    let name = format!("generation {number}{}", version.unwrap_or_default());
    let label = Label { name, kind: "generation".into(), root: Some(clean::path(&link)) };
    let picture = Picture::of(&label, &facts, &report);
    Ok(Side { picture, report: Some(report), opened: Some(Opened::Image(Box::new(image))) })
}

/// The only release in the generation's module tree.
fn release(system: &Path) -> Option<String> {
    let mut names = fs::read_dir(system.join("kernel-modules/lib/modules")).ok()?.flatten();
    let first = names.next()?.file_name().into_string().ok()?;
    names.next().is_none().then_some(first)
}

fn small(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    regular::open(path).ok()?.take(SMALL_MAX).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// The root that a generation becomes: `etc`, `lib/modules` and `lib/firmware` lead into
/// the generation, links into the store lead there, and nothing else is there.
struct Root {
    files: DirFiles,
    system: String,
    store: String,
}

impl Root {
    fn of(system: &Path, limits: &Limits) -> Result<Self> {
        let text = |path: &Path| {
            let path = path.to_str().map(|path| path.trim_start_matches('/').to_owned());
            path.ok_or_else(|| Error::new("the generation's path is not UTF-8"))
        };
        let store = system.parent().map_or_else(PathBuf::new, Path::to_owned);
        let files = DirFiles::open(Path::new("/"), limits)?;
        Ok(Self { files, system: text(system)?, store: text(&store)? })
    }

    fn map(&self, path: &str) -> Option<String> {
        let path = path.trim_matches('/');
        let below = |folder: &str| {
            let rest = path.strip_prefix(folder)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let own = [
            ("etc", "etc"),
            ("lib/modules", "kernel-modules/lib/modules"),
            ("lib/firmware", "firmware"),
        ];
        for (here, there) in own {
            if let Some(rest) = below(here) {
                return Some(format!("{}/{there}{rest}", self.system));
            }
        }
        below(&self.store).filter(|_| !self.store.is_empty()).map(|_| path.to_owned())
    }
}

impl Tree for Root {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        self.map(path).map_or(Seen::Absent, |path| self.files.read(&path, buf))
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        self.map(path).map_or(Seen::Absent, |path| self.files.lines(&path, f))
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        self.map(path).map_or(Seen::Absent, |path| self.files.list(&path, f))
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        // A folder on the way, which is no link.
        if path.trim_matches('/') == "lib" {
            return Seen::Unreadable(Errno::EINVAL);
        }
        self.map(path).map_or(Seen::Absent, |path| self.files.link(&path, buf))
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        self.map(path).map_or(Seen::Absent, |path| self.files.stat(&path))
    }
}

impl Files for Root {
    fn walk(&self, _: &mut dyn FnMut(&Walked<'_>)) -> Result<()> {
        Err(Error::new("a generation's root is spread over the store and is not searched"))
    }

    fn load(&self, path: &[u8]) -> Seen<Cow<'_, [u8]>> {
        let path = std::str::from_utf8(path).ok().and_then(|path| self.map(path));
        path.map_or(Seen::Absent, |path| self.files.load(path.as_bytes()))
    }

    fn size(&self, path: &[u8]) -> Seen<u64> {
        let path = std::str::from_utf8(path).ok().and_then(|path| self.map(path));
        path.map_or(Seen::Absent, |path| self.files.size(path.as_bytes()))
    }

    fn prepare(&mut self, _: &[Vec<u8>]) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvpreflight::tree::TreeExt as _;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_generations_root_is_its_own_files_and_nothing_of_this_machine() {
        let store = tempfile::tempdir().expect("a folder");
        let at = |path: &str| store.path().join(path);
        for folder in ["etc-1/etc/modprobe.d", "mods/lib/modules/6.12.1", "system", "fw/nvidia"] {
            fs::create_dir_all(at(folder)).expect("a folder");
        }
        fs::write(at("nvidia.conf"), "options nvidia_drm modeset=1\n").expect("a file");
        fs::write(at("mods/lib/modules/6.12.1/modules.dep"), "x.ko:\n").expect("a file");
        fs::write(at("fw/nvidia/gsp.bin"), "x").expect("a file");
        symlink(at("nvidia.conf"), at("etc-1/etc/modprobe.d/nvidia.conf")).expect("a link");
        symlink(at("etc-1/etc"), at("system/etc")).expect("a link");
        symlink(at("mods"), at("system/kernel-modules")).expect("a link");
        symlink(at("fw"), at("system/firmware")).expect("a link");
        let system = fs::canonicalize(at("system")).expect("a system");
        let root = Root::of(&system, &Limits::DEFAULT).expect("a root");
        let here = |path: &str| root.exists(path).yes() == Some(&true);
        assert!(here("etc/modprobe.d/nvidia.conf"));
        assert!(here("lib/modules/6.12.1/modules.dep"));
        assert!(here("lib/firmware/nvidia/gsp.bin"));
        let loaded = root.load(b"etc/modprobe.d/nvidia.conf");
        assert_eq!(loaded.yes().map(|b| b.len()), Some(29));
        for foreign in ["etc/passwd", "usr/bin/env", "proc/cmdline", "etcetera"] {
            assert!(!here(foreign), "{foreign}");
        }
        assert_eq!(release(&system).as_deref(), Some("6.12.1"));
    }
}
