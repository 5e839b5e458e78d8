//! The cases, by what is odd about them.

mod broken;
mod compressors;
mod headers;
mod links;
mod names;
mod segments;
mod types;

use super::case::Case;
use std::io;

/// Every case, ordered by name.
///
/// # Errors
/// A packer that failed.
pub fn all() -> io::Result<Vec<Case>> {
    let mut all: Vec<Case> = [
        segments::cases()?,
        compressors::cases()?,
        broken::cases()?,
        headers::cases()?,
        names::cases()?,
        types::cases()?,
        links::cases()?,
    ]
    .concat();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}
