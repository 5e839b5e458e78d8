//! What an argument names, and the look at it: an initrd image, a unified kernel
//! image, a directory, the running system, saved facts, a log. Reads only.

pub mod args;
pub mod booted;
pub(crate) mod context;
pub mod entries;
pub(crate) mod expect;
mod grub;
pub mod installed;
pub mod line;
mod sniff;

pub use args::SubjectArgs;

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::label::Label;
use crate::base::limits::Limits;
use crate::base::progress::Meter;
use crate::base::ui::Ui;
use crate::source::bundle::Saved;
use crate::source::dir::DirFiles;
use crate::source::image::{Image, Keep, Source, profile_of};
use crate::source::logs::{self, Choice, Evidence};
use nvpreflight::seen::Seen;
use nvpreflight::tree::Tree;
use sniff::Looks;
use std::path::Path;

/// Something that can be looked at.
pub enum Subject {
    /// An initrd image or a UKI.
    Image(Box<Image>),
    /// A directory that is or becomes a root.
    Directory(DirFiles),
    /// The running system.
    Running(DirFiles),
    /// Saved facts.
    Saved(Box<Saved>),
    /// A boot as a log tells it.
    Log(Box<Evidence>),
}

impl Subject {
    /// Opens what a path names; `choice` says which boot of a log is meant.
    ///
    /// # Errors
    /// A path that cannot be read, or that is none of these; the error says what
    /// it is where that can be told.
    pub fn open(path: &Path, choice: &Choice, limits: &Limits, ui: Ui) -> Result<Self> {
        let subject = match path == Path::new("-") {
            true => Self::stdin(choice, limits, ui)?,
            false => Self::at(path, choice, limits, ui)?,
        };
        let log = matches!(subject, Self::Log(_));
        let asked = [("--boot", choice.boot.is_some()), ("--with", !choice.beside.is_empty())];
        if let Some((option, _)) = asked.iter().find(|(_, asked)| *asked && !log) {
            let name = subject.label(path).name;
            return Err(Error::usage(format!(
                "{option} only works with a log, and {name} is not a log"
            )));
        }
        Ok(subject)
    }

    /// Whether a file starts as an initrd or a UKI does; nothing else of it is read.
    #[must_use]
    pub fn is_image(path: &Path) -> bool {
        let (path, _) = profile_of(path);
        let file = std::fs::metadata(&path).is_ok_and(|meta| meta.is_file());
        file && sniff::file(&path).is_ok_and(|looks| matches!(looks, Looks::Initrd | Looks::Pe))
    }

    /// Standard input: facts and logs, packed or not, or an initrd.
    fn stdin(choice: &Choice, limits: &Limits, ui: Ui) -> Result<Self> {
        const NAME: &str = "standard input";
        let mut input = logs::Stream::new(std::io::stdin().lock(), limits.unpacked);
        let head = logs::packed_head(&mut input, limits);
        if logs::may_be_facts(head, limits) {
            let saved = Saved::from_packed(NAME, &whole(input)?, limits)?;
            return Ok(Self::Saved(Box::new(saved)));
        }
        match sniff::bytes(head) {
            Looks::Pe => Err(Error::new(
                "standard input is a PE file: give a unified kernel image by its name",
            )),
            Looks::Initrd if !logs::may_be_text(head, limits) => {
                let bytes = whole(input)?;
                let mut meter = Meter::new(ui, "reading the image");
                let progress = &mut |progress| meter.show(progress);
                let source = Source::memory(&bytes);
                Self::whole(NAME, Image::read(source, Keep::Stack, limits, progress)?)
            }
            _ => logs::stream(NAME, input, choice, limits).map(|log| Self::Log(Box::new(log))),
        }
    }

