//! `list`: the scenarios, one a line; those of NVIDIA's own modules last.

use crate::places::Places;
use crate::scenario;
use anyhow::Result;

/// Prints name, kind of initrd and summary.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let mut scenarios = super::scenarios(&places)?;
    scenarios.extend(scenario::real(&places.package)?);
    let width = scenarios.iter().map(|item| item.name.len()).max().unwrap_or(0);
    for item in scenarios {
        println!("{:width$}  {:8}  {}", item.name, item.stage1.name(), item.summary);
    }
    Ok(0)
}
