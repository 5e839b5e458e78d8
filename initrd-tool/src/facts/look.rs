//! A look: everything of a subject that the rules judge, and the judgement. Renders
//! nothing.

pub(crate) mod bootconfig;
mod gather;

use super::earlier;
use crate::base::clean;
use crate::base::error::Result;
use crate::base::label::Label;
use crate::base::limits::Limits;
use crate::base::ui::Ui;
use crate::source::bundle::{self, Names, Notes, Saved};
use crate::source::dir::DirFiles;
use crate::source::image::Image;
use crate::source::image_or_dir::Opened;
use crate::source::logs::balance::Balance;
use crate::source::logs::{self, Choice, Entry, Evidence, Record};
use crate::source::subject::context::Context;
use crate::source::subject::expect::Wanted;
use crate::source::subject::{Subject, SubjectArgs, installed, line};
use nvpreflight::engine;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::Facts;
use nvpreflight::finding::Report;
use nvpreflight::tree::Tree;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// A subject with what was seen of it.
pub struct Look {
    /// Its name for people.
    pub label: Label,
    /// What was seen.
    pub facts: Box<Facts>,
    /// What is wanted.
    pub want: Expectations,
    /// Whether reports are to show what each line of the input was taken for.
    pub explain_input: bool,
    subject: Subject,
    root: Option<DirFiles>,
    expect: Option<String>,
    cmdline: Option<Vec<u8>>,
    hardware: bool,
    records: OnceCell<Vec<Record>>,
}

fn image_of(subject: &Subject) -> Option<&Image> {
    match subject {
        Subject::Image(image) => Some(image),
        _ => None,
    }
}

impl Look {
    /// Looks at what the options name; with `notes`, everything that is touched is
    /// noted down.
    ///
    /// # Errors
    /// What could not be opened or read, and options that do not fit together.
    pub fn at(args: &SubjectArgs, notes: Option<&Notes>, ui: Ui) -> Result<Self> {
        let limits = Limits::DEFAULT;
        let choice = Choice { boot: args.boot.clone(), beside: args.with.clone() };
        let (path, args, log) = match (&args.subject, &args.boot) {
            (Some(path), _) => (path.clone(), args.clone(), None),
            (None, Some(spec)) => {
                let log = logs::journal::boot_with(spec, &choice)?;
                (PathBuf::from("the journal"), args.clone(), Some(log))
            }
            (None, None) => {
                let (path, args) = installed::beside_this_system(args, ui)?;
                (path, args, None)
            }
        };
        let mut subject = match log {
            Some(log) => Subject::Log(Box::new(log)),
            None => Subject::open(&path, &choice, &limits, ui)?,
        };
        let mut label = subject.label(&path);
        let mut given = Context::read(&args, &subject, &limits)?;
        if let (Subject::Image(image), None) = (&subject, &given.cmdline) {
            given.cmdline = image.cmdline().map(<[u8]>::to_vec);
            let beside = args.root.as_deref().filter(|_| given.cmdline.is_none());
            if let Some((line, why)) = beside.and_then(|root| line::of(root, &path)) {
                let shown = clean::line(line.as_bytes());
                ui.say(format_args!("kernel command line: {shown} ({why})"));
                given.cmdline = Some(line.into());
            }
        }
        if let Some(uki) = image_of(&subject).and_then(Image::uki).filter(|u| u.profiles.len() > 1)
        {
            let list: Vec<String> = uki.profiles.iter().map(ToString::to_string).collect();
            let (one, list) = (list.get(uki.profile).cloned().unwrap_or_default(), list.join(", "));
            ui.say(format_args!("profile {one} of {list} is looked at; FILE@1 takes another"));
        }
        if let Subject::Image(image) = &subject {
            let (line, note) = bootconfig::applied(given.cmdline.take(), image.bootconfig());
            given.cmdline = line;
            note.iter().for_each(|note| ui.say(format_args!("{note}")));
        }
        if let Some(root) = &args.root {
            label.root = Some(clean::path(root));
        }
        let mut wanted = match &args.expect {
            Some(path) => Wanted::named(path)?,
            None => match &subject {
                Subject::Saved(saved) if saved.expect.is_some() => {
                    Wanted::text("the saved expectations", saved.expect.as_deref().unwrap_or(""))
                }
                _ => gather::expectations(&subject, given.root.as_ref(), notes),
            },
        };
        for goal in &args.goal {
            wanted.want.goals.insert(*goal);
        }
        if let (Subject::Log(log), Some(line)) = (&mut subject, &given.cmdline) {
            let given = Entry::File(line.clone());
            log.files.insert("proc/cmdline".to_owned(), given);
        }
        let (cmdline, hardware) = (given.cmdline.clone(), given.hardware.is_some());
        let mut facts = gather::facts(&mut subject, &wanted.want, &mut given, notes, &limits)?;
        facts.expectations_refused = wanted.refused;
        if let Subject::Log(log) = &mut subject {
            if args.boot.is_none() {
                let shown = earlier::shown(log, &wanted.want, &facts);
                log.cannot_show.extend(shown);
            }
        }
        Ok(Self {
            label,
            facts,
            root: given.root,
            want: wanted.want,
            explain_input: false,
            subject,
            expect: wanted.text,
            cmdline,
            hardware,
            records: OnceCell::new(),
        })
    }

