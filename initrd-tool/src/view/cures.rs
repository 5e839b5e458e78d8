//! What mends a machine: the fixes of findings as edits of its own files and commands
//! that its own programs understand. Reads a tree; `change::apply` writes.

mod card;
mod draft;
mod initrd;
mod machine;
mod options;
mod rewrite;
mod show;
mod words;

pub use crate::change::edit::Edit;
pub use initrd::command as rebuild_command;
pub use machine::{Loader, Machine};
pub use show::{commands, described, in_root, pasteable, quoted, text};

use draft::{Draft, has};
use nvpreflight::facts::{Facts, Place};
use nvpreflight::finding::fix::Fix;
use nvpreflight::finding::{Finding, Report};
use nvpreflight::reading::next_boot;
use nvpreflight::rule::Rule;
use nvpreflight::rule::change::Change;
use nvpreflight::sink;
use nvpreflight::tree::{Tree, TreeExt};
use serde::Serialize;

/// Whether a cure may be applied without being asked for by its code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// It changes options of the NVIDIA modules, and `--undo` takes it back.
    Safe,
    /// It changes what else a boot does: the owner has to want it.
    Decide,
    /// Nothing that a program can do here.
    ByHand,
}

impl Safety {
    /// The words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Decide => "needs a decision",
            Self::ByHand => "by hand",
        }
    }
}

/// The fix of one finding on one machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cure {
    /// "NVP201".
    pub code: String,
    /// What is wrong, the finding's sentence.
    pub message: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// Files that change.
    pub edits: Vec<Edit>,
    /// Commands to run after that, in order.
    pub commands: Vec<String>,
    /// Commands that take it back, to run when the files are as they were.
    pub undo: Vec<String>,
    /// What only a person can do: NixOS options, firmware settings, a choice.
    pub words: Vec<String>,
    /// True when the files already say so: then a rebuild or a reboot is missing.
    pub in_place: bool,
}

/// The cures of the first causes of several reports about one machine: its own, then
/// those of its initrds, of which a code that is cured already is left out. What follows
/// from another finding is cured with that one. Each starts from what those before it
/// leave that `keep` says yes to: the others are planned and shown, and change nothing.
#[must_use]
pub fn plan(
    cases: &[(&Facts, &Report)],
    root: Option<&dyn Tree>,
    keep: &dyn Fn(&Cure) -> bool,
) -> Vec<Cure> {
    let mut out: Vec<Cure> = Vec::new();
    let mut draft = root.map(Draft::new);
    for (facts, report) in cases {
        let machine = root.map(|root| Machine::look(root, facts));
        let known: Vec<String> = out.iter().map(|cure| cure.code.clone()).collect();
        let mut words: Vec<(&str, &Place)> = Vec::new();
        for finding in report.findings.iter().filter(|f| f.cause.is_none()) {
            let code = finding.rule.code.to_string();
            // One word of the command line is changed once, whomever it concerns.
            let word = (finding.rule.name, &finding.origin);
            if known.contains(&code)
                || matches!(finding.origin, Place::Word(_)) && words.contains(&word)
            {
                continue;
            }
            words.push(word);
            let mut cure = by_hand(report, finding);
            if let (Some(machine), Some(draft)) = (&machine, &mut draft) {
                Patient { facts, machine }.cure(&mut cure, finding, draft);
                match keep(&cure) {
                    true => draft.keep(),
                    false => draft.forget(),
                }
            }
            // Several findings of one rule may have one and the same cure.
            let same = |known: &Cure| {
                known.code == cure.code && cure.edits.is_empty() && known.commands == cure.commands
            };
            if !out.iter().any(same) {
                out.push(cure);
            }
        }
    }
    out
}

/// What a cure is made for.
struct Patient<'a> {
    facts: &'a Facts,
    machine: &'a Machine,
}

