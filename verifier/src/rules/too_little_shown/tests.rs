//! Cases of NVP904.

use super::RULE;
use crate::finding::Verdict;
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
    // The next line stands behind it where a paste lost the break; a name tells too.
    quiet(&RULE, Case::journal(&cut.replace("0x9/0x20", "0x9/0x20 [bluetooth] Call Trace:")));
    quiet(&RULE, Case::journal(&cut.replace("memset_erms", "_nv011745rm")));
}

#[test]
fn a_guests_device_that_sleeps_may_be_the_gpu() {
    let log = "[   21.400000] vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, \
               device inaccessible\n";
    skips(
        &RULE,
        Case::journal(log),
        "a device that vfio-pci holds does not wake, and nothing in it tells whether it is the GPU: \
         send `lspci -nnk` too",
    );
    let bus = "sys/bus/pci/devices/0000:01:00.0/class = 0x020000\n\
               sys/bus/pci/devices/0000:01:00.0/vendor = 0x8086\n\
               sys/bus/pci/devices/0000:01:00.0/device = 0x1533\n";
    // The driver has its GPU, which is another one.
    let driver = "[    3.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.163.01\n";
    quiet(&RULE, Case::journal(&[driver, log].concat()));
    let log = std::format!("dmesg = {log}");
    quiet(&RULE, Case::pre_display(&log).and(bus).of_log());
}

#[test]
fn a_panic_without_its_fault_and_an_address_without_its_heading_are_no_pass() {
    let is_cut =
        |log: &str| Case::journal(log).report(&[&RULE]).verdict() == Verdict::CouldNotCheck;
    let began = "[    2.100000] nouveau 0000:01:00.0: NVIDIA G84 (084300a2)\n";
    let panic = "[    2.900000] Kernel panic - not syncing: Attempted to kill init! exitcode=0xb\n";
    assert!(is_cut(&[began, panic].concat()));
    let fault = "[    2.800000] BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
                 [    2.800000] RIP: 0010:ext4_x+0x9/0x20 [ext4]\n";
    assert!(!is_cut(&[began, fault, panic].concat()), "the fault stands before");
    let own = panic.replace("exitcode=0xb", "exitcode=0x00000100 ]---");
    assert!(!is_cut(&[began, &own].concat()), "init ended by itself");
    let quoted = std::format!("<30>[    9.900000] kdump[3]: {}", panic.split_once("] ").unwrap().1);
    assert!(!is_cut(&[began, &quoted].concat()), "of an earlier boot");
    let other = "[    2.900000] Kernel panic - not syncing: Test panic triggered by crash_test\n";
    assert!(!is_cut(&[began, other].concat()), "it tells why itself");
    let address = "[    2.900000] RIP: 0010:_nv017125rm+0x40/0x70 [nvidia]\n";
    let driver = "[    2.100000] NVRM: loading NVIDIA UNIX\n";
    assert!(is_cut(&[driver, address].concat()));
    let warning = "[    2.800000] WARNING: CPU: 3 PID: 7 at drivers/gpu/x.c:12 f+0x1/0x2 [i915]\n";
    assert!(!is_cut(&[driver, warning, address].concat()));
    let end = "[    2.850000] ---[ end trace 0000000000000000 ]---\n";
    assert!(is_cut(&[driver, warning, end, address].concat()), "another report's heading");
    let asked = "[    2.800000] NMI backtrace for cpu 1\n";
    assert!(!is_cut(&[driver, asked, address].concat()));
}

#[test]
fn a_gpu_that_nvidia_drm_never_finished_with_is_no_pass() {
    let driver = |version: &str| {
        std::format!(
            "[    3.100000] NVRM: loading NVIDIA UNIX x86_64 Kernel Module  {version}  x\n"
        )
    };
    let began = "[    4.100000] [drm] [nvidia-drm] [GPU ID 0x00000100] Loading driver\n";
    let later = "[   99.100000] NVRM: GPU at PCI:0000:01:00: GPU-7775f835\n";
    skips(
        &RULE,
        Case::journal(&[&driver("595.45.04"), began, later].concat()),
        "nvidia_drm was starting a GPU, and nothing of it tells that it ended: send the whole \
         kernel log of the boot (journalctl -b -k)",
    );
    let ready = "[    4.200000] [drm] Initialized nvidia-drm 0.0.0 for 0000:01:00.0 on minor 0\n";
    quiet(&RULE, Case::journal(&[&driver("595.45.04"), began, ready, later].concat()));
    let shown = "[   99.100000] fb0: nvidia-drmdrmfb frame buffer device\n";
    quiet(&RULE, Case::journal(&[&driver("595.45.04"), began, shown].concat()));
    let verdict = |log: &[&str]| Case::journal(&log.concat()).report(&[&RULE]).verdict();
    let driver = |version: &str| driver(version);
    assert_eq!(verdict(&[&driver("595.45.04"), began]), Verdict::CouldNotCheck);
    let second = began.replace("100]", "200]");
    let two = [&driver("595.45.04"), began, &second, ready];
    assert_eq!(verdict(&two), Verdict::CouldNotCheck, "one of two GPUs");
    quiet(&RULE, Case::journal(&[&driver("384.66"), began, later].concat()));
}

#[test]
fn a_list_of_modules_without_any_of_a_gpu_is_no_pass() {
    let listed = |module: &str| {
        let row = std::format!("proc/modules = {module} 16384 0 - Live 0x0\n");
        Case::pre_display("sys/bus/pci/devices ?\n").and(&row).of_log()
    };
    let verdict = |module: &str| listed(module).report(&[&RULE]).verdict();
    assert_eq!(verdict("i915"), Verdict::CouldNotCheck);
    assert_ne!(verdict("nouveau"), Verdict::CouldNotCheck);
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
    let listed = "sys/bus/pci/devices ?\nproc/modules = nouveau 3000000 9 - Live 0x0\n";
    for gone in ["proc/modules ?\n", listed] {
        quiet(&RULE, Case::pre_display(gone).of_log());
    }
    let nv = "proc/driver/nvidia/version = NVRM version: NVIDIA UNIX x86_64  550.163.01\n";
    quiet(&RULE, Case::pre_display(both).and(nv).of_log());
}
