//! Names cache entries after what went into them (SHA-256, cut to 128 bits): a stale or
//! a foreign image is never taken for the wanted one. It fetches and deletes nothing.

use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::Path;

/// A running hash over everything an artefact depends on.
#[derive(Clone, Debug)]
pub struct Ingredients(Sha256);

impl Ingredients {
    /// Starts with the kind of artefact, so that equal inputs of different
    /// kinds do not meet.
    pub fn of(kind: &str) -> Self {
        Self(Sha256::new()).with(kind.as_bytes())
    }

    /// Adds bytes and their length.
    pub fn with(self, bytes: &[u8]) -> Self {
        let length = (bytes.len() as u64).to_le_bytes();
        Self(self.0.chain_update(length).chain_update(bytes))
    }

    /// Adds the name and content of every file under `path`, save Markdown,
    /// which no artefact is made of.
    pub fn with_path(mut self, path: &Path) -> io::Result<Self> {
        if path.is_symlink() {
            // Links lead into the guest, not into the host.
            return Ok(self.with(fs::read_link(path)?.as_os_str().as_encoded_bytes()));
        }
        if !path.is_dir() {
            return Ok(self.with(&fs::read(path)?));
        }
        let mut items: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
        items.sort_by_key(fs::DirEntry::file_name);
        for item in items {
            if item.path().extension().is_some_and(|extension| extension == "md") {
                continue;
            }
            self = self.with(item.file_name().as_encoded_bytes()).with_path(&item.path())?;
        }
        Ok(self)
    }

    /// Thirty-two hexadecimal digits.
    pub fn name(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_part_ends_matters() {
        let one = Ingredients::of("x").with(b"ab").with(b"c").name();
        let other = Ingredients::of("x").with(b"a").with(b"bc").name();
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
    }
}
