//! Saved facts: what a look touched, as a file that can be sent along with a bug
//! report and judged again elsewhere (docs/facts-v1.schema.json). Keeps no more
//! than the rules read.

mod boot;
mod files;
mod notes;
mod redact;
#[cfg(test)]
mod tests;
mod text;
mod visit;

pub use boot::Boot;
pub use files::NotedFiles;
pub use notes::{Notes, Noting};
pub use redact::{Learner, Names, Redactor};
pub use visit::{RECORD_MAX, Visit};

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::regular;
use crate::source::logs;
use nvpreflight::capture::Capture;
use nvpreflight::facts::image::Image;
use nvpreflight::facts::{Look, Phase};
use nvpreflight::seen::Seen;
use nvpreflight::text::misleads;
use nvpreflight::tree::{Dropped, Flow, Read, Stat, Tree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The format's name.
const FORMAT: &str = "nvpreflight-facts";
/// Its version; keys are added within it, never renamed or removed.
const VERSION: u32 = 1;
/// Bytes of a saved file; one of a whole distribution kernel has about 1 MB.
const SIZE_MAX: u64 = 64 << 20;

/// A file of saved facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Saved {
    format: String,
    version: u32,
    /// Version of the program that saved it.
    pub tool: String,
    /// What was looked at: its name and kind.
    pub subject: Subject,
    /// When in the life of a boot: "initrd", "pre-display", "image".
    pub phase: String,
    /// What it is a look at: "live", "image", "root", "log"; not in files of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
    /// The release of the kernel that runs, or will run, there.
    #[serde(default)]
    pub kernel: Option<String>,
    /// The kernel command line that was given beside an image.
    #[serde(default)]
    pub cmdline: Option<String>,
    /// The expectations file that was given beside the subject.
    #[serde(default)]
    pub expect: Option<String>,
    /// Whether `tree` shows the hardware of a machine.
    #[serde(default)]
    pub hardware: bool,
    /// The tree, as a capture's text.
    pub tree: String,
    /// Losses while files were read by lines: cut lines, overwritten records.
    #[serde(default)]
    dropped: BTreeMap<String, (u32, u64)>,
    /// Paths that the text could not hold; a replay counts them as lost.
    #[serde(default)]
    pub left_out: usize,
    /// What the subject cannot show, where it was a log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cannot_show: Vec<String>,
    /// What only an image shows.
    #[serde(default)]
    pub image: Option<Box<Image>>,
    /// The boot these facts are of, where `nvpreflight remember` noted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
    /// What a doctor's visit noted beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visit: Option<Box<Visit>>,
}

/// What was looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// The old side named.
    pub name: String,
    /// Its kind in words.
    pub kind: String,
}

impl Saved {
    /// Notes of a look, ready to be written.
    #[must_use]
    pub fn new(subject: Subject, phase: Phase, notes: &Notes) -> Self {
        let (tree, left_out) = text::write(notes);
        let dropped = notes.dropped.borrow();
        let dropped = dropped.iter().map(|(path, d)| (path.clone(), (d.cut, d.overwritten)));
        Self {
            format: FORMAT.into(),
            version: VERSION,
            tool: env!("CARGO_PKG_VERSION").into(),
            subject,
            phase: phase.name().into(),
            look: None,
            kernel: None,
            cmdline: None,
            expect: None,
            hardware: false,
            tree,
            dropped: dropped.collect(),
            left_out,
            cannot_show: Vec::new(),
            image: None,
            boot: None,
            visit: None,
        }
    }

    /// Reads the content of a file.
    ///
    /// # Errors
    /// Bytes that are none of this format and version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).map_err(Error::new)
    }

    /// Reads what may be packed; `name` is for errors.
    ///
    /// # Errors
    /// As [`Saved::read`].
    pub fn from_packed(name: &str, bytes: &[u8], limits: &Limits) -> Result<Self> {
        let failed = |why: String| Error::new(format!("{name}: {why}"));
        let (bytes, damaged) = logs::unpacked(bytes, limits)?;
        if damaged {
            return Err(failed("the packed data is damaged or ends too early".to_owned()));
        }
        if bytes.len() as u64 > SIZE_MAX {
            return Err(failed(format!("longer than {SIZE_MAX} bytes")));
        }
        Self::parse(&bytes).map_err(failed)
    }

    /// Reads a file, packed or not.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of this format and version.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = regular::read(path, SIZE_MAX)?;
        Self::from_packed(&clean::path(path), &bytes, &Limits::DEFAULT)
    }

    fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u32>,
        }
        let wrong = |e: serde_json::Error| format!("these are no saved facts: {e}");
        let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(format!("these are no saved facts: `format` is not {FORMAT}"));
        }
        if head.version != Some(VERSION) {
            return Err(format!("these saved facts are not of version {VERSION}"));
        }
        let saved: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        if let Some(line) = Capture::new(saved.tree.as_bytes()).first_odd_line() {
            return Err(format!("line {line} of `tree` is no entry"));
        }
        saved.phase().ok_or_else(|| format!("`{}` is no phase", saved.phase.escape_debug()))?;
        Ok(saved)
    }

    /// The file's content.
    ///
    /// # Errors
    /// None in practice: every value has a JSON form.
    pub fn to_json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::new(format!("cannot write JSON: {e}")))?;
        let mut out = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            // JSON leaves these as they are, and a terminal does not.
            if c != '\n' && (c.is_control() || misleads(c)) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            } else {
                out.push(c);
            }
        }
        out.push('\n');
        Ok(out)
    }

    /// What it is a look at, of no image. A file that does not tell is of a log where
    /// it lists what a log cannot show.
    #[must_use]
    pub fn look(&self) -> Look {
        let told = Look::ALL.into_iter().find(|look| self.look.as_deref() == Some(look.name()));
        let silent = if self.cannot_show.is_empty() { Look::Live } else { Look::Log };
        told.unwrap_or(silent)
    }

    /// The phase, where it is one.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        [Phase::Initrd, Phase::PreDisplay, Phase::Image]
            .into_iter()
            .find(|p| p.name() == self.phase)
    }
}

impl Tree for Saved {
    fn read(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        Capture::new(self.tree.as_bytes()).read(path, buf)
    }

    fn lines(&self, path: &str, f: &mut dyn FnMut(&[u8]) -> Flow) -> Seen<Dropped> {
        let seen = Capture::new(self.tree.as_bytes()).lines(path, f);
        match self.dropped.get(path) {
            Some(&(cut, overwritten)) => seen.map(|_| Dropped { cut, overwritten }),
            None => seen,
        }
    }

    fn list(&self, path: &str, f: &mut dyn FnMut(&[u8])) -> Seen<()> {
        Capture::new(self.tree.as_bytes()).list(path, f)
    }

    fn link(&self, path: &str, buf: &mut [u8]) -> Seen<Read> {
        Capture::new(self.tree.as_bytes()).link(path, buf)
    }

    fn stat(&self, path: &str) -> Seen<Stat> {
        Capture::new(self.tree.as_bytes()).stat(path)
    }
}
