//! From files to facts: what an image, or a directory that is or becomes a root,
//! shows before the boot. What it cannot show stays "not looked"; nothing is
//! judged here.
//!
//! `Files + Beside → Machine (a Tree) → the verifier's collectors → Facts`, and
//! what only a file can show into `Facts.image`.

mod counted;
mod earlier;
mod firmware;
mod first_program;
pub mod image_bytes;
mod kernel_symbols;
pub mod look;
mod machine;
pub mod modfile;
mod module_tree;
mod paths;
mod root;
mod survey;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::source::files::Files;
use crate::source::releases;
use counted::Counted;
use machine::Machine;
use nvpreflight::evidence::{self, refused::Counting};
use nvpreflight::expect::Expectations;
use nvpreflight::facts::image::{Image, Kind};
use nvpreflight::facts::{Facts, Look, Phase};
use nvpreflight::seen::Seen;
use nvpreflight::text::Name;
use nvpreflight::tree::Tree;

/// What is known beside the files themselves.
pub struct Beside<'a> {
    /// What the owner wants; tells which further modules are of interest.
    pub want: &'a Expectations,
    /// What reading the image file showed: kind, size, segments, where the kernel
    /// stops, what it drops, `.uname`. The rest is filled in.
    pub image: Image,
    /// The root file system that the image belongs to (`--root`).
    pub root: Option<&'a mut dyn Files>,
    /// A machine whose sys/ shows the hardware, such as the running one.
    pub hardware: Option<&'a dyn Tree>,
    /// The release of the kernel that will run the image (`--kernel`); wins over
    /// a UKI's `.uname`.
    pub kernel: Option<&'a str>,
    /// The kernel command line (`--cmdline`, or a UKI's `.cmdline`).
    pub cmdline: Option<&'a [u8]>,
    /// Bounds of the reading.
    pub limits: Limits,
}

impl<'a> Beside<'a> {
    /// Nothing known beside the files.
    #[must_use]
    pub fn nothing(want: &'a Expectations) -> Self {
        Self {
            want,
            image: Image::default(),
            root: None,
            hardware: None,
            kernel: None,
            cmdline: None,
            limits: Limits::DEFAULT,
        }
    }
}

/// Looks at everything that the files show.
///
/// # Errors
/// Files that could not be walked or read; a damaged module is no error but a
/// fact.
pub fn collect(files: &mut dyn Files, beside: Beside<'_>) -> Result<Box<Facts>> {
    let Beside { want, mut image, root, hardware, kernel, cmdline, limits } = beside;
    if let Some(release) = kernel {
        image.kernel = Seen::Yes(Name::from(release));
    }
    let known = image.kernel.yes().map(|k| k.as_str().to_owned());
    let mut counted = Counted::new(files);
    let mut counted_root = root.map(Counted::new);
    let hardware = hardware.map(Counting::new);
    let files: &mut dyn Files = &mut counted;
    let found = releases::of(files);
    image.releases = found.iter().map(|r| Name::from(r.name.as_str())).collect();
    let release = known.or_else(|| releases::newest(&found).map(|newest| newest.name.clone()));

    let machine = Machine {
        files: files.as_tree(),
        hardware: hardware.as_ref().map(|tree| tree as &dyn Tree),
        cmdline,
        release: release.as_deref(),
    };
    let mut facts = of_machine(&machine, hardware.is_some(), want);
    let survey = match image.kind {
        Kind::Directory => survey::by_place(files),
        Kind::Initrd | Kind::Uki => survey::by_walk(files)?,
    };
    image.unpacked = survey.unpacked;
    image.firmware_bytes = survey.firmware_bytes;
    image.programs = survey.programs;
    image.programs.resume |= survey::asks_to_resume(files, cmdline);
    image.firmware = firmware::collect(files, release.as_deref());
    if let Some(line) = cmdline.filter(|_| image.kind != Kind::Directory) {
        let programs = first_program::collect(
            &*files,
            counted_root.as_ref().map(|root| root as &dyn Files),
            line,
        );
        image.first_programs = Seen::Yes(programs);
    }
    let interest = module_tree::Interest::new(&facts, want);
    let mut tree = module_tree::collect(files, release.as_deref(), &interest, &limits)?;
    image.tree = tree.shown();
    if let Some(root) = &mut counted_root {
        let side = root::collect(root, release.as_deref(), &interest, &limits)?;
        if let (Some(own), Seen::Yes(shown)) = (tree.found(), &mut image.tree) {
            kernel_symbols::resolve(shown, own, files, Some((&*root, side.found())), &facts);
        }
        image.root = Seen::Yes(Box::new(side.shown));
    } else if let (Some(own), Seen::Yes(shown)) = (tree.found(), &mut image.tree) {
        kernel_symbols::resolve(shown, own, files, None, &facts);
    }
    counted.tell(&mut facts.lost);
    if let Some(root) = &counted_root {
        root.tell(&mut facts.lost);
    }
    if let Some(hardware) = &hardware {
        hardware.tell(&mut facts.lost);
    }
    facts.look = kind_of(&image);
    facts.image = Seen::Yes(Box::new(image));
    Ok(facts)
}

/// What a look at these files is.
#[must_use]
pub const fn kind_of(image: &Image) -> Look {
    match image.kind {
        Kind::Directory => Look::Root,
        Kind::Initrd | Kind::Uki => Look::Image,
    }
}

/// What the small files of an image, or saved ones, show: the part of the facts
/// that needs no walk and no module.
#[must_use]
pub fn of_tree(
    files: &dyn Tree,
    hardware: Option<&dyn Tree>,
    cmdline: Option<&[u8]>,
    release: Option<&str>,
    want: &Expectations,
) -> Box<Facts> {
    let machine = Machine { files, hardware, cmdline, release };
    let counting = Counting::new(&machine);
    let mut facts = of_machine(&counting, hardware.is_some(), want);
    counting.tell(&mut facts.lost);
    facts
}

fn of_machine(machine: &dyn Tree, hardware: bool, want: &Expectations) -> Box<Facts> {
    let mut facts = Box::new(Facts::new(Phase::Image));
    evidence::system::collect(machine, &mut facts);
    // Whether systemd runs shows only in a running system; `Programs` tells whether
    // it is there.
    facts.system.init = Seen::NotLooked;
    evidence::config::collect(machine, &mut facts);
    evidence::modules::collect(machine, want, &mut facts);
    if hardware {
        evidence::pci::collect(machine, &mut facts);
        evidence::drm::collect(machine, &mut facts);
    }
    facts
}
