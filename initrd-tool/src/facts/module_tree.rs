//! The module tree of an image or a root: which module files there are, and what
//! those of interest say of themselves.

use super::paths::names;
use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::facts::modfile::{self, Module};
use crate::source::files::Files;
use crate::source::{image, releases};
use nvpreflight::expect::Expectations;
use nvpreflight::facts::image::{ImageModule, ModuleTree, Packing};
use nvpreflight::facts::module::WATCHED;
use nvpreflight::facts::{Directive, Facts};
use nvpreflight::kmod::names::module_file;
use nvpreflight::seen::{Errno, Seen};
use nvpreflight::text::{Line, Name, kernel_name, same_name};
use std::collections::{BTreeMap, BTreeSet};

/// What the kernel answers to a file that is no module (kernel/module/main.c).
const ENOEXEC: Errno = Errno(8);
/// Folders that are followed: kernel/drivers/gpu/drm/nouveau and some more.
const DEPTH: u32 = 12;
/// Module files listed; the largest distribution kernels have some 6,500.
const FILE_MAX: usize = 65_536;
/// Rounds of reading what the modules read so far depend on: drm's longest chain
/// has five.
const ROUNDS: u32 = 8;

/// Which modules are told of, and which of them are opened as well.
pub(super) struct Interest {
    told: BTreeSet<String>,
    opened: BTreeSet<String>,
}

impl Interest {
    /// Told: the watched modules and those that the configuration or the owner
    /// names. Opened: the stack, also under a name that an alias gives it. What they
    /// depend on joins while they are read; rules ask of all others only whether
    /// they are there, and to unpack amdgpu or i915 for that costs more than the
    /// rest of a look.
    pub(super) fn new(facts: &Facts, want: &Expectations) -> Self {
        let key = |name: &str| kernel_name(name.as_bytes()).as_str().to_owned();
        let mut told: BTreeSet<String> = WATCHED.iter().map(|w| key(w)).collect();
        let requests = facts.config.requests.yes().map_or(&[][..], |v| v.as_slice());
        told.extend(requests.iter().map(|r| key(&r.module)));
        told.extend(want.initrd_modules.iter().chain(&want.pre_display_modules).map(|m| key(m)));
        let aliases = || facts.config.of(Directive::Alias);
        told.extend(aliases().map(|line| key(&line.rest)));
        let renamed = aliases().filter(|line| image::is_drivers(key(&line.module).as_bytes()));
        let opened = renamed.map(|line| key(&line.rest)).collect();
        Self { told, opened }
    }

    fn tells(&self, name: &str) -> bool {
        self.told.contains(name) || self.opens(name)
    }

    fn opens(&self, name: &str) -> bool {
        image::is_drivers(name.as_bytes()) || self.opened.contains(name)
    }
}

/// What of a module is needed to resolve symbols.
#[derive(Default)]
pub(super) struct Symbols {
    pub(super) exports: BTreeSet<Vec<u8>>,
    pub(super) undefined: BTreeSet<Vec<u8>>,
}

/// A tree with what its facts do not carry.
#[derive(Default)]
pub(super) struct Found {
    pub(super) folder: String,
    pub(super) tree: ModuleTree,
    /// Every module file there, by the kernel name of the file.
    pub(super) names: BTreeSet<String>,
    /// By kernel name.
    pub(super) symbols: BTreeMap<String, Symbols>,
}

/// A look for a module tree.
pub(super) struct Looked(Seen<Found>);

impl Looked {
    /// The part that is a fact.
    pub(super) fn shown(&mut self) -> Seen<ModuleTree> {
        match &mut self.0 {
            Seen::Yes(found) => Seen::Yes(std::mem::take(&mut found.tree)),
            other => other.status().map(|()| ModuleTree::default()),
        }
    }

    pub(super) const fn found(&self) -> Option<&Found> {
        self.0.yes()
    }
}

