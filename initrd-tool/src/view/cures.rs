//! What mends a machine: the fixes of findings as edits of its own files and commands
//! that its own programs understand. Reads a tree; `change::apply` writes.

mod card;
mod draft;
mod initrd;
mod machine;
mod modules;
mod options;
mod rewrite;
mod show;
mod steps;
mod words;

pub use crate::change::edit::Edit;
pub use initrd::{command as rebuild_command, early_in_words};
pub use machine::{Loader, Machine};
pub use show::{commands, described, in_root, pasteable, quoted, text};

use crate::view::maker::Maker;
use draft::Draft;
use nvpreflight::facts::{Facts, Place};
use nvpreflight::finding::fix::Fix;
use nvpreflight::finding::{Finding, Report};
use nvpreflight::rule::Rule;
use nvpreflight::rule::change::Change;
use nvpreflight::sink;
use nvpreflight::tree::Tree;
use serde::Serialize;
use steps::{At, Plan, Steps};

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
    /// Whether it counts from the next boot on only.
    pub reboot: bool,
    /// True when a cure before it has changed the finding's file so that nothing is left.
    #[serde(skip)]
    pub is_done: bool,
}

/// The cures of the first causes of several reports about one machine: its own, then
/// those of its initrds, of which a code that is cured already is left out. What follows
/// from another finding is cured with that one. Safe ones come first: each starts from what
/// those before it leave that `keep` says yes to, and the others are planned and shown, and
/// change nothing, so that no line that may be applied stands on one that nobody decided.
#[must_use]
pub fn plan(
    cases: &[(&Facts, &Report)],
    root: Option<&dyn Tree>,
    keep: &dyn Fn(&Cure) -> bool,
) -> Vec<Cure> {
    let mut found: Vec<(usize, &Finding)> = Vec::new();
    let machines: Vec<Option<Machine>> =
        cases.iter().map(|(facts, _)| root.map(|root| Machine::look(root, facts))).collect();
    for (case, (_, report)) in cases.iter().enumerate() {
        let known = found.len();
        for finding in report.findings.iter().filter(|f| f.cause.is_none()) {
            let earlier = found.get(..known).unwrap_or_default();
            let is_known = earlier.iter().any(|(_, old)| old.rule.code == finding.rule.code);
            if !is_known && !found.iter().any(|(_, old)| is_one_word(old, finding)) {
                found.push((case, finding));
            }
        }
    }
    let mut draft = root.map(Draft::new);
    let mut out: Vec<Cure> = Vec::new();
    for safe_only in [true, false] {
        found.retain(|(case, finding)| {
            let Some((facts, report)) = cases.get(*case) else { return false };
            let mut cure = by_hand(report, finding);
            let machine = machines.get(*case).and_then(Option::as_ref);
            if let (Some(machine), Some(draft)) = (machine, &mut draft) {
                Patient { facts, report: Some(report), machine }.cure(&mut cure, finding, draft);
            }
            let now = !safe_only || cure.safety == Safety::Safe;
            if let Some(draft) = &mut draft {
                match now && keep(&cure) {
                    true => draft.keep(),
                    false => draft.forget(),
                }
            }
            // Several findings of one rule may have one and the same cure.
            let same = |known: &Cure| {
                known.code == cure.code && cure.edits.is_empty() && known.commands == cure.commands
            };
            if now && !cure.is_done && !out.iter().any(same) {
                out.push(cure);
            }
            !now
        });
    }
    out
}

/// Whether both are of one rule about one word of the command line, which is changed once,
/// whomever it concerns.
fn is_one_word(a: &Finding, b: &Finding) -> bool {
    a.rule.code == b.rule.code && a.origin == b.origin && matches!(a.origin, Place::Word(_))
}

/// The cure of every finding of one report, in its order. Each starts from what the first
/// causes before it leave, so that their lines can be pasted one after another; what
/// follows from another finding is cured for itself.
#[must_use]
pub fn each(facts: &Facts, report: &Report, root: Option<&dyn Tree>) -> Vec<Cure> {
    let machine = root.map(|root| Machine::look(root, facts));
    let mut draft = root.map(Draft::new);
    let mut done: Vec<&Finding> = Vec::new();
    let mut out = Vec::new();
    for finding in &report.findings {
        let mut cure = by_hand(report, finding);
        let earlier = done.iter().any(|old| is_one_word(old, finding));
        if let (Some(machine), Some(draft), Some(root)) = (&machine, &mut draft, root) {
            let patient = Patient { facts, report: Some(report), machine };
            if finding.cause.is_some() {
                patient.cure(&mut cure, finding, &mut Draft::new(root));
            } else if earlier {
                cure.words = vec![format!("the change for {} above is enough", cure.code)];
            } else {
                patient.cure(&mut cure, finding, draft);
                draft.keep();
                done.push(finding);
            }
        }
        out.push(cure);
    }
    out
}

