//! Puts the verifier into an image that is there: one more cpio segment behind
//! the original bytes, which stay as they are. `place` finds where the files go,
//! `hooks` what starts the verifier, `seal` marks the segment, `write` makes the
//! new image. Whether the kernel takes it is asked of the reader before the new
//! image gets its name.

pub mod hooks;
mod interrupt;
pub mod packing;
pub mod place;
pub mod seal;
pub mod verifier;
pub mod write;

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::regular;
use crate::change::newc::{self, Entry, Node};
use crate::source::files::Files;
use crate::source::image::{Image, Keep};
use hooks::Init;
use nvpreflight::seen::Seen;
use packing::Packing;
use place::Segment;
use seal::Seal;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use verifier::Payload;
use write::{Making, plain_file};

/// Opens an image; commands add progress and limits.
pub type Open<'a> = &'a mut dyn FnMut(&Path, Keep) -> Result<Image>;

/// What is to be done to which image.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The image as it is.
    pub image: &'a Path,
    /// The image as it will be.
    pub to: &'a Path,
    /// True when the one replaces the other: then its owner is kept too.
    pub in_place: bool,
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// The new image.
    pub to: PathBuf,
    /// In a few words.
    pub what: &'static str,
    /// Bytes of the original.
    pub original_bytes: u64,
    /// The segment, unless it was removed.
    pub segment: Option<Appended>,
}

/// The appended segment.
#[derive(Clone, Debug)]
pub struct Appended {
    /// Its offset in the new image.
    pub at: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its packing.
    pub form: &'static str,
    /// Kind of init: systemd, dracut, initramfs-tools, mkinitcpio, rdinit.
    pub init: String,
    /// Paths of its files.
    pub files: Vec<String>,
    /// What starts the verifier.
    pub start: String,
}

impl Job<'_> {
    /// Appends the segment, in place of one that is there.
    ///
    /// # Errors
    /// An image that the kernel does not read to its end or that has no known
    /// init; a failed read or write. The old image is then as it was.
    pub fn inject(&self, payload: &Payload, packing: Packing, open: Open<'_>) -> Result<Done> {
        let (real, data) = plain_file(self.image)?;
        let to = self.place(&real)?;
        let (bytes, again) = match original(&real, open)? {
            Some(seal) => (seal.original_bytes, true),
            None => (data.len(), false),
        };
        let mut making = Making::copy(&real, bytes, &to)?;
        let before = open(making.path(), Keep::Stack)?;
        let plan = Plan::over(&before, payload, Some(making.path()))?;
        let form = packing.of(&before)?;
        let packed = form.pack(&plan.archive()?)?;
        drop(before);
        let at = seal::offset_behind(bytes);
        making.append(at - bytes, &packed)?;
        plan.check(&open(making.path(), Keep::Stack)?, at)?;
        making.publish(&data, self.in_place)?;
        let what = if again { "verifier replaced" } else { "verifier added" };
        Ok(Done {
            to: self.to.to_owned(),
            what,
            original_bytes: bytes,
            segment: Some(plan.appended(at, packed.len() as u64, form)),
        })
    }

    /// Takes the segment away.
    ///
    /// # Errors
    /// An image without one, or that is no longer what the segment was added to.
    pub fn remove(&self, open: Open<'_>) -> Result<Done> {
        let (real, data) = plain_file(self.image)?;
        let to = self.place(&real)?;
        let Some(seal) = original(&real, open)? else {
            return Err(Error::new(format!(
                "{} has no verifier added by `inject`",
                clean::path(self.image)
            )));
        };
        let bytes = seal.original_bytes;
        Making::copy(&real, bytes, &to)?.publish(&data, self.in_place)?;
        Ok(Done {
            to: self.to.to_owned(),
            what: "verifier removed",
            original_bytes: bytes,
            segment: None,
        })
    }

    /// Where the new image goes: through a link to the image itself.
    fn place(&self, real: &Path) -> Result<PathBuf> {
        if self.in_place {
            return Ok(real.to_owned());
        }
        plain_or_new(self.to)?;
        Ok(self.to.to_owned())
    }
}

/// Refuses to replace anything but a plain file.
fn plain_or_new(to: &Path) -> Result<()> {
    match std::fs::metadata(to) {
        Ok(data) if !data.is_file() => {
            Err(Error::new(format!("{} is not a regular file", clean::path(to))))
        }
        _ => Ok(()),
    }
}