    fn at(path: &Path, choice: &Choice, limits: &Limits, ui: Ui) -> Result<Self> {
        let (file, profile) = profile_of(path);
        if profile.is_some() {
            return Self::image(path, limits, ui);
        }
        let meta = std::fs::metadata(&file).map_err(|e| Error::io("read", path, e))?;
        if meta.is_dir() && logs::looks_like_one(path, limits)? {
            return logs::open(path, choice, limits).map(|log| Self::Log(Box::new(log)));
        }
        if meta.is_dir() {
            refuse_unknown(path)?;
            let running = std::fs::canonicalize(path).is_ok_and(|real| real == Path::new("/"));
            return match running {
                true => DirFiles::open(Path::new("/"), limits).map(Self::Running),
                false => DirFiles::open(path, limits).map(Self::Directory),
            };
        }
        if !meta.is_file() {
            let name = clean::path(path);
            return Err(Error::new(format!("{name} is neither a file nor a directory")));
        }
        let looks = sniff::file(path)?;
        if looks != Looks::Pe && logs::looks_like_one(path, limits)? {
            return logs::open(path, choice, limits).map(|log| Self::Log(Box::new(log)));
        }
        match looks {
            Looks::Initrd if logs::head_of_facts(path, limits)? => {
                Saved::read(path).map(|saved| Self::Saved(Box::new(saved)))
            }
            Looks::Initrd | Looks::Pe => Self::image(path, limits, ui),
            Looks::Json => Saved::read(path).map(|saved| Self::Saved(Box::new(saved))),
            looks => Err(sniff::refusal(path, looks)),
        }
    }

    fn image(path: &Path, limits: &Limits, ui: Ui) -> Result<Self> {
        let mut meter = Meter::new(ui, "reading the image");
        let progress = &mut |progress| meter.show(progress);
        let image = Image::open(path, Keep::Stack, limits, progress)?;
        Self::whole(&clean::path(path), image)
    }

    /// An image that holds something.
    fn whole(name: &str, image: Image) -> Result<Self> {
        if image.segments().iter().all(|segment| segment.entries == 0) {
            let stop = image.stop();
            let why = stop.map_or("it contains no archive", |stop| stop.why);
            return Err(Error::new(format!(
                "{name} contains nothing that the kernel would unpack: {why}"
            )));
        }
        Ok(Self::Image(Box::new(image)))
    }

    /// Its name and kind for reports; `path` as it was given.
    #[must_use]
    pub fn label(&self, path: &Path) -> Label {
        let name = match path == Path::new("-") {
            true => "standard input".to_owned(),
            false => clean::path(path),
        };
        match self {
            Self::Image(image) => {
                let uki = image.uki().is_some();
                let kind = if uki { "unified kernel image" } else { "initrd image" };
                Label { name, kind: kind.into(), root: None }
            }
            Self::Directory(_) => Label { name, kind: "directory".into(), root: None },
            Self::Running(_) => Label { name, kind: "running system".into(), root: None },
            Self::Log(log) => Label { name, kind: log.kind.clone(), root: None },
            Self::Saved(saved) => Label {
                name: clean::line(saved.subject.name.as_bytes()),
                kind: clean::line(saved.subject.kind.as_bytes()),
                root: None,
            },
        }
    }

    /// What it holds, as a tree.
    #[must_use]
    pub fn tree(&self) -> &dyn Tree {
        match self {
            Self::Image(image) => image.as_ref(),
            Self::Directory(files) | Self::Running(files) => files,
            Self::Saved(saved) => saved.as_ref(),
            Self::Log(log) => log.as_ref(),
        }
    }

    /// Words for the segment of an image that a path's file came from.
    #[must_use]
    pub fn segment(&self, path: &str) -> Option<String> {
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

/// Everything that standard input gives, of what cannot be read as it comes.
fn whole(mut input: logs::Stream) -> Result<Vec<u8>> {
    let bytes = input.up_to(logs::LOG_MAX);
    if !input.is_done() {
        return Err(Error::new("standard input is longer than 256 MiB: give the file by its name"));
    }
    input.end().map_err(|e| Error::io("read", Path::new("standard input"), e))?;
    Ok(bytes)
}

/// Folders, files and links of which a root or an unpacked initrd has at least one.
const OF_ROOTS: [&str; 16] = [
    "etc", "usr", "bin", "sbin", "lib", "lib64", "init", "proc", "sys", "dev", "run", "boot",
    "nix", "conf", "scripts", "config",
];

/// Refuses a directory that holds nothing of a root: "ok" would say nothing of it.
fn refuse_unknown(path: &Path) -> Result<()> {
    if OF_ROOTS.iter().any(|name| path.join(name).symlink_metadata().is_ok()) {
        return Ok(());
    }
    let name = clean::path(path);
    Err(Error::new(format!(
        "{name} holds nothing that is known: neither a root file system, nor an unpacked initrd, \
         nor a log"
    )))
}
