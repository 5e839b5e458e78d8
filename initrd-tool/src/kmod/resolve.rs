//! From a name or alias to modules, and from a module to the sequence in which kmod
//! inserts it and what it pulls (libkmod-module.c).

mod probe;

use super::Kmod;
use super::config::{Item, Place};
use super::index::Which;
use super::names::{self, printable, underscores};
use nvpreflight::kmod::fnmatch::fnmatch;
use nvpreflight::seen::Seen;
use std::collections::HashMap;
use std::str;

pub use probe::{Action, Outcome, Probe, Setting, Step, Why};

/// Who asks kmod, which decides what a blacklist line does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `modprobe NAME`: a blacklisted module is left out only where an alias of
    /// modprobe.d or modules.alias led to it.
    Modprobe,
    /// `modprobe -b`, systemd-modules-load and udev: left out in any case (systemd
    /// src/shared/module-util.c, `KMOD_PROBE_APPLY_BLACKLIST`).
    Blacklist,
}

/// Which of kmod's sources knew the name; it asks them in this order and stops at
/// the first that answers (`kmod_module_new_from_lookup`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Via {
    /// `alias` lines of modprobe.d.
    ConfigAlias(Vec<Place>),
    /// modules.dep: it is a module's name.
    Name,
    /// modules.symbols.
    Symbol,
    /// An `install` or `remove` line of exactly this name.
    Command(Place),
    /// modules.alias.
    Alias,
    /// modules.builtin: part of the kernel.
    Builtin,
    /// An alias of a built-in module.
    BuiltinAlias,
    /// Nobody knows it.
    Nowhere,
}

/// A module of the pool.
pub(super) struct Module {
    pub name: Vec<u8>,
    /// The alias that led here; such a module is another object than the plain one
    /// of its name (`kmod_module_new_from_alias`).
    pub alias: Option<Vec<u8>>,
    pub path: Option<Vec<u8>>,
    /// What it needs, in the order of loading; `None` until asked.
    deps: Option<Vec<usize>>,
    builtin: Option<bool>,
    /// The install line that counts; `None` until asked.
    install: Option<Option<Item>>,
    pub ignore_command: bool,
    pub visited: bool,
    pub required: bool,
}

/// One run of modprobe: modules keep what was found out about them.
pub struct Resolver<'k, 'a> {
    kmod: &'k Kmod<'a>,
    pool: Vec<Module>,
    by_key: HashMap<(Vec<u8>, Option<Vec<u8>>), usize>,
    /// Messages that kmod prints on its way.
    messages: Vec<String>,
}

impl<'k, 'a> Resolver<'k, 'a> {
    /// A new run.
    #[must_use]
    pub fn new(kmod: &'k Kmod<'a>) -> Self {
        Self { kmod, pool: Vec::new(), by_key: HashMap::new(), messages: Vec::new() }
    }

    /// Everything that asking for a name or alias would do.
    pub fn ask(&mut self, name: &[u8], way: Way) -> Outcome {
        let (via, found) = self.lookup(name);
        let probes = found.into_iter().map(|at| self.probe(at, way)).collect();
        let messages = std::mem::take(&mut self.messages);
        Outcome { asked: name.to_vec(), via, probes, messages }
    }

    /// True when any source knows the name.
    pub fn knows(&mut self, name: &[u8]) -> bool {
        !self.lookup(name).1.is_empty()
    }

    pub(super) fn module(&self, at: usize) -> Option<&Module> {
        self.pool.get(at)
    }

    fn add(&mut self, name: &[u8], alias: Option<&[u8]>) -> usize {
        let key = (name.to_vec(), alias.map(<[u8]>::to_vec));
        let next = self.pool.len();
        let at = *self.by_key.entry(key).or_insert(next);
        if at == next {
            self.pool.push(Module {
                name: name.to_vec(),
                alias: alias.map(<[u8]>::to_vec),
                path: None,
                deps: None,
                builtin: None,
                install: None,
                ignore_command: false,
                visited: false,
                required: false,
            });
        }
        at
    }

