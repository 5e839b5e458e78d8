//! Cases of NVP504: what it tells and what it leaves alone.

use super::RULE;
use crate::testing::{Case, fires, quiet, silent};

#[test]
fn the_branch_that_supports_it_is_named() {
    fires(
        &RULE,
        Case::logged(
            "[    8.100000] NVRM: The NVIDIA NVIDIA GeForce GTX 1080 GPU installed in this system is\n\
         [    8.100000] NVRM:  supported through the NVIDIA 580.xx Legacy drivers. Please\n\
         [    8.100000] NVRM:  visit http://www.nvidia.com/object/unix.html for more\n\
         [    8.100000] NVRM:  information.  The 595.71.05 NVIDIA driver will ignore\n\
         [    8.100000] NVRM:  this GPU.  Continuing probe...\n\
         [    8.200000] NVRM: ignoring the legacy GPU 0000:01:00.0",
        ),
        "NVP504 error: the GeForce GTX 1080 GPU is ignored: driver 595.71.05 no longer \
         supports it; branch 580.xx does",
    );
}

#[test]
fn a_gpu_newer_than_the_branch_is_told_too() {
    fires(
        &RULE,
        Case::logged(
            "[    8.100000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:2c05)\n\
         [    8.100000] NVRM: installed in this system is not supported by the\n\
         [    8.100000] NVRM: NVIDIA 550.163.01 driver release.",
        ),
        "NVP504 error: GPU 0000:01:00.0 is not supported by the driver 550.163.01: it needs \
         branch 570 or later",
    );
}

#[test]
fn a_later_load_that_took_the_gpu_is_quiet() {
    quiet(
        &RULE,
        Case::logged(
            "[   19.545688] NVRM: The NVIDIA GPU 0000:82:00.0 (PCI ID: 10de:1b06)\n\
         [   19.545688] NVRM: NVIDIA 340.10 driver release.\n\
         [   20.264453] [drm] [nvidia-drm] [GPU ID 0x00008200] Loading driver",
        ),
    );
}

#[test]
fn what_grep_left_of_the_message_is_told() {
    fires(
        &RULE,
        Case::logged(
            "[    8.299192] NVRM: The NVIDIA GPU 0000:3c:00.0 (PCI ID: 10de:2d04)\n\
         [    8.299192] NVRM: NVIDIA 550.163.01 driver release.",
        ),
        "NVP504 error: GPU 0000:3c:00.0 is not supported by the driver 550.163.01: it needs \
         branch 570 or later",
    );
}

#[test]
fn a_device_of_another_vendor_forced_on_the_driver_is_no_gpu() {
    quiet(
        &RULE,
        Case::logged("[    8.200000] NVRM: ignoring the legacy GPU 0000:00:02.0").and(
            "sys/bus/pci/devices/0000:00:02.0/vendor = 0x1234\n\
              sys/bus/pci/devices/0000:00:02.0/device = 0x1111\n\
              sys/bus/pci/devices/0000:00:02.0/class = 0x030000\n",
        ),
    );
}

#[test]
fn beside_a_gpu_that_works_it_is_a_warning() {
    fires(
        &RULE,
        Case::logged("[    8.200000] NVRM: ignoring the legacy GPU 0000:02:00.0").and(
            "proc/driver/nvidia/gpus/0000:01:00.0/information = Model: \t\t NVIDIA GeForce RTX 3080\n",
        ),
        "NVP504 warning: GPU 0000:02:00.0 is ignored: it is too old for this driver branch",
    );
}

#[test]
fn a_gpu_that_did_not_wake_is_no_older_one() {
    const ASLEEP: &str = "[    3.210000] nvidia 0000:01:00.0: Unable to change power state from D3cold to D0, \
                          device inaccessible\n";
    const REFUSED: &str = "[    3.220000] NVRM: The NVIDIA GPU 0000:01:00.0 (PCI ID: 10de:1c8d) installed in \
                           this system is not supported by the NVIDIA 550.54.14 driver release.";
    silent(&RULE, Case::logged(&std::format!("{ASLEEP}{REFUSED}")));
    // Another GPU's sleep tells nothing of this one, nor does a GPU of an older branch answer.
    let other = ASLEEP.replace("01:00.0", "41:00.0");
    let dropped = REFUSED.replace("10de:1c8d", "10de:0df4");
    for log in [std::format!("{other}{REFUSED}"), std::format!("{ASLEEP}{dropped}")] {
        let report = Case::logged(&log).report(&[&RULE]);
        assert_eq!(report.findings.len(), 1, "{log}");
    }
}
