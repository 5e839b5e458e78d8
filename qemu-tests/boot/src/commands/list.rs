//! `list`: the scenarios, one a line; those of NVIDIA's own modules last.

use anyhow::Result;
use nvpreflight_harness::base::{places::Places, program};
use nvpreflight_harness::scenario;
use std::fmt::Write;

/// Prints name, kind of initrd and summary.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let mut scenarios = scenario::standin(&places.package)?;
    scenarios.extend(scenario::real(&places.package)?);
    let width = scenarios.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for item in scenarios {
        writeln!(text, "{:width$}  {:8}  {}", item.name, item.stage1.name(), item.summary)?;
    }
    program::print(&text)?;
    Ok(0)
}
