//! The steps of one cure: each change of a rule as edits, commands and words of one machine.

use super::draft::{Draft, has};
use super::machine::Loader;
use super::{Machine, Safety, card, initrd, modules, options, rewrite, words};
use nvpreflight::facts::{Directive, Facts, PciAddress, Place};
use nvpreflight::finding::Report;
use nvpreflight::kmod::names;
use nvpreflight::reading::next_boot;
use nvpreflight::rule::causes::{BARRED, NO_FIT};
use nvpreflight::rule::change::Change;
use nvpreflight::text::same_name;
use nvpreflight::tree::TreeExt;

/// What a finding points at.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub origin: &'a Place,
    pub module: &'a str,
    pub parameter: &'a str,
    pub expected: &'a str,
    pub found: &'a str,
    /// The GPU that it is about, the first of several.
    pub gpu: Option<PciAddress>,
}

/// What a cure needs beside its edits.
#[derive(Default)]
pub struct Plan {
    pub commands: Vec<String>,
    pub undo: Vec<String>,
    pub words: Vec<String>,
    pub safety: Option<Safety>,
    pub in_place: bool,
    pub rebuild: bool,
    /// Whether it counts at once, without a reboot.
    pub at_once: bool,
    /// What to say where the change would not help.
    pub instead: Option<String>,
    /// Files of options that the next initrd has to hold.
    pub says: Vec<String>,
}

impl Plan {
    pub fn says(&mut self, path: &str) {
        self.says.push(path.to_owned());
    }

    /// A command that makes something of files: to run again when they are taken back.
    pub fn run(&mut self, command: impl Into<String>) {
        let command = command.into();
        self.change(command.clone(), command);
    }

    /// A command of which nothing is left once the files are as they were.
    pub fn run_once(&mut self, command: String) {
        if !self.commands.contains(&command) {
            self.commands.push(command);
        }
    }

    /// A command that changes something itself, and the one that takes it back.
    pub fn change(&mut self, command: impl Into<String>, back: impl Into<String>) {
        let command = command.into();
        if !self.commands.contains(&command) {
            self.commands.push(command);
            self.undo.push(back.into());
        }
    }

    pub fn weigh(&mut self, safety: Safety) {
        self.safety = self.safety.max(Some(safety));
    }
}

pub struct Steps<'a, 't> {
    pub draft: &'a mut Draft<'t>,
    pub machine: &'a Machine,
    pub facts: &'a Facts,
    /// What else was found, where that is known.
    pub report: Option<&'a Report>,
    pub plan: Plan,
}

/// Findings with which nvidia does not load, or drives no GPU: there is no module that fits,
/// none may be loaded, or the GPU is another branch's.
const NO_DRIVER: [&[u16]; 3] = [NO_FIT, BARRED, &[504, 505, 514]];

