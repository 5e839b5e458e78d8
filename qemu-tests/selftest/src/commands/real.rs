//! `real`: scenarios of NVIDIA's own modules with a pretend GPU, judged and printed
//! as `test` does.

use crate::cli::Real;
use anyhow::Result;
use nvpreflight_harness::base::arch::Arch;
use nvpreflight_harness::base::places::Places;
use nvpreflight_harness::nvidia::flavour::Flavour;
use nvpreflight_harness::nvidia::licence::Accepted;
use nvpreflight_harness::nvidia::{archive, firmware};
use nvpreflight_harness::scenario;

/// Boots the chosen scenarios, or prints the licences.
pub fn run(arguments: &Real) -> Result<u8> {
    let accepted = Accepted::here(&arguments.accept_licence)?;
    let places = Places::find()?;
    if arguments.show_licences {
        return licences(&places);
    }
    let all = scenario::real(&places.package)?;
    super::test::boot(&arguments.test, places, Arch::X86_64, all, accepted)
}

/// Prints what each package says of its licences.
fn licences(places: &Places) -> Result<u8> {
    let packages = Flavour::ALL.map(Flavour::package).into_iter().chain([firmware::PACKAGE]);
    for package in packages {
        let unpacked = archive::fetch(places, package)?;
        println!("==> {package} {}\n", unpacked.version);
        println!("{}", unpacked.copyright(package)?.trim_end());
        println!();
    }
    Ok(0)
}
