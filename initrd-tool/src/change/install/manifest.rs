//! The list of what an installation put where: digest and path of each file, and of each
//! folder that was made for it. install.sh keeps and reads the same list.

use crate::base::error::{Error, Result};
use crate::change::below;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// Bytes of a list that is read.
const MOST: u64 = 4 << 20;
/// What stands in a folder's line for a digest.
const FOLDER: &str = "folder";

/// The list. A path may have two digests while it is being replaced.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Manifest {
    lines: BTreeSet<(String, String)>,
}

/// The digest of a file's bytes.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Where the list lies, without the root's slash.
pub fn place(prefix: &str) -> String {
    format!("{}/lib/nvpreflight/manifest", prefix.trim_start_matches('/'))
}

impl Manifest {
    /// Reads it; `None` where nothing is installed.
    ///
    /// # Errors
    /// A list that is none of ours, and what the system refuses.
    pub fn read(root: &Path, prefix: &str) -> Result<Option<Self>> {
        let place = place(prefix);
        let Some(bytes) = below::read(root, &place, MOST)? else { return Ok(None) };
        let odd = || Error::new(format!("/{place} is not a list of installed files"));
        let text = String::from_utf8(bytes).map_err(|_| odd())?;
        let mut lines = BTreeSet::new();
        for line in text.lines() {
            let (sum, path) = line.split_once('\t').ok_or_else(odd)?;
            let path = path.strip_prefix('/').ok_or_else(odd)?;
            lines.insert((path.to_owned(), sum.to_owned()));
        }
        Ok(Some(Self { lines }))
    }

    /// The list as it is written.
    pub fn text(&self) -> String {
        self.lines.iter().map(|(path, sum)| format!("{sum}\t/{path}\n")).collect()
    }

    /// Notes a file.
    pub fn add(&mut self, path: &str, digest: String) {
        self.lines.insert((path.to_owned(), digest));
    }

    /// Notes a folder.
    pub fn add_folder(&mut self, path: &str) {
        self.lines.insert((path.to_owned(), FOLDER.to_owned()));
    }

    /// Forgets what is known of a file.
    pub fn forget(&mut self, path: &str) {
        self.lines.retain(|(known, _)| known != path);
    }

    /// True where the file was put there with these bytes.
    pub fn has(&self, path: &str, bytes: &[u8]) -> bool {
        self.lines.contains(&(path.to_owned(), digest(bytes)))
    }

    /// The files, each once.
    pub fn files(&self) -> Vec<&str> {
        let files = self.lines.iter().filter(|(_, sum)| sum != FOLDER);
        let mut paths: Vec<&str> = files.map(|(path, _)| path.as_str()).collect();
        paths.dedup();
        paths
    }

    /// The folders, those inside others first.
    pub fn folders(&self) -> Vec<&str> {
        let folders = self.lines.iter().rev().filter(|(_, sum)| sum == FOLDER);
        folders.map(|(path, _)| path.as_str()).collect()
    }
}
