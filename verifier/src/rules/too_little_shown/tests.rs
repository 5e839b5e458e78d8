//! Cases of NVP904.

use super::RULE;
use crate::testing::{Case, quiet, skips, unbound_gpu};

#[test]
fn a_log_without_driver_and_bus_is_no_pass() {
    skips(
        &RULE,
        Case::journal("<6>[    3.100000] usb 1-1: new high-speed USB device"),
        "it shows neither the NVIDIA driver nor the GPUs of the machine: send the whole \
         kernel log of the boot (journalctl -b -k)",
    );
}

#[test]
fn a_crash_whose_trace_is_cut_is_no_pass() {
    let cut = "[    3.100000] NVRM: loading NVIDIA UNIX\n\
               [    9.100000] BUG: unable to handle page fault for address: ffff9d6750970000\n\
               [    9.100000] RIP: 0010:memset_erms+0x9/0x20\n";
    skips(
        &RULE,
        Case::journal(cut),
        "the kernel met a fault in it, and the trace that tells in whose code is cut off: send \
         the whole kernel log of the boot (journalctl -b -k)",
    );
    let warning =
        "[   44.100000] WARNING: CPU: 3 PID: 7 at drivers/net/x.c:12 foo+0x1/0x2 [e1000e]\n";
    let mark = "[   44.200000] ---[ end trace 0000000000000000 ]---\n";
    let is_cut = |log: &str| Case::journal(log).report(&[&RULE]).verdict();
    assert_eq!(is_cut(&[cut, warning, mark].concat()), is_cut(cut), "another report's end");
    let process = "[    3.100000] NVRM: loading NVIDIA UNIX\n[   44.100000] traps: python3[812] general \
                   protection fault ip:5a0f1b sp:7ffd2c error:0 in python3.11[421000+2c1000]\n";
    quiet(&RULE, Case::journal(process));
    let end = "[    9.200000] ---[ end trace 0000000000000000 ]---\n";
    quiet(&RULE, Case::journal(&[cut, end].concat()));
    quiet(&RULE, Case::journal(&cut.replace("0x9/0x20", "0x9/0x20 [snd_soc_core]")));
}

#[test]
fn what_nouveau_says_later_shows_no_boot() {
    let text =
        "[    3.200000] nouveau 0000:01:00.0: bus: MMIO read of 00000000 FAULT at 6013d4 [ IBUS ]";
    skips(
        &RULE,
        Case::journal(text),
        "it shows neither the NVIDIA driver nor the GPUs of the machine: send the whole \
         kernel log of the boot (journalctl -b -k)",
    );
    let start = "[    3.100000] nouveau 0000:01:00.0: NVIDIA GM107 (1171f0a2)\n";
    quiet(&RULE, Case::journal(&[start, text].concat()));
}

#[test]
fn a_listing_in_which_no_gpu_has_a_driver_is_no_pass() {
    let listed = Case::pre_display(&unbound_gpu())
        .and("proc/modules ?\nproc/driver/nvidia ?\nproc/driver/nvidia/version ?\n")
        .of_log();
    skips(
        &RULE,
        listed,
        "it shows a GPU without a driver, and nothing that tells why: send the whole kernel \
         log of the boot (journalctl -b -k)",
    );
}

#[test]
fn lines_that_were_not_understood_are_no_pass() {
    skips(
        &RULE,
        Case::journal(
            "[    3.100000] NVRM: loading NVIDIA UNIX\n<30>[    3.100000] a report: not understood: 2",
        ),
        "lines of it hold words of the driver and were not understood: `check --explain-input` \
         shows which",
    );
}

#[test]
fn an_error_of_the_driver_that_no_rule_knows_is_no_pass() {
    skips(
        &RULE,
        Case::journal(
            "[    3.100000] NVRM: loading NVIDIA UNIX\n\
             [    9.100000] nvidia 0000:01:00.0: PM: failed to resume async: error -5",
        ),
        "the driver reports errors in it that no rule knows: they are quoted (NVP905), and the \
         whole kernel log may tell more (journalctl -b -k)",
    );
}

#[test]
fn the_drivers_lines_and_a_running_kernel_are_enough() {
    quiet(&RULE, Case::journal("[    3.100000] NVRM: loading NVIDIA UNIX"));
    quiet(&RULE, Case::pre_display(""));
}

#[test]
fn the_bus_the_drivers_file_and_the_list_of_modules_are_each_enough() {
    let both = "proc/modules ?\nsys/bus/pci/devices ?\n";
    for gone in ["proc/modules ?\n", "sys/bus/pci/devices ?\n"] {
        quiet(&RULE, Case::pre_display(gone).of_log());
    }
    let nv = "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64  550.163.01\n";
    quiet(&RULE, Case::pre_display(both).and(nv).of_log());
}
