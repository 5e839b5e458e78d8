//! `setup`: fetches and builds everything, so that tests only boot.

use anyhow::Result;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::scenario;
use nvpreflight_harness::workshop::Workshop;

/// Makes the verifier, the images and the modules of every scenario.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let scenarios = scenario::standin(&places.package)?;
    let verifier = VERIFIER.find()?;
    let workshop = Workshop::open(places, Arch::X86_64, Some(verifier))?;
    for scenario in &scenarios {
        workshop.prepare(scenario)?;
    }
    eprintln!("everything is in `{}`", workshop.places.cache.display());
    Ok(0)
}