impl Steps<'_, '_> {
    /// Plans one change; false where nobody but a person can make it here.
    pub fn step(&mut self, change: Change, at: At<'_>) -> bool {
        match change {
            Change::Set { module, name, value } => options::set(self, module, name, value),
            // A parameter without a value is one that this driver does not have.
            Change::SetExpected if at.found.is_empty() || !options::is_plain(at.expected) => false,
            Change::SetExpected => options::set(self, at.module, at.parameter, at.expected),
            Change::Rewrite(what) => rewrite::step(self, what, at),
            Change::AddLine { line, .. } if self.has_softdep(line) => false,
            Change::AddLine { file, line } => {
                if line.starts_with("softdep ") {
                    self.plan.rebuild = true;
                    self.plan.says(file);
                }
                options::add_line(self, file, line)
            }
            Change::Unpack => self.unpack(at),
            Change::MakeNode => self.make_node(at),
            Change::NameCard => card::name(self, at.origin),
            Change::Unset { module, name } => options::unset(self, module, name),
            Change::Drop => match at.origin {
                Place::Line { path, line } => options::drop_line(self, path, *line),
                Place::Word(number) => words::drop(self, *number, at.module),
                _ => false,
            },
            Change::OtherSide => match at.origin {
                Place::Line { path, line } => options::turn(self, path, *line),
                _ => false,
            },
            Change::AddWord(word) if words::has(self.facts, word) => {
                let said =
                    format!("{word} is on the kernel command line already, and did not help");
                self.plan.instead = Some(said);
                false
            }
            Change::AddWord(word) => words::change(self, None, Some(word)),
            Change::Bring => match (at.origin.path(), at.parameter) {
                (Some(path), _) => initrd::bring(self, path),
                (None, "") => false,
                (None, name) => initrd::bring(self, &format!("lib/firmware/{name}")),
            },
            Change::LoadEarly(modules) => initrd::load_early(self, modules),
            Change::LoadLate => initrd::load_late(self),
            Change::AskEarly(modules) => {
                next_boot::listed_any(self.facts) || initrd::load_early(self, modules)
            }
            Change::LoadAtBoot(modules) => options::load_at_boot(self, modules),
            Change::KeepOut => options::keep_out(self, at.module),
            Change::Enable(units) if !units.iter().all(|unit| self.has_unit(unit)) => false,
            Change::Enable(units) => {
                // What is enabled already is not ours to take back.
                let off = units.iter().filter(|unit| !self.is_enabled(unit)).copied();
                let off = off.collect::<Vec<_>>().join(" ");
                if off.is_empty() {
                    self.plan.in_place = true;
                } else {
                    self.plan.change(
                        format!("systemctl enable {off}"),
                        format!("systemctl disable {off}"),
                    );
                }
                true
            }
            Change::BuildModules => modules::build(self),
            Change::Rebuild => {
                self.plan.rebuild = true;
                // A file of the root that the image lacks.
                let file = at.origin.path().map(str::to_owned);
                file.iter().for_each(|path| self.plan.says(path));
                let mut plan = Plan::default();
                initrd::rebuild(self, file.as_slice(), &mut plan);
                !plan.commands.is_empty()
            }
        }
    }
}

impl Steps<'_, '_> {
    /// Whether something tells that NVIDIA's driver will not drive the GPU.
    pub fn has_no_driver(&self) -> bool {
        let found = self.report.into_iter().flat_map(|report| &report.findings);
        let mut codes = found.map(|finding| finding.rule.code.0);
        // An image may lack what its root has; what a GPU needs is the same.
        let of_image = self.facts.image.is_yes();
        let all: &[&[u16]] = if of_image { &[&[504, 505]] } else { &NO_DRIVER };
        let config = &self.facts.config;
        let deps = config.deps.yes().into_iter().flatten();
        let mut modules = deps.map(|dep| &*dep.module);
        // Debian's has another name, and lines that tell which.
        let lines = config.lines.yes().into_iter().flatten();
        let mut renamed = lines.filter(|line| line.rest.contains("nvidia-"));
        let lacks = !of_image
            && config.deps.is_yes()
            && !modules.any(|name| name.starts_with("nvidia") && name != "nvidiafb")
            && renamed.next().is_none();
        codes.any(|code| all.iter().any(|group| group.contains(&code))) || lacks
    }

    /// Whether the module of a softdep line has another one already, which ours would stand
    /// beside.
    fn has_softdep(&self, line: &str) -> bool {
        let parts = |line: &str| -> Option<(String, String)> {
            let (module, rest) = line.strip_prefix("softdep ")?.split_once(' ')?;
            Some((module.to_owned(), rest.to_owned()))
        };
        let Some((of, rest)) = parts(line) else { return false };
        let other = |module: &str, said: &str| {
            names::matches(module, &of) && !(same_name(module, &of) && said == rest)
        };
        let lines = options::next_config(self.facts).lines.yes();
        let softdeps =
            lines.into_iter().flatten().filter(|l| matches!(l.directive, Directive::Softdep));
        let mut softdeps = softdeps.map(|line| (&*line.module, &*line.rest));
        softdeps.any(|(module, said)| other(module, said))
            || self.draft.changed().filter_map(parts).any(|(module, said)| other(&module, &said))
    }

