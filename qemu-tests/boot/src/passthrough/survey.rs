//! One look at the machine and at every NVIDIA card in it, with the verdict on
//! each. Read-only.

use super::address::Address;
use super::card::Card;
use super::function::function;
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
/// The PCI functions cannot be listed. One that cannot be identified is `unclear`.
pub fn survey(host: &Host, memory_mib: u64) -> Result<Survey> {
    let mut machine = machine::look(host);
    let all = functions(host, &mut machine.unclear)?;
    let mut found = Vec::new();
    for address in &all {
        match function(host, *address, &mut Vec::new()) {
            Ok(function) if function.is_gpu() => found.push(*address),
            Ok(_) => {}
            // It may be a GPU, or a member of a GPU's group: no card is clear then,
            // and the others are listed all the same.
            Err(error) => machine.unclear.push(format!("{address}: {error:#}")),
        }
    }
    let mut gpus = Vec::new();
    for gpu in found {
        match judged(host, &machine, gpu, &all, memory_mib) {
            Ok(judged) => gpus.push(judged),
            Err(error) => machine.unclear.push(format!("{gpu}: {error:#}")),
        }
    }
    Ok(Survey { machine, gpus })
}

/// Looks at one function that is said to be a GPU, and at its card.
///
/// # Errors
/// There is no such function, or it cannot be identified.
pub fn one(host: &Host, gpu: Address, memory_mib: u64) -> Result<(Machine, Judged)> {
    let mut machine = machine::look(host);
    let all = functions(host, &mut machine.unclear)?;
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

/// Every PCI function of the machine; an entry whose name is no address is `unclear`.
///
/// # Errors
/// They cannot be listed.
pub fn functions(host: &Host, unclear: &mut Vec<String>) -> Result<Vec<Address>> {
    let folder = host.path("sys/bus/pci/devices");
    let names = host::names(&folder)?
        .with_context(|| format!("there is no `{}`: is sysfs mounted?", folder.display()))?;
    let mut found = Vec::new();
    for name in names {
        match name.parse::<Address>() {
            Ok(address) => found.push(address),
            Err(error) => unclear.push(format!("in `{}`: {error}", folder.display())),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthrough::fake::Fake;

    #[test]
    fn one_flawed_function_is_told_and_the_others_are_listed() {
        let fake = Fake::driven();
        fake.unreadable("0000:00:02.0/class");
        let survey = survey(&fake.host(), 1024).unwrap();
        assert_eq!(survey.gpus.len(), 1);
        assert!(survey.machine.unclear.iter().any(|text| text.starts_with("0000:00:02.0: ")));
        // What it is cannot be known, so the card is not said to be free.
        assert_eq!(survey.gpus[0].verdict, Verdict::No);
    }

    #[test]
    fn a_gpu_that_cannot_be_identified_is_told_although_no_card_is_listed() {
        let fake = Fake::idle();
        fake.unreadable("0000:01:00.0/vendor");
        let survey = survey(&fake.host(), 1024).unwrap();
        assert!(survey.gpus.is_empty() && !survey.some_may_be_taken());
        let text = crate::passthrough::text(&survey, 1024);
        assert!(text.contains("could not look: 0000:01:00.0: "), "{text}");
    }

    #[test]
    fn an_entry_that_is_no_address_keeps_every_card_and_ends_no_list() {
        let fake = Fake::driven();
        fake.file("sys/bus/pci/devices/0000:09:00.9/class", "0x030000\n");
        let survey = survey(&fake.host(), 1024).unwrap();
        assert_eq!(survey.gpus.len(), 1);
        assert_eq!(survey.gpus[0].verdict, Verdict::No);
        let text = crate::passthrough::text(&survey, 1024);
        assert!(text.contains("`0000:09:00.9` is no PCI address"), "{text}");
    }

    #[test]
    fn a_flawed_card_is_told_beside_one_that_is_listed() {
        let fake = Fake::idle();
        fake.function("0000:05:00.0", "0x10de", "0x2204", "0x030000", None, Some(5));
        // Its sibling ends the look at the card, and the first card was judged before.
        fake.function("0000:05:00.1", "0x10de", "0x1aef", "0x040300", None, Some(5));
        fake.unreadable("0000:05:00.1/device");
        let survey = survey(&fake.host(), 1024).unwrap();
        let text = crate::passthrough::text(&survey, 1024);
        assert_eq!(survey.gpus.len(), 1);
        assert!(text.contains("could not look: 0000:05:00.0: "), "{text}");
    }
}
