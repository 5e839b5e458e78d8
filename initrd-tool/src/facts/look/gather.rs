//! The facts of each kind of subject: the running system, saved facts, a log, an
//! image or a directory with what is known beside it.

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::facts::image_bytes::of_image;
use crate::facts::{Beside, collect, kind_of, of_tree};
use crate::source::bundle::{NotedFiles, Notes, Noting, Saved};
use crate::source::dir::DirFiles;
use crate::source::files::Files;
use crate::source::subject::Subject;
use crate::source::subject::context::Context;
use crate::source::subject::expect::Wanted;
use nvpreflight::evidence;
use nvpreflight::expect::Expectations;
use nvpreflight::facts::{Facts, Look, Phase, image};
use nvpreflight::seen::Seen;
use nvpreflight::tree::Tree;

pub(super) fn expectations(
    subject: &Subject,
    root: Option<&DirFiles>,
    notes: Option<&Notes>,
) -> Wanted {
    let own = subject.tree();
    let noting = notes.map(|notes| Noting::new(own, notes));
    let own: &dyn Tree = noting.as_ref().map_or(own, |noting| noting);
    match root {
        Some(root) => Wanted::below(&[own, root]),
        None => Wanted::below(&[own]),
    }
}

pub(super) fn facts(
    subject: &mut Subject,
    want: &Expectations,
    given: &mut Context,
    notes: Option<&Notes>,
    limits: &Limits,
) -> Result<Box<Facts>> {
    let (image, files): (image::Image, &mut dyn Files) = match subject {
        Subject::Running(files) => return Ok(live(files, Phase::PreDisplay, want, notes)),
        Subject::Saved(saved) => return Ok(replayed(saved, want)),
        Subject::Log(log) => {
            let mut facts = live(log.as_ref(), Phase::PreDisplay, want, notes);
            facts.look = Look::Log;
            return Ok(facts);
        }
        Subject::Image(image) => (of_image(image), image.as_mut()),
        Subject::Directory(files) => {
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
        Some(notes) => collect(&mut NotedFiles::new(files, notes), beside),
        None => collect(files, beside),
    }
}

fn live(files: &dyn Tree, phase: Phase, want: &Expectations, notes: Option<&Notes>) -> Box<Facts> {
    let mut facts = Box::new(Facts::new(phase));
    match notes {
        Some(notes) => evidence::collect(&Noting::new(files, notes), want, &mut facts),
        None => evidence::collect(files, want, &mut facts),
    }
    facts
}

pub(super) fn replayed(saved: &Saved, want: &Expectations) -> Box<Facts> {
    let mut facts = match &saved.image {
        Some(image) => {
            let hardware = saved.hardware.then_some(saved as &dyn Tree);
            let cmdline = saved.cmdline.as_deref().map(str::as_bytes);
            let mut facts = of_tree(saved, hardware, cmdline, saved.kernel.as_deref(), want);
            facts.look = kind_of(image);
            facts.image = Seen::Yes(image.clone());
            facts
        }
        None => {
            let mut facts = Box::new(Facts::new(saved.phase().unwrap_or_default()));
            evidence::collect(saved, want, &mut facts);
            facts.look = saved.look();
            facts
        }
    };
    // The look that was saved may have judged by them; this one cannot.
    let left_out = u64::try_from(saved.left_out).unwrap_or(u64::MAX);
    facts.lost.count("paths without a form in saved facts", left_out);
    facts
}
