//! What an argument of a comparison names: a path to anything that can be looked at,
//! a saved report, a boot of the journal, a recorded boot.

use super::{Picture, report};
use crate::base::error::{Error, Result};
use crate::base::label::Label;
use crate::base::ui::Ui;
use crate::facts::look::Look;
use crate::source::bundle::{Notes, Saved};
use crate::source::history::{Entry, Store};
use crate::source::image_or_dir::Opened;
use crate::source::subject::SubjectArgs;
use crate::view::inventory::summary::Summary;
use nvpreflight::finding::Report;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What an argument names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Whatever lies at a path.
    Path(PathBuf),
    /// `boot:N`, `boot:ID`: a boot of this machine's journal, or a remembered one.
    Boot(String),
    /// `boot:good`: the latest good boot that is remembered.
    Good,
}

impl Source {
    /// True for the running system.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Path(path)
            if std::fs::canonicalize(path).is_ok_and(|real| real == Path::new("/")))
    }

    /// What the argument names. A file named `boot:0` is named as `./boot:0`.
    #[must_use]
    pub fn parse(text: &OsStr) -> Self {
        match text.as_bytes().strip_prefix(b"boot:") {
            Some(b"good") => Self::Good,
            Some(boot) => Self::Boot(String::from_utf8_lossy(boot).into_owned()),
            None => Self::Path(text.into()),
        }
    }
}

/// The kind of a recorded boot, in words.
const REMEMBERED: &str = "recorded boot";

/// A look at the running system without what tells one machine from another.
///
/// # Errors
/// What could not be read.
pub fn running(ui: Ui) -> Result<Saved> {
    let notes = Notes::default();
    let args = SubjectArgs { subject: Some("/".into()), ..SubjectArgs::default() };
    let look = Look::at(&args, Some(&notes), ui)?;
    look.save(&notes).redacted(&look.names())
}

/// One side, looked at.
pub struct Side {
    /// What is compared.
    pub picture: Picture,
    /// The judgement; `None` of a saved report, which is one.
    pub report: Option<Box<Report>>,
    /// The image or directory, where it is one.
    pub opened: Option<Opened>,
}

impl Side {
    /// Looks at it. `store` holds the remembered boots.
    ///
    /// # Errors
    /// What could not be opened or read, and boots that nobody remembers.
    pub fn open(source: &Source, store: &Store, ui: Ui) -> Result<Self> {
        let tell = &mut |line: &str| ui.say(format_args!("skipped: {line}"));
        match source {
            Source::Path(path) => Self::of_path(path, ui),
            Source::Good => match store.find(None, None, tell)? {
                Some((entry, saved)) => Self::of_remembered(&entry, saved),
                None => Err(Error::new("no good boot is recorded here yet")),
            },
            Source::Boot(boot) => {
                let is_id =
                    boot.len() >= 8 && boot.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
                if is_id {
                    if let Some((entry, saved)) = store.find(Some(boot), None, tell)? {
                        return Self::of_remembered(&entry, saved);
                    }
                }
                let args = SubjectArgs { boot: Some(boot.clone()), ..SubjectArgs::default() };
                let mut side = Self::of_look(Look::at(&args, None, ui)?);
                side.picture.name = format!("boot {}", boot.escape_debug());
                Ok(side)
            }
        }
    }

    /// The running system as it would be remembered: what is left out of a recorded
    /// boot is left out here too, and makes no difference.
    ///
    /// # Errors
    /// What could not be read.
    pub fn running(ui: Ui) -> Result<Self> {
        let mut side = Self::of_look(Look::replay(running(ui)?));
        "this boot".clone_into(&mut side.picture.name);
        Ok(side)
    }

    /// True for a recorded boot.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.picture.kind == REMEMBERED
    }

    fn of_path(path: &Path, ui: Ui) -> Result<Self> {
        if path.is_file() {
            if let Some(picture) = report::read(path)? {
                return Ok(Self { picture, report: None, opened: None });
            }
        }
        let args = SubjectArgs { subject: Some(path.to_owned()), ..SubjectArgs::default() };
        Ok(Self::of_look(Look::at(&args, None, ui)?))
    }

    /// What a look shows.
    #[must_use]
    pub fn of_look(look: Look) -> Self {
        let report = look.judge();
        let picture = Picture::of(&look.label, &look.facts, &report);
        Self { picture, report: Some(report), opened: look.into_opened() }
    }

    /// A recorded boot.
    ///
    /// # Errors
    /// Facts that cannot be replayed.
    pub fn of_remembered(entry: &Entry, saved: Saved) -> Result<Self> {
        let boot = saved.boot.clone();
        let mut side = Self::of_look(Look::replay(saved));
        let when = boot.as_ref().map_or_else(String::new, crate::source::bundle::Boot::when);
        let generation = boot.and_then(|boot| boot.generation);
        let generation = generation.map_or_else(String::new, |n| format!(", generation {n}"));
        side.picture.name = format!("boot {} of {when}{generation}", entry.id);
        side.picture.kind = REMEMBERED.to_owned();
        Ok(side)
    }

    /// What a walk over the image adds to the picture; `None` where it is none.
    ///
    /// # Errors
    /// What could not be read.
    pub fn walk(&mut self, ui: Ui) -> Result<Option<Summary>> {
        let Some(opened) = &self.opened else { return Ok(None) };
        let summary = Summary::of(opened)?;
        self.picture.walk(opened, &summary, ui)?;
        Ok(Some(summary))
    }

    /// Its label.
    #[must_use]
    pub fn label(&self) -> Label {
        Label { name: self.picture.name.clone(), kind: self.picture.kind.clone(), root: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_is_named_by_its_prefix_and_everything_else_is_a_path() {
        let parse = |text: &str| Source::parse(OsStr::new(text));
        assert_eq!(parse("boot:-1"), Source::Boot("-1".into()));
        assert_eq!(parse("boot:good"), Source::Good);
        assert_eq!(parse("./boot:0"), Source::Path("./boot:0".into()));
        assert_eq!(parse("/"), Source::Path("/".into()));
    }
}