    /// Has nvidia-modprobe make a device node again (nvidia-modprobe(1): `-c` makes the one of a
    /// minor number, of which 255 is the driver's own, `-m` and `-u` those of two modules).
    fn make_node(&mut self, at: At<'_>) -> bool {
        const MAKERS: [&str; 2] = ["usr/bin/nvidia-modprobe", "bin/nvidia-modprobe"];
        let node = at.origin.path().and_then(|path| path.strip_prefix("dev/nvidia"));
        let option = match node {
            Some("ctl") => "-c 255".to_owned(),
            Some("-modeset") => "-m".to_owned(),
            Some("-uvm" | "-uvm-tools") => "-u".to_owned(),
            Some(minor) if minor.parse::<u8>().is_ok() => format!("-c {minor}"),
            _ => return false,
        };
        if !has(self.draft.tree(), &MAKERS) {
            return false;
        }
        let node = node.unwrap_or_default();
        self.plan.at_once = true;
        self.plan.words.push(format!(
            "if /dev/nvidia{node} is wrong again after a boot, a udev rule makes it: \
             grep -rl nvidia /etc/udev/rules.d"
        ));
        self.plan.run_once(format!("rm -f /dev/nvidia{node}"));
        self.plan.run_once(format!("nvidia-modprobe {option}"));
        true
    }

    /// Unpacks a file of firmware in the root beside the packed one, of which the kernel takes
    /// the plain one first (drivers/base/firmware_loader/main.c, `_request_firmware`).
    fn unpack(&mut self, at: At<'_>) -> bool {
        let (program, ending) = match at.found {
            "xz" => ("unxz --keep", "xz"),
            "zstd" => ("unzstd --keep", "zst"),
            _ => return false,
        };
        let Some(path) = at.origin.path().filter(|path| options::is_plain(path)) else {
            return false;
        };
        if matches!(self.machine.loader, Loader::RpmOstree | Loader::NixOs) {
            return false;
        }
        let tree = self.draft.tree();
        let is_there = |file: &String| tree.exists(file).yes() == Some(&true);
        let mut plain = ["", "usr/"].map(|folder| format!("{folder}{path}")).into_iter();
        if plain.clone().any(|file| is_there(&file)) {
            // A new image is all it takes.
            self.plan.rebuild = true;
            return true;
        }
        let Some(plain) = plain.find(|file| is_there(&format!("{file}.{ending}"))) else {
            return false;
        };
        self.plan.weigh(Safety::Decide);
        self.plan.rebuild = true;
        // The packed one stays: xz packs in a form of its own, which the kernel cannot read.
        self.plan.change(format!("{program} /{plain}.{ending}"), format!("rm -f /{plain}"));
        true
    }

    /// Whether systemd's folders name the unit as wanted or required (systemctl(1), enable).
    fn is_enabled(&self, unit: &str) -> bool {
        const UNITS: &str = "etc/systemd/system";
        let tree = self.draft.tree();
        let mut enabled = false;
        // A folder that is not there, or may not be listed, shows nothing.
        let _ = tree.list(UNITS, &mut |folder| {
            let folder = std::str::from_utf8(folder).unwrap_or_default();
            if folder.ends_with(".wants") || folder.ends_with(".requires") {
                let link = format!("{UNITS}/{folder}/{unit}");
                enabled |= tree.stat(&link).yes().is_some();
            }
        });
        enabled
    }

    /// Whether its owner masked the unit, so that systemctl refuses it (systemctl(1), mask).
    fn is_masked(&self, unit: &str) -> bool {
        let link = format!("etc/systemd/system/{unit}");
        self.draft.tree().link_name::<64>(&link).yes().is_some_and(|name| **name == *"null")
    }

    /// False for a unit that this root does not have: systemctl would refuse to enable it.
    fn has_unit(&self, unit: &str) -> bool {
        let tree = self.draft.tree();
        let folders = ["usr/lib/systemd/system", "lib/systemd/system", "etc/systemd/system"];
        let lacks = |folder: &&str| tree.exists(&format!("{folder}/{unit}")).yes() == Some(&false);
        // A look that was saved may not hold these folders.
        (!has(tree, &folders) || !folders.iter().all(lacks)) && !self.is_masked(unit)
    }
}

#[cfg(test)]
mod tests;
