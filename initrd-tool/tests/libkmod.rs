//! Premise: libkmod itself, through the `kmod` crate, finds the modules, files and
//! dependencies that our model finds in an index that depmod wrote. Needs the feature
//! `oracle`; configuration is modprobe's to compare, since libkmod reads the host's.
#![cfg(feature = "oracle")]
// Clippy counts helpers of tests as code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "kmod/elf.rs"]
#[allow(dead_code)]
mod elf;
#[path = "kmod/world.rs"]
#[allow(dead_code)]
mod world;

use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::kmod::Kmod;
use nvpreflight_tool::kmod::resolve::{Resolver, Way};
use nvpreflight_tool::source::dir::DirFiles;
use std::fs;
use std::path::Path;
use world::{DIRECTORIES, Dice, RELEASE};

/// What libkmod loads for a name: dependencies first, as files below the root.
fn libkmods(root: &Path, name: &str) -> Vec<String> {
    let folder = root.join("lib/modules").join(RELEASE);
    let context = kmod::Context::new_with_dirname(&folder).unwrap();
    let Ok(found) = context.module_new_from_lookup(name) else { return Vec::new() };
    let mut out: Vec<String> = Vec::new();
    for module in found {
        // Built in, or a name without a file: nothing to insert.
        let Some(path) = module.path().map(|p| p.to_string_lossy().into_owned()) else { continue };
        for needed in module.dependencies() {
            let path = needed.path().expect("a dependency has a file");
            out.push(format!("insmod {}", path.to_string_lossy()));
        }
        out.push(format!("insmod {path}"));
    }
    once(out)
}

/// Each line where it first stands: modprobe asks again for what an earlier candidate
/// of an alias has loaded, the library's lists do not know of each other.
fn once(lines: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    lines.into_iter().for_each(|line| {
        if !once.contains(&line) {
            once.push(line);
        }
    });
    once
}

fn case(seed: u64) -> usize {
    let dice = &mut Dice::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    world::make(dice, root);
    // What the files say is not libkmod's to know here, and modules.softdep is.
    for folder in DIRECTORIES {
        let _ = fs::remove_dir_all(root.join(folder));
    }
    let _ = fs::remove_file(root.join(format!("lib/modules/{RELEASE}/modules.softdep")));
    let names = dice.questions(12);
    let files = DirFiles::open(root, &Limits::DEFAULT).unwrap();
    let folder = format!("lib/modules/{RELEASE}");
    let kmod = Kmod::new(&files, folder.as_bytes(), b"");
    for name in &names {
        let outcome = Resolver::new(&kmod).ask(name.as_bytes(), Way::Modprobe);
        let ours: Vec<String> = outcome
            .show_depends(&root.display().to_string())
            .iter()
            .map(|l| String::from_utf8_lossy(l).trim().to_owned())
            .filter(|l| l.starts_with("insmod "))
            .collect();
        assert_eq!(once(ours), libkmods(root, name), "seed {seed}, {name:?}");
    }
    names.len()
}

#[test]
fn libkmod_finds_what_we_find() {
    let asked: usize = (0..40).map(case).sum();
    assert!(asked > 0);
}
