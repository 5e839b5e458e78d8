//! `demo`: boots a healthy machine and a broken one and shows what the
//! verifier said in each, from the guest's own report and journal.

use anyhow::Result;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::base::progress::step;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::judge::journal::Journal;
use nvpreflight_harness::scenario::{self, Scenario};
use nvpreflight_harness::workshop::{Outcome, Workshop};
use std::fs;

/// The two machines, and what they show.
const SHOWN: [(&str, &str); 2] = [
    ("healthy-systemd", "a healthy machine"),
    ("modeset-off-systemd", "the same machine with nvidia_drm.modeset=0"),
];

/// Boots both.
pub fn run() -> Result<u8> {
    let places = Places::find()?;
    let verifier = VERIFIER.find()?;
    let scenarios = SHOWN
        .iter()
        .map(|(name, _)| scenario::named(&places, name))
        .collect::<Result<Vec<Scenario>>>()?;
    let workshop = Workshop::open(places, Arch::X86_64, Some(verifier))?;
    let mut good = true;
    for (scenario, (_, what)) in scenarios.iter().zip(SHOWN) {
        let work = step(format!("booting {what}: initrd, switch-root, display manager"));
        let outcome = workshop.boot(scenario)?;
        work.done();
        println!("\n== {what}");
        show(&outcome);
        if !outcome.verdict.is_good() {
            good = false;
            println!("This is not what the demo should show: {:?}", outcome.verdict);
        }
    }
    println!("\nBoth boots are kept in `{}`.", workshop.places.runs.display());
    Ok(u8::from(!good))
}

/// The verifier's text in both stages, and its journal records.
fn show(outcome: &Outcome) {
    for (phase, title) in
        [("initrd", "in the initrd"), ("pre-display", "before the display manager")]
    {
        println!("-- {title}");
        match fs::read_to_string(outcome.folder.join(format!("{phase}.text"))) {
            Ok(text) => println!("{}", text.trim_end()),
            Err(_) => println!("(the guest sent no text)"),
        }
    }
    if let Ok(bytes) = fs::read(outcome.folder.join("journal")) {
        println!("-- journalctl NVPREFLIGHT_CODE=* after switch-root");
        let records = Journal::read(&bytes).verifier_records();
        if records.is_empty() {
            println!("(none: there is nothing to find)");
        }
        for line in records {
            println!("{line}");
        }
    }
}
