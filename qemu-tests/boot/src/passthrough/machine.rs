//! What the machine as a whole offers to VFIO: IOMMU, interrupt remapping,
//! memory, rights, loaded modules. It reads and never judges.

use super::host::{self, Host, note};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use nix::unistd::Uid;
use procfs::process::Process;
use serde::Serialize;

/// Modules of the NVIDIA stack that hold a GPU open beside `nvidia` itself, in the
/// order in which they can be unloaded.
pub const CLIENTS: [&str; 3] = ["nvidia_drm", "nvidia_modeset", "nvidia_uvm"];
/// Bit of CAP_IPC_LOCK (include/uapi/linux/capability.h).
const IPC_LOCK: u32 = 14;
const MIB: u64 = 1 << 20;

/// Memory of the guest in MiB where nothing else is said.
#[must_use]
pub fn memory_mib_default() -> u64 {
    1024
}

/// The machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// IOMMUs in use (`dmar0`, `ivhd0`).
    pub iommus: Vec<String>,
    /// Whether interrupts are remapped; None where that cannot be seen.
    pub interrupts_remapped: Option<bool>,
    /// Whether somebody told VFIO to do without (`allow_unsafe_interrupts`).
    pub unsafe_interrupts: bool,
    /// The hypervisor whose control domain this is (`xen`).
    pub hypervisor: Option<String>,
    /// Whether this is the running machine and not a copy of one's files.
    pub live: bool,
    /// Whether this process is root; of a copy it counts as that.
    pub root: bool,
    /// Bytes this process may lock; None is no limit.
    pub memlock: Option<u64>,
    /// `MemAvailable` in bytes.
    pub available: Option<u64>,
    /// Modules of `CLIENTS` that are loaded.
    pub clients: Vec<String>,
    /// Other modules that use nvidia.
    pub strangers: Vec<String>,
    /// Functions that the driver nvidia has, by address.
    pub driven_by_nvidia: Vec<String>,
    /// Modules of VFIO that are not there yet.
    pub vfio_missing: Vec<&'static str>,
    /// What could not be looked at.
    pub unclear: Vec<String>,
}

/// Looks at the machine. Of a copy of a machine's files nothing is known of the rights
/// that a process would have there: they count as root's.
pub fn look(host: &Host) -> Machine {
    let live = host.is_live();
    let mut unclear = Vec::new();
    let mut list = |name: &str| note(host::names(&host.path(name)), &mut unclear);
    let iommus = list("sys/class/iommu").unwrap_or_default();
    let driven = list("sys/bus/pci/drivers/nvidia");
    let holders = list("sys/module/nvidia/holders");
    let modules = list("sys/module");
    if modules.is_none() || driven.is_some() && holders.is_none() {
        unclear.push("sys/module does not show who uses the nvidia module".to_owned());
    }
    let (driven, holders) = (driven.unwrap_or_default(), holders.unwrap_or_default());
    let has_module = |name: &&str| host.path("sys/module").join(name).is_dir();
    let vfio = ["vfio_pci", "vfio_iommu_type1"];
    let mut word = |name: &str| note(host::text(&host.path(name)), &mut unclear);
    let interrupts = word("proc/interrupts").unwrap_or_default();
    let unsafe_interrupts = word("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
    let hypervisor = word("sys/hypervisor/type");
    let memory = word("proc/meminfo").unwrap_or_default();
    Machine {
        iommus,
        interrupts_remapped: remapped(&interrupts),
        unsafe_interrupts: unsafe_interrupts.as_deref() == Some("Y"),
        hypervisor,
        live,
        root: !live || Uid::effective().is_root(),
        memlock: if !live || locks_freely(capabilities()) { None } else { memlock(&mut unclear) },
        available: available(&memory),
        clients: CLIENTS.iter().filter(|name| has_module(name)).map(|n| (*n).to_owned()).collect(),
        strangers: holders.into_iter().filter(|name| !CLIENTS.contains(&name.as_str())).collect(),
        driven_by_nvidia: driven.into_iter().filter(|name| name.contains(':')).collect(),
        vfio_missing: vfio.into_iter().filter(|name| !has_module(name)).collect(),
        unclear,
    }
}

/// x86 names the chips of remapped interrupts `IR-IO-APIC` and `IR-PCI-MSI…`
/// (arch/x86/kernel/apic/io_apic.c and msi.c, drivers/iommu/*/irq_remapping.c).
fn remapped(interrupts: &str) -> Option<bool> {
    let has = |chip: &str| interrupts.split_whitespace().any(|word| word.starts_with(chip));
    if has("IR-") {
        Some(true)
    } else if has("IO-APIC") || has("PCI-MSI") {
        Some(false)
    } else {
        None
    }
}

/// VFIO does not count the memory of who may lock any amount
/// (drivers/vfio/vfio_iommu_type1.c, `lock_cap`).
fn locks_freely(effective: u64) -> bool {
    effective >> IPC_LOCK & 1 == 1
}

/// Effective capabilities of this process; none where they cannot be read.
fn capabilities() -> u64 {
    let status = Process::myself().and_then(|own| own.status());
    status.map_or(0, |status| status.capeff)
}

fn memlock(unclear: &mut Vec<String>) -> Option<u64> {
    match getrlimit(Resource::RLIMIT_MEMLOCK) {
        Ok((RLIM_INFINITY, _)) => None,
        Ok((soft, _)) => Some(soft),
        Err(error) => {
            unclear.push(format!("the limit of locked memory cannot be read: {error}"));
            None
        }
    }
}

/// `MemAvailable` of /proc/meminfo, which is in KiB (proc_meminfo(5)).
fn available(memory: &str) -> Option<u64> {
    let line = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A size in MiB, rounded up.
pub fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(MIB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remapped_interrupts_are_known_by_the_names_of_their_chips() {
        let with = " 4: 1 IR-IO-APIC 4-edge ttyS0\n 24: 0 DMAR-MSI 0-edge dmar0\n";
        let without = " 4: 1 IO-APIC 4-edge ttyS0\n 24: 0 DMAR-MSI 0-edge dmar0\n";
        assert_eq!(remapped(with), Some(true));
        assert_eq!(remapped(without), Some(false));
        assert_eq!(remapped("LOC: 1 Local timer interrupts\n"), None);
    }

    #[test]
    fn the_right_to_lock_memory_is_one_bit() {
        assert!(locks_freely(0x4000));
        assert!(!locks_freely(0));
        assert!(!locks_freely(!0x4000));
    }

    #[test]
    fn available_memory_is_told_in_kib() {
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:  2048 kB\n"), Some(2 * MIB));
        assert_eq!(available("MemAvailable: 99999999999999999999 kB\n"), None);
    }
}
