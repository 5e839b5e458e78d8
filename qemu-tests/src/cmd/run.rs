//! `run`: boots one scenario and shows what it left behind, or an image of the
//! user's (`own`).

use crate::boot::Workshop;
use crate::cli::Run;
use crate::places::Places;
use crate::qemu::Accel;
use crate::verdict::Verdict;
use crate::{ktap, progress};
use anyhow::{Context, Result};
use std::fs;

/// Boots it; with `--keep` only assembles it and prints the QEMU command.
pub fn run(arguments: &Run) -> Result<u8> {
    if let Some(kernel) = &arguments.own.kernel {
        return super::own::run(kernel, &arguments.own, arguments.verifier.as_deref());
    }
    let name = arguments.scenario.as_deref().context("name a scenario, or give --kernel")?;
    let places = Places::find()?;
    let scenario = super::named(&places, name)?;
    let verifier = super::verifier(&places, arguments.verifier.as_ref())?;
    let workshop = Workshop::open(places, Some(verifier))?;
    if arguments.keep {
        let folder = workshop.places.fresh_run(&scenario.name)?;
        let machine = workshop.machine(&scenario, &folder, "by-hand")?;
        println!("{:?}", machine.command(Accel::Tcg));
        return Ok(0);
    }
    let work = progress::step(format!("booting {}", scenario.name));
    let outcome = workshop.boot(&scenario)?;
    work.done();
    for phase in ["initrd", "pre-display"] {
        if let Ok(text) = fs::read_to_string(outcome.folder.join(format!("{phase}.text"))) {
            println!("--- {phase}\n{}", text.trim_end());
        }
    }
    for text in &outcome.told {
        print!("{}", ktap::note(&scenario.name, text));
    }
    let seconds = outcome.took.as_secs_f64();
    print!("{}", ktap::result(1, &scenario.name, &outcome.verdict, seconds));
    eprintln!("kept in `{}`", outcome.folder.display());
    Ok(match outcome.verdict {
        Verdict::Ok => 0,
        Verdict::NotOk(_) | Verdict::Timeout(_) => 1,
        Verdict::Skip(_) | Verdict::Error(_) => 2,
    })
}
