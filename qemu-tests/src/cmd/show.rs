//! `show`: one scenario as the program sees it, defaults included.

use crate::places::Places;
use anyhow::Result;

/// Prints it.
pub fn run(name: &str) -> Result<u8> {
    println!("{:#?}", super::named(&Places::find()?, name)?);
    Ok(0)
}
