//! The sequence of one module: what it needs, softdeps, install lines, options
//! (libkmod-module.c `kmod_module_get_probe_list`, `kmod_module_probe_insert_module`).

use super::{Resolver, Via, Way};
use crate::kmod::config::{Item, Place};
use nvpreflight::reading::blocks;

/// Depth of softdeps that pull softdeps. kmod has no bound and ends by its stack;
/// distributions nest two or three.
const DEPTH_MAX: u32 = 200;
/// Steps of one sequence; the largest known have some fifty.
const STEP_MAX: usize = 100_000;

/// What asking for one name does.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The name as it was asked.
    pub asked: Vec<u8>,
    /// Who knew it.
    pub via: Via,
    /// One sequence for each module it stands for, in kmod's order.
    pub probes: Vec<Probe>,
    /// What went wrong on the way, as sentences.
    pub messages: Vec<String>,
}

/// The sequence for one module.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The module.
    pub module: Vec<u8>,
    /// The alias that led to it.
    pub alias: Option<Vec<u8>>,
    /// The blacklist line because of which nothing happens; `steps` tell what would.
    pub blocked: Option<Place>,
    /// True when it is part of the kernel: kmod then does nothing at all.
    pub builtin: bool,
    /// Every step in order. A module may come twice; the second time it is loaded.
    pub steps: Vec<Step>,
    /// True when the sequence was cut at a bound of ours.
    pub cut: bool,
}

/// Why a module is in a sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// It was asked for.
    Asked,
    /// This module needs it (modules.dep).
    NeededBy(Vec<u8>),
    /// A softdep's `pre:` of this module.
    Pre(Vec<u8>, Place),
    /// A softdep's `post:` of this module.
    Post(Vec<u8>, Place),
}

/// What kmod does in a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Inserts this file, a path below the root.
    Insert(Vec<u8>),
    /// Inserts this file, which is not there: the step fails.
    Missing(Vec<u8>),
    /// Runs a command in place of inserting; what it loads is not known here.
    Run(Item),
    /// Nothing: it is part of the kernel.
    Builtin,
    /// Nothing: an alias names a module that modules.dep does not have.
    NoFile,
}

/// Options as one line gives them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// `modeset=1 fbdev=1`, as it stands there.
    pub text: Vec<u8>,
    /// Where.
    pub place: Place,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The module.
    pub module: Vec<u8>,
    /// What is done.
    pub action: Action,
    /// Options in the order in which the module gets them; of one parameter the
    /// last counts.
    pub options: Vec<Setting>,
    /// Why it is here.
    pub why: Why,
    /// True when a failure ends the sequence; a softdep's does not.
    pub required: bool,
    /// True when an earlier step loaded it.
    pub again: bool,
    /// An install line that does not count because a softdep of the module does
    /// (`kmod_module_get_probe_list`, `ignorecmd`).
    pub unused_install: Option<Item>,
}

struct Entry {
    module: usize,
    why: Why,
}

#[derive(Default)]
struct List {
    entries: Vec<Entry>,
    cut: bool,
}

impl Resolver<'_, '_> {
    pub(super) fn probe(&mut self, top: usize, way: Way) -> Probe {
        for module in &mut self.pool {
            module.visited = false;
            module.required = false;
        }
        let mut list = List::default();
        self.visit(top, true, Why::Asked, 0, &mut list);
        let mut steps: Vec<Step> = Vec::new();
        for entry in list.entries {
            let step = self.step(entry, &steps);
            steps.push(step);
        }
        let builtin = self.is_builtin(top);
        let Some(module) = self.module(top) else {
            return Probe {
                module: Vec::new(),
                alias: None,
                blocked: None,
                builtin,
                steps,
                cut: true,
            };
        };
        let line = self.kmod.config.blacklist.iter().find(|l| l.name == module.name);
        let applies = way == Way::Blacklist || module.alias.is_some();
        let blocked = line.filter(|_| applies).map(|l| l.place.clone());
        let (module, alias) = (module.name.clone(), module.alias.clone());
        Probe { module, alias, blocked, builtin, steps, cut: list.cut }
    }

    fn visit(&mut self, at: usize, required: bool, why: Why, depth: u32, list: &mut List) {
        match self.pool.get_mut(at) {
            Some(module) if !module.visited => module.visited = true,
            _ => return,
        }
        let name = self.module(at).map(|m| m.name.clone()).unwrap_or_default();
        let deps = self.dependencies(at);
        if required {
            for module in std::iter::once(&at).chain(&deps) {
                if let Some(module) = self.pool.get_mut(*module) {
                    module.required = true;
                }
            }
        }
        for dep in deps {
            self.with_softdeps(dep, Why::NeededBy(name.clone()), depth, list);
        }
        self.with_softdeps(at, why, depth, list);
    }

