//! What taking a card would do, step by step: it is printed first, and then done.

use super::machine::{CLIENTS, Machine};
use super::state::Former;
use super::survey::Judged;
use std::fmt;

/// One change to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Load a module of VFIO; it stays.
    Load(&'static str),
    /// Unload a module of the NVIDIA stack.
    Unload(String),
    /// Give a function to vfio-pci.
    Bind(Former),
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(module) => write!(out, "load {module}; it stays loaded"),
            Self::Unload(module) => write!(out, "unload {module}; it is loaded again afterwards"),
            Self::Bind(Former { address, driver: Some(driver), .. }) => {
                write!(out, "take {address} from {driver} to vfio-pci; {driver} gets it back")
            }
            Self::Bind(Former { address, driver: None, .. }) => {
                write!(out, "give {address} to vfio-pci; it has no driver afterwards, as now")
            }
        }
    }
}

/// The steps for a card; none where all of it is on vfio-pci.
pub fn steps(machine: &Machine, judged: &Judged) -> Vec<Step> {
    let formers: Vec<Former> = judged
        .card
        .taken()
        .filter(|function| !function.on_vfio())
        .map(|function| Former {
            address: function.address,
            vendor: function.vendor,
            device: function.device,
            driver: function.driver.clone(),
            power: function.power.clone(),
        })
        .collect();
    if formers.is_empty() {
        return Vec::new();
    }
    let mut steps: Vec<Step> = machine.vfio_missing.iter().copied().map(Step::Load).collect();
    if formers.iter().any(|former| former.driver.as_deref() == Some("nvidia")) {
        // In the order of `CLIENTS`, in which they can be unloaded.
        let loaded = CLIENTS.iter().filter(|name| machine.clients.iter().any(|m| m == *name));
        steps.extend(loaded.map(|name| Step::Unload((*name).to_owned())));
    }
    steps.extend(formers.into_iter().map(Step::Bind));
    steps
}
