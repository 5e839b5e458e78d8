//! "Is my GPU supported by this branch and flavour of the driver?"

use crate::doctor::answer::Says;
use crate::doctor::case::{Case, unseen};
use nvpreflight::driver::gpu_names::Generation;
use nvpreflight::facts::PciFunction;

pub(super) fn answer(c: &Case<'_>) -> Says {
    let f = c.facts;
    if let Some(finding) = c.found(&[504, 505]) {
        return Says::bad(format!("no: {}", finding.message)).maybe(Some(Case::shown(finding)));
    }
    if !f.pci.is_yes() {
        return Says::unknown(unseen("the PCI bus", &f.pci));
    }
    let gpus: Vec<&PciFunction> = f.nvidia_gpus().collect();
    if gpus.is_empty() {
        return Says::plain("there is no NVIDIA GPU on the PCI bus");
    }
    let branch = f.driver_branch();
    let mut parts = Vec::new();
    let (mut bad, mut unknown) = (false, false);
    let mut says = Vec::new();
    for gpu in &gpus {
        let Some(generation) = Generation::of(gpu.device) else {
            unknown = true;
            parts.push(format!("{} is of an unknown generation", gpu.bdf));
            continue;
        };
        let (fits, text) = judge(generation, branch, f.open_flavour());
        bad |= !fits;
        parts.push(format!("{} {text}", gpu.bdf));
        says.push(crate::doctor::Evidence {
            place: format!("sys/bus/pci/devices/{}", gpu.bdf),
            text: format!("10de:{:04x}, {}", gpu.device, name(generation)),
        });
    }
    let text = parts.join("; ");
    let answer = match (bad, branch) {
        (true, _) => Says::bad(text),
        (false, _) if unknown => Says::unknown(text),
        (false, Some(_)) => Says::good(text),
        (false, None) => Says::plain(text),
    };
    answer.all(says).maybe(f.driver_version().map(|version| crate::doctor::Evidence {
        place: "driver".into(),
        text: match f.open_flavour() {
            Some(true) => format!("{version}, open"),
            Some(false) => format!("{version}, proprietary"),
            None => version.to_owned(),
        },
    }))
}

/// Whether a generation works with a branch and flavour, in words. Sources stand at
/// `nvpreflight::driver::gpu_names`.
fn judge(generation: Generation, branch: Option<u64>, open: Option<bool>) -> (bool, String) {
    let name = name(generation);
    if let (Some(last), Some(branch)) = (generation.last_branch(), branch) {
        if branch > last {
            return (
                false,
                format!("{name}: no, branch {branch} dropped support; {last} is the last one"),
            );
        }
    }
    match (open, branch) {
        (Some(true), Some(branch)) if !generation.has_gsp() => {
            (false, format!("{name}: no, it has no GSP; open {branch} needs one"))
        }
        (Some(false), Some(branch)) if generation == Generation::Blackwell => {
            (false, format!("{name}: no, it needs the open modules; {branch} is proprietary"))
        }
        (_, Some(branch)) => (true, format!("{name}: yes, by {branch}")),
        (_, None) => {
            let needs = match generation {
                Generation::Tesla
                | Generation::Fermi
                | Generation::Kepler
                | Generation::Maxwell => format!(
                    "proprietary modules, branch {} or older",
                    generation.last_branch().unwrap_or_default()
                ),
                Generation::Turing | Generation::Ampere => {
                    "any current branch, open or proprietary".to_owned()
                }
                Generation::Blackwell => "570 or later, open modules only".to_owned(),
            };
            (true, format!("{name}: needs {needs}"))
        }
    }
}

const fn name(generation: Generation) -> &'static str {
    match generation {
        Generation::Tesla => "Tesla or older",
        Generation::Fermi => "Fermi",
        Generation::Kepler => "Kepler",
        Generation::Maxwell => "Maxwell, Pascal or Volta",
        Generation::Turing => "Turing or GA100",
        Generation::Ampere => "Ampere, Ada or Hopper",
        Generation::Blackwell => "Blackwell or newer",
    }
}
