//! An image or a directory, opened to be described: walked, and contents read in
//! one more pass without keeping them.

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::base::progress::Meter;
use crate::base::ui::Ui;
use crate::source::dir::DirFiles;
use crate::source::files::{Files, Walked};
use crate::source::image::{Image, Keep};
use nvpreflight::seen::Seen;
use nvpreflight::tree::Kind;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Takes a path and a piece of that file's content.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'a;

/// What an argument named.
pub enum Opened {
    /// An initrd image or a unified kernel image.
    Image(Box<Image>),
    /// A directory that is or becomes a root.
    Directory(DirFiles),
}

impl Opened {
    /// Opens an image or a directory.
    ///
    /// # Errors
    /// A path that cannot be read, or a limit.
    pub fn open(path: &Path, keep: Keep, ui: Ui) -> Result<Self> {
        if path.is_dir() {
            return DirFiles::open(path, &Limits::DEFAULT).map(Self::Directory);
        }
        let mut meter = Meter::new(ui, "reading the image");
        let progress = &mut |progress| meter.show(progress);
        Image::open(path, keep, &Limits::DEFAULT, progress).map(|i| Self::Image(Box::new(i)))
    }

    /// The files in it.
    #[must_use]
    pub fn files(&self) -> &dyn Files {
        match self {
            Self::Image(image) => image.as_ref(),
            Self::Directory(directory) => directory,
        }
    }

    /// The image, where it is one.
    #[must_use]
    pub fn image(&self) -> Option<&Image> {
        match self {
            Self::Image(image) => Some(image),
            Self::Directory(_) => None,
        }
    }

    /// Reads the contents of the files that `wants` chooses and hands them out in
    /// pieces, one file after another, each under its first path. Files without
    /// content, and those of a directory that cannot be read, are left out.
    ///
    /// # Errors
    /// What could not be read, or what `visit` returns.
    pub fn stream(
        &self,
        wants: &mut dyn FnMut(&Walked<'_>) -> bool,
        visit: &mut Visit<'_>,
        ui: Ui,
    ) -> Result<()> {
        match self {
            Self::Image(image) => stream_image(image, wants, visit, ui),
            Self::Directory(directory) => {
                let mut chosen = Vec::new();
                directory.walk(&mut |entry| {
                    if entry.kind == Kind::File && wants(entry) {
                        chosen.push(entry.path.to_vec());
                    }
                })?;
                for path in chosen {
                    if let Seen::Yes(bytes) = directory.load(&path) {
                        visit(&path, &bytes)?;
                    }
                }
                Ok(())
            }
        }
    }
}

fn stream_image(
    image: &Image,
    wants: &mut dyn FnMut(&Walked<'_>) -> bool,
    visit: &mut Visit<'_>,
    ui: Ui,
) -> Result<()> {
    let mut chosen = HashSet::new();
    image.walk(&mut |entry| {
        if entry.kind == Kind::File && wants(entry) {
            chosen.insert(entry.path.to_vec());
        }
    })?;
    let mut paths: HashMap<u32, Vec<u8>> = HashMap::new();
    image.entries(&mut |entry| {
        if let Some(path) = chosen.take(entry.path) {
            paths.entry(entry.inode).or_insert(path);
        }
        Ok(())
    })?;
    let mut meter = Meter::new(ui, "reading contents");
    image.contents(
        &mut paths.keys().copied(),
        &mut |inode, chunk| match paths.get(&inode) {
            Some(path) => visit(path, chunk),
            None => Ok(()),
        },
        &mut |progress| meter.show(progress),
    )
}
