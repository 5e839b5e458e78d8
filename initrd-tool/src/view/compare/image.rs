//! What only a walk over an image shows, as sections of a side: every module,
//! microcode, who made it, what runs first in it. Names and sizes, no judgement.

use super::{Picture, Shown, Thing, Things};
use crate::base::error::Result;
use crate::base::print::Size;
use crate::base::ui::Ui;
use crate::source::image_or_dir::Opened;
use crate::view::inventory::modules::{ModuleFile, read};
use crate::view::inventory::owner::Group;
use crate::view::inventory::summary::Summary;
use nvpreflight::facts::STACK;
use std::collections::{BTreeMap, BTreeSet};

impl Picture {
    /// Adds what a walk over the image or directory shows, in place of what its
    /// facts showed of the same.
    ///
    /// # Errors
    /// What could not be read.
    pub fn walk(&mut self, opened: &Opened, summary: &Summary, ui: Ui) -> Result<()> {
        let mut things = match self.sections.remove("driver") {
            Some(Ok(things)) => things,
            _ => Things::new(),
        };
        if summary.modules.keys().any(|name| STACK.contains(&name.as_str())) {
            let stack = read(opened, &mut |name| STACK.contains(&name), ui)?;
            stack.iter().for_each(|file| driver(file, &mut things));
        }
        self.sections.insert("driver", Ok(things));
        let mut put = |section: &'static str, shown: Things| {
            let shown: Shown = Ok(shown);
            self.sections.insert(section, shown);
        };
        let text = |text: String| match text.is_empty() {
            true => Things::new(),
            false => Things::from([(String::new(), Thing::new(text))]),
        };
        if !summary.releases.is_empty() {
            put("kernel", text(summary.releases.join(", ")));
        }
        put("system", text(summary.system.clone()));
        put(
            "made by",
            text(summary.generator.as_ref().map_or(String::new(), |made| {
                format!("{} {}", made.name, made.version).trim_end().to_owned()
            })),
        );
        put("init", text(summary.init.as_ref().map_or(String::new(), ToString::to_string)));
        put("verifier", text(summary.injected.as_ref().map_or(String::new(), |s| s.tool.clone())));
        put("firmware", sizes(&summary.firmware));
        put("microcode", sizes(&summary.microcode));
        let names = summary.modules.keys().map(|name| (name.clone(), Thing::new("")));
        put("modules", names.collect());
        Ok(())
    }
}

/// What a module of the stack says of itself.
fn driver(file: &ModuleFile, things: &mut Things) {
    let name = &file.name;
    match &file.info {
        Ok(info) => {
            for key in ["version", "vermagic", "srcversion", "license"] {
                let value = info.get(key);
                if !value.is_empty() {
                    things.insert(format!("{name} {key}"), Thing::new(value));
                }
            }
            let signed = info.signer.as_ref().map_or("no", |_| "yes");
            things.insert(format!("{name} signed"), Thing::new(signed));
        }
        Err(why) => {
            things.insert(format!("{name} damage"), Thing::new(why.as_str()));
        }
    }
}

fn sizes(files: &BTreeMap<String, u64>) -> Things {
    files.iter().map(|(name, size)| (name.clone(), Thing::new(Size(*size).to_string()))).collect()
}

/// Files with their contents' digests as things, for `--files`.
#[must_use]
pub fn files(list: &BTreeMap<String, String>) -> Things {
    list.iter().map(|(name, text)| (name.clone(), Thing::new(text.as_str()))).collect()
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
