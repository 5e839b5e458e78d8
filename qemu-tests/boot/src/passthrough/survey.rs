//! One look at the machine and at every NVIDIA card in it, with the verdict on
//! each. Read-only.

use super::address::Address;
use super::card::{self, Card, note};
use super::host::{self, Host};
use super::judge::{self, Reason, Verdict};
use super::machine::{self, Machine};
use anyhow::{Context, Result};
use serde::Serialize;

/// The machine and its cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The machine as a whole.
    pub machine: Machine,
    /// Its NVIDIA GPUs by address.
    pub gpus: Vec<Judged>,
}

/// A card and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The card.
    #[serde(flatten)]
    pub card: Card,
    /// Whether a guest may have it.
    pub verdict: Verdict,
    /// Why, the gravest first.
    pub reasons: Vec<Reason>,
}

impl Survey {
    /// Whether some GPU may be handed to a guest, insisting or not.
    #[must_use]
    pub fn some_may_be_taken(&self) -> bool {
        self.gpus.iter().any(|judged| judged.verdict != Verdict::No)
    }
}

/// Looks for every NVIDIA GPU, for a guest with so much memory.
///
/// # Errors
/// The PCI functions cannot be listed or identified.
pub fn survey(host: &Host, memory_mib: u64) -> Result<Survey> {
    let machine = machine::look(host);
    let all = functions(host)?;
    let mut gpus = Vec::new();
    for address in &all {
        let mut unclear = Vec::new();
        if card::function(host, *address, &mut unclear)?.is_gpu() {
            gpus.push(judged(host, &machine, *address, &all, memory_mib)?);
        }
    }
    Ok(Survey { machine, gpus })
}

/// Looks at one function that is said to be a GPU, and at its card.
///
/// # Errors
/// There is no such function, or it cannot be identified.
pub fn one(host: &Host, gpu: Address, memory_mib: u64) -> Result<(Machine, Judged)> {
    let machine = machine::look(host);
    let all = functions(host)?;
    let judged = judged(host, &machine, gpu, &all, memory_mib)?;
    Ok((machine, judged))
}

/// Looks at the card of `gpu` and judges it for a machine that was looked at.
///
/// # Errors
/// There is no such function, or it cannot be identified.
pub fn judged(
    host: &Host,
    machine: &Machine,
    gpu: Address,
    all: &[Address],
    memory_mib: u64,
) -> Result<Judged> {
    let mut card = Card::look(host, gpu, all)?;
    let group = card.gpu().and_then(|gpu| gpu.group);
    let node = group.map(|group| host.path(&format!("dev/vfio/{group}")));
    let on_vfio = card.taken().count() > 0 && card.taken().all(|function| function.on_vfio());
    let access = match node {
        // Only a group whose functions are all on vfio-pci has a node to try.
        Some(node) if on_vfio => judge::access(&node),
        _ => judge::Access::NotTried,
    };
    // What is not the card's own may be as unclear as its own.
    card.unclear.extend(machine.unclear.iter().cloned());
    card.unclear.dedup();
    let (verdict, reasons) = judge::judge(&card, machine, access, memory_mib);
    Ok(Judged { card, verdict, reasons })
}

/// Every PCI function of the machine.
///
/// # Errors
/// They cannot be listed.
pub fn functions(host: &Host) -> Result<Vec<Address>> {
    let folder = host.path("sys/bus/pci/devices");
    let mut unclear = Vec::new();
    let names = note(host::names(&folder), &mut unclear)
        .with_context(|| format!("there is no `{}`: is sysfs mounted?", folder.display()))?;
    let mut found = Vec::new();
    for name in names {
        let address = name.parse::<Address>().map_err(anyhow::Error::msg);
        found.push(address.with_context(|| format!("in `{}`", folder.display()))?);
    }
    Ok(found)
}
