//! `setup`: fetches and builds everything, so that tests only boot.

use crate::boot::Workshop;
use crate::places::Places;
use anyhow::Result;

/// Makes the verifier, the images and the modules of every scenario.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let scenarios = super::scenarios(&places)?;
    let verifier = super::verifier(&places, None)?;
    let workshop = Workshop::open(places, Some(verifier))?;
    for scenario in &scenarios {
        workshop.prepare(scenario)?;
    }
    eprintln!("everything is in `{}`", workshop.places.cache.display());
    Ok(0)
}
