//! Items about rights and memory: VFIO pins all of the guest's memory.

use super::{Item, Reasons};
use crate::passthrough::card::Card;
use crate::passthrough::machine::{Machine, mib};
use nix::errno::Errno;
use std::fs::File;
use std::path::Path;

/// MiB beside the guest's memory that QEMU maps for it: firmware and option ROMs. Parts of
/// the card's own memory are not counted (drivers/vfio/vfio_iommu_type1.c, `rsvd`).
const PINNED_MIB: u64 = 64;
/// MiB that stay for the host and for QEMU itself.
const SPARE_MIB: u64 = 256;

/// What opening the group's node says. The kernel lets one opener in at a time
/// (drivers/vfio/group.c, `vfio_group_fops_open`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Not every function is on vfio-pci yet.
    NotTried,
    /// It opens.
    Opens,
    /// Not with the rights of this process.
    Denied,
    /// Somebody has it.
    Busy,
    /// It is not there, though all functions are on vfio-pci.
    Missing,
    /// It fails in another way.
    Fails(Errno),
}

/// Opens the node and closes it again, which changes nothing.
pub fn access(node: &Path) -> Access {
    let Err(error) = File::options().read(true).write(true).open(node) else {
        return Access::Opens;
    };
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EACCES | Errno::EPERM) => Access::Denied,
        Some(Errno::EBUSY) => Access::Busy,
        Some(Errno::ENOENT) => Access::Missing,
        other => Access::Fails(other.unwrap_or(Errno::UnknownErrno)),
    }
}

/// Judges whether this process may use the card for a guest of that size.
pub fn judge(
    card: &Card,
    machine: &Machine,
    access: Access,
    memory_mib: u64,
    reasons: &mut Reasons,
) {
    let group = card.gpu().and_then(|gpu| gpu.group).unwrap_or_default();
    if !machine.live {
        reasons.note(
            Item::RightsUnknown,
            "not checked: root's rights and the limit of locked memory, since these are the \
             files of a machine and not the machine",
        );
    }
    match access {
        Access::NotTried if !machine.root && !machine.iommus.is_empty() => reasons.no(
            Item::NoPermission,
            "only root can bind it to vfio-pci; an owner who does that at boot may give \
             /dev/vfio/GROUP to a user",
        ),
        Access::NotTried | Access::Opens => {}
        Access::Denied => reasons.no(
            Item::NoPermission,
            format!("/dev/vfio/{group} may not be opened; as root: chown USER /dev/vfio/{group}"),
        ),
        Access::Busy => reasons.no(
            Item::HeldByGuest,
            format!("/dev/vfio/{group} is busy: another guest has the card"),
        ),
        Access::Missing => reasons.no(
            Item::CouldNotLook,
            format!("could not look: /dev/vfio/{group} is not there; is /dev the host's?"),
        ),
        Access::Fails(error) => reasons.no(
            Item::CouldNotLook,
            format!("could not look: /dev/vfio/{group} cannot be opened: {error}"),
        ),
    }
    let pinned = memory_mib.saturating_add(PINNED_MIB);
    if let Some(limit) = machine.memlock {
        if limit / (1 << 20) < pinned {
            let text = format!(
                "{} MiB may be locked and a guest of {memory_mib} MiB needs {pinned}: \
             ulimit -l {} (KiB), or LimitMEMLOCK={pinned}M in its unit",
                mib(limit),
                pinned.saturating_mul(1024)
            );
            reasons.no(Item::Memlock, text);
        }
    }
    let wanted = memory_mib.saturating_add(SPARE_MIB);
    match machine.available {
        Some(bytes) if mib(bytes) >= wanted => {}
        Some(bytes) => {
            let text = format!(
                "{} MiB of memory are available and a guest of {memory_mib} MiB, which VFIO \
                 pins, needs {wanted}",
                mib(bytes)
            );
            reasons.no(Item::Memory, text);
        }
        None => reasons.no(Item::CouldNotLook, "could not look: /proc/meminfo has no MemAvailable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthrough::fake::Fake;
    use crate::passthrough::judge::Verdict;
    use crate::passthrough::machine::look;

    /// Items for a process of these rights.
    fn items(fake: &Fake, access: Access, change: impl Fn(&mut Machine)) -> Vec<Item> {
        let (_, judged) = fake.one();
        let mut machine = look(&fake.host());
        machine.root = true;
        machine.memlock = None;
        machine.live = true;
        change(&mut machine);
        let (_, reasons) = super::super::judge(&judged.card, &machine, access, 1024);
        reasons.into_iter().map(|reason| reason.item).collect()
    }

    #[test]
    fn of_a_copy_of_a_machines_files_the_rights_are_said_to_be_unknown() {
        let (_, judged) = Fake::idle().one();
        let notes: Vec<_> = judged.reasons.iter().map(|it| (it.allows, it.item)).collect();
        assert_eq!(notes, [(Verdict::Yes, Item::RightsUnknown)]);
        assert_eq!(judged.verdict, Verdict::Yes);
        let live = items(&Fake::idle(), Access::NotTried, |_| {});
        assert_eq!(live, []);
    }

    #[test]
    fn only_root_binds_drivers() {
        let found = items(&Fake::idle(), Access::NotTried, |machine| machine.root = false);
        assert_eq!(found, [Item::NoPermission]);
    }

    #[test]
    fn a_user_who_was_given_the_group_may_use_it() {
        let user = |machine: &mut Machine| machine.root = false;
        assert_eq!(items(&Fake::set_aside(), Access::Opens, user), []);
        assert_eq!(items(&Fake::set_aside(), Access::Denied, user), [Item::NoPermission]);
    }

    #[test]
    fn a_group_that_somebody_has_is_theirs() {
        assert_eq!(items(&Fake::set_aside(), Access::Busy, |_| {}), [Item::HeldByGuest]);
    }

    #[test]
    fn a_node_that_is_missing_or_fails_could_not_be_looked_at() {
        for access in [Access::Missing, Access::Fails(Errno::EIO)] {
            assert_eq!(items(&Fake::set_aside(), access, |_| {}), [Item::CouldNotLook]);
        }
    }

    #[test]
    fn the_limit_of_locked_memory_counts_the_whole_guest() {
        let limit = |mib: u64| move |machine: &mut Machine| machine.memlock = Some(mib << 20);
        assert_eq!(items(&Fake::set_aside(), Access::Opens, limit(1087)), [Item::Memlock]);
        assert_eq!(items(&Fake::set_aside(), Access::Opens, limit(1088)), []);
    }

    #[test]
    fn a_guest_larger_than_the_memory_there_is_would_starve_the_host() {
        let fake = Fake::idle();
        fake.file("proc/meminfo", "MemAvailable: 1048576 kB\n");
        assert_eq!(fake.items(), [Item::Memory]);
        fake.file("proc/meminfo", "nothing\n");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
    }

    #[test]
    fn no_amount_of_memory_overflows() {
        let (_, judged) = Fake::idle().one();
        let machine = look(&Fake::idle().host());
        let (verdict, _) = super::super::judge(&judged.card, &machine, Access::NotTried, u64::MAX);
        assert_eq!(verdict, super::super::Verdict::No);
    }
}
