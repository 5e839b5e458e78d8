//! `list`: the scenarios, one a line.

use crate::places::Places;
use anyhow::Result;

/// Prints name, kind of initrd and summary.
pub fn run() -> Result<u8> {
    let scenarios = super::scenarios(&Places::find()?)?;
    let width = scenarios.iter().map(|item| item.name.len()).max().unwrap_or(0);
    for item in scenarios {
        println!("{:width$}  {:8}  {}", item.name, item.stage1.name(), item.summary);
    }
    Ok(0)
}