/// Writes the segment alone, for what takes several initrds.
///
/// # Errors
/// As [`Job::inject`].
pub fn segment_only(
    image: &Path,
    to: &Path,
    payload: &Payload,
    packing: Packing,
    open: Open<'_>,
) -> Result<Done> {
    let before = open(image, Keep::Stack)?;
    if Seal::of(&before)?.is_some() {
        return Err(Error::new(format!("{} already has the verifier", clean::path(image))));
    }
    let plan = Plan::over(&before, payload, None)?;
    let form = packing.of(&before)?;
    let packed = form.pack(&plan.archive()?)?;
    plain_or_new(to)?;
    let mut making = Making::empty(to)?;
    making.append(0, &packed)?;
    making.finish()?;
    Ok(Done {
        to: to.to_owned(),
        what: "segment written; the boot loader must load it after the image",
        original_bytes: before.size(),
        segment: Some(plan.appended(0, packed.len() as u64, form)),
    })
}

/// The mark of an image that was injected into, checked.
fn original(image: &Path, open: Open<'_>) -> Result<Option<Seal>> {
    if is_pe(image)? {
        return Err(Error::new(format!(
            "{} is a unified kernel image: its initrd is part of it and may be signed. \
             Write the segment with --segment FILE and rebuild the image with it: \
             ukify build --initrd=INITRD --initrd=FILE …",
            clean::path(image)
        )));
    }
    let now = open(image, Keep::Stack)?;
    let Some(seal) = Seal::of(&now)? else { return Ok(None) };
    seal.check(image, now.segments().last().map(|last| (last.at, last.packed)))?;
    Ok(Some(seal))
}

/// True for PE files: unified kernel images and kernels (UAPI.5).
fn is_pe(path: &Path) -> Result<bool> {
    let mut start = [0; 2];
    let mut file = regular::open(path)?;
    let read = file.read(&mut start).map_err(|e| Error::io("read", path, e))?;
    Ok(start.get(..read) == Some(b"MZ"))
}

/// What the segment will hold.
struct Plan {
    init: Init,
    start: String,
    entries: Vec<Entry>,
    files: Vec<String>,
}

impl Plan {
    /// `sealed` is the file that has exactly the original bytes.
    fn over(before: &Image, payload: &Payload, sealed: Option<&Path>) -> Result<Self> {
        if let Some(stop) = before.stop() {
            return Err(Error::new(format!(
                "the kernel would never reach a segment after this image: it stops at byte {} \
                 ({})",
                stop.place.offset, stop.why
            )));
        }
        // Found only as the last bytes of what the boot loader hands over.
        if before.bootconfig().is_some() {
            return Err(Error::new(
                "a boot configuration stands behind this image, and a segment behind that would \
                 hide it: take it off (bootconfig -d), inject, and append it again (bootconfig -a)",
            ));
        }
        verifier::fits(&payload.verifier, before)?;
        let init = Init::of(before)?;
        let mut segment = Segment::over(before);
        let mut files = vec![segment.file(hooks::VERIFIER, 0o755, payload.verifier.clone())?];
        if let Some(text) = &payload.expectations {
            files.push(segment.file(hooks::EXPECTATIONS, 0o644, text.clone())?);
        }
        let start = init.hook(before, &mut segment)?;
        if let Some(path) = sealed {
            let seal =
                Seal::new(init.to_string(), before.size(), seal::sha256(path, before.size())?);
            files.push(segment.file(seal::PATH, 0o644, seal.bytes()?)?);
        }
        Ok(Self { init, start, entries: segment.finish(), files })
    }

    fn archive(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        newc::write(&self.entries, &mut bytes)
            .map_err(|e| Error::new(format!("cannot write the segment: {e}")))?;
        Ok(bytes)
    }

    fn appended(self, at: u64, bytes: u64, form: packing::Form) -> Appended {
        let Self { init, start, files, .. } = self;
        Appended { at, bytes, form: form.name(), init: init.to_string(), files, start }
    }

    /// Reads the new image as the kernel would and looks for every file of the
    /// segment in it.
    fn check(&self, after: &Image, at: u64) -> Result<()> {
        let failed = |why: String| {
            Error::new(format!(
                "the kernel would not accept the segment: {why}; the image is unchanged"
            ))
        };
        if let Some(stop) = after.stop() {
            return Err(failed(format!("it stops at byte {}, {}", stop.place.offset, stop.why)));
        }
        if after.segments().last().map(|segment| segment.at) != Some(at) {
            return Err(failed(
                "it reads the image's last bytes as part of the previous segment".into(),
            ));
        }
        for entry in &self.entries {
            let Node::File(_, data) = &entry.node else { continue };
            let there = match after.load(&entry.path) {
                Seen::Yes(bytes) => *bytes == **data,
                // Not kept, for its size; its entry is there.
                Seen::NotLooked => true,
                _ => false,
            };
            if !there {
                return Err(failed(format!("{} is not there", entry.path.escape_ascii())));
            }
        }
        Ok(())
    }
}
