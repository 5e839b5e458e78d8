//! What differs between two boots, images, generations, logs or reports: by meaning,
//! the weightiest first. Compares what both sides show and says what one of them
//! cannot; it never judges which side is right.

mod cmdline;
mod devices;
mod facts;
mod findings;
pub mod fit;
pub mod generation;
mod image;
mod options;
mod report;
pub mod source;
mod text;
mod times;

#[cfg(test)]
mod tests;

pub use findings::Findings;
pub use image::{files, groups};
pub use text::{line, not_compared, section};

use crate::base::clean;
use crate::view::provenance::Provenance;
use nvpreflight::facts::Facts;
use nvpreflight::seen::Seen;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Why an image shows no state of a running kernel.
const NOT_RUNNING: &str = "not booted yet";

/// Why a section of these facts shows nothing.
fn unseen<T>(facts: &Facts, seen: &Seen<T>) -> String {
    match seen {
        Seen::Unreadable(e) => format!("it could not be read: {e}"),
        _ if facts.look.is_of_files() => NOT_RUNNING.to_owned(),
        _ => "it was not seen".to_owned(),
    }
}

/// One change: something that is only before, only after, or not the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Change {
    /// What it is about: "kernel", "options".
    pub section: &'static str,
    /// What changed: "nvidia_drm.modeset"; empty where the section says it all.
    pub name: String,
    /// As it was.
    pub old: Option<String>,
    /// As it is.
    pub new: Option<String>,
}

impl Change {
    /// Names and values come from images and logs of others.
    fn make_harmless(&mut self) {
        let texts = [Some(&mut self.name), self.old.as_mut(), self.new.as_mut()];
        for text in texts.into_iter().flatten() {
            *text = clean::line(text.as_bytes());
        }
    }
}

/// Something that one side shows and the other cannot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NotCompared {
    /// What it is about.
    pub section: &'static str,
    /// One thing of it; empty for the whole section.
    pub name: String,
    /// Whether it is the new side that lacks it.
    pub new_lacks: bool,
    /// Why, in words.
    pub why: String,
}

/// A thing of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thing {
    /// For people.
    pub shown: String,
    /// What is compared; two things that mean the same are no change. `None` where
    /// this side cannot tell, which is no change either.
    pub means: Option<String>,
}

impl Thing {
    fn new(shown: impl Into<String>) -> Self {
        let shown = shown.into();
        Self { means: Some(shown.clone()), shown }
    }

    fn meaning(shown: impl Into<String>, means: impl Into<String>) -> Self {
        Self { shown: shown.into(), means: Some(means.into()) }
    }

    fn untold() -> Self {
        Self { shown: String::new(), means: None }
    }
}

/// Things of one section by name.
pub type Things = BTreeMap<String, Thing>;

/// A section of one side: what it shows, or why it shows nothing.
pub type Shown = Result<Things, String>;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its name, printable.
    pub name: String,
    /// Its kind in words: "initrd image", "running system".
    pub kind: String,
    /// Whether it was judged before any boot, by other checks than a boot is.
    before_boot: bool,
    sections: BTreeMap<&'static str, Shown>,
    findings: Result<Findings, String>,
    options: Result<Vec<Provenance>, String>,
    times: Result<times::Times, String>,
}

impl Picture {
    /// The driver's version.
    fn version(&self) -> Option<&str> {
        let things = self.sections.get("driver")?.as_ref().ok()?;
        things.get("version").and_then(|version| version.means.as_deref())
    }
}

/// The sections in the order in which they matter. "findings", "options" and "times"
/// are compared in ways of their own, the others thing by thing.
const SECTIONS: [&str; 20] = [
    "verdict",
    "findings",
    "kernel",
    "driver",
    "options",
    "cmdline",
    "GPUs",
    "display",
    "loading",
    "times",
    "lines",
    "requests",
    "firmware",
    "loaded",
    "microcode",
    "modules",
    "verifier",
    "init",
    "made by",
    "system",
];

