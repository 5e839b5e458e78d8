//! NVP606 in a log: a GPU that a tool switched on again, and that no driver has yet.

use super::bdf;
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord, PciAddress};
use crate::finding::Findings;
use crate::reading::sayings::{ASLEEP_GUEST, ASLEEP_UNOWNED, BBSWITCH_ON, said};

/// bbswitch cuts the power itself; the driver's own way of saving it is another one.
const SWITCHED: &str = "leave the GPU on: take bbswitch out of modules-load.d and off bumblebee.conf \
    (PMMethod=none), then reboot";

/// vfio-pci lets an idle device sleep (drivers/vfio/pci/vfio_pci_core.c, `disable_idle_d3`).
const HELD: &str = "echo 'options vfio-pci disable_idle_d3=1' | sudo tee -a /etc/modprobe.d/vfio.conf    # then rebuild the initrd";

const HELD_NIXOS: &str = "boot.extraModprobeConfig = \"options vfio-pci disable_idle_d3=1\";";

/// Microseconds within which a device that was switched on wakes or does not; 0.6 s lie
/// between the two lines in Bumblebee-Project/bbswitch#226.
const WAKES_US: u64 = 3_000_000;

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let address = |record: &LogRecord| PciAddress::parse(bdf(&record.text));
    let is_gpu = |record: &LogRecord| f.nvidia_gpus().any(|gpu| gpu.address() == address(record));
    let on = said(f, &[BBSWITCH_ON]);
    let woken = |record: &LogRecord| {
        on.is_some_and(|on| record.us >= on.us && record.us - on.us <= WAKES_US)
    };
    let unowned = || f.records().iter().filter(|record| ASLEEP_UNOWNED.is(&record.text));
    let guests = || f.records().iter().filter(|record| ASLEEP_GUEST.is(&record.text));
    // bbswitch does not name the GPU that it switches: what does not wake at once is it.
    let known = || unowned().chain(guests()).find(|record| is_gpu(record));
    let found = known().or_else(|| unowned().find(|record| woken(record)));
    let Some(record) = found else { return };
    let (address, switched) = (address(record), woken(record));
    let held = if out.nixos() { HELD_NIXOS } else { HELD };
    let finding =
        out.add(format_args!("GPU {} did not wake from a low-power state", bdf(&record.text)));
    finding.gpu(address).logged(record.us, &record.text);
    if switched {
        finding.module("bbswitch").fix(SWITCHED);
    } else if ASLEEP_GUEST.is(&record.text) {
        finding.module("vfio_pci").fix(held);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const ASLEEP: &str = "[   21.400000] pci 0000:01:00.0: Unable to change power state from D3cold to D0, \
                          device inaccessible";

    #[test]
    fn a_gpu_that_bbswitch_could_not_wake_is_told() {
        let log = std::format!("[   21.100000] bbswitch: enabling discrete graphics\n{ASLEEP}");
        let case = || Case::journal(&log);
        fires(
            &RULE,
            case(),
            "NVP606 warning: GPU 0000:01:00.0 did not wake from a low-power state",
        );
        let fix = case().report(&[&RULE]).findings.first().map(|found| found.fix);
        assert!(fix.is_some_and(|fix| fix.contains("PMMethod=none")));
        silent(&RULE, Case::journal(ASLEEP));
        let other = ASLEEP.replace("01:00.0", "3a:00.0").replace("   21.4", "   50.4");
        silent(&RULE, Case::journal(&log.replace(ASLEEP, &other)));
    }

    #[test]
    fn a_gpu_that_is_held_for_a_guest_is_told_where_the_bus_is_listed() {
        let asleep = ASLEEP.replace("pci 0000", "vfio-pci 0000");
        let gpu = "sys/bus/pci/devices/0000:01:00.0/class = 0x030000\n\
                   sys/bus/pci/devices/0000:01:00.0/vendor = 0x10de\n\
                   sys/bus/pci/devices/0000:01:00.0/device = 0x2684\n";
        let case = || Case::pre_display(&std::format!("dmesg = {asleep}\n")).and(gpu).of_log();
        fires(
            &RULE,
            case(),
            "NVP606 warning: GPU 0000:01:00.0 did not wake from a low-power state",
        );
        let fix = case().report(&[&RULE]).findings.first().map(|found| found.fix);
        assert!(fix.is_some_and(|fix| fix.contains("disable_idle_d3")));
        silent(&RULE, Case::journal(&asleep));
    }
}
