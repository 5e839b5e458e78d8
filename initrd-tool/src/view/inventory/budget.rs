//! Whether an image fits: a number of bytes, or the room that a file system has.

use crate::base::error::{Error, Result};
use nix::sys::statvfs::statvfs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What an image has to fit into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Budget {
    /// So many bytes.
    Bytes(u64),
    /// The room that is left where this directory lies: an ESP.
    Directory(PathBuf),
}

/// How an image compares with its budget.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Bytes of the image.
    pub needed: u64,
    /// Bytes there are for it.
    pub available: u64,
}

impl Room {
    /// True when it fits.
    #[must_use]
    pub const fn fits(self) -> bool {
        self.needed <= self.available
    }
}

impl FromStr for Budget {
    type Err = String;

    /// `120M`, `1.5GiB`, `100000`, or a directory. Units are powers of 1024.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text.contains('/') || text == "." {
            return Ok(Self::Directory(text.into()));
        }
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1 << 10,
            "m" | "mib" => 1 << 20,
            "g" | "gib" => 1 << 30,
            _ => return Err("a size such as 120M, or a directory path with a slash".to_owned()),
        };
        let number: f64 = number.parse().map_err(|_| "no number before the unit".to_owned())?;
        Ok(Self::Bytes((number * factor as f64) as u64))
    }
}

impl Budget {
    /// Compares an image of `needed` bytes with it.
    ///
    /// # Errors
    /// A directory whose file system does not tell its room.
    pub fn room(&self, needed: u64) -> Result<Room> {
        let available = match self {
            Self::Bytes(bytes) => *bytes,
            Self::Directory(path) => free(path)?,
        };
        Ok(Room { needed, available })
    }
}

fn free(path: &Path) -> Result<u64> {
    let stat = statvfs(path).map_err(|e| Error::io("ask for the room in", path, e.into()))?;
    Ok(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024_and_paths_have_a_slash() {
        assert_eq!("120M".parse(), Ok(Budget::Bytes(120 << 20)));
        assert_eq!("1.5GiB".parse(), Ok(Budget::Bytes(3 << 29)));
        assert_eq!("100000".parse(), Ok(Budget::Bytes(100_000)));
        assert_eq!("/boot/efi".parse(), Ok(Budget::Directory("/boot/efi".into())));
        assert!("lots".parse::<Budget>().is_err());
        assert!("12parsecs".parse::<Budget>().is_err());
    }

    #[test]
    fn an_image_of_the_very_size_fits() {
        assert!(Budget::Bytes(5).room(5).unwrap().fits());
        assert!(!Budget::Bytes(5).room(6).unwrap().fits());
    }
}