    /// The records of the log: of a log those of its boot, of the running system
    /// those of its journal, else of its kernel log; of saved facts the kernel's.
    /// Empty where a subject has none.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        match &self.subject {
            Subject::Log(log) => &log.records,
            Subject::Running(_) => self.records.get_or_init(|| match logs::journal::boot("0") {
                Ok(log) => log.records,
                Err(_) => logs::of_tree(self.subject.tree()),
            }),
            Subject::Saved(_) => self.records.get_or_init(|| logs::of_tree(self.subject.tree())),
            Subject::Image(_) | Subject::Directory(_) => &[],
        }
    }

    /// What this subject cannot show, each a clause that stands alone; empty where
    /// nothing is known to be missing.
    #[must_use]
    pub fn cannot_show(&self) -> Vec<String> {
        match &self.subject {
            Subject::Log(log) => log.cannot_show.clone(),
            Subject::Saved(saved) => saved.cannot_show.clone(),
            _ => Vec::new(),
        }
    }

    /// What each line of the input was taken for, for people; empty where nobody asked.
    #[must_use]
    pub fn input(&self) -> String {
        match self.log() {
            _ if !self.explain_input => String::new(),
            Some(log) => format!("\n{}", log.balance.text()),
            None => format!("\n{}", Balance::default().text()),
        }
    }

    /// The log, where the subject is one.
    #[must_use]
    pub const fn log(&self) -> Option<&Evidence> {
        match &self.subject {
            Subject::Log(log) => Some(log),
            _ => None,
        }
    }

    /// A look at saved facts that are in memory.
    #[must_use]
    pub fn replay(saved: Saved) -> Self {
        let wanted = match &saved.expect {
            Some(text) => Wanted::text("", text),
            None => Wanted::below(&[&saved]),
        };
        let mut facts = gather::replayed(&saved, &wanted.want);
        facts.expectations_refused = wanted.refused;
        let subject = Subject::Saved(Box::new(saved));
        Self {
            label: subject.label(Path::new("saved facts")),
            facts,
            want: wanted.want,
            explain_input: false,
            subject,
            root: None,
            expect: wanted.text,
            cmdline: None,
            hardware: false,
            records: OnceCell::new(),
        }
    }

    /// The image or directory that was looked at, to be described; `None` where the
    /// subject is none, or is the running system.
    #[must_use]
    pub fn into_opened(self) -> Option<Opened> {
        match self.subject {
            Subject::Image(image) => Some(Opened::Image(image)),
            Subject::Directory(files) => Some(Opened::Directory(files)),
            _ => None,
        }
    }

    /// What was looked at, as a tree.
    #[must_use]
    pub fn tree(&self) -> &dyn Tree {
        self.subject.tree()
    }

    /// The saved facts, where the look is at such.
    #[must_use]
    pub const fn saved(&self) -> Option<&Saved> {
        match &self.subject {
            Subject::Saved(saved) => Some(saved),
            _ => None,
        }
    }

    /// Runs the rules.
    #[must_use]
    pub fn judge(&self) -> Box<Report> {
        let mut report = Box::new(Report::new(self.facts.phase));
        engine::run(&self.facts, &self.want, &mut report);
        if self.facts.look == nvpreflight::facts::Look::Log {
            report.shows_no_more();
        }
        report
    }

    /// What was seen, to be judged again elsewhere; `notes` are those of the look.
    #[must_use]
    pub fn save(&self, notes: &Notes) -> Saved {
        if let Subject::Saved(saved) = &self.subject {
            return saved.as_ref().clone();
        }
        let subject =
            bundle::Subject { name: self.label.name.clone(), kind: self.label.kind.clone() };
        let mut saved = Saved::new(subject, self.facts.phase, notes);
        saved.look = Some(self.facts.look.name().into());
        saved.kernel = self.facts.system.release.yes().map(|release| release.to_string());
        saved.cmdline =
            self.cmdline.as_ref().map(|line| String::from_utf8_lossy(line).into_owned());
        saved.expect.clone_from(&self.expect);
        saved.hardware = self.hardware;
        saved.cannot_show = self.cannot_show();
        saved.image = self.facts.image.yes().cloned();
        saved
    }

    /// Names of the machine and its people, as the subject and the root beside it tell
    /// them. A log and saved facts have no accounts; they may be this machine's.
    #[must_use]
    pub fn names(&self) -> Names {
        let mut names = Names::default();
        names.of_tree(self.tree());
        if let Some(root) = &self.root {
            names.of_tree(root);
        }
        if matches!(self.subject, Subject::Log(_) | Subject::Saved(_)) {
            if let Ok(here) = DirFiles::open(Path::new("/"), &Limits::DEFAULT) {
                names.of_tree(&here);
            }
        }
        names
    }

    /// What was looked at.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The root of the machine that the look is of, where its files can be seen: of an
    /// image the root beside it.
    #[must_use]
    pub fn machine(&self) -> Option<&dyn Tree> {
        match self.facts.look {
            nvpreflight::facts::Look::Live | nvpreflight::facts::Look::Root => Some(self.tree()),
            nvpreflight::facts::Look::Image => self.root(),
            nvpreflight::facts::Look::Log => None,
        }
    }

    /// The root beside an image, as a tree.
    #[must_use]
    pub fn root(&self) -> Option<&dyn Tree> {
        self.root.as_ref().map(|root| root as &dyn Tree)
    }
}
