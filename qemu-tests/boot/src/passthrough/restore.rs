//! Gives a card back to the drivers that had it. It does again only what is not
//! done yet, and touches nothing that somebody else changed meanwhile.

use super::bind::same_device;
use super::host::{self, Host};
use super::judge::{Access, access};
use super::keeper::{Keeper, Kept};
use super::kernel::{Kernel, Live};
use super::state::{Former, State};
use anyhow::{Context, Result, bail, ensure};
use nix::unistd::Uid;
use nvpreflight_tool::base::clean;
use std::path::Path;

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// What was done or found, a line each.
    pub said: Vec<String>,
    /// How much is not as it was.
    pub left: usize,
    /// Whether the file that kept the state was not as this program had written it.
    pub state_lost: bool,
}

/// Restores what the state says that `given` or the usual file keeps.
///
/// # Errors
/// Another program holds the card, or the state cannot be read.
pub fn restore(host: &Host, given: Option<&Path>) -> Result<Restored> {
    ensure!(host.is_live(), "only the running machine's cards are given back");
    match Keeper::open(host, given)? {
        Some(keeper) => kept(host, &Live, &keeper),
        None => Ok(nothing()),
    }
}

/// The same with a keeper that is held already.
///
/// # Errors
/// The state cannot be read or removed.
pub fn kept(host: &Host, kernel: &impl Kernel, keeper: &Keeper) -> Result<Restored> {
    let state = match keeper.of_this_boot(&boot_id(host)?)? {
        Kept::Nothing => return Ok(nothing()),
        Kept::Earlier => {
            let said = "nothing to restore: the machine was restarted since the card was taken";
            return Ok(Restored::said(said));
        }
        Kept::Card(state) => state,
    };
    let restored = all(host, kernel, &state);
    if restored.left == 0 {
        keeper.forget()?;
    }
    Ok(restored)
}

/// Gives back what this program took, by the state that it still has: the file is only for
/// who comes after a kill, and what was done to it is said.
pub fn remembered(host: &Host, kernel: &impl Kernel, keeper: &Keeper, state: &State) -> Restored {
    let shown = keeper.path().display();
    let flaw = match keeper.read() {
        Ok(Some(kept)) if kept == *state => None,
        Ok(Some(_)) => Some(format!("`{shown}` was changed")),
        Ok(None) => Some(format!("`{shown}` is gone")),
        Err(error) => Some(format!("{error:#}")),
    };
    let mut restored = all(host, kernel, state);
    // Where something is left, `restore` needs the file.
    let kept = match (restored.left, &flaw) {
        (0, _) => keeper.forget(),
        (_, Some(_)) => keeper.write(state),
        (_, None) => Ok(()),
    };
    let flaws = flaw
        .map(|flaw| format!("given back from memory, since meanwhile the state was lost: {flaw}"))
        .into_iter()
        .chain(kept.err().map(|error| format!("{error:#}")));
    for flaw in flaws {
        restored.state_lost = true;
        restored.said.push(clean::line(flaw.as_bytes()));
    }
    restored
}

impl Restored {
    /// Only said.
    fn said(text: &str) -> Self {
        Self { said: vec![text.to_owned()], ..Self::default() }
    }
}

fn nothing() -> Restored {
    Restored::said(if Uid::effective().is_root() {
        "nothing to restore"
    } else {
        "nothing to restore of this user's; what root took, root gives back"
    })
}

/// This boot, by the kernel's random name for it.
///
/// # Errors
/// It cannot be read.
pub fn boot_id(host: &Host) -> Result<String> {
    host::text(&host.path("proc/sys/kernel/random/boot_id"))?.context("this boot has no id")
}

/// Everything that `state` names, the last taken first.
pub fn all(host: &Host, kernel: &impl Kernel, state: &State) -> Restored {
    let mut restored = Restored::default();
    let mut say = |address: &dyn std::fmt::Display, outcome: Result<String>| match outcome {
        Ok(text) => restored.said.push(format!("{address}: {text}")),
        Err(error) => {
            restored.left += 1;
            let text = clean::line(format!("{error:#}").as_bytes());
            restored.said.push(format!("{address}: NOT as it was: {text}"));
        }
    };
    for former in state.functions.iter().rev() {
        say(&former.address, function(host, kernel, former));
    }
    for module in &state.modules {
        let there = host.path("sys/module").join(module).is_dir();
        let outcome = if there {
            Ok("is loaded already".to_owned())
        } else {
            kernel.load(module).map(|()| "is loaded again".to_owned())
        };
        say(module, outcome);
    }
    restored
}

fn function(host: &Host, kernel: &impl Kernel, former: &Former) -> Result<String> {
    let address = former.address;
    let folder = host.function(address)?.context("it is gone")?;
    same_device(&folder, former)?;
    let driver = || host::link_name(&folder.join("driver"));
    let overridden = host::text(&folder.join("driver_override"))?.unwrap_or_default();
    let now = driver()?;
    match (now.as_deref(), overridden.as_str()) {
        (_, "vfio-pci") => {}
        (Some("vfio-pci"), other) => bail!("somebody set its driver_override to `{other}`"),
        (now, _) if now == former.driver.as_deref() => {
            return Ok(format!("is as it was, {}", words(now)));
        }
        (None, _) => {}
        (Some(other), _) => bail!("the driver `{other}` has it now"),
    }
    if now.as_deref() == Some("vfio-pci") {
        // vfio-pci waits for its user without an end
        // (drivers/vfio/vfio_main.c, `vfio_unregister_group_dev`).
        if let Some(group) = host::link_name(&folder.join("iommu_group"))? {
            let node = host.path("dev/vfio").join(&group);
            let busy = access(&node) == Access::Busy;
            ensure!(!busy, "/dev/vfio/{group} is in use: end the virtual machine first");
        }
        let unbind = host.path("sys/bus/pci/drivers/vfio-pci/unbind");
        kernel.write(&unbind, &address.to_string()).context("vfio-pci does not let go of it")?;
    }
    kernel.write(&folder.join("driver_override"), "\n")?;
    if let Some(wanted) = &former.driver {
        if driver()?.as_ref() != Some(wanted) {
            // A failed probe shows in the driver that it has then.
            let _ = kernel.write(&host.path("sys/bus/pci/drivers_probe"), &address.to_string());
            if driver()?.is_none() {
                let bind = host.path("sys/bus/pci/drivers").join(wanted).join("bind");
                kernel.write(&bind, &address.to_string())?;
            }
        }
    }
    let now = driver()?;
    ensure!(now == former.driver, "it has {} now", words(now.as_deref()));
    if let Some(power) = &former.power {
        let control = folder.join("power/control");
        if host::text(&control)?.as_ref() != Some(power) {
            kernel.write(&control, power)?;
        }
    }
    Ok(format!("is back, {}", words(now.as_deref())))
}

fn words(driver: Option<&str>) -> String {
    driver.map_or_else(|| "without a driver".to_owned(), |name| format!("driver {name}"))
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
