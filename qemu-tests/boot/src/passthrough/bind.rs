//! Gives one function to vfio-pci. What is there and who uses it is looked at again beside
//! each write, because what was judged may have gone since: whatever came to the address
//! meanwhile is not left on vfio-pci, where a guest would have it.

use super::function::function;
use super::host::{self, Host};
use super::kernel::Kernel;
use super::state::Former;
use super::users;
use anyhow::{Context, Error, Result, ensure};
use std::path::Path;

/// driver_override, unbind, probe: what linux Documentation/ABI/testing/sysfs-bus-pci
/// describes, so that no other device ever matches.
///
/// # Errors
/// Another device is there, somebody uses it, or the kernel refuses.
pub fn bind(host: &Host, kernel: &impl Kernel, former: &Former) -> Result<()> {
    let address = former.address;
    let folder = host.function(address)?.with_context(|| format!("{address} is gone"))?;
    same_device(&folder, former)?;
    unused(host, former)?;
    let outcome = give(host, kernel, former, &folder);
    let Err(other) = same_device(&folder, former) else { return outcome };
    // Giving back leaves another device alone, so what was done to it is undone here.
    let undone = release(host, kernel, former, &folder);
    let faults = [outcome.err(), Some(other), undone.err()];
    let mut said: Vec<String> =
        faults.into_iter().flatten().map(|error| format!("{error:#}")).collect();
    said.dedup();
    Err(Error::msg(said.join("; ")))
}

/// Whether the device that was judged is the one in `folder`.
///
/// # Errors
/// It is another one, or cannot be identified.
pub fn same_device(folder: &Path, former: &Former) -> Result<()> {
    let (vendor, device) =
        (host::hexadecimal(&folder.join("vendor"))?, host::hexadecimal(&folder.join("device"))?);
    ensure!(
        (vendor, device) == (former.vendor, former.device),
        "another device is there now, {vendor:04x}:{device:04x}"
    );
    Ok(())
}

fn give(host: &Host, kernel: &impl Kernel, former: &Former, folder: &Path) -> Result<()> {
    let address = former.address;
    let name = address.to_string();
    kernel.write(&folder.join("driver_override"), "vfio-pci")?;
    if let Some(driver) = &former.driver {
        same_device(folder, former)?;
        unused(host, former)?;
        let unbind = host.path("sys/bus/pci/drivers").join(driver).join("unbind");
        kernel
            .write(&unbind, &name)
            .with_context(|| format!("{driver} does not let go of {address}"))?;
    }
    same_device(folder, former)?;
    kernel
        .write(&host.path("sys/bus/pci/drivers_probe"), &name)
        .with_context(|| format!("vfio-pci does not take {address}"))?;
    let driver = host::link_name(&folder.join("driver"))?;
    ensure!(driver.as_deref() == Some("vfio-pci"), "vfio-pci did not take {address}");
    Ok(())
}

/// A client that came since the look: its driver would wait for it without an end. Sound
/// servers let go by themselves (sound/core/init.c, `snd_card_free`). One that comes even
/// later is noticed by the limit of the write.
fn unused(host: &Host, former: &Former) -> Result<()> {
    if former.driver.is_none() {
        return Ok(());
    }
    let mut unclear = Vec::new();
    let function = function(host, former.address, &mut unclear)?;
    let users = users::look(host, &[function], &mut unclear);
    if let Some(user) = users.seen.iter().find(|user| !user.node.starts_with("/dev/snd/")) {
        let users::User { pid, name, node } = user;
        let address = former.address;
        return Err(Error::msg(format!(
            "{name} (process {pid}) opened {node} of {address} meanwhile: end it"
        )));
    }
    ensure!(
        users.hidden == 0 && unclear.is_empty(),
        "who uses {} cannot be seen any more: {} processes are hidden; {}",
        former.address,
        users.hidden,
        unclear.join("; ")
    );
    Ok(())
}

/// Takes back from another device what `give` did to it, and no more than that.
fn release(host: &Host, kernel: &impl Kernel, former: &Former, folder: &Path) -> Result<()> {
    let address = former.address;
    let overridden = host::text(&folder.join("driver_override"))?;
    if overridden.as_deref() != Some("vfio-pci") {
        return Ok(());
    }
    let name = address.to_string();
    let undo = || -> Result<()> {
        if host::link_name(&folder.join("driver"))?.as_deref() == Some("vfio-pci") {
            kernel.write(&host.path("sys/bus/pci/drivers/vfio-pci/unbind"), &name)?;
        }
        kernel.write(&folder.join("driver_override"), "\n")?;
        if host::link_name(&folder.join("driver"))?.is_none() {
            kernel.write(&host.path("sys/bus/pci/drivers_probe"), &name)?;
        }
        Ok(())
    };
    undo().with_context(|| {
        format!("the device that came to {address} is on vfio-pci and could not be taken back")
    })
}

#[cfg(test)]
#[path = "bind_tests.rs"]
mod tests;
