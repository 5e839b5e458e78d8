//! NVP110: the driver looked for its GPU before Thunderbolt had brought it.

use crate::driver::said::{holds, kernel, nvidia};
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::rule::rule;
use crate::text::Seconds;

rule! {
    /// ## What it checks
    /// Whether nvidia found no GPU, a Thunderbolt device came after that, and an
    /// NVIDIA GPU is there now without its driver.
    ///
    /// ## Why
    /// nvidia.ko refuses to stay when it finds no GPU. An external one appears when
    /// its enclosure has been authorised, which may be seconds later, and a list in
    /// modules-load.d is worked off only once.
    ///
    /// ## Fix
    /// Leave nvidia out of modules-load.d, so that udev loads it when the GPU comes;
    /// or let the firmware authorise the enclosure and load thunderbolt in the initrd.
    ///
    /// ## Sources
    /// nvidia/nv.c (`nvidia_init_module`, "No NVIDIA GPU found"); Linux
    /// drivers/thunderbolt/switch.c ("new device found"); all-ways-egpu#40.
    110 gpu_behind_thunderbolt_late {
        title: "the Thunderbolt GPU appeared after the driver loaded",
        severity: Warning,
        confidence: Likely,
        stages: [Initrd, PreDisplay],
        needs: [LOG, PCI],
        after: [],
        fix: "force_drivers+=\" thunderbolt \"    # dracut.conf.d; and no nvidia in modules-load.d",
        nixos: "boot.initrd.kernelModules = [ \"thunderbolt\" ];",
    }
}

fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    let Some(empty) = f.logged(&[nvidia::NO_GPU]) else { return };
    let is_later =
        |r: &&crate::facts::LogRecord| r.us > empty.us && holds(&r.text, kernel::THUNDERBOLT);
    let Some(device) = f.records().iter().find(is_later) else { return };
    let Some(gpu) = f.nvidia_gpus().find(|gpu| gpu.driver.is_absent()) else { return };
    out.add(format_args!(
        "nvidia found no GPU at {}; a Thunderbolt device appeared at {}, and GPU {} has no driver",
        Seconds(empty.us),
        Seconds(device.us),
        gpu.bdf
    ))
    .gpu(gpu.address())
    .module("nvidia")
    .logged(device.us, &device.text);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, GPU, fires, quiet, unbound_gpu};

    const LOG: &str = "dev/kmsg <<EOF\n\
        3,1,3200000,-;NVRM: No NVIDIA GPU found.\n\
        6,2,4100000,-;thunderbolt 0-1: new device found, vendor=0x127 device=0x1\nEOF\n";

    #[test]
    fn a_gpu_that_came_with_thunderbolt_is_told() {
        fires(
            &RULE,
            Case::initrd(LOG).and(&unbound_gpu()),
            "NVP110 warning: nvidia found no GPU at 3.200 s; a Thunderbolt device appeared at \
             4.100 s, and GPU 0000:01:00.0 has no driver",
        );
    }

    #[test]
    fn a_gpu_that_was_bound_after_all_is_quiet() {
        quiet(&RULE, Case::initrd(LOG).and(GPU));
    }

    #[test]
    fn a_device_that_was_there_before_the_driver_is_not_late() {
        quiet(&RULE, Case::initrd(&LOG.replace("4100000", "2000000")).and(&unbound_gpu()));
    }

    #[test]
    fn a_dock_without_a_gpu_is_quiet() {
        quiet(&RULE, Case::initrd(LOG));
    }

    #[test]
    fn a_device_of_the_same_time_is_not_late() {
        quiet(&RULE, Case::initrd(&LOG.replace("4100000", "3200000")).and(&unbound_gpu()));
    }
}
