//! NVP501's advice, which depends on the driver that has the GPU: one that claims it by
//! its id is blocked, another one was given it.

use crate::driver::RIVALS;
use crate::facts::Facts;
use crate::reading::blocks;
use crate::text::same_name;

/// The line is there; the driver that is in took the GPU where the line is not.
const REBUILD: &str = "rebuild the initrd and reboot: modprobe.d blocks that driver already, and the \
    initrd's copy does not, or the driver was loaded by name";
const REBUILD_NIXOS: &str = "nixos-rebuild boot and reboot: the configuration blocks that driver already; \
    if it comes again, take it out of boot.kernelModules and boot.initrd.kernelModules";
/// What has the GPU without claiming its id.
pub(in crate::rules) const GIVEN: &str = "driverctl list-overrides    # remove what gives the GPU to \
    that driver: an override, or a script or udev rule that writes driver_override or new_id; then reboot";
/// The line for that driver; empty where the rule's own serves.
pub(super) fn fix(f: &Facts, driver: &str, nixos: bool) -> &'static str {
    let rival = RIVALS.into_iter().find(|rival| same_name(rival, driver));
    match rival {
        Some(rival) if blocks::of(f, rival).next().is_none() => "",
        Some(_) if nixos => REBUILD_NIXOS,
        Some(_) => REBUILD,
        None => GIVEN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, GPU};

    const NOUVEAU: &str =
        "sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/nouveau\n";

    #[test]
    fn the_fix_follows_the_driver_and_what_is_blocked_already() {
        let fix = |case: Case| case.report(&[&RULE]).findings.first().expect("a finding").fix;
        let nouveau = || Case::initrd(NOUVEAU).and(GPU).goal("cuda");
        assert_eq!(fix(nouveau()), "");
        let blocked = nouveau().and("etc/modprobe.d/a.conf = blacklist nouveau\n");
        assert!(fix(blocked).starts_with("rebuild the initrd"));
        let qxl = Case::initrd("sys/bus/pci/devices ?\n")
            .and("dmesg = [   12.600000] NVRM: GPU 0000:00:01.0 is already bound to qxl.\n");
        assert!(fix(qxl).contains("driverctl"));
    }

    #[test]
    fn on_nixos_the_system_is_rebuilt() {
        let case = Case::initrd(NOUVEAU)
            .and(GPU)
            .goal("cuda")
            .and("etc/modprobe.d/a.conf = blacklist nouveau\netc/os-release = ID=nixos\n");
        assert_eq!(case.report(&[&RULE]).findings[0].fix, super::REBUILD_NIXOS);
    }
}