/// What a cure is made for.
struct Patient<'a> {
    facts: &'a Facts,
    report: Option<&'a Report>,
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
            gpu: finding.gpus.first().copied(),
        };
        self.fill(cure, finding.rule.change, at, draft);
    }

    /// Makes changes part of the cure; leaves its words where a person has to make one of
    /// them.
    fn fill(&self, cure: &mut Cure, changes: &[Change], at: At<'_>, draft: &mut Draft<'_>) {
        let machine = self.machine;
        let (facts, report) = (self.facts, self.report);
        let mut steps = Steps { draft, machine, facts, report, plan: Plan::default() };
        let whole = changes.iter().all(|change| steps.step(*change, at))
            && (!steps.plan.rebuild || initrd::hold_options(&mut steps));
        let mut plan = std::mem::take(&mut steps.plan);
        if !whole {
            // Half a change is none.
            if let Some(instead) = plan.instead.take() {
                cure.words = vec![instead];
            }
            steps.draft.forget();
            return;
        }
        cure.edits = steps.draft.edits();
        let changed = |path: &str| steps.draft.is_changed(path);
        cure.is_done = cure.edits.is_empty() && at.origin.path().is_some_and(changed);
        if plan.rebuild {
            let edited = cure.edits.iter().map(|edit| edit.path.clone());
            let mut files: Vec<String> = edited.chain(plan.says.iter().cloned()).collect();
            files.sort();
            files.dedup();
            initrd::rebuild(&steps, &files, &mut plan);
        }
        let Plan { commands, undo, words, safety, in_place, at_once, .. } = plan;
        (cure.commands, cure.undo, cure.words) = (commands, undo, words);
        cure.safety = match cure.edits.is_empty() && cure.commands.is_empty() {
            true => Safety::ByHand,
            false => safety.unwrap_or(Safety::Safe),
        };
        cure.in_place = in_place && cure.edits.is_empty();
        cure.reboot = !at_once && cure.safety != Safety::ByHand;
    }
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
        let patient = Patient { facts, report: Some(report), machine };
        patient.cure(&mut cure, finding, &mut Draft::new(root));
    }
    cure
}

/// The rule's own words, for a machine of which nothing else is known.
fn by_hand(report: &Report, finding: &Finding) -> Cure {
    let message = crate::base::clean::line(finding.message.to_string().as_bytes());
    Cure { words: words_for(report, finding), ..nothing(&finding.rule.code.to_string(), message) }
}

/// A cure that changes nothing and says nothing yet.
fn nothing(code: &str, message: String) -> Cure {
    Cure {
        code: code.to_owned(),
        message,
        safety: Safety::ByHand,
        edits: Vec::new(),
        commands: Vec::new(),
        undo: Vec::new(),
        words: Vec::new(),
        in_place: false,
        reboot: false,
        is_done: false,
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
    let mut cure = nothing(&rule.code.to_string(), rule.title.to_owned());
    let at = At {
        origin: &Place::Nowhere,
        module: "",
        parameter: "",
        expected: "",
        found: "",
        gpu: None,
    };
    Patient { facts, report: None, machine: &machine }.fill(
        &mut cure,
        rule.change,
        at,
        &mut Draft::new(root),
    );
    (cure.safety != Safety::ByHand).then(|| form(&cure))
}

/// A change that somebody wishes and no finding asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// What changes.
    pub changes: &'static [Change],
    /// The setting that [`Change::SetExpected`] makes: module, parameter, value.
    pub setting: Option<(&'static str, &'static str, String)>,
    /// What to do in words, for a machine whose files are not known, and where a person has
    /// to make one of the changes: for whom each is, [`Maker::Unknown`] for all.
    pub words: Vec<(Maker, String)>,
}

/// The lines that make wishes true on one machine, one after another: the files first, each
/// command once, behind all that it works on. `None` on NixOS, whose files are made from its
/// configuration.
#[must_use]
pub fn wished(wishes: &[Wish], root: &dyn Tree, facts: &Facts) -> Option<Vec<String>> {
    let machine = Machine::look(root, facts);
    if machine.loader == Loader::NixOs {
        return None;
    }
    let mut draft = Draft::new(root);
    let (mut lines, mut commands) = (Vec::new(), Vec::new());
    for wish in wishes {
        let (module, parameter, expected) =
            wish.setting.as_ref().map_or(("", "", ""), |(m, name, value)| (*m, *name, value));
        // A value that is there already is as good as none: it is written again.
        let at =
            At { origin: &Place::Nowhere, module, parameter, expected, found: expected, gpu: None };
        let own = |maker: Maker| maker == machine.maker || maker == Maker::Unknown;
        let words = wish.words.iter().filter(|(maker, _)| own(*maker));
        let words = words.map(|(_, line)| line.clone()).collect();
        let mut cure = Cure { words, ..nothing("", String::new()) };
        let patient = Patient { facts, report: None, machine: &machine };
        if !wish.changes.is_empty() {
            patient.fill(&mut cure, wish.changes, at, &mut draft);
            draft.keep();
        }
        commands.append(&mut cure.commands);
        lines.extend(show::commands(&cure));
    }
    // A command that stands twice works on what both changed.
    let behind = |(at, _): &(usize, &String)| {
        !commands.iter().skip(at + 1).any(|c| Some(c) == commands.get(*at))
    };
    let commands = commands.iter().enumerate().filter(behind);
    lines.extend(commands.map(|(_, command)| format!("sudo {command}")));
    Some(lines)
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
