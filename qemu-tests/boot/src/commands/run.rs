//! `run`: boots one scenario and shows what it left behind, or an image of the
//! user's (`own`).

use crate::cli::Run;
use anyhow::{Context, Result};
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::base::progress;
use nvpreflight_harness::build::programs::VERIFIER;
use nvpreflight_harness::judge::verdict::Verdict;
use nvpreflight_harness::machine::qemu::Accel;
use nvpreflight_harness::results::ktap;
use nvpreflight_harness::scenario;
use nvpreflight_harness::workshop::Workshop;

/// Boots it; with `--keep` only assembles it and prints the QEMU command.
pub fn run(arguments: &Run) -> Result<u8> {
    if let Some(kernel) = &arguments.own.kernel {
        return super::own_image::run(kernel, &arguments.own, arguments.verifier.as_deref());
    }
    let name = arguments.scenario.as_deref().context("name a scenario, or give --kernel")?;
    let places = Places::find()?;
    let scenario = scenario::named(&places, name)?;
    let arch = scenario.architectures.first().copied().context("it is made for no machine")?;
    let verifier = match &arguments.verifier {
        Some(path) => path.clone(),
        None => VERIFIER.find_for(arch)?,
    };
    let workshop = Workshop::open(places, arch, Some(verifier))?;
    if arguments.keep {
        let folder = workshop.places.fresh_run(&scenario.name)?;
        let machine = workshop.machine(&scenario, &folder, "by-hand")?;
        println!("{:?}", machine.command(Accel::Tcg));
        return Ok(0);
    }
    let work = progress::step(format!("booting {}", scenario.name));
    let outcome = workshop.boot(&scenario)?;
    work.done();
    print!("{}", outcome.said());
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