impl Patient<'_> {
    /// Puts this machine's own lines in the place of the rule's words.
    fn cure(&self, cure: &mut Cure, finding: &Finding, draft: &mut Draft<'_>) {
        let nixos = self.machine.loader == Loader::NixOs;
        // The image of a NixOS root may not say what it is.
        if nixos && finding.fix.is_empty() {
            let version = self.facts.driver_version().unwrap_or_default();
            let words = lines(Fix::new(finding.rule.fix_for(true), version, &finding.module));
            cure.words = words.into_iter().map(|line| self.machine.of_release(line)).collect();
        }
        // A finding with advice of its own is another case than the rule's; where it is to
        // take a word away, the change does that too.
        let own = !finding.fix.is_empty() && !matches!(finding.origin, Place::Word(_));
        if nixos || own || finding.rule.change.is_empty() {
            return;
        }
        let at = At {
            origin: &finding.origin,
            module: &finding.module,
            parameter: &finding.parameter,
            expected: &finding.expected,
            found: &finding.found,
        };
        self.fill(cure, finding.rule, at, draft);
    }

    /// Makes a rule's changes part of the cure; leaves its words where a person has to
    /// make one of them.
    fn fill(&self, cure: &mut Cure, rule: &Rule, at: At<'_>, draft: &mut Draft<'_>) {
        let machine = self.machine;
        let mut steps = Steps { draft, machine, facts: self.facts, plan: Plan::default() };
        let whole = rule.change.iter().all(|change| steps.step(*change, at))
            && (!steps.plan.rebuild || initrd::hold_options(&mut steps));
        let mut plan = steps.plan;
        if !whole {
            // Half a change is none.
            draft.forget();
            return;
        }
        cure.edits = draft.edits();
        if plan.rebuild {
            initrd::rebuild(machine, &cure.edits, &mut plan);
        }
        let Plan { commands, undo, words, safety, in_place, .. } = plan;
        (cure.commands, cure.undo, cure.words) = (commands, undo, words);
        cure.safety = match cure.edits.is_empty() && cure.commands.is_empty() {
            true => Safety::ByHand,
            false => safety.unwrap_or(Safety::Safe),
        };
        cure.in_place = in_place && cure.edits.is_empty();
    }
}

/// What a finding points at.
#[derive(Clone, Copy)]
struct At<'a> {
    origin: &'a Place,
    module: &'a str,
    parameter: &'a str,
    expected: &'a str,
    found: &'a str,
}

/// Reads what cures may edit, so that a look that is being noted down holds it.
pub fn note(root: &dyn Tree, facts: &Facts) {
    let machine = Machine::look(root, facts);
    let draft = Draft::new(root);
    words::note(&machine, &draft);
    initrd::note(&draft);
    options::note(&draft, facts);
    for change in nvpreflight::rules::RULES.iter().flat_map(|rule| rule.change) {
        match change {
            Change::AddLine { file, .. } => drop(draft.is_free(file)),
            Change::NameCard => card::note(&draft, facts),
            _ => {}
        }
    }
}

/// The cure of one finding alone: what changes on this machine, or the rule's words where
/// a person has to do it or no machine is known.
#[must_use]
pub fn of(facts: &Facts, report: &Report, finding: &Finding, root: Option<&dyn Tree>) -> Cure {
    let mut cure = by_hand(report, finding);
    if let Some(root) = root {
        let machine = &Machine::look(root, facts);
        Patient { facts, machine }.cure(&mut cure, finding, &mut Draft::new(root));
    }
    cure
}

/// The rule's own words, for a machine of which nothing else is known.
fn by_hand(report: &Report, finding: &Finding) -> Cure {
    Cure {
        code: finding.rule.code.to_string(),
        message: crate::base::clean::line(finding.message.to_string().as_bytes()),
        safety: Safety::ByHand,
        edits: Vec::new(),
        commands: Vec::new(),
        undo: Vec::new(),
        words: words_for(report, finding),
        in_place: false,
    }
}

/// The rule's words with what is known of this machine in the place of VERSION, MODULE
/// and NAME.
#[must_use]
pub fn words_for(report: &Report, finding: &Finding) -> Vec<String> {
    lines(sink::text::fix(report, finding))
}

fn lines(fix: Fix<'_>) -> Vec<String> {
    fix.lines().map(|line| line.to_string()).collect()
}

/// What a cure needs beside its edits.
#[derive(Default)]
struct Plan {
    commands: Vec<String>,
    undo: Vec<String>,
    words: Vec<String>,
    safety: Option<Safety>,
    in_place: bool,
    rebuild: bool,
    /// Files of options that the next initrd has to hold.
    says: Vec<String>,
}