    /// Modules by any name, from the first source that knows it.
    fn lookup(&mut self, name: &[u8]) -> (Via, Vec<usize>) {
        let Some(name) = underscores(name) else { return (Via::Nowhere, Vec::new()) };
        let kmod = self.kmod;
        let fits = |alias: &&Item| fnmatch(&alias.name, &name);
        let aliases: Vec<&Item> = kmod.config.aliases.iter().filter(fits).collect();
        if !aliases.is_empty() {
            let found = aliases.iter().map(|a| self.add(&a.text, Some(&a.name))).collect();
            return (Via::ConfigAlias(aliases.iter().map(|a| a.place.clone()).collect()), found);
        }
        if !name.contains(&b':') && kmod.indexes.dep(&name).is_some() {
            let at = self.add(&names::module(&name), None);
            return (Via::Name, vec![at]);
        }
        if name.starts_with(b"symbol:") {
            let found = self.indexed(Which::Symbols, &name);
            if !found.is_empty() {
                return (Via::Symbol, found);
            }
        }
        let exact = |line: &&Item| line.name == name;
        let install = kmod.config.install.iter().find(exact);
        if let Some(line) = install.or_else(|| kmod.config.remove.iter().find(exact)) {
            let at = self.add(&names::module(&line.name), None);
            if let (Some(module), Some(line)) = (self.pool.get_mut(at), install) {
                module.install = Some(Some(line.clone()));
            }
            return (Via::Command(line.place.clone()), vec![at]);
        }
        let found = self.indexed(Which::Alias, &name);
        if !found.is_empty() {
            return (Via::Alias, found);
        }
        if kmod.indexes.is_builtin(&name) {
            let at = self.add(&names::module(&name), None);
            self.mark_builtin(at);
            return (Via::Builtin, vec![at]);
        }
        let found = self.indexed(Which::BuiltinAlias, &name);
        if !found.is_empty() {
            found.iter().for_each(|at| self.mark_builtin(*at));
            return (Via::BuiltinAlias, found);
        }
        (Via::Nowhere, Vec::new())
    }

    fn indexed(&mut self, which: Which, name: &[u8]) -> Vec<usize> {
        let modules = self.kmod.indexes.matching(which, name);
        modules.iter().map(|module| self.add(module, Some(name))).collect()
    }

    fn mark_builtin(&mut self, at: usize) {
        if let Some(module) = self.pool.get_mut(at) {
            module.builtin = Some(true);
        }
    }

    pub(super) fn is_builtin(&mut self, at: usize) -> bool {
        let Some(module) = self.pool.get_mut(at) else { return false };
        *module.builtin.get_or_insert_with(|| self.kmod.indexes.is_builtin(&module.name))
    }

    /// The install line that counts for a module: the first whose pattern matches.
    pub(super) fn install(&mut self, at: usize) -> Option<Item> {
        let kmod = self.kmod;
        let module = self.pool.get_mut(at)?;
        let name = &module.name;
        let first = || kmod.config.install.iter().find(|l| fnmatch(&l.name, name)).cloned();
        module.install.get_or_insert_with(first).clone()
    }

    /// What a module needs, in the order of loading; finds its file too
    /// (`kmod_module_parse_depline`).
    pub(super) fn dependencies(&mut self, at: usize) -> Vec<usize> {
        let Some(module) = self.pool.get(at) else { return Vec::new() };
        if let Some(deps) = &module.deps {
            return deps.clone();
        }
        let Some(line) = self.kmod.indexes.dep(&module.name) else { return Vec::new() };
        let line = line.to_vec();
        let deps = self.read_dep_line(at, &line);
        if let (Some(module), Some(deps)) = (self.pool.get_mut(at), &deps) {
            module.deps = Some(deps.clone());
        }
        deps.unwrap_or_default()
    }

    /// `None` where kmod gives up and goes on as if nothing were needed: a file that
    /// is not there, or one that is known under another path.
    fn read_dep_line(&mut self, at: usize, line: &[u8]) -> Option<Vec<usize>> {
        let Some(colon) = line.iter().position(|b| *b == b':') else { return Some(Vec::new()) };
        let (file, rest) = line.split_at_checked(colon)?;
        let path = self.kmod.path(file);
        let module = self.pool.get_mut(at)?;
        module.path.get_or_insert(path);
        let name = module.name.clone();
        let mut deps = Vec::new();
        let words = rest.get(1..)?.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty());
        for word in words {
            let path = self.kmod.path(word);
            if !self.exists(&path) {
                self.say(format!(
                    "{} needs {}, which is missing: kmod loads {0} without anything it needs",
                    printable(&name),
                    printable(&path)
                ));
                return None;
            }
            let dep = self.add(&names::of_path(word), None);
            let module = self.pool.get_mut(dep)?;
            let known = module.path.get_or_insert_with(|| path.clone());
            if *known != path {
                let known = printable(known);
                self.say(format!(
                    "{} needs {}, but kmod already knows that module as {known}",
                    printable(&name),
                    printable(&path)
                ));
                return None;
            }
            module.builtin = Some(false);
            deps.push(dep);
        }
        deps.reverse();
        Some(deps)
    }

    /// False only where it is known that a path leads nowhere.
    fn exists(&self, path: &[u8]) -> bool {
        match str::from_utf8(path) {
            Ok(text) => match self.kmod.files.stat(text) {
                Seen::Yes(stat) if stat.kind != nvpreflight::tree::Kind::Link => true,
                Seen::Yes(_) => !self.kmod.files.load(path).is_absent(),
                seen => !seen.is_absent(),
            },
            Err(_) => !self.kmod.files.load(path).is_absent(),
        }
    }

    fn say(&mut self, message: String) {
        if !self.messages.contains(&message) {
            self.messages.push(message);
        }
    }
}
