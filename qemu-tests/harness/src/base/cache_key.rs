//! Names cache entries after what went into them (FNV-1a, 64 bit). It is no
//! protection against an adversary, only against a stale image.

use std::fs;
use std::io;
use std::path::Path;

/// A running hash over everything an artefact depends on.
#[derive(Clone, Copy, Debug)]
pub struct Ingredients(u64);

impl Ingredients {
    /// Starts with the kind of artefact, so that equal inputs of different
    /// kinds do not meet.
    pub fn of(kind: &str) -> Self {
        Self(0xcbf2_9ce4_8422_2325).with(kind.as_bytes())
    }

    /// Adds bytes and their length.
    pub fn with(mut self, bytes: &[u8]) -> Self {
        for byte in bytes.len().to_le_bytes().iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
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

    /// Sixteen hexadecimal digits.
    pub fn name(self) -> String {
        format!("{:016x}", self.0)
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
    }
}
