//! A look: everything of a subject that the rules judge, and the judgement.

use super::context::Context;
use super::expect::Wanted;
use super::{Subject, SubjectArgs, booted};
use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::ui::Ui;
use crate::facts::{self, Beside};
use crate::render::findings::{Format, Judged, Label, place::Sources};
use crate::source::bundle::{self, Notes, Noting, Saved};
use crate::source::dir::DirFiles;
use crate::source::files::Files;
use crate::source::image::Image as InitrdImage;
use crate::source::image_or_dir::Opened;
use crate::source::logs::{self, Choice, Entry, Evidence, Record};
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Phase, image};
use nvpreflight::finding::Report;
use nvpreflight::seen::Seen;
use nvpreflight::text::{Line, Name};
use nvpreflight::tree::Tree;
use nvpreflight::{engine, evidence};
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
    subject: Subject,
    root: Option<DirFiles>,
    expect: Option<String>,
    cmdline: Option<Vec<u8>>,
    hardware: bool,
    records: OnceCell<Vec<Record>>,
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
                let (path, args) = running(args, ui)?;
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
                _ => subject.expectations(given.root.as_ref(), notes),
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
        let mut facts = subject.facts(&wanted.want, &mut given, notes, &limits)?;
        facts.expectations_refused = wanted.refused;
        Ok(Self {
            label,
            facts,
            root: given.root,
            want: wanted.want,
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
            Some(text) => Wanted::text("the saved expectations", text),
            None => Wanted::below(&[&saved]),
        };
        let mut facts = replayed(&saved, &wanted.want);
        facts.expectations_refused = wanted.refused;
        let subject = Subject::Saved(Box::new(saved));
        Self {
            label: subject.label(Path::new("saved facts")),
            facts,
            want: wanted.want,
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
        if !self.cannot_show().is_empty() {
            report.shows_no_more();
        }
        report
    }

    /// The judgement in a format.
    #[must_use]
    pub fn show(&self, report: &Report, format: Format, columns: usize, colours: bool) -> String {
        self.judged(report, |judged| judged.render(format, columns, colours))
    }

    /// Hands a judgement with its places to `f`.
    pub fn judged<R>(&self, report: &Report, f: impl FnOnce(&Judged<'_>) -> R) -> R {
        let segment = |path: &str| self.subject.segment(path);
        let cmdline = self.facts.config.cmdline.yes().map(|cmdline| cmdline.raw.as_slice());
        let root = self.root.as_ref().map(|root| root as &dyn Tree);
        let sources = Sources { tree: self.subject.tree(), root, cmdline, segment: &segment };
        let mut judged = Judged::new(&self.label, &self.facts, report, &sources);
        judged.cannot_show = self.cannot_show();
        f(&judged)
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
        saved.kernel = self.facts.system.release.yes().map(|release| release.to_string());
        saved.cmdline =
            self.cmdline.as_ref().map(|line| String::from_utf8_lossy(line).into_owned());
        saved.expect.clone_from(&self.expect);
        saved.hardware = self.hardware;
        saved.cannot_show = self.cannot_show();
        saved.image = self.facts.image.yes().cloned();
        saved
    }
}

impl Subject {
    fn tree(&self) -> &dyn Tree {
        match self {
            Self::Image(image) => image.as_ref(),
            Self::Directory(files) | Self::Running(files) => files,
            Self::Saved(saved) => saved.as_ref(),
            Self::Log(log) => log.as_ref(),
        }
    }

    fn expectations(&self, root: Option<&DirFiles>, notes: Option<&Notes>) -> Wanted {
        let own = self.tree();
        let noting = notes.map(|notes| Noting::new(own, notes));
        let own: &dyn Tree = noting.as_ref().map_or(own, |noting| noting);
        match root {
            Some(root) => Wanted::below(&[own, root]),
            None => Wanted::below(&[own]),
        }
    }

    fn facts(
        &mut self,
        want: &Expectations,
        given: &mut Context,
        notes: Option<&Notes>,
        limits: &Limits,
    ) -> Result<Box<Facts>> {
        let (image, files): (image::Image, &mut dyn Files) = match self {
            Self::Running(files) => return Ok(live(files, Phase::PreDisplay, want, notes)),
            Self::Saved(saved) => return Ok(replayed(saved, want)),
            Self::Log(log) => return Ok(live(log.as_ref(), Phase::PreDisplay, want, notes)),
            Self::Image(image) => (of_image(image), image.as_mut()),
            Self::Directory(files) => {
                (image::Image { kind: image::Kind::Directory, ..image::Image::default() }, files)
            }
        };
        let hardware = given.hardware.as_ref().map(|files| files as &dyn Tree);
        let noted = hardware.zip(notes).map(|(tree, notes)| Noting::new(tree, notes));
        let beside = Beside {
            want,
            image,
            root: given.root.as_mut().map(|root| root as &mut dyn Files),
            hardware: noted.as_ref().map(|noting| noting as &dyn Tree).or(hardware),
            kernel: given.kernel.as_deref(),
            cmdline: given.cmdline.as_deref(),
            limits: *limits,
        };
        match notes {
            Some(notes) => facts::collect(&mut bundle::NotedFiles::new(files, notes), beside),
            None => facts::collect(files, beside),
        }
    }

    /// Words for the segment of an image that a path's file came from.
    fn segment(&self, path: &str) -> Option<String> {
        let Self::Image(image) = self else { return None };
        let Seen::Yes(inode) = image.find(path.as_bytes()) else { return None };
        let mut of = None;
        image
            .entries(&mut |entry| {
                if entry.inode == inode {
                    of.get_or_insert(entry.segment);
                }
                Ok(())
            })
            .ok()?;
        let index = of? as usize;
        let segment = image.segments().get(index)?;
        let of = image.segments().len();
        let (form, at) = (segment.form.name(), segment.place.offset);
        Some(format!("segment {} of {of} ({form}, at byte {at})", index + 1))
    }
}

/// The initrd that this system booted from, with what is known beside it.
fn running(args: &SubjectArgs, ui: Ui) -> Result<(PathBuf, SubjectArgs)> {
    let text = |path: &str| {
        std::fs::read_to_string(path).map_err(|e| Error::io("read", Path::new(path), e))
    };
    let release = text("/proc/sys/kernel/osrelease")?.trim().to_owned();
    let cmdline = text("/proc/cmdline")?.trim_end().to_owned();
    let (path, why) = booted::find(Path::new("/"), &release, &cmdline)?;
    ui.say(format_args!("checking {} ({why}), with this system beside it", clean::path(&path)));
    let mut args = args.clone();
    args.root.get_or_insert_with(|| "/".into());
    args.kernel.get_or_insert_with(|| release.into());
    args.cmdline.get_or_insert_with(|| cmdline.into());
    Ok((path, args))
}

fn live(files: &dyn Tree, phase: Phase, want: &Expectations, notes: Option<&Notes>) -> Box<Facts> {
    let mut facts = Box::new(Facts::new(phase));
    match notes {
        Some(notes) => evidence::collect(&Noting::new(files, notes), want, &mut facts),
        None => evidence::collect(files, want, &mut facts),
    }
    facts
}

fn replayed(saved: &Saved, want: &Expectations) -> Box<Facts> {
    let mut facts = match &saved.image {
        Some(image) => {
            let hardware = saved.hardware.then_some(saved as &dyn Tree);
            let cmdline = saved.cmdline.as_deref().map(str::as_bytes);
            let mut facts = facts::of_tree(saved, hardware, cmdline, saved.kernel.as_deref(), want);
            facts.image = Seen::Yes(image.clone());
            facts
        }
        None => {
            let mut facts = Box::new(Facts::new(saved.phase().unwrap_or_default()));
            evidence::collect(saved, want, &mut facts);
            facts
        }
    };
    // The look that was saved may have judged by them; this one cannot.
    let left_out = u64::try_from(saved.left_out).unwrap_or(u64::MAX);
    facts.lost.count("paths without a form in saved facts", left_out);
    facts
}

/// What reading an image's bytes showed, as facts.
pub(crate) fn of_image(image: &InitrdImage) -> image::Image {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let segments = image.segments().iter().map(|segment| image::Segment {
        offset: segment.place.offset,
        packed: segment.packed,
        unpacked: segment.unpacked,
        form: Name::from(segment.form.name()),
        entries: segment.entries,
    });
    let dropped = image.dropped().iter().map(|dropped| image::Dropped {
        path: Line::from_bytes(&dropped.path),
        why: Line::from(dropped.why),
        offset: dropped.at,
    });
    let stop = image.stop().map(|stop| image::Dropped {
        path: Line::from(stop.message),
        why: Line::from(stop.why),
        offset: stop.place.offset,
    });
    image::Image {
        kind: if image.uki().is_some() { image::Kind::Uki } else { image::Kind::Initrd },
        kernel: image.uname().map_or(Seen::NotLooked, |name| Seen::Yes(Name::from_bytes(name))),
        size: image.size(),
        segments: segments.collect(),
        stop,
        dropped: dropped.collect(),
        dropped_total: number(image.dropped_total()),
        ..image::Image::default()
    }
}
