//! `show`: one scenario as the program sees it, defaults included.

use anyhow::Result;
use nvpreflight_harness::base::{places::Places, program};
use nvpreflight_harness::scenario;

/// Prints it.
pub fn run(name: &str) -> Result<u8> {
    program::print(&format!("{:#?}\n", scenario::named(&Places::find()?, name)?))?;
    Ok(0)
}
