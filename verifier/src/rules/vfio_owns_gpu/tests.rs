//! Cases of NVP502: what it tells and what it leaves alone.

use super::RULE;
use crate::testing::{Case, GPU, STACK, fires, quiet, unbound_gpu};

const HELD: &str =
    "sys/bus/pci/devices/0000:01:00.0/driver -> ../../../../bus/pci/drivers/vfio-pci\n";
const IDS: &str = "proc/cmdline = quiet vfio-pci.ids=10DE:2206,10de:1aef\n";

#[test]
fn a_machine_that_needs_its_gpu_is_told_who_holds_it() {
    fires(
        &RULE,
        Case::initrd(HELD).and(GPU).and(IDS).goal("wayland"),
        "NVP502 error kernel command line, word 2: GPU 0000:01:00.0 is held by \
            vfio-pci: nvidia cannot use it",
    );
}

#[test]
fn an_override_left_behind_is_named() {
    fires(
        &RULE,
        Case::initrd("sys/bus/pci/devices/0000:01:00.0/driver_override = vfio-pci\n")
            .and(&unbound_gpu())
            .and("etc/modules-load.d/gpu.conf = nvidia_drm\n"),
        "NVP502 warning sys/bus/pci/devices/0000:01:00.0/driver_override: \
         GPU 0000:01:00.0 has no driver: driver_override=vfio-pci blocks nvidia",
    );
}

#[test]
fn nvidia_that_was_faster_than_vfio_is_told() {
    fires(
        &RULE,
        Case::initrd(GPU).and(STACK).and(IDS).goal("vfio"),
        "NVP502 error: GPU 0000:01:00.0 is meant for vfio-pci, but is driven by nvidia",
    );
}

#[test]
fn each_direction_has_its_own_fix() {
    let fix = |case: Case| case.report(&[&RULE]).findings.first().expect("a finding").fix;
    assert!(fix(Case::initrd(GPU).and(STACK).and(IDS).goal("vfio")).contains("softdep"));
    let over = "sys/bus/pci/devices/0000:01:00.0/driver_override = vfio-pci\n";
    let over = Case::initrd(over).and(&unbound_gpu()).goal("wayland");
    assert!(fix(over).contains("driverctl"));
    assert_eq!(fix(Case::initrd(HELD).and(GPU).and(IDS).goal("wayland")), "");
}

#[test]
fn a_gpu_that_is_where_it_should_be_is_quiet() {
    quiet(&RULE, Case::initrd(HELD).and(GPU).and(IDS).goal("vfio"));
    quiet(&RULE, Case::initrd(HELD).and(GPU).and(IDS));
    quiet(&RULE, Case::initrd(GPU).and(STACK).goal("wayland"));
}

const SECOND: &str = "sys/bus/pci/devices/0000:02:00.0/class = 0x030000\n\
    sys/bus/pci/devices/0000:02:00.0/vendor = 0x10de\n\
    sys/bus/pci/devices/0000:02:00.0/device = 0x2684\n\
    sys/bus/pci/devices/0000:02:00.0/driver -> ../../../../bus/pci/drivers/nvidia\n";

#[test]
fn of_two_gpus_only_the_listed_one_is_meant_for_the_guest() {
    let says = "NVP502 error: GPU 0000:01:00.0 is meant for vfio-pci, but is driven by nvidia";
    let case = |tree: &str| Case::initrd(tree).and(GPU).and(SECOND).and(STACK).goal("vfio");
    fires(&RULE, case(IDS), says);
    let over = "sys/bus/pci/devices/0000:01:00.0/driver_override = vfio-pci\n";
    fires(&RULE, case(over), says);
    quiet(&RULE, case(""));
}

#[test]
fn an_override_on_a_gpu_that_another_driver_has_is_quiet() {
    let nouveau = GPU.replace("drivers/nvidia", "drivers/nouveau");
    let over = "sys/bus/pci/devices/0000:01:00.0/driver_override = vfio-pci\n";
    quiet(&RULE, Case::initrd(over).and(&nouveau).goal("wayland"));
}
