//! One NVIDIA card as sysfs shows it: its functions and the IOMMU group they
//! share with others. Plain data and the reading of it.

use super::address::Address;
use super::displays::{self, Display};
use super::function::{Function, function};
use super::host::{self, Host};
use super::users::{self, Users};
use anyhow::{Context, Result};
use serde::Serialize;

/// A card: the functions of one slot, of which at least one is a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Address of the GPU.
    pub gpu: Address,
    /// Every function of the slot, in order.
    pub functions: Vec<Function>,
    /// Every member of the GPU's group that is not of the slot.
    pub others: Vec<Function>,
    /// What it shows pictures on.
    pub display: Display,
    /// Who uses it.
    pub users: Users,
    /// What could not be looked at.
    pub unclear: Vec<String>,
}

impl Card {
    /// The GPU's own function.
    pub fn gpu(&self) -> Option<&Function> {
        self.functions.iter().find(|function| function.address == self.gpu)
    }

    /// The functions that go to the guest: those in the GPU's group.
    pub fn taken(&self) -> impl Iterator<Item = &Function> {
        let group = self.gpu().and_then(|gpu| gpu.group);
        self.functions.iter().filter(move |function| function.group == group && group.is_some())
    }

    /// Looks at the card of the GPU at `gpu`.
    ///
    /// # Errors
    /// Not even its identity can be read. What else cannot be read is in `unclear`.
    pub fn look(host: &Host, gpu: Address, all: &[Address]) -> Result<Self> {
        let mut unclear = Vec::new();
        let slot = all.iter().copied().filter(|address| address.same_slot(gpu));
        let functions = slot
            .map(|address| function(host, address, &mut unclear))
            .collect::<Result<Vec<_>>>()?;
        let own = functions
            .iter()
            .find(|function| function.address == gpu)
            .with_context(|| format!("there is no PCI function {gpu}"))?;
        let others = others(host, own, &functions, &mut unclear);
        let mut display = displays::look(host, own, &mut unclear);
        // Another display function of the slot goes to the guest with it.
        for more in functions.iter().filter(|more| more.address != gpu && more.is_display()) {
            display.add(displays::look(host, more, &mut unclear));
        }
        let users = users::look(host, &functions, &mut unclear);
        Ok(Self { gpu, functions, others, display, users, unclear })
    }
}

/// Members of the GPU's group outside of its slot.
fn others(
    host: &Host,
    gpu: &Function,
    slot: &[Function],
    unclear: &mut Vec<String>,
) -> Vec<Function> {
    let Some(number) = gpu.group else {
        return Vec::new();
    };
    let folder = host.path("sys/kernel/iommu_groups").join(number.to_string()).join("devices");
    let members = match host::names(&folder) {
        Ok(Some(members)) => members,
        Ok(None) => {
            unclear.push(format!("IOMMU group {number} has no list of members"));
            return Vec::new();
        }
        Err(error) => {
            unclear.push(format!("{error:#}"));
            return Vec::new();
        }
    };
    for own in slot.iter().filter(|own| own.group == gpu.group) {
        if !members.iter().any(|name| *name == own.address.to_string()) {
            unclear.push(format!("IOMMU group {number} does not list {}", own.address));
        }
    }
    let mut found = Vec::new();
    for name in members {
        let member = name.parse::<Address>().map_err(anyhow::Error::msg);
        match member.and_then(|address| function(host, address, unclear)) {
            Ok(member) if member.address.same_slot(gpu.address) => {}
            Ok(member) => found.push(member),
            Err(error) => unclear.push(format!("IOMMU group {number}: {error:#}")),
        }
    }
    found
}