/// The outcome.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Compared {
    /// Changes, the weightiest sections first.
    pub changes: Vec<Change>,
    /// What could not be compared, in the same order.
    pub not_compared: Vec<NotCompared>,
}

/// Compares two sides.
#[must_use]
pub fn compare(old: &Picture, new: &Picture) -> Compared {
    let mut out = Compared::default();
    for section in SECTIONS {
        match section {
            "verdict" if old.before_boot != new.before_boot => {
                let why = "a boot is judged by other checks than an image".to_owned();
                let (name, new_lacks) = (String::new(), new.before_boot);
                out.not_compared.push(NotCompared { section, name, new_lacks, why });
            }
            "findings" => findings::compare(&old.findings, &new.findings, &mut out),
            "options" => options::compare(&old.options, &new.options, &mut out),
            "times" => times::compare(&old.times, &new.times, &mut out),
            _ => {
                let none = Err(String::new());
                let of = |side: &Picture| side.sections.get(section).unwrap_or(&none).clone();
                if let Some((old, new)) = both(section, &of(old), &of(new), &mut out) {
                    out.changes.extend(things(section, old, new));
                }
            }
        }
    }
    drop_consequences(old, new, &mut out.changes);
    out.changes.iter_mut().for_each(Change::make_harmless);
    out
}

/// Both sides of a section, or a note which of them lacks it. What neither side
/// shows is not told.
fn both<'a, T>(
    section: &'static str,
    old: &'a Result<T, String>,
    new: &'a Result<T, String>,
    out: &mut Compared,
) -> Option<(&'a T, &'a T)> {
    let (new_lacks, why) = match (old, new) {
        (Ok(old), Ok(new)) => return Some((old, new)),
        (Err(_), Err(_)) => return None,
        (Ok(_), Err(why)) => (true, why),
        (Err(why), Ok(_)) => (false, why),
    };
    let why = if why.is_empty() { "it shows none" } else { why };
    out.not_compared.push(NotCompared {
        section,
        name: String::new(),
        new_lacks,
        why: why.to_owned(),
    });
    None
}

/// The changes between two lists of things by name.
#[must_use]
pub fn things(section: &'static str, old: &Things, new: &Things) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let means = |things: &Things, name: &String| things.get(name).map(|t| t.means.clone());
    let told = |means: &Option<Option<String>>| *means != Some(None);
    let shown = |things: &Things, name: &String| things.get(name).map(|t| t.shown.clone());
    names
        .into_iter()
        .filter(|name| {
            let (old, new) = (means(old, name), means(new, name));
            old != new && told(&old) && told(&new)
        })
        .map(|name| {
            let (old, new) = (shown(old, name), shown(new, name));
            let mut change = Change { section, name: name.clone(), old, new };
            change.make_harmless();
            change
        })
        .collect()
}

/// Another kernel or driver is another build of every module, with another vermagic:
/// that is told once.
fn drop_consequences(old: &Picture, new: &Picture, changes: &mut Vec<Change>) {
    let changed = |section: &str, names: &[&str], changes: &[Change]| {
        changes.iter().any(|c| c.section == section && names.contains(&c.name.as_str()))
    };
    let kernel = changed("kernel", &[""], changes);
    let driver = changed("driver", &["version"], changes);
    let flavour = changed("driver", &["flavour"], changes);
    let versions = [old, new].map(Picture::version);
    changes.retain(|c| {
        let of = |end: &str| c.section == "driver" && c.name.ends_with(end);
        let both = c.old.is_some() && c.new.is_some();
        let same = [c.old.as_deref(), c.new.as_deref()] == versions;
        !(both && kernel && of(" vermagic")
            || both && (kernel || driver || flavour) && of(" srcversion")
            || both && flavour && of(" license")
            || same && of(" version"))
    });
}