impl Plan {
    fn says(&mut self, path: &str) {
        self.says.push(path.to_owned());
    }

    /// A command that makes something of files: to run again when they are taken back.
    fn run(&mut self, command: impl Into<String>) {
        let command = command.into();
        self.change(command.clone(), command);
    }

    /// A command of which nothing is left once the files are as they were.
    fn run_once(&mut self, command: String) {
        if !self.commands.contains(&command) {
            self.commands.push(command);
        }
    }

    /// A command that changes something itself, and the one that takes it back.
    fn change(&mut self, command: impl Into<String>, back: impl Into<String>) {
        let command = command.into();
        if !self.commands.contains(&command) {
            self.commands.push(command);
            self.undo.push(back.into());
        }
    }

    fn weigh(&mut self, safety: Safety) {
        self.safety = self.safety.max(Some(safety));
    }
}

struct Steps<'a, 't> {
    draft: &'a mut Draft<'t>,
    machine: &'a Machine,
    facts: &'a Facts,
    plan: Plan,
}

impl Steps<'_, '_> {
    /// Plans one change; false where nobody but a person can make it here.
    fn step(&mut self, change: Change, at: At<'_>) -> bool {
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

/// What mends a rule's fault on a machine before anything was found there: the lines of
/// changes that need no finding, or `None` where the fix is words or depends on one.
#[must_use]
pub fn in_general(
    rule: &Rule,
    root: &dyn Tree,
    facts: &Facts,
    form: fn(&Cure) -> Vec<String>,
) -> Option<Vec<String>> {
    let needs_one = |change: &Change| {
        use Change::{Bring, Drop, KeepOut, LoadLate, NameCard, OtherSide, SetExpected};
        use Change::{Rewrite, Unset};
        matches!(change, Drop | OtherSide | Bring | KeepOut | LoadLate | NameCard)
            || matches!(change, SetExpected | Rewrite(_) | Unset { .. })
    };
    if rule.change.is_empty() || rule.change.iter().any(needs_one) {
        return None;
    }
    let machine = Machine::look(root, facts);
    if machine.loader == Loader::NixOs {
        let words = rule.fix_for(true).lines().map(str::to_owned);
        return Some(words.map(|line| machine.of_release(line)).collect());
    }
    let mut cure = Cure {
        code: rule.code.to_string(),
        message: rule.title.to_owned(),
        safety: Safety::ByHand,
        edits: Vec::new(),
        commands: Vec::new(),
        undo: Vec::new(),
        words: Vec::new(),
        in_place: false,
    };
    let at = At { origin: &Place::Nowhere, module: "", parameter: "", expected: "", found: "" };
    Patient { facts, machine: &machine }.fill(&mut cure, rule, at, &mut Draft::new(root));
    (cure.safety != Safety::ByHand).then(|| form(&cure))
}

/// Machines by who makes their initrd and keeps their command line, each as the files
/// that show it; `...` stands for what a real one has there.
pub const MACHINES: [(&str, &str); 6] = [
    ("mkinitcpio, systemd-boot", "etc/mkinitcpio.conf = MODULES=(...)\netc/kernel/cmdline = ...\n"),
    (
        "dracut, grubby",
        "etc/dracut.conf = #\nusr/lib/dracut/dracut.conf.d/01-dist.conf = hostonly=\"yes\"\n\
         usr/sbin/grubby = x\n",
    ),
    (
        "initramfs-tools, GRUB",
        "etc/initramfs-tools/modules = #\netc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"...\"\n\
         boot/grub/x = x\nusr/sbin/update-grub = x\n",
    ),
    (
        "booster, GRUB",
        "usr/lib/booster/x = x\netc/default/grub = GRUB_CMDLINE_LINUX=\"...\"\nboot/grub/x = x\n",
    ),
    ("rpm-ostree", "run/ostree-booted = x\netc/dracut.conf = #\n"),
    ("NixOS", "etc/os-release = ID=nixos\netc/NIXOS = x\n"),
];

#[cfg(test)]
mod tests;
