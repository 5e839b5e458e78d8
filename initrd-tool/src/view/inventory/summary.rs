//! What one walk over an image shows: how many of what, how large, whose, and for
//! which kernel. Opens only small files.

use super::generator::{self, Generator};
use super::owner::{Group, Owner};
use super::{behind, firmware_name, module_name};
use crate::base::error::Result;
use crate::base::print::Shown;
use crate::change::inject::hooks::Init;
use crate::change::inject::seal::Seal;
use crate::source::files::Files as _;
use crate::source::image_or_dir::Opened;
use nvpreflight::tree::Kind;
use std::collections::{BTreeMap, HashSet};

/// Files and bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Number of files.
    pub files: u64,
    /// Bytes of their contents as unpacked.
    pub bytes: u64,
}

impl Share {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Regular files.
    pub files: Share,
    /// Directories, links, nodes.
    pub other_entries: u64,
    /// Releases whose module folders hold modules, sorted.
    pub releases: Vec<String>,
    /// Module files: name in kernel spelling to path and size.
    pub modules: BTreeMap<String, (String, u64)>,
    /// Firmware: name as asked for to size.
    pub firmware: BTreeMap<String, u64>,
    /// Microcode: path to size.
    pub microcode: BTreeMap<String, u64>,
    /// Shares by owner.
    pub owners: BTreeMap<Owner, Share>,
    /// Who made it.
    pub generator: Option<Generator>,
    /// PRETTY_NAME of its release file, or empty.
    pub system: String,
    /// What runs first in it, or why that cannot be told.
    pub init: Option<Init>,
    /// The mark of `inject`.
    pub injected: Option<Seal>,
}

impl Summary {
    /// Walks an image or a directory. Of several names of one file in an image
    /// the first counts; in a directory each does.
    ///
    /// # Errors
    /// A directory that cannot be listed.
    pub fn of(opened: &Opened) -> Result<Self> {
        let mut found = Self::default();
        match opened {
            Opened::Image(image) => {
                let mut linked = HashSet::new();
                image.entries(&mut |entry| {
                    let again = entry.nlink > 1 && !linked.insert(entry.inode);
                    found.take(entry.path, entry.kind, if again { 0 } else { entry.size });
                    Ok(())
                })?;
            }
            Opened::Directory(directory) => {
                directory.walk(&mut |entry| found.take(entry.path, entry.kind, entry.size))?;
            }
        }
        let files = opened.files();
        found.releases.sort();
        found.generator = generator::of(files);
        found.system = generator::release_name(files);
        found.init = Init::of(files).ok();
        found.injected = Seal::of(files).ok().flatten();
        Ok(found)
    }

    fn take(&mut self, path: &[u8], kind: Kind, size: u64) {
        if kind != Kind::File {
            self.other_entries += 1;
            return;
        }
        self.files.add(size);
        let owner = Owner::of(path);
        let group = owner.group;
        self.owners.entry(owner).or_default().add(size);
        let shown = || Shown(path).to_string();
        if let Some(name) = module_name(path) {
            let new = release(path).filter(|release| !self.releases.contains(release));
            self.releases.extend(new);
            self.modules.insert(name, (shown(), size));
        } else if group == Group::Firmware {
            if let Some(name) = firmware_name(path) {
                self.firmware.insert(Shown(name).to_string(), size);
            }
        } else if group == Group::Microcode {
            self.microcode.insert(shown(), size);
        }
    }

    /// Shares by group, the largest first.
    #[must_use]
    pub fn groups(&self) -> Vec<(Group, Share)> {
        let mut groups = BTreeMap::<Group, Share>::new();
        for (owner, share) in &self.owners {
            let sum = groups.entry(owner.group).or_default();
            sum.files += share.files;
            sum.bytes = sum.bytes.saturating_add(share.bytes);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, share)| std::cmp::Reverse(share.bytes));
        groups
    }

    /// The parts of a group, the largest first.
    #[must_use]
    pub fn parts(&self, group: Group) -> Vec<(&str, Share)> {
        let mut parts: Vec<_> = self
            .owners
            .iter()
            .filter(|(owner, _)| owner.group == group)
            .map(|(owner, share)| (owner.part.as_str(), *share))
            .collect();
        parts.sort_by_key(|(_, share)| std::cmp::Reverse(share.bytes));
        parts
    }

    /// Bytes and files of one group.
    #[must_use]
    pub fn group(&self, group: Group) -> Share {
        self.groups().into_iter().find(|(g, _)| *g == group).map(|(_, s)| s).unwrap_or_default()
    }
}

fn release(path: &[u8]) -> Option<String> {
    let tree = behind(path, b"lib/modules/")?;
    let end = tree.iter().position(|b| *b == b'/')?;
    Some(Shown(tree.get(..end)?).to_string())
}