/// Looks for the tree of `release`.
pub(super) fn collect(
    files: &mut dyn Files,
    release: Option<&str>,
    interest: &Interest,
    limits: &Limits,
) -> Result<Looked> {
    let Some((release, (folder, others))) =
        release.and_then(|r| Some((r, releases::folder_of(&*files, r)?)))
    else {
        return Ok(Looked(Seen::Absent));
    };
    let mut listed = BTreeMap::new();
    list(files, &folder, "", DEPTH, &mut listed);
    let index = ["modules.dep", "modules.dep.bin"]
        .iter()
        .map(|name| files.stat(&format!("{folder}/{name}")).status())
        .find(Seen::is_yes);
    let mut found = Found {
        tree: ModuleTree {
            release: Name::from(release),
            folder: Line::from(folder.as_str()),
            others: others.iter().map(|o| Name::from(o.as_str())).collect(),
            index: index.unwrap_or(Seen::Absent),
            modules: Vec::new(),
            total: u32::try_from(listed.len()).unwrap_or(u32::MAX),
        },
        folder,
        names: listed.keys().cloned().collect(),
        symbols: BTreeMap::new(),
    };
    let mut wanted: BTreeSet<String> =
        listed.keys().filter(|name| interest.opens(name)).cloned().collect();
    let mut read = BTreeSet::new();
    for _ in 0..ROUNDS {
        let unread = wanted.difference(&read);
        let round: Vec<(String, &String)> =
            unread.filter_map(|name| Some((name.clone(), listed.get(name)?))).collect();
        if round.is_empty() {
            break;
        }
        let paths: Vec<_> = round.iter().map(|(_, path)| path.as_bytes().to_vec()).collect();
        files.prepare(&paths)?;
        let mut next = BTreeSet::new();
        for (name, path) in &round {
            let module = module(files, name, path, limits, &mut found.symbols);
            if let Seen::Yes(info) = &module.modinfo {
                next.extend(info.depends.iter().map(|d| kernel_name(d.as_bytes()).to_string()));
            }
            found.tree.modules.push(module);
        }
        read.extend(round.into_iter().map(|(name, _)| name));
        wanted = next;
    }
    for (name, path) in &listed {
        if interest.tells(name) && !read.contains(name) {
            found.tree.modules.push(unopened(files, name, path));
        }
    }
    found.tree.modules.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
    Ok(Looked(Seen::Yes(found)))
}

/// Lists module files by kernel name; of two files of one name the first path
/// counts, and which of them modprobe takes is for modules.dep to say.
fn list(
    files: &dyn Files,
    root: &str,
    below: &str,
    depth: u32,
    listed: &mut BTreeMap<String, String>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let folder = if below.is_empty() { root.to_owned() } else { format!("{root}/{below}") };
    for name in names(files, &folder) {
        // Links to the kernel's source tree.
        let source = below.is_empty() && matches!(name.as_str(), "build" | "source");
        if source || listed.len() >= FILE_MAX {
            continue;
        }
        if let Some((stem, _)) = module_file(name.as_bytes()) {
            let stem = kernel_name(stem).to_string();
            let _ = listed.entry(stem).or_insert_with(|| format!("{folder}/{name}"));
        } else if !name.starts_with("modules.") {
            let inner = if below.is_empty() { name } else { format!("{below}/{name}") };
            list(files, root, &inner, depth, listed);
        }
    }
}

/// The compression that a module file's suffix tells.
fn packing(suffix: &str) -> Packing {
    match suffix {
        ".ko.gz" => Packing::Gzip,
        ".ko.xz" => Packing::Xz,
        ".ko.zst" => Packing::Zstd,
        _ => Packing::Plain,
    }
}

/// What the name and the size of a module file show.
fn unopened(files: &dyn Files, name: &str, path: &str) -> ImageModule {
    ImageModule {
        name: Name::from(name),
        path: Line::from(path),
        size: files.size(path.as_bytes()).yes().copied().unwrap_or(0),
        packing: module_file(path.as_bytes()).map_or(Packing::Plain, |(_, suffix)| packing(suffix)),
        modinfo: Seen::NotLooked,
        damage: Line::new(),
        missing: Seen::NotLooked,
        missing_symbols: Vec::new(),
    }
}

fn module(
    files: &dyn Files,
    name: &str,
    path: &str,
    limits: &Limits,
    symbols: &mut BTreeMap<String, Symbols>,
) -> ImageModule {
    let mut module = unopened(files, name, path);
    let bytes = match files.load(path.as_bytes()) {
        Seen::Yes(bytes) => bytes,
        Seen::Absent => {
            module.damage = Line::from("it is a dangling link");
            module.modinfo = Seen::Unreadable(Errno::ENOENT);
            return module;
        }
        other => {
            module.modinfo = other.status().map(|()| Default::default());
            return module;
        }
    };
    module.packing = modfile::packing(&bytes);
    let look = |bytes: &[u8]| -> std::result::Result<_, modfile::Damage> {
        let plain = modfile::unpack(bytes, limits.file)?;
        let parsed = Module::parse(&plain)?;
        let own = Symbols { exports: parsed.exports(), undefined: parsed.undefined() };
        let mut info = parsed.modinfo();
        info.signed = modfile::signature(&plain).is_some();
        Ok((info, own))
    };
    match look(&bytes) {
        Ok((info, own)) => {
            // The name inside counts: the file may have been renamed.
            if !info.name.is_empty() && !same_name(&info.name, name) {
                module.name = info.name.clone();
            }
            symbols.insert(module.name.to_string(), own);
            module.modinfo = Seen::Yes(info);
        }
        Err(damage) => {
            module.damage = Line::of(format_args!("{damage}"));
            module.modinfo = Seen::Unreadable(ENOEXEC);
        }
    }
    module
}
