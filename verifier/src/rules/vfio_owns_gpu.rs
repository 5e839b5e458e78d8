//! NVP502: vfio-pci has the GPU that this machine needs, or lost the one it should have.

use super::other_driver_owns_gpu::advice::GIVEN;
use crate::expect::{Expectations, Goal};
use crate::facts::{Facts, PciFunction};
use crate::finding::{Findings, Severity};
use crate::reading::options;
use crate::reading::wanted;
use crate::rule::rule;
use crate::text::{Line, same_name};

#[cfg(feature = "logs")]
mod log;

rule! {
    /// ## What it checks
    /// Whether a GPU is held by vfio-pci or pci-stub, or kept off every driver by
    /// `driver_override`, while the machine needs it; and, for the goal `vfio`,
    /// whether another driver took a GPU that is meant for a virtual machine.
    ///
    /// ## Why
    /// vfio-pci must be there before nvidia: the first driver to probe gets the GPU.
    /// `driver_override` in sysfs outlives its purpose and binds or bars a driver
    /// without a trace in any configuration file.
    ///
    /// ## Fix
    /// For a guest: load vfio-pci in the initrd and keep nvidia out of it, or order
    /// them with `softdep nvidia pre: vfio-pci` in a file that sorts before
    /// modules.softdep; no list of modules is an order. For this machine: take the
    /// device id out of `vfio-pci.ids=`. An empty line written to `driver_override`
    /// clears it.
    ///
    /// ## Sources
    /// Linux drivers/pci/pci-driver.c (`pci_match_device`), drivers/base/driver.c
    /// (`driver_set_override`), drivers/vfio/pci; nixpkgs#18473, nixpkgs#420419,
    /// bazzite#2076.
    502 vfio_owns_gpu {
        title: "the GPU is reserved for a virtual machine",
        severity: Error,
        confidence: Certain,
        stages: [Initrd, PreDisplay],
        needs: [PCI],
        after: [],
        fix: "take the GPU's vendor:device out of vfio-pci.ids= (kernel command line) or of \
            `options vfio-pci ids=` (/etc/modprobe.d/), then rebuild the initrd",
        nixos: "take the GPU's vendor:device out of vfio-pci.ids= in boot.kernelParams, or out of \
            `options vfio-pci ids=` in boot.extraModprobeConfig",
        change: [Rewrite(Rewrite::VfioIds)],
        log: log::check,
    }
}

/// What keeps a GPU for a guest.
const RESERVE: &str = "options vfio-pci ids=VENDOR:DEVICE and softdep nvidia pre: vfio-pci, both in \
    /etc/modprobe.d/00-vfio.conf; put vfio-pci into the initrd and leave nvidia out of it";
/// Without nvidia in the initrd nothing needs an order: vfio-pci is the only one there.
const RESERVE_NIXOS: &str = "boot.initrd.kernelModules = [ \"vfio_pci\" ]; boot.kernelParams = \
    [ \"vfio-pci.ids=VENDOR:DEVICE\" ];    # and no module of nvidia in boot.initrd.kernelModules";
fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    if want.goals.has(Goal::Vfio) {
        let reserve = if out.nixos() { RESERVE_NIXOS } else { RESERVE };
        for gpu in f.nvidia_gpus().filter(|gpu| meant_for_vfio(f, gpu) && !is_held(gpu)) {
            let driver = gpu.driver.yes().map_or("no driver", |d| d.as_str());
            out.add(format_args!(
                "GPU {} is meant for vfio-pci, but is driven by {driver}",
                gpu.bdf
            ))
            .gpu(gpu.address())
            .module("vfio_pci")
            .values("vfio-pci", driver)
            .fix(reserve);
        }
        return;
    }
    let served = f.nvidia_gpus().any(|gpu| gpu.driven_by("nvidia"));
    if served || !wanted::stack(f, want) {
        return;
    }
    #[cfg(feature = "logs")]
    if log::is_given_away(f, want) {
        return;
    }
    for gpu in f.nvidia_gpus() {
        let over = gpu.driver_override.yes().filter(|o| !same_name(o, "nvidia"));
        let holder = gpu.driver.yes().filter(|_| is_held(gpu));
        let finding = match (holder, over) {
            (Some(holder), _) => {
                out.add(format_args!("GPU {} is held by {holder}: nvidia cannot use it", gpu.bdf))
            }
            (None, Some(over)) if gpu.driver.is_absent() => out.add(format_args!(
                "GPU {} has no driver: driver_override={over} blocks nvidia",
                gpu.bdf
            )),
            _ => continue,
        };
        finding.gpu(gpu.address()).module(holder.or(over).map_or("", |n| n.as_str()));
        if over.is_some() {
            finding
                .path(&Line::of(format_args!("sys/bus/pci/devices/{}/driver_override", gpu.bdf)));
            finding.fix(GIVEN);
        } else if let Some(ids) = ids(f, gpu) {
            finding.at(ids.place);
        }
        if !wanted::by_goal(want) {
            finding.severity(Severity::Warning);
        }
    }
}

fn is_held(gpu: &PciFunction) -> bool {
    gpu.driven_by("vfio-pci") || gpu.driven_by("pci-stub")
}

/// Named by its id or by an override, or the only GPU of a machine with this goal.
fn meant_for_vfio(f: &Facts, gpu: &PciFunction) -> bool {
    let over = gpu.driver_override.yes().is_some_and(|o| same_name(o, "vfio-pci"));
    over || ids(f, gpu).is_some() || f.nvidia_gpus().count() == 1
}

/// The `ids=` setting of vfio-pci that lists this GPU.
fn ids<'a>(f: &'a Facts, gpu: &PciFunction) -> Option<options::Setting<'a>> {
    let id = Line::of(format_args!("{:04x}:{:04x}", gpu.vendor, gpu.device));
    let set = options::last(f, "vfio_pci", "ids")?;
    let lists = |entry: &str| entry.get(..id.len()).is_some_and(|e| e.eq_ignore_ascii_case(&id));
    set.value.split(',').any(lists).then_some(set)
}

#[cfg(test)]
mod tests;
