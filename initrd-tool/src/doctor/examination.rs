//! A look with everything beside it, ready to be asked: the judgements of the
//! machine and of its initrds. Of the running machine the look is a visit.

use super::{Beside, Case, Says, collect, since};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::regular;
use crate::base::ui::Ui;
use crate::facts::look::Look;
use crate::render::findings::Format;
use crate::source::bundle::{Notes, Saved, Visit};
use crate::source::logs::Record;
use crate::source::subject::SubjectArgs;
use crate::view::cures::{self, Cure};
use crate::view::goals::Surroundings;
use nvpreflight::expect::Goal;
use nvpreflight::finding::{Finding, Report};
use nvpreflight::rule::Code;
use std::collections::BTreeSet;
use std::path::Path;

/// Longest expectations file that is looked at; one that fills every list has 6 kB.
const EXPECT_MAX: u64 = 1 << 20;

/// A look and what belongs to it.
pub struct Examination {
    /// The look.
    pub look: Look,
    /// What the rules found.
    pub report: Box<Report>,
    initrds: Vec<(Look, Box<Report>)>,
    records: Vec<Record>,
    changes: Option<Says>,
}

impl Examination {
    /// Looks at what the arguments name; without a subject, or with `/`, visits the
    /// running machine.
    ///
    /// # Errors
    /// What could not be looked at.
    pub fn at(args: &SubjectArgs, notes: Option<&Notes>, ui: Ui) -> Result<Self> {
        let look = if is_live(args) {
            refuse_beside(args)?;
            let mut saved = collect::machine(ui)?;
            saved.expect = args.expect.as_ref().map(expectations).transpose()?;
            Look::replay(saved)
        } else {
            Look::at(args, notes, ui)?
        };
        Ok(Self::of(look, &args.goal))
    }

    /// Judges a look and the looks at initrds that it brought.
    #[must_use]
    pub fn of(mut look: Look, goals: &[Goal]) -> Self {
        for goal in goals {
            look.want.goals.insert(*goal);
        }
        let goals = look.want.goals;
        let saved = visit_of(&look).map(|visit| visit.initrds.clone()).unwrap_or_default();
        let judged = saved.into_iter().map(|saved| {
            let mut look = Look::replay(saved);
            for (goal, _) in Goal::ALL.iter().filter(|(goal, _)| goals.has(*goal)) {
                look.want.goals.insert(*goal);
            }
            let report = look.judge();
            (look, report)
        });
        let initrds: Vec<_> = judged.collect();
        let records = match visit_of(&look) {
            Some(visit) => visit.records.clone(),
            // The kernel's own are in the facts.
            None => look.records().iter().filter(|record| !record.kernel).cloned().collect(),
        };
        let report = look.judge();
        let changes = changes(&look, &report);
        Self { report, look, initrds, records, changes }
    }

    /// The look as saved facts with everything that its answers need; `notes` are
    /// those of the look.
    #[must_use]
    pub fn save(&self, notes: &Notes) -> Saved {
        let mut saved = self.look.save(notes);
        let visit = saved.visit.get_or_insert_with(|| {
            Box::new(Visit {
                records: collect::of_interest(&self.records),
                cannot_show: self.look.cannot_show(),
                ..Visit::default()
            })
        });
        let judged = self.look.show(&self.report, Format::Json, 80, false);
        visit.report = serde_json::from_str(&judged).unwrap_or_default();
        saved
    }

    /// What mends what was found on the machine and in its initrds; only what `keep`
    /// says yes to is what the others start from.
    #[must_use]
    pub fn plan(&self, keep: &dyn Fn(&Cure) -> bool) -> Vec<Cure> {
        let mut cases = vec![(&*self.look.facts, &*self.report)];
        cases.extend(self.initrds.iter().map(|(look, report)| (&*look.facts, &**report)));
        cures::plan(&cases, self.look.machine(), keep)
    }

    /// The codes whose fix ends a finding: its own, or its first cause's where every
    /// finding of that code follows from another. None where the code was not found.
    #[must_use]
    pub fn first_causes(&self, code: Code) -> BTreeSet<Code> {
        let reports = self.initrds.iter().map(|(_, report)| &**report).chain([&*self.report]);
        let causes = reports.flat_map(|report| {
            let of_code = report.findings.iter().filter(move |f| f.rule.code == code);
            of_code.map(|finding| first_cause(report, finding).rule.code)
        });
        let causes: BTreeSet<Code> = causes.collect();
        if causes.contains(&code) { BTreeSet::from([code]) } else { causes }
    }

    /// The case that the questions are asked of.
    #[must_use]
    pub fn case(&self) -> Case<'_> {
        let look = &self.look;
        let visit = visit_of(look);
        let initrds = self.initrds.iter().map(|(look, report)| Beside {
            name: &look.label.name,
            facts: &look.facts,
            report,
        });
        Case {
            name: &look.label.name,
            facts: &look.facts,
            want: &look.want,
            report: &self.report,
            records: &self.records,
            around: Surroundings::look(look.tree(), &look.facts),
            initrds: initrds.collect(),
            initrd_problems: visit.map(|v| v.initrd_problems.as_slice()).unwrap_or_default(),
            root: visit.and_then(|v| v.root),
            hung: visit.map(|v| v.hung.as_slice()).unwrap_or_default(),
            room: visit.and_then(|v| v.room.clone()),
            cannot_show: visit.map_or_else(|| look.cannot_show(), |v| v.cannot_show.clone()),
            changes: self.changes.clone(),
            machine: look.machine(),
        }
    }
}

/// The finding at the head of a chain of causes; a report has no more steps than findings.
fn first_cause<'r>(report: &'r Report, finding: &'r Finding) -> &'r Finding {
    let up = |f: &&'r Finding| report.findings.get(usize::from(f.cause?));
    let chain = std::iter::successors(Some(finding), up).take(report.findings.len());
    chain.last().unwrap_or(finding)
}

/// What changed since the good boot that the visit brought.
fn changes(look: &Look, report: &Report) -> Option<Says> {
    let (now, visit) = (look.saved()?, visit_of(look)?);
    match (&visit.good, &visit.good_problem) {
        (Some(good), _) => Some(since::good(good, now, report)),
        (None, Some(why)) => Some(Says::unknown(why)),
        (None, None) => None,
    }
}

fn visit_of(look: &Look) -> Option<&Visit> {
    look.saved().and_then(|saved| saved.visit.as_deref())
}

/// Without a subject the machine itself is meant, unless a past boot is.
fn is_live(args: &SubjectArgs) -> bool {
    match &args.subject {
        None => args.boot.is_none(),
        Some(path) => std::fs::canonicalize(path).is_ok_and(|real| real == Path::new("/")),
    }
}

/// Options that a machine brings itself would be passed over in silence.
fn refuse_beside(args: &SubjectArgs) -> Result<()> {
    let beside = [
        ("--root", args.root.is_some()),
        ("--kernel", args.kernel.is_some()),
        ("--cmdline", args.cmdline.is_some()),
        ("--boot", args.boot.is_some()),
    ];
    match beside.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Error::usage(format!(
            "{name} is only for an image, a directory or a log, not for the running machine"
        ))),
        None => Ok(()),
    }
}

/// The text of an expectations file that was named: the replay judges by it.
fn expectations(path: impl AsRef<Path>) -> Result<String> {
    let path = path.as_ref();
    let bytes = regular::read(path, EXPECT_MAX)?;
    String::from_utf8(bytes).map_err(|_| Error::new(format!("{} is not UTF-8", clean::path(path))))
}
