//! The steps of one cure: each change of a rule as edits, commands and words of one machine.

use super::draft::{Draft, has};
use super::{Machine, Safety, card, initrd, options, rewrite, words};
use nvpreflight::facts::{Facts, Place};
use nvpreflight::reading::next_boot;
use nvpreflight::rule::change::Change;
use nvpreflight::tree::TreeExt;

/// What a finding points at.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub origin: &'a Place,
    pub module: &'a str,
    pub parameter: &'a str,
    pub expected: &'a str,
    pub found: &'a str,
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
    pub plan: Plan,
}

impl Steps<'_, '_> {
    /// Plans one change; false where nobody but a person can make it here.
    pub fn step(&mut self, change: Change, at: At<'_>) -> bool {
        match change {
            Change::Set { module, name, value } => options::set(self, module, name, value),
            // A parameter without a value is one that this driver does not have.
            Change::SetExpected if at.found.is_empty() || !options::is_plain(at.expected) => false,
            Change::SetExpected => options::set(self, at.module, at.parameter, at.expected),
            Change::Rewrite(what) => rewrite::step(self, what, at),
            Change::AddLine { file, line } => options::add_line(self, file, line),
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
                let units = units.join(" ");
                self.plan.change(
                    format!("systemctl enable {units}"),
                    format!("systemctl disable {units}"),
                );
                true
            }
            Change::Rebuild => {
                self.plan.rebuild = true;
                // A file of the root that the image lacks.
                if let Some(path) = at.origin.path() {
                    self.plan.says(path);
                }
                let mut plan = Plan::default();
                initrd::rebuild(self.machine, &[], &mut plan);
                !plan.commands.is_empty()
            }
        }
    }
}

impl Steps<'_, '_> {
    /// False for a unit that this root does not have: systemctl would refuse to enable it.
    fn has_unit(&self, unit: &str) -> bool {
        let tree = self.draft.tree();
        let folders = ["usr/lib/systemd/system", "lib/systemd/system", "etc/systemd/system"];
        let lacks = |folder: &&str| tree.exists(&format!("{folder}/{unit}")).yes() == Some(&false);
        // A look that was saved may not hold these folders.
        !has(tree, &folders) || !folders.iter().all(lacks)
    }
}