    fn with_softdeps(&mut self, at: usize, why: Why, depth: u32, list: &mut List) {
        if depth >= DEPTH_MAX || list.entries.len() >= STEP_MAX {
            list.cut = true;
            return;
        }
        let kmod = self.kmod;
        let Some(name) = self.module(at).map(|m| m.name.clone()) else { return };
        let line = kmod.config.softdep_of(&name);
        let (mut pre, mut post) = (Vec::new(), Vec::new());
        if let Some(line) = line {
            pre.extend(line.pre.iter().flat_map(|target| self.lookup(target).1));
            post.extend(line.post.iter().flat_map(|target| self.lookup(target).1));
        }
        if let Some(module) = self.pool.get_mut(at) {
            module.ignore_command = !pre.is_empty() || !post.is_empty();
        }
        let place = line.map(|l| l.place.clone());
        for target in pre {
            if let Some(place) = &place {
                let why = Why::Pre(name.clone(), place.clone());
                self.visit(target, false, why, depth + 1, list);
            }
        }
        list.entries.push(Entry { module: at, why });
        for target in post {
            if let Some(place) = &place {
                let why = Why::Post(name.clone(), place.clone());
                self.visit(target, false, why, depth + 1, list);
            }
        }
    }

    fn step(&mut self, entry: Entry, before: &[Step]) -> Step {
        let at = entry.module;
        let install = self.install(at);
        // Asking for what it needs finds its file.
        self.dependencies(at);
        let builtin = self.is_builtin(at);
        let Some(module) = self.pool.get(at) else {
            return Step {
                module: Vec::new(),
                action: Action::NoFile,
                options: Vec::new(),
                why: entry.why,
                required: false,
                again: false,
                unused_install: None,
            };
        };
        let kmod = self.kmod;
        let (name, alias) = (&module.name, &module.alias);
        let options = kmod.config.options.iter().filter(|line| {
            !line.text.is_empty() && (line.name == *name || Some(&line.name) == alias.as_ref())
        });
        let setting = |l: &Item| Setting { text: l.text.clone(), place: l.place.clone() };
        let (action, unused_install) = match (install, &module.path) {
            (Some(line), _) if !module.ignore_command => (Action::Run(line), None),
            (unused, Some(path)) if self.exists(path) => (Action::Insert(path.clone()), unused),
            (unused, Some(path)) => (Action::Missing(path.clone()), unused),
            (unused, None) if builtin => (Action::Builtin, unused),
            (unused, None) => (Action::NoFile, unused),
        };
        Step {
            module: name.clone(),
            options: options.map(setting).collect(),
            why: entry.why,
            required: module.required,
            again: before.iter().any(|s| s.module == *name && s.action == action),
            action,
            unused_install,
        }
    }
}

impl Step {
    /// The options as the module gets them.
    #[must_use]
    pub fn arguments(&self) -> Vec<u8> {
        let texts: Vec<_> = self.options.iter().map(|s| &s.text[..]).collect();
        texts.join(&b' ')
    }
}

impl Step {
    /// True when it puts a module of this name (kernel spelling) into the kernel.
    #[must_use]
    pub fn inserts(&self, module: &[u8]) -> bool {
        self.module == module && matches!(self.action, Action::Insert(_) | Action::Builtin)
    }
}

impl Probe {
    /// True when it tries and cannot bring its module: a file that it must have is
    /// missing, a command loads nothing in its place, or an alias leads to no module.
    #[must_use]
    pub fn fails(&self) -> bool {
        let bad = |s: &Step| match &s.action {
            Action::Missing(_) | Action::NoFile => true,
            Action::Run(line) => blocks::refuses(&String::from_utf8_lossy(&line.text)),
            Action::Insert(_) | Action::Builtin => false,
        };
        self.blocked.is_none() && self.steps.iter().any(|s| s.required && bad(s))
    }
}

impl Outcome {
    /// True when what is asked could not be followed to its end.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.probes.iter().any(|p| p.cut)
    }

    /// The lines of `modprobe --show-depends`, paths below `root`.
    #[must_use]
    pub fn show_depends(&self, root: &str) -> Vec<Vec<u8>> {
        let steps = self.probes.iter().filter(|p| p.blocked.is_none()).flat_map(|p| &p.steps);
        let lines = steps.filter_map(|step| {
            let options = step.arguments();
            Some(match &step.action {
                Action::Insert(path) | Action::Missing(path) => {
                    [b"insmod ", root.as_bytes(), b"/", path, b" ", &options].concat()
                }
                Action::Run(line) => [b"install ", &line.text[..], b" ", &options].concat(),
                Action::Builtin => [b"builtin ", &step.module[..]].concat(),
                Action::NoFile => return None,
            })
        });
        lines.collect()
    }
}
