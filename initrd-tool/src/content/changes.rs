//! What changed from one image to another, by meaning: kernel, driver, options,
//! firmware, modules. Files and sizes come after that and mean nothing alone.

use super::modules::{ModuleFile, read};
use super::options;
use super::owner::Group;
use super::summary::Summary;
use crate::error::Result;
use crate::opened::Opened;
use crate::print::Size;
use crate::ui::Ui;
use nvpreflight::facts::{Directive, Facts, STACK};
use nvpreflight::seen::Seen;
use std::collections::{BTreeMap, BTreeSet};

/// One change: something that is only before, only after, or not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// One side of the comparison.
pub struct Side {
    /// What a walk shows.
    pub summary: Summary,
    facts: Box<Facts>,
    stack: Vec<ModuleFile>,
}

impl Side {
    /// Looks at one image.
    ///
    /// # Errors
    /// What could not be read.
    pub fn of(opened: &Opened, ui: Ui) -> Result<Self> {
        let summary = Summary::of(opened)?;
        let stack = if summary.modules.keys().any(|name| STACK.contains(&name.as_str())) {
            read(opened, &mut |name| STACK.contains(&name), ui)?
        } else {
            Vec::new()
        };
        Ok(Self { summary, facts: options::facts(opened.files()), stack })
    }

    /// Things of one section by name.
    fn things(&self, section: &'static str) -> BTreeMap<String, String> {
        let summary = &self.summary;
        let one = |text: String| {
            let things = (!text.is_empty()).then_some((String::new(), text));
            things.into_iter().collect()
        };
        match section {
            "kernel" => one(summary.releases.join(", ")),
            "system" => one(summary.system.clone()),
            "made by" => one(summary.generator.as_ref().map_or(String::new(), |made| {
                format!("{} {}", made.name, made.version).trim_end().to_owned()
            })),
            "init" => one(summary.init.as_ref().map_or(String::new(), ToString::to_string)),
            "verifier" => one(summary.injected.as_ref().map_or(String::new(), |s| s.tool.clone())),
            "driver" => self.driver(),
            "options" => self.options(),
            "lines" => self.lines(),
            "requests" => self.requests(),
            "firmware" => sizes(&summary.firmware),
            "microcode" => sizes(&summary.microcode),
            "modules" => summary.modules.keys().map(|name| (name.clone(), String::new())).collect(),
            _ => BTreeMap::new(),
        }
    }

    /// What the four modules say of themselves.
    fn driver(&self) -> BTreeMap<String, String> {
        let mut things = BTreeMap::new();
        for module in &self.stack {
            let name = &module.name;
            match &module.info {
                Ok(info) => {
                    for key in ["version", "vermagic", "srcversion", "license"] {
                        let value = info.get(key);
                        if !value.is_empty() {
                            things.insert(format!("{name} {key}"), value.to_owned());
                        }
                    }
                    let signed = info.signer.as_ref().map_or("no", |_| "yes");
                    things.insert(format!("{name} signed"), signed.to_owned());
                }
                Err(why) => {
                    things.insert(format!("{name} damage"), why.clone());
                }
            }
        }
        things
    }

    fn options(&self) -> BTreeMap<String, String> {
        let Seen::Yes(options) = options::of(&self.facts) else { return BTreeMap::new() };
        options
            .into_iter()
            .map(|((module, name), setting)| {
                (format!("{module}.{name}"), format!("{} ({})", setting.value, setting.place))
            })
            .collect()
    }

    /// Lines that decide about loading; their places may change freely.
    fn lines(&self) -> BTreeMap<String, String> {
        let kinds = [
            (Directive::Blacklist, "blacklist"),
            (Directive::Softdep, "softdep"),
            (Directive::Install, "install"),
        ];
        let mut things = BTreeMap::new();
        for (kind, word) in kinds {
            for line in self.facts.config.of(kind) {
                let text = format!("{word} {} {}", line.module.as_str(), line.rest.as_str());
                things.insert(text.trim_end().to_owned(), String::new());
            }
        }
        things
    }

    fn requests(&self) -> BTreeMap<String, String> {
        let requests = self.facts.config.requests.yes().map(|r| r.as_slice()).unwrap_or_default();
        requests.iter().map(|r| (r.module.to_string(), String::new())).collect()
    }
}

fn sizes(files: &BTreeMap<String, u64>) -> BTreeMap<String, String> {
    files.iter().map(|(name, size)| (name.clone(), Size(*size).to_string())).collect()
}

/// The sections in the order in which they matter.
const SECTIONS: [&str; 12] = [
    "kernel",
    "driver",
    "options",
    "lines",
    "requests",
    "firmware",
    "microcode",
    "modules",
    "verifier",
    "init",
    "made by",
    "system",
];

/// The changes in meaning, the weightiest sections first.
#[must_use]
pub fn meaning(old: &Side, new: &Side) -> Vec<Change> {
    SECTIONS
        .iter()
        .flat_map(|section| compare(section, &old.things(section), &new.things(section)))
        .collect()
}

/// The changes between two lists of things by name.
#[must_use]
pub fn compare(
    section: &'static str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<Change> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name))
        .map(|name| Change {
            section,
            name: name.clone(),
            old: old.get(name).cloned(),
            new: new.get(name).cloned(),
        })
        .collect()
}

/// Bytes by group, before and after, where they differ.
#[must_use]
pub fn groups(old: &Summary, new: &Summary) -> Vec<(Group, u64, u64)> {
    let all: BTreeSet<Group> =
        old.groups().into_iter().chain(new.groups()).map(|(group, _)| group).collect();
    let mut changed: Vec<_> = all
        .into_iter()
        .map(|group| (group, old.group(group).bytes, new.group(group).bytes))
        .filter(|(_, old, new)| old != new)
        .collect();
    changed.sort_by_key(|(_, old, new)| std::cmp::Reverse(old.abs_diff(*new)));
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_told_once_and_what_is_the_same_is_not() {
        let list = |items: &[(&str, &str)]| -> BTreeMap<String, String> {
            items.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let changes = compare(
            "options",
            &list(&[("a", "1"), ("b", "1"), ("c", "1")]),
            &list(&[("b", "2"), ("c", "1"), ("d", "1")]),
        );
        let told: Vec<_> =
            changes.iter().map(|c| (c.name.as_str(), c.old.as_deref(), c.new.as_deref())).collect();
        assert_eq!(
            told,
            [("a", Some("1"), None), ("b", Some("1"), Some("2")), ("d", None, Some("1"))]
        );
    }
}
