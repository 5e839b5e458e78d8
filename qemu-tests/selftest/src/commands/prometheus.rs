//! `prometheus`: Debian's Prometheus and node_exporter below the target folder, for the
//! tests of what a fleet scrapes. Nothing of them is installed or started.

use anyhow::{Context, Result};
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::{Places, remove_tree};
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::debian::packages::{Apt, RELEASE};
use std::fs;

/// Go programs, which need nothing but glibc.
const PACKAGES: [&str; 2] = ["prometheus", "prometheus-node-exporter"];

/// Fetches them once and prints the folder of their programs.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let tree = places.cache.join("prometheus");
    if !tree.exists() {
        let making = tree.with_extension("new");
        remove_tree(&making)?;
        let work = step("Prometheus and node_exporter (about 50 MB)");
        let arch = Arch::host().context("they are not known for this machine")?;
        Apt::open(&places.cache, arch)?.lay_out(RELEASE, &PACKAGES.map(str::to_owned), &making)?;
        fs::rename(&making, &tree)?;
        work.done();
    }
    println!("{}", tree.join("usr/bin").display());
    Ok(0)
}
